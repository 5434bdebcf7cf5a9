"""Starts it all, says where it is, and shows each mail as it arrives, until it is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic
from msgspec import Struct
from msgspec.structs import replace

from legato.demo.by_hand.shop_server import ShopServer
from legato.demo.by_hand.stage import PASSWORD, ByHandStage, TrialServices, furnish
from legato.demo.run.arrived_mail import read_mail
from legato.demo.view.mail import mail_rows
from legato.kafka import client_config
from legato.local import (
    Child,
    EmbeddedKafka,
    MailCatcher,
    RealKafka,
    RedisServer,
    free_port,
    is_free,
    wait_until,
)
from legato.runtime.host.supervisor import own_command
from legato.runtime.host.topic_commands import create_missing
from legato.serving.api.trial import api_answers
from legato.settings import Settings, load

SHOP_PORT, API_PORT = 8089, 8088
LOOK_S, START_S = 0.5, 60.0
MAIL_LINES = 12
SHOP_TOPIC = "shop.calls"
VERBS: Mapping[str, tuple[str, ...]] = {
    "worker": ("worker",),
    "view": ("view", "redis"),
    "API": ("api", "--pages"),
    "email adapter": ("adapter", "run", "email"),
}
"""What runs, as whoever runs Legato would call it."""


class ProcessGone(RuntimeError):
    """One of the processes has ended by itself; the message says which, and its last words."""


class ByHand(Struct, frozen=True):
    """How to try it: by which broker, with the pages of which folder, and to whom to say so."""

    kafka: str
    shop: Path
    say: Callable[[str], None]

    def run(self, folder: Path, stopped: threading.Event) -> None:
        """Run until `stopped`; raises ServiceUnavailable, ProcessGone."""
        with self._running(folder) as (stage, children, mails):
            self.say(_told(stage))
            seen = 0
            while not stopped.wait(LOOK_S):
                _see(children)
                arrived = mails.arrived()
                for mail in arrived[seen:]:
                    self.say(_letter(mail_rows(read_mail(mail), MAIL_LINES)))
                seen = len(arrived)

    @contextmanager
    def _running(
        self, folder: Path
    ) -> Iterator[tuple[ByHandStage, dict[str, Child], MailCatcher]]:
        start = RealKafka.start if self.kafka == "real" else EmbeddedKafka.start
        with ExitStack() as stack:
            mails = stack.enter_context(MailCatcher.start(folder / "mail"))
            broker = start(folder / "kafka")
            stack.enter_context(broker)
            redis = stack.enter_context(RedisServer.start(folder / "redis"))
            ports = {"api": _port(API_PORT), "shop": _port(SHOP_PORT)}
            where = TrialServices(broker.bootstrap, redis.url, mails.port, **ports)
            stage = furnish(folder, where)
            _create(load(stage.settings_file, environ={}))
            children = {
                name: _child(stack, stage, folder, verb) for name, verb in VERBS.items()
            }
            gone = children["API"].exited
            wait_until(
                lambda: api_answers(stage.api_port),
                "the API to answer",
                deadline_s=START_S,
                cancelled=gone,
            )
            _see(children)
            server = ShopServer(self.shop, stage.shop_port, stage.api, stage.shop_key)
            stack.enter_context(server)
            yield stage, children, mails


def _port(wanted: int) -> int:
    return wanted if is_free(wanted, "127.0.0.1") else free_port("127.0.0.1")


def _create(settings: Settings) -> None:
    """Create all topics, first that of the shop's calls, which must be there for a source."""
    kafka = replace(settings.kafka, properties={"log_level": "0"})
    quiet = replace(settings, kafka=kafka)
    admin = AdminClient(client_config(quiet))
    for made in admin.create_topics([NewTopic(SHOP_TOPIC, 4, 1)]).values():
        made.result()
    create_missing(quiet)


def _child(stack: ExitStack, stage: ByHandStage, folder: Path, verb: tuple[str, ...]) -> Child:
    command = own_command("--settings", str(stage.settings_file), *verb)
    metrics = {"LEGATO_METRICS_PORT": str(free_port())}
    child = Child(command, folder / f"{verb[0]}.log", metrics)
    stack.callback(child.stop)
    return child


def _see(children: Mapping[str, Child]) -> None:
    for name, child in children.items():
        if child.exited.is_set():
            raise ProcessGone(f"the {name} is gone: {child.last_words()}")


def _told(stage: ByHandStage) -> str:
    return f"""\
All is up. Open side by side:

  the shop     {stage.shop}
  the tablet   {stage.api}/pages/   as `maria`, password `{PASSWORD}`
  the agent    {stage.api}/pages/   as `anna`, the same password, in another browser

Mails that Legato sends are shown here. Ctrl-C ends it, and forgets all."""


def _letter(rows: list[tuple[str, str]]) -> str:
    lines = (f"  {name:12}{text}".rstrip() for name, text in rows)
    return "\n".join(("", "A mail arrived:", "", *lines, ""))
