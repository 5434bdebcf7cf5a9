"""The ready-made adapter `email` and a real mail server: what arrives, and what does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import msgspec
import pytest

from legato.adapter import Deliver, Delivered, Failed, Retry, Setup
from legato.core.values.outputs import Action
from legato.serving.adapters.content_source import open_content_source
from legato.serving.adapters.ready import email
from legato.serving.unsubscribe import UnsubscribeLinks
from legato.settings import ContentSettings, Settings, SettingsError, UnsubscribeSettings
from tests.integration.mail_server import MailServer, bytes_of, mail_server
from tests.unit.content.shelf import SHOE, an_action

URL = "https://api.example/v1/unsubscribe/"
LINKS = UnsubscribeSettings(f"{URL}{{token}}", "a secret of thirty-two signs or so")
SETTINGS = Settings(unsubscribe=LINKS, content=ContentSettings(time_zone="Europe/Berlin"))


def reminder(**told: object) -> Action:
    return an_action(content_ref="cart_reminder_email", **told)


def options(port: int, **told: object) -> dict[str, Any]:
    usual = {"host": "127.0.0.1", "port": port, "tls": "none", "timeout_s": 2}
    return {**usual, "sender": "The Shoe Shop <hello@shop.example>", **told}


@asynccontextmanager
async def connected(
    told: Mapping[str, Any], settings: Settings = SETTINGS
) -> AsyncIterator[Deliver]:
    """Open the adapter as the frame does."""
    async with AsyncExitStack() as stack:
        content = await open_content_source(settings, stack)
        known = msgspec.convert(told, email.Options)
        setup = Setup("email", email.CHANNELS, known, content, settings)
        yield await stack.enter_async_context(email.connect(setup))


def arrived(server: MailServer) -> list[EmailMessage]:
    return [message_from_bytes(bytes_of(each), policy=default) for each in server.arrived]


def link_in(mail: EmailMessage) -> str:
    return str(mail["List-Unsubscribe"]).strip("<>").removeprefix(URL)


async def test_a_reminder_arrives_in_the_customers_language_with_a_link_of_their_own() -> None:
    async with mail_server() as server, connected(options(server.port)) as deliver:
        assert await deliver(reminder()) == Delivered("4XYZ")
        (mail,) = arrived(server)
        assert mail["Subject"] == "Runner liegt noch in Ihrem Warenkorb"
        opened = UnsubscribeLinks(LINKS).open(link_in(mail))
        assert opened is not None
        assert (opened.kind, opened.address) == ("email", "ada@example.org")
        for kind in ("plain", "html"):
            part = mail.get_body((kind,))
            assert part is not None
            assert link_in(mail) in str(part.get_content())


async def test_each_try_bears_the_same_name() -> None:
    async with mail_server() as server, connected(options(server.port)) as deliver:
        server.once["DATA"] = "451 4.3.0 later"
        assert await deliver(reminder()) == Retry("smtp_451")
        server.once["DATA"] = "drop"
        assert await deliver(reminder()) == Retry("connection_lost")
        assert await deliver(reminder()) == Delivered("4XYZ")
        names = {str(each["Message-ID"]) for each in arrived(server)}
        assert names == {"<5d41402abc4b2a76@shop.example>"}


async def test_a_brand_writes_in_its_own_name() -> None:
    brands = {"north": {"sender": "North <hello@north.example>", "reply_to": "a@north.example"}}
    told = {"brands": brands, "reply_to": "help@shop.example"}
    async with mail_server() as server, connected(options(server.port, **told)) as deliver:
        for brand in ("north", "south"):
            await deliver(reminder(brand=brand))
        north, south = arrived(server)
        assert (north["From"], north["Reply-To"]) == (
            "North <hello@north.example>",
            "a@north.example",
        )
        assert (south["From"], south["Reply-To"]) == (
            "The Shoe Shop <hello@shop.example>",
            "help@shop.example",
        )
        assert server.arrived[0].mail_from == "hello@north.example"


async def test_a_service_message_bears_no_link() -> None:
    async with mail_server() as server, connected(options(server.port)) as deliver:
        await deliver(
            an_action(
                content_ref="delivery_delayed_email",
                purpose="service",
                params={"order": "A1", "promised": ""},
            )
        )
        (mail,) = arrived(server)
        assert mail["List-Unsubscribe"] is None
        assert "unsubscribe" not in bytes_of(server.arrived[0]).decode()


async def test_what_cannot_be_written_is_not_sent() -> None:
    async with mail_server() as server, connected(options(server.port)) as deliver:
        assert await deliver(reminder(address="nobody")) == Failed("no_such_address")
        assert await deliver(an_action(content_ref="none")) == Failed("no_content")
        assert await deliver(an_action(content_ref="price_drop_email")) == Failed("bad_content")
        assert await deliver(an_action(content_ref="win_back_sms")) == Failed("bad_content")
        assert server.visits == 0


@pytest.mark.parametrize("name", ["<b>x</b>", "a\r\nBcc: eve@example.org", "x" * 5_000])
async def test_whatever_an_article_is_called_the_mail_is_one(name: str) -> None:
    async with mail_server() as server, connected(options(server.port)) as deliver:
        items = [msgspec.structs.replace(SHOE, name=name)]
        assert await deliver(reminder(items=items)) == Delivered("4XYZ")
        (mail,) = arrived(server)
        assert mail["Bcc"] is None
        assert server.arrived[0].rcpt_tos == ["ada@example.org"]
        html = mail.get_body(("html",))
        assert html is not None
        assert "<b>x</b>" not in str(html.get_content())


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"host": "mx.example"}, "needs TLS"),
        ({"sender": "nobody"}, "no address"),
        ({"reply_to": "nobody"}, "no address"),
        ({"brands": {"north": {"sender": ""}}}, "no address"),
        ({"headers": {"Subject": "x"}}, "written by Legato"),
        ({"unsubscribe_mailto": "x"}, "no address"),
        ({"connections": 0}, "connections"),
        ({"passwort": "x"}, "passwort"),
    ],
)
def test_options_that_make_no_sense_are_told(told: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert(options(25, **told), email.Options)


async def test_it_does_not_start_without_what_it_needs(tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    for told, settings, why in (
        (options(25), Settings(), "unsubscribe.url"),
        (options(25, ca=missing), SETTINGS, "cannot read `ca`"),
        (options(25, password=f"file:{missing}"), SETTINGS, "the password of the adapter"),
    ):
        with pytest.raises(SettingsError, match=why):
            async with connected(told, settings):
                raise AssertionError("it started")
    async with connected(options(25, unsubscribe="none"), Settings()):
        """Whoever has links of their own says so."""
