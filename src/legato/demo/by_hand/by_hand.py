"""Starts it all, says where it is, and shows each mail as it arrives, until it is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic
from msgspec import Struct
from msgspec.structs import replace

from legato.demo.by_hand.mail_pages import serve_mails
from legato.demo.by_hand.shop_server import serve_shop
from legato.demo.by_hand.stage import PASSWORD, ByHandStage, TrialServices, furnish
from legato.demo.run.arrived_mail import read_mail
from legato.demo.view.mail import WAY_OUT, mail_rows
from legato.kafka import client_config
from legato.local import (
    KafkaKind,
    MailCatcher,
    Processes,
    RedisServer,
    free_port,
    port_or_free,
    start_kafka,
)
from legato.runtime.host.supervisor import own_command
from legato.runtime.host.topic_commands import create_missing
from legato.serving.api.trial import wait_for_api
from legato.settings import Settings, load

API_PORT, SHOP_PORT, MAIL_PORT = 8088, 8089, 8090
LOOK_S = 0.5
MAIL_LINES = 12
SHOP_TOPIC = "shop.calls"
VERBS = {
    "worker": ("worker",),
    "view": ("view", "redis"),
    "API": ("api", "--pages"),
    "email adapter": ("adapter", "run", "email"),
}
"""What runs, as whoever runs Legato would call it."""
STARTING = "Starting a shop, a Kafka, a Redis, a mail server and all of Legato …"


class ByHand(Struct, frozen=True):
    """How to try it: by which broker, with the pages of which folder, and to whom to say so.

    `show` opens pages in a browser, where there is one to open them in.
    """

    kafka: KafkaKind
    shop: Path
    say: Callable[[str], None]
    show: Callable[[Sequence[str]], object] | None = None

    def run(self, folder: Path, stopped: threading.Event) -> None:
        """Run until `stopped`; raises ServiceUnavailable, ProcessGone."""
        self.say(STARTING)
        with self._running(folder) as (stage, processes, mails):
            self.say(_told(stage))
            if self.show:
                self.show((stage.shop, stage.desk))
            seen = 0
            while not stopped.wait(LOOK_S):
                processes.see()
                arrived = mails.arrived()
                for mail in arrived[seen:]:
                    self.say(_letter(mail_rows(read_mail(mail), MAIL_LINES)))
                seen = len(arrived)

    @contextmanager
    def _running(self, folder: Path) -> Iterator[tuple[ByHandStage, Processes, MailCatcher]]:
        with ExitStack() as stack:
            mails = stack.enter_context(MailCatcher.start(folder / "mail"))
            broker = start_kafka(self.kafka, folder / "kafka")
            stack.enter_context(broker)
            redis = stack.enter_context(RedisServer.start(folder / "redis"))
            stage = furnish(folder, _services(broker.bootstrap, redis.url, mails.port))
            _create(load(stage.settings_file, environ={}))
            processes = stack.enter_context(Processes(folder))
            _start(processes, stage)
            shop = serve_shop(self.shop, stage.shop_port, stage.api, stage.shop_key)
            for pages in (shop, serve_mails(mails.arrived, stage.mail_port)):
                stack.enter_context(pages)
            yield stage, processes, mails


def _services(bootstrap: str, redis: str, smtp: int) -> TrialServices:
    api, shop, mails = map(port_or_free, (API_PORT, SHOP_PORT, MAIL_PORT))
    return TrialServices(bootstrap, redis, smtp, api=api, shop=shop, mails=mails)


def _create(settings: Settings) -> None:
    """Create all topics, first that of the shop's calls, which must be there for a source."""
    kafka = replace(settings.kafka, properties={"log_level": "0"})
    quiet = replace(settings, kafka=kafka)
    admin = AdminClient(client_config(quiet))
    for made in admin.create_topics([NewTopic(SHOP_TOPIC, 4, 1)]).values():
        made.result()
    create_missing(quiet)


def _start(processes: Processes, stage: ByHandStage) -> None:
    """Start all, and wait until the desk opens."""
    for name, verb in VERBS.items():
        command = own_command("--settings", str(stage.settings_file), *verb)
        processes.start(name, command, {"LEGATO_METRICS_PORT": str(free_port())})
    wait_for_api(stage.api_port, processes)


def _told(stage: ByHandStage) -> str:
    width = len(stage.desk)
    return f"""
All is up. Open side by side:

  the shop     {stage.shop}
  the tablet   {stage.desk}   as `maria`, password `{PASSWORD}`
  the agent    {stage.desk}   as `anna`, with the same password, in another browser
  the mails    {stage.mails:{width}}   and here, as they arrive

The README leads you from the web into the store: "By hand, in five minutes".
`legato demo` plays a whole day instead, with a kill -9 and a verdict.
Ctrl-C ends this, and forgets all."""


def _letter(rows: list[tuple[str, str]]) -> str:
    lines = (f"  {name:>{len(WAY_OUT)}}  {text}" for name, text in rows)
    return "\n".join(("", "A mail arrived:", "", *lines, ""))
