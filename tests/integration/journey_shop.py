"""A shop on real parts: worker, view, API and adapters, and who is at the other end of them.

Its playbook is the default one, but that the night ends in the minute `morning`: so it is night
in one zone and day in another, and a test need not wait for tomorrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs

import httpx
import msgspec
from aiosmtpd.controller import Controller
from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from prometheus_client.parser import text_string_to_metric_families

from legato import settings as of
from legato.cli.envelope import wall_clock
from legato.core.values.outputs import Action, Revoked
from legato.core.values.time import DAY, HOUR, MINUTE, SECOND, Instant, Span
from legato.harness import playbook_text
from legato.local import free_port, wait_until
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.runtime.kafka.admin import create
from legato.serving.unsubscribe import UnsubscribeLinks, Unsubscription
from legato.settings import Settings, UnsubscribeSettings
from legato.wire.formats.avro import read_avro
from legato.wire.formats.registry import FileRegistry
from legato.wire.topics.actions import read_action
from legato.wire.topics.outcomes import Outcome
from tests.integration.api_process import ApiProcess, running_api
from tests.integration.legato_command import Legato
from tests.integration.mail_server import MailServer, bytes_of
from tests.unit.channels.test_google import account_file
from tests.unit.transports.web import HeardRequest, WebServer, answering, serving_beside

Json = dict[str, Any]
T = TypeVar("T")

SECRET = "a secret of thirty-two signs or so"
UNSUBSCRIBE = "/v1/unsubscribe/"
LINKS = UnsubscribeSettings(f"https://api.example{UNSUBSCRIBE}{{token}}", SECRET)
NIGHT, DAY_ZONE = "Etc/UTC", "Etc/GMT-6"
"""Where it is night until the morning comes, and where it is day for hours yet."""
ADAPTERS = ("email", "push", "sms")
NIGHT_LASTS: Span = 11 * HOUR
TO_MORNING: Span = 75 * SECOND
"""As long as that at least, and a minute more at most."""
GONE = "d-gone"
"""A device from which the app was removed."""
TABLES = """
playbook = "playbook.yaml"

[[sources]]
name = "events"
topics = ["{prefix}channel.events"]
clock = "{clock}"

[unsubscribe]
url = "{links.url}"
secret = "{links.secret}"

[outbound]
loopback = true

[content]
time_zone = "Europe/Berlin"

[adapters.email]
port = {ports[email]}
[adapters.email.options]
host = "127.0.0.1"
port = {mail_port}
tls = "none"
sender = "Shop <hello@shop.example>"

[adapters.push]
channels = ["mobile"]
port = {ports[push]}
[adapters.push.options]
credentials = "account.json"
url = "{web}/v1/projects/{{project}}/messages:send"

[adapters.sms]
use = "message"
channels = ["sms"]
port = {ports[sms]}
[adapters.sms.options.twilio]
account = "AC1"
secret = "s3cret"
senders = {{sms = "+15558675310"}}
url = "{web}"
"""
GOALS = """\
      goal: any
      within: {cart: 24h, checkout: 24h, case: 7d}
"""
GOALS_AND_INTEREST = """\
      goal: [cart, checkout, case, interest]
      within: {cart: 24h, checkout: 24h, case: 7d, interest: 24h}
