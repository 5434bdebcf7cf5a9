"""What a run needs around it: broker, Redis, mail server, a folder of settings, the topics."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic
from msgspec import Struct
from msgspec.structs import replace

from legato.kafka import client_config
from legato.local import KafkaKind, MailCatcher, RedisServer, start_kafka
from legato.runtime.host.topic_commands import create_missing
from legato.settings import Settings, load
from legato.wire.topics.names import Topics

Say = Callable[[str], None]

PARTITIONS = 4
MEMBERSHIP = {
    "real": """\
# A worker that is killed keeps its partitions, if it is back within the session timeout.
static_membership = true""",
    "embedded": """\
# The embedded broker knows no static members, and waits half a session for whom it misses.
session_timeout_ms = 4_000""",
}
VIEW_SETTINGS = """
# For the same reason: here is no other place to set it for the view alone.
[kafka.properties]
"session.timeout.ms" = "6000"
"""
SETTINGS = """\
# Written by `legato demo` for this run alone.
log_level = "info"

[kafka]
bootstrap = "{bootstrap}"
prefix = "demo."
partitions = {partitions}

[worker]
group = "demo"
{membership}

[redis]
url = "{redis}"

[view]
port = 0

[api]
source = "town"

# A day is played within a minute, so the time of day of this machine says nothing about it:
# were time to follow the broker's clock (`received`), an hour of silence after a cart would
# never pass, or pass at once where a partition is idle and the clock leaps to now. So the
# events themselves carry time along. What a till reports late still comes late: its events are
# sent when they are received, behind events of others that moved the clock past them.
[[sources]]
name = "town"
topics = ["{source}"]
clock = "event_time"
"""
MAIL_SETTINGS = """\
# Written by `legato demo` for its adapter of emails. That lives by the clock on the wall, so it
# has topics of its own: there an action of the town stands in the time of this machine.
[kafka]
bootstrap = "{bootstrap}"
prefix = "mail."

[worker]
group = "mail"

[redis]
url = "{redis}"

[adapters.email]
check = "view"
port = 0

[adapters.email.options]
host = "127.0.0.1"
port = {port}
tls = "none"
sender = "The Shoe Shop <hello@shop.example>"
"""


class Stage(Struct, frozen=True, kw_only=True):
    """Where a run takes place; the view has a file of its own for what only it needs.

    `mail` and `mail_file` are the settings of the adapter for emails, who sends to `mails`.
    """

    folder: Path
    settings_file: Path
    view_file: Path
    mail_file: Path
    settings: Settings
    mail: Settings
    mails: MailCatcher
    source: str
    strict: bool
    """Does the broker hide what was aborted?"""


@contextmanager
def open_stage(kind: KafkaKind, say: Say) -> Iterator[Stage]:
    """Start broker, Redis and mail server, write settings, create topics; take it all away.

    Raises ServiceUnavailable with a sentence that says what is missing.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="legato-demo-")))
        mails = stack.enter_context(MailCatcher.start(folder / "mail"))
        broker = start_kafka(kind, folder / "kafka", say)
        stack.enter_context(broker)
        redis = stack.enter_context(RedisServer.start(folder / "redis"))
        yield _furnish(folder, kind, {"bootstrap": broker.bootstrap, "redis": redis.url}, mails)


def _furnish(folder: Path, kind: KafkaKind, where: dict[str, str], mails: MailCatcher) -> Stage:
    source = "demo.channel.events"
    text = SETTINGS.format(
        **where, partitions=PARTITIONS, source=source, membership=MEMBERSHIP[kind]
    )
    file, view_file, mail_file = (
        folder / f"{name}.toml" for name in ("legato", "view", "mail")
    )
    file.write_text(text)
    view_file.write_text(text + VIEW_SETTINGS)
    mail_file.write_text(MAIL_SETTINGS.format(**where, port=mails.port))
    settings, mail = (_quiet(load(each, environ={})) for each in (file, mail_file))
    _create(settings, _source_topic(source), *_mail_topics(mail))
    create_missing(settings)
    return Stage(
        folder=folder,
        settings_file=file,
        view_file=view_file,
        mail_file=mail_file,
        settings=settings,
        mail=mail,
        mails=mails,
        source=source,
        strict=kind == "real",
    )


def _quiet(settings: Settings) -> Settings:
    """Keep librdkafka's own words off the terminal of the show."""
    kafka = replace(settings.kafka, properties={"log_level": "0"})
    return replace(settings, kafka=kafka)


def _source_topic(source: str) -> NewTopic:
    """Describe the source's topic: its records keep the time when the town received them."""
    config = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
    return NewTopic(source, PARTITIONS, 1, config=config)


def _mail_topics(mail: Settings) -> list[NewTopic]:
    """Describe what the adapter for emails reads and writes, and nothing that it does not."""
    topics = Topics(mail.kafka.prefix)
    actions = topics.actions("email")
    wanted = actions, topics.adapter_holds, topics.action_outcomes, topics.dead_letters
    every = topics.all(("email",), beside=True)
    return [
        NewTopic(each.name, 1, 1, config=each.config) for each in every if each.name in wanted
    ]


def _create(settings: Settings, *topics: NewTopic) -> None:
    admin = AdminClient(client_config(settings))
    for answer in admin.create_topics([*topics]).values():
        answer.result()
