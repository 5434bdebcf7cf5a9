"""What a run needs around it: a broker, a Redis, a folder with settings, and the topics."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

from confluent_kafka.admin import AdminClient, NewTopic
from msgspec import Struct
from msgspec.structs import replace

from legato.kafka import client_config
from legato.local import EmbeddedKafka, RealKafka, RedisServer
from legato.runtime.host.topic_commands import create_missing
from legato.settings import Settings, load

Kind = Literal["embedded", "real"]
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


class Stage(Struct, frozen=True):
    """Where a run takes place; the view has a file of its own for what only it needs."""

    folder: Path
    settings_file: Path
    view_file: Path
    settings: Settings
    source: str
    strict: bool
    """Does the broker hide what was aborted?"""


@contextmanager
def open_stage(kind: Kind, say: Say) -> Iterator[Stage]:
    """Start broker and Redis, write settings, create topics; take all away at the end.

    Raises ServiceUnavailable with a sentence that says what is missing.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="legato-demo-")))
        broker = _start_broker(kind, folder / "kafka", say)
        stack.enter_context(broker)
        redis = stack.enter_context(RedisServer.start(folder / "redis"))
        yield _furnish(folder, kind, broker.bootstrap, redis.url)


def _start_broker(kind: Kind, folder: Path, say: Say) -> EmbeddedKafka | RealKafka:
    if kind == "real":
        return RealKafka.start(folder, heap="512m", say=say)
    return EmbeddedKafka.start(folder)


def _furnish(folder: Path, kind: Kind, bootstrap: str, redis: str) -> Stage:
    source = "demo.channel.events"
    text = SETTINGS.format(
        bootstrap=bootstrap,
        redis=redis,
        partitions=PARTITIONS,
        source=source,
        membership=MEMBERSHIP[kind],
    )
    file, view_file = folder / "legato.toml", folder / "view.toml"
    file.write_text(text)
    view_file.write_text(text + VIEW_SETTINGS)
    settings = _quiet(load(file, environ={}))
    _create_source(settings, source)
    create_missing(settings)
    return Stage(folder, file, view_file, settings, source, strict=kind == "real")


def _quiet(settings: Settings) -> Settings:
    """Keep librdkafka's own words off the terminal of the show."""
    kafka = replace(settings.kafka, properties={"log_level": "0"})
    return replace(settings, kafka=kafka)


def _create_source(settings: Settings, source: str) -> None:
    """Make the source's topic: its records keep the time at which the town received them."""
    config = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
    topic = NewTopic(source, PARTITIONS, 1, config=config)
    admin = AdminClient(client_config(settings))
    for answer in admin.create_topics([topic]).values():
        answer.result()
