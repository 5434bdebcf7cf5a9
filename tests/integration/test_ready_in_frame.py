"""Ready-made adapters as processes of their own: settings, Kafka, and a provider."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from standardwebhooks import Webhook

from legato.local import free_port, wait_until
from legato.settings import KafkaSettings, Settings, WorkerSettings
from tests.integration.actions import action, publish
from tests.integration.legato_command import Legato
from tests.integration.said import create_topics
from tests.integration.test_cli_adapter import reported
from tests.unit.transports.web import HeardRequest, WebServer, answering, serving_beside

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TABLES = """
[outbound]
loopback = true

[adapters.text]
use = "message"
channels = ["email"]
check = "none"
port = {port}

[adapters.text.options.twilio]
account = "AC1"
secret = "file:secret"
senders = {{email = "+15558675310"}}
callback = "https://api.example.org/v1/sources/twilio_status"
url = "{url}"

[adapters.crm]
use = "webhook"
channels = ["email"]
check = "none"
port = {port}
options = {{url = "{url}", secrets = ["file:signing"]}}

[content]
folder = "content"
"""


class Provider:
    """A server that takes the first request in its own way, and all others."""

    def __init__(self) -> None:
        self.first = answering(429, headers={"Retry-After": "2"})
        self.times: list[float] = []

    def answer(self, heard: HeardRequest) -> bytes:
        self.times.append(time.monotonic())
        return self.first if len(self.times) == 1 else answering(201, b'{"sid": "SM1"}')


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def web(provider: Provider) -> Iterator[WebServer]:
    with serving_beside(provider.answer) as web:
        yield web


@pytest.fixture
def legato(bootstrap: str, topic_prefix: str, tmp_path: Path, web: WebServer) -> Legato:
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=topic_prefix),
        worker=WorkerSettings(group=topic_prefix),
    )
    create_topics(settings)
    words = tmp_path / "content" / "cart_reminder" / "en" / "text.txt"
    words.parent.mkdir(parents=True)
    words.write_text("Your cart waits.")
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "signing").write_text(SECRET)
    (tmp_path / "legato.toml").write_text(TABLES.format(port=free_port(), url=web.url))
    return Legato(settings, tmp_path)


def test_a_message_is_sent_again_when_the_provider_says_so_and_reported_once(
    legato: Legato, web: WebServer, provider: Provider
) -> None:
    publish(legato.settings, action("a"))
    with legato.running("adapter", "run", "text"):
        reported(legato, ("a", "action.delivered"))
    busy, taken = provider.times
    assert taken - busy >= 2
    one, two = web.heard
    fields = parse_qs(two.body.decode())
    assert fields["Body"] == ["Your cart waits."]
    assert "action_id=a&" in fields["StatusCallback"][0]
    assert one.path == two.path == "/2010-04-01/Accounts/AC1/Messages.json"


@pytest.mark.long
def test_killed_after_the_provider_took_it_it_comes_once_more_under_the_same_id(
    legato: Legato, web: WebServer, provider: Provider
) -> None:
    provider.first = answering(200, headers={"Content-Length": "1"})  # which never comes
    publish(legato.settings, action("a"))
    with legato.running("adapter", "run", "crm") as first:
        wait_until(lambda: web.heard, "the request")
        first.ends(signal.SIGKILL)
    with legato.running("adapter", "run", "crm"):
        reported(legato, ("a", "action.delivered"))
    one, two = web.heard
    assert one.headers["webhook-id"] == two.headers["webhook-id"] == "a"
    told = Webhook(SECRET).verify(two.body.decode(), two.headers)
    assert told["data"]["content"] == {"text": "Your cart waits."}
    assert "s3cret" not in "".join(each.read_text() for each in legato.folder.glob("*.out"))