"""


class Providers:
    """Google and Twilio, as far as a message needs them."""

    def answer(self, heard: HeardRequest) -> bytes:
        if heard.path == "/token":
            return answering(200, b'{"access_token": "t1", "expires_in": 3600}')
        if heard.path.endswith("Messages.json"):
            return answering(201, b'{"sid": "SM1", "status": "queued"}')
        if GONE in heard.body.decode():
            return answering(404, msgspec.json.encode(UNREGISTERED))
        return answering(200, b'{"name": "projects/shoes-7/messages/0:1"}')


UNREGISTERED = {
    "error": {
        "code": 404,
        "status": "NOT_FOUND",
        "details": [
            {
                "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
                "errorCode": "UNREGISTERED",
            }
        ],
    }
}


class Shop:
    """What customers, associates and providers see of it."""

    def __init__(
        self, api: ApiProcess, mails: MailServer, web: WebServer, ports: Mapping[str, int]
    ) -> None:
        self.api, self.http = api, api.http
        self._mails, self._web, self._ports = mails, web, ports
        self.morning: Instant = 0
        self.links = UnsubscribeLinks(LINKS)
        self.key = api.key("--scope", "ingest", "--scope", "read", "--scope", "act")
        self.other_key = api.key("--scope", "read", "--scope", "act")

    @contextmanager
    def sending(self, *adapters: str) -> Iterator[None]:
        """Run these adapters."""
        with ExitStack() as stack:
            for name in adapters:
                stack.enter_context(self.api.legato.running("adapter", "run", name))
            yield

    # What happens.

    def tell(self, events: Sequence[Json]) -> None:
        """Have systems of the shop tell what customers do."""
        told = self.http.post("/v1/events", json=[*events], headers=self.key)
        assert told.status_code == 202, told.text

    def tell_by_kafka(self, events: Sequence[Json]) -> None:
        """Have it told by a system whose clock is theirs, also where that is ahead of ours."""
        settings = self.api.legato.settings
        producer = Producer({"bootstrap.servers": settings.kafka.bootstrap})
        for each in events:
            topic, value = f"{settings.kafka.prefix}channel.events", msgspec.json.encode(each)
            producer.produce(topic, value, timestamp=each["time"], on_delivery=_taken)
        assert producer.flush(30) == 0

    def click(self, address: str) -> None:
        """Follow the link of an older mail to this address, as its mail program writes it."""
        token = self.links.seal(Unsubscription("email", address, "promotion", "email"))
        done = self.http.post(f"{UNSUBSCRIBE}{token}", data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200, done.text

    # What the desk sees.

    def customer(self, kind: str, value: str) -> Json:
        """Look a customer up; empty while nobody is known by this."""
        told = {"type": kind, "value": value}
        found = self.http.post("/v1/customers/lookup", json=told, headers=self.key)
        assert found.status_code in (200, 404), found.text
        return dict(found.json()) if found.is_success else {}

    def sees(self, kind: str, value: str, what: str, is_so: Callable[[Json], object]) -> Json:
        """Wait until what is known of a customer is so."""

        def look() -> Json:
            known = self.customer(kind, value)
            return known if known and is_so(known) else {}

        return wait_until(look, f"{value}: {what}", deadline_s=120)

    def open(self, customer_id: str, **place: str) -> list[Json]:
        """List what is to be done for a customer at a venue or in a queue."""
        found = self.http.get("/v1/actions", params=place, headers=self.key)
        assert found.status_code == 200, found.text
        return [x for x in found.json()["actions"] if x["customer_id"] == customer_id]

    def handed_over(self, customer_id: str, **place: str) -> Json:
        """Wait for what is to be done there, and return it: there is but one."""
        [action] = wait_until(lambda: self.open(customer_id, **place), f"it at {place}")
        return action

    def claimed(self, action: Json, by: str, key: dict[str, str] | None = None) -> bool:
        """Have an associate take it up; say whether they were the first."""
        url = f"/v1/actions/{action['action_id']}/claim"
        answer = self.http.post(url, json={"by": by}, headers=key or self.key)
        assert answer.status_code in (200, 409), answer.text
        return answer.is_success

    def reports(self, action: Json, status: str, by: str) -> httpx.Response:
        """Have an associate say what became of it."""
        url = f"/v1/actions/{action['action_id']}/outcome"
        told = {"status": status, "by": by}
        return self.http.post(url, json=told, headers=self.key)

    @contextmanager
    def following(self, **place: str) -> Iterator[Callable[[str], Json]]:
        """Follow the notices of a place; what is yielded waits for one of a kind."""
        with self.http.stream("GET", "/v1/stream", params=place, headers=self.key) as told:
            lines = told.iter_lines()

            def heard(kind: str) -> Json:
                assert f"event: {kind}" in lines
                notice = next(lines).removeprefix("data: ")
                return msgspec.json.decode(notice, type=dict[str, Any])

            assert ": open" in lines
            yield heard

    def decisions(self, customer_id: str, situation: str) -> list[Json]:
        """List what was decided about a situation, in order."""
        url = f"/v1/customers/{customer_id}/decisions"
        found = self.http.get(url, headers=self.key).json()["decisions"]
        return [each for each in found[::-1] if each["situation"] == situation]

    def decided(self, customer_id: str, situation: str, count: int = 1) -> list[Json]:
        """Wait until so much is decided about a situation."""

        def enough() -> list[Json]:
            found = self.decisions(customer_id, situation)
            return found if len(found) >= count else []

        return wait_until(enough, f"{count} decisions on {situation}", deadline_s=120)

    # What lies on the topics, and at the other end of the adapters.

    def said(self, customer_id: str) -> tuple[list[Action], list[Revoked]]:
        """Read what was to be done for a customer, on any channel, and what was taken back."""
        prefix = f"{self.api.legato.settings.kafka.prefix}actions."
        registry = FileRegistry()
        found = [
            read_action(each.value, each.headers, registry)
            for each in self._records(lambda name: name.startswith(prefix))
        ]
        theirs = [
            each
            for each in found
            if isinstance(each, Action | Revoked) and each.customer_id == customer_id
        ]
        return (
            [each for each in theirs if isinstance(each, Action)],
            [each for each in theirs if isinstance(each, Revoked)],
        )

    def outcomes(self, action_id: str) -> list[Outcome]:
        """Read what was reported of an action."""
        topic = f"{self.api.legato.settings.kafka.prefix}action.outcomes"
        registry = FileRegistry()
        told = [
            read_avro(each.value or b"", each.headers, registry)
            for each in self._records(topic.__eq__)
        ]
        found = [msgspec.convert(each, Outcome) for each in told]
        return [each for each in found if each.action_id == action_id]

    def reported(self, action_id: str, *statuses: str) -> list[Outcome]:
        """Wait until just this is reported of an action."""

        def so_far() -> list[Outcome]:
            found = self.outcomes(action_id)
            return found if [each.status for each in found] == [*statuses] else []

        return wait_until(so_far, f"{statuses} of {action_id}", deadline_s=120)

    def mails_to(self, address: str) -> list[EmailMessage]:
        """List the mails that arrived at an address."""
        return [
            message_from_bytes(bytes_of(each), policy=default)
            for each in self._mails.arrived
            if each.rcpt_tos == [address]
        ]

    def pushes_to(self, token: str) -> list[Json]:
        """List the notifications that a device was sent."""
        told = [
            msgspec.json.decode(each.body, type=dict[str, Any])["message"]
            for each in self._web.heard
            if each.path.endswith("messages:send")
        ]
        return [each for each in told if each["token"] == token]

    def texts_to(self, number: str) -> list[str]:
        """List the text messages that went to a number."""
        forms = [
            parse_qs(each.body.decode())
            for each in self._web.heard
            if each.path.endswith("Messages.json")
        ]
        return [form["Body"][0] for form in forms if form["To"] == [number]]

    def counted(self, adapter: str, what: str) -> float:
        """Read off an adapter's metrics how many actions came to this."""
        text = httpx.get(f"http://127.0.0.1:{self._ports[adapter]}/metrics").text
        samples = [
            each for family in text_string_to_metric_families(text) for each in family.samples
        ]
        return sum(
            each.value
            for each in samples
            if each.name == "legato_adapter_actions_total" and each.labels["what"] == what
        )

    def _records(self, wanted: Callable[[str], bool]) -> Iterator[TopicRecord]:
        with TopicReader(self.api.legato.settings) as reader:
            for topic, numbers in reader.partitions(wanted).items():
                yield from reader.read(topic, numbers)


