"""From a cart to a mail, from its link to a refusal, and no mail for the next cart."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from legato.cli.envelope import wall_clock
from legato.core.values.outputs import Action
from legato.local import free_port, wait_until
from legato.settings import KafkaSettings, Settings, WorkerSettings
from legato.wire.formats.avro import read_avro
from legato.wire.formats.registry import FileRegistry
from legato.wire.topics.actions import read_action
from legato.wire.topics.outcomes import Outcome
from tests.integration.api_process import SOURCES, ApiProcess, running_api
from tests.integration.legato_command import Legato
from tests.integration.mail_server import MailServer, bytes_of
from tests.integration.said import create, records

SECRET = "a secret of thirty-two signs or so"
URL = "https://api.example/v1/unsubscribe/{token}"
HEAD = f"""
playbook = "playbook.yaml"

[unsubscribe]
url = "{URL.replace("{", "{{").replace("}", "}}")}"
secret = "{SECRET}"
"""
PLAYBOOK = """
version: 1
situations:
  cart_abandoned: {absence: {of: cart, after: [2s]}}
actions:
  remind_by_email:
    situation: cart_abandoned
    channel: email
    purpose: promotion
    content: cart_reminder_email
    expires: 1h
channels:
  email: {address: [email]}
"""
ADA = {"loyalty_id": "42", "email": "ada@example.org"}


@pytest.fixture
def mails() -> Iterator[MailServer]:
    """A mail server on a thread of its own."""
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    server.port = controller.port
    yield server
    controller.stop()


@pytest.fixture
def api(bootstrap: str, tmp_path: Path, mails: MailServer) -> Iterator[ApiProcess]:
    prefix = f"journey.{uuid.uuid4().hex[:8]}."
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=prefix),
        worker=WorkerSettings(group=prefix),
    )
    create(settings, f"{prefix}site.calls", f"{prefix}channel.events")
    assert Legato(settings, tmp_path)("topics", "create").code == 0
    (tmp_path / "playbook.yaml").write_text(PLAYBOOK)
    with running_api(settings, tmp_path, HEAD + SOURCES + adapter(mails.port)) as api:
        api.legato.environ["LEGATO_METRICS_PORT"] = "0"
        with api.legato.running("worker"), api.legato.running("adapter", "run", "email"):
            yield api


def adapter(port: int) -> str:
    """The settings of an adapter that asks no view, for there is none."""
    return f"""
[adapters.email]
check = "none"
port = 0
[adapters.email.options]
host = "127.0.0.1"
port = {port}
tls = "none"
sender = "Shop <hello@shop.example>"
"""


class Ada:
    """A customer on the site, and what the line says of her."""

    def __init__(self, api: ApiProcess) -> None:
        self._api, self._key = api, api.key()

    def does(self, kind: str, **data: object) -> None:
        event = {
            "type": kind,
            "channel": "web",
            "time": wall_clock(),
            "identifiers": ADA,
            "data": data,
            "cart_id": data.get("cart"),
        }
        told = self._api.http.post("/v1/events", json=event, headers=self._key)
        assert told.status_code == 202, told.text

    def fills_a_cart(self, name: str) -> None:
        self.does("cart.item_added", sku="SHOE-42", name="Runner", price=89, cart=name)

    def actions(self) -> list[Action]:
        found = (
            read_action(each.value, each.headers, FileRegistry())
            for each in records(self._api.legato.settings, "actions.email")
        )
        return [each for each in found if isinstance(each, Action)]

    def outcomes(self) -> list[Outcome]:
        registry = FileRegistry()
        found = records(self._api.legato.settings, "action.outcomes")
        data = [read_avro(each.value or b"", each.headers, registry) for each in found]
        return [msgspec.convert(each, Outcome) for each in data]

    def decisions(self) -> list[dict[str, Any]]:
        told = self._api.legato("tail", "decisions", "--to-end", "--json")
        return [msgspec.json.decode(line) for line in told.out.splitlines()]


def link_in(mail: Envelope) -> str:
    """Where a mail says that there is one click to be done."""
    told = message_from_bytes(bytes_of(mail), policy=default)
    return str(told["List-Unsubscribe"]).strip("<>").removeprefix("https://api.example")


def test_who_clicks_once_gets_no_more_of_these_mails(
    api: ApiProcess, mails: MailServer
) -> None:
    ada = Ada(api)
    ada.does("consent.updated", purpose="promotion", status="granted")
    ada.fills_a_cart("first")
    mail, *_ = wait_until(lambda: mails.arrived, "a mail to arrive", deadline_s=60)
    assert mail.rcpt_tos == ["ada@example.org"]
    link = link_in(mail)
    assert api.http.get(link).status_code == 200
    assert api.http.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    ada.fills_a_cart("second")
    refused = wait_until(
        lambda: [each for each in ada.decisions() if not each.get("action")],
        "the second cart to be decided",
        deadline_s=60,
    )
    (candidate,) = refused[0]["candidates"]
    assert candidate["reason"] == "no_consent"
    (action,) = ada.actions()
    assert [each.status for each in ada.outcomes()] == ["delivered"]
    assert mails.arrived == [mail]
    assert f"<{action.action_id}@shop.example>".encode() in bytes_of(mail)