@contextmanager
def running_shop(
    settings: Settings, folder: Path, *, by_event_time: bool = False
) -> Iterator[Shop]:
    """Run it without adapters until the tests are over; the worker last, for the morning.

    With `by_event_time` its clock goes by its events alone, which may lie ahead of ours, in one
    partition; and it asks for interest, as story 18 does.
    """
    prefix, ports = settings.kafka.prefix, {name: free_port() for name in ADAPTERS}
    partitions = 1 if by_event_time else 3
    ahead = {"message.timestamp.after.max.ms": str(365 * DAY)} if by_event_time else {}
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap})
    create(admin, [NewTopic(f"{prefix}channel.events", partitions, 1, config=ahead)])
    assert Legato(settings, folder)("topics", "create").code == 0
    with ExitStack() as stack:
        mails = stack.enter_context(_mail_server())
        web = stack.enter_context(serving_beside(Providers().answer))
        (folder / "account.json").write_bytes(account_file(token_uri=f"{web.url}/token"))
        playbook, opts_in = folder / "playbook.yaml", by_event_time
        playbook.write_text(_playbook(wall_clock(), opts_in=opts_in))
        told = TABLES.format(
            prefix=prefix,
            clock="event_time" if by_event_time else "received",
            links=LINKS,
            web=web.url,
            mail_port=mails.port,
            ports=ports,
        )
        plain = told.replace("{", "{{").replace("}", "}}")
        api = stack.enter_context(running_api(settings, folder, plain))
        api.legato.environ |= {
            "LEGATO_METRICS_PORT": "0",
            "LEGATO_VIEW_PORT": "0",
            "LEGATO_VIEW_GROUP": f"{prefix}view",
        }
        stack.enter_context(api.legato.running("view", "redis"))
        shop = Shop(api, mails, web, ports)
        shop.morning = -(-(wall_clock() + TO_MORNING) // MINUTE) * MINUTE
        playbook.write_text(_playbook(shop.morning, opts_in=opts_in))
        stack.enter_context(api.legato.running("worker"))
        yield shop


def shop_settings(bootstrap: str, redis_url: str, prefix: str) -> Settings:
    """Settings under a prefix of one's own."""
    return Settings(
        kafka=of.KafkaSettings(bootstrap=bootstrap, prefix=prefix),
        worker=of.WorkerSettings(group=prefix),
        redis=of.RedisSettings(url=redis_url, prefix=prefix),
    )


def _taken(error: KafkaError | None, _: Message) -> None:
    assert error is None, error


@contextmanager
def _mail_server() -> Iterator[MailServer]:
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    server.port = controller.port
    yield server
    controller.stop()


def _playbook(morning: Instant, *, opts_in: bool) -> str:
    """The default one, whose night ends then, and with what story 18 lays over it."""
    night = f'from: "{_on_the_clock(morning - NIGHT_LASTS)}"'
    told = [
        ('from: "21:00"', night),
        ('to: "08:00"', f'to: "{_on_the_clock(morning)}"'),
        *([(GOALS, GOALS_AND_INTEREST)] if opts_in else []),
    ]
    text = playbook_text("").decode()
    for old, new in told:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def _on_the_clock(at: Instant) -> str:
    minutes = at % DAY // MINUTE
    return f"{minutes // 60:02}:{minutes % 60:02}"
