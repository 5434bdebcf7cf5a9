"""Ready-made adapters against servers that are as providers are, and as they should not be."""

from __future__ import annotations

import asyncio
import importlib
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from standardwebhooks import Webhook

from legato.adapter import Action, Deliver, Delivered, Failed, Retry, Setup
from legato.channels.outgoing import sample_action
from legato.serving.adapters.ready_made import READY_MADE
from legato.settings import OutboundSettings, RedisSettings, Settings, SettingsError
from tests.unit.channels.test_google import account_file
from tests.unit.transports.web import HeardRequest, WebServer, answering, serving

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HERE = Settings(
    outbound=OutboundSettings(loopback=True), redis=RedisSettings(url="redis://127.0.0.1:1/0")
)
WORDS = {"text": "It waits.", "title": "Still thinking?"}


class Words:
    """Content that is always the same, or that there is none of."""

    def __init__(self, told: Mapping[str, str] | Failed | Retry) -> None:
        self._told = told

    async def render(
        self, action: Action, unsubscribe_url: str = ""
    ) -> Mapping[str, str] | Failed | Retry:
        return self._told


def module_of(use: str) -> ModuleType:
    """The module of a ready-made adapter, as the frame finds it."""
    return importlib.import_module(READY_MADE[use])


@asynccontextmanager
async def connected(
    use: str, options: dict[str, Any], words: Mapping[str, str] | Failed | Retry = WORDS
) -> AsyncIterator[Deliver]:
    """Open a ready-made adapter by its name, as the frame does."""
    module = module_of(use)
    told = msgspec.convert(options, module.Options)
    setup = Setup(use, options=told, content=Words(words), settings=HERE)
    async with module.connect(setup) as deliver:
        yield deliver


def twilio(web: WebServer) -> dict[str, Any]:
    senders = {"sms": "+15", "whatsapp": "+15"}
    told = {"account": "AC1", "secret": "s", "senders": senders, "url": web.url}
    return {"twilio": told}


def options_of(use: str, web: WebServer, folder: Path) -> dict[str, Any]:
    match use:
        case "message":
            return twilio(web)
        case "push":
            path = folder / "account.json"
            path.write_bytes(account_file(token_uri=f"{web.url}/token"))
            return {"credentials": str(path), "url": f"{web.url}/{{project}}"}
        case "webhook":
            return {"url": web.url, "secrets": [SIGNING]}
        case _:
            return {"url": web.url}


TAKEN = {
    "message": answering(201, b'{"sid": "SM1", "status": "queued"}'),
    "push": answering(200, b'{"name": "projects/p/messages/0:1"}'),
    "webhook": answering(204),
    "slack": answering(200, b"ok"),
}
TOKEN = answering(200, b'{"access_token": "t1", "expires_in": 3600}')
SMS = sample_action("sms", "+14017122661")
names = pytest.mark.parametrize("use", TAKEN)


async def result_of(use: str, answer: bytes, folder: Path) -> object:
    def answered(heard: HeardRequest) -> bytes:
        return TOKEN if heard.path == "/token" else answer

    async with (
        serving(answered) as web,
        connected(use, options_of(use, web, folder)) as deliver,
    ):
        return await deliver(SMS)


@names
async def test_what_a_provider_takes_is_delivered(use: str, tmp_path: Path) -> None:
    result = await result_of(use, TAKEN[use], tmp_path)
    assert isinstance(result, Delivered)


@names
@pytest.mark.parametrize(
    ("answer", "after_s"),
    [
        (answering(429, headers={"Retry-After": "17"}), 17.0),
        (answering(500), None),
        (answering(503, b"<html>"), None),
        (answering(302, headers={"Location": "http://169.254.169.254/"}), None),
        (b"garbage\r\n\r\n", None),
        (b"", None),
    ],
    ids=["429", "500", "503", "redirect", "garbage", "nothing"],
)
async def test_what_is_no_answer_is_tried_again(
    use: str, answer: bytes, after_s: float | None, tmp_path: Path
) -> None:
    result = await result_of(use, answer, tmp_path)
    assert isinstance(result, Retry)
    assert result.after_s == after_s


@names
async def test_nobody_there_is_tried_again(use: str, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        web = WebServer(lambda _: b"")
        web.port = free.getsockname()[1]
    async with connected(use, options_of(use, web, tmp_path)) as deliver:
        assert await deliver(SMS) == Retry("no_connection")


@names
async def test_the_same_action_is_sent_alike_on_each_try(use: str, tmp_path: Path) -> None:
    """So that whoever knows keys of idempotency drops the second."""

    def answered(heard: HeardRequest) -> bytes:
        return TOKEN if heard.path == "/token" else answering(503)

    async with serving(answered) as web:
        async with connected(use, options_of(use, web, tmp_path)) as deliver:
            await deliver(SMS)
            await deliver(SMS)
        one, two = [each for each in web.heard if each.path != "/token"]
    assert one.path == two.path
    if use == "webhook":
        assert one.headers["webhook-id"] == two.headers["webhook-id"] == SMS.action_id
        Webhook(SIGNING).verify(one.body.decode(), one.headers)
    if use == "push":
        assert SMS.action_id.encode() in one.body


@names
@pytest.mark.parametrize("words", [Failed("bad_content"), Retry("cms_away")])
async def test_what_content_says_counts_and_nothing_is_sent(
    use: str, words: Failed | Retry, tmp_path: Path
) -> None:
    async with (
        serving(answering(500)) as web,
        connected(use, options_of(use, web, tmp_path), words) as deliver,
    ):
        assert await deliver(SMS) == words
        assert web.heard == []


@names
async def test_what_nobody_wrote_goes_out_where_the_action_says_enough(
    use: str, tmp_path: Path
) -> None:
    none = Failed("no_content")
    async with (
        serving(TAKEN[use]) as web,
        connected(use, options_of(use, web, tmp_path), none) as deliver,
    ):
        result = await deliver(SMS)
    assert isinstance(result, Delivered) if use in ("webhook", "slack") else result == none


async def test_whatsapp_outside_its_window_goes_out_by_template_or_not_at_all() -> None:
    """Redis is away here, so nobody knows when the customer wrote."""
    action = sample_action("whatsapp", "+14017122661")
    async with serving(TAKEN["message"]) as web:
        async with connected("message", twilio(web), {"text": "It waits."}) as deliver:
            assert await deliver(action) == Retry("view_away")
        both = {"text": "It waits.", "template": "HX1"}
        async with connected("message", twilio(web), both) as deliver:
            assert await deliver(action) == Delivered("SM1")
    [heard] = web.heard
    assert parse_qs(heard.body.decode())["ContentSid"] == ["HX1"]


async def test_a_token_is_asked_for_once_and_kept(tmp_path: Path) -> None:
    def answered(heard: HeardRequest) -> bytes:
        return TOKEN if heard.path == "/token" else TAKEN["push"]

    async with serving(answered) as web:
        async with connected("push", options_of("push", web, tmp_path)) as deliver:
            results = await asyncio.gather(*[deliver(SMS) for _ in range(20)])
        paths = [each.path for each in web.heard]
        assert results == [Delivered("0:1")] * 20
    assert paths.count("/token") == 1
    assert paths.count("/shoes-7") == 20


async def test_a_token_that_is_not_taken_is_replaced(tmp_path: Path) -> None:
    tokens = iter(("t1", "t2"))

    def answered(heard: HeardRequest) -> bytes:
        if heard.path == "/token":
            body = {"access_token": next(tokens), "expires_in": 3_600}
            return answering(200, msgspec.json.encode(body))
        new = heard.headers["authorization"] == "Bearer t2"
        return TAKEN["push"] if new else answering(401, b"{}")

    async with (
        serving(answered) as web,
        connected("push", options_of("push", web, tmp_path)) as deliver,
    ):
        assert await deliver(SMS) == Retry("unauthorized")
        assert await deliver(SMS) == Delivered("0:1")


async def test_no_token_is_tried_again(tmp_path: Path) -> None:
    async with (
        serving(answering(503, headers={"Retry-After": "5"})) as web,
        connected("push", options_of("push", web, tmp_path)) as deliver,
    ):
        assert await deliver(SMS) == Retry("token_503", 5.0)


async def test_a_dead_hook_of_slack_comes_to_nothing(tmp_path: Path) -> None:
    assert await result_of("slack", answering(404, b"no_service"), tmp_path) == Failed(
        "no_service"
    )


@pytest.mark.parametrize(
    ("use", "options", "why"),
    [
        ("slack", {"url": "file:/nowhere"}, "cannot read the url of the adapter `slack`"),
        ("webhook", {"url": "https://a.example", "secrets": ["x y"]}, "is no `whsec_`"),
        ("push", {"credentials": "/nowhere"}, "cannot read the credentials of the adapter"),
        (
            "message",
            {"twilio": {"account": "A", "secret": "file:/nowhere", "service": "MG"}},
            "cannot read the secret of the adapter `message`",
        ),
    ],
)
async def test_an_adapter_that_could_never_send_does_not_start(
    use: str, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(SettingsError, match=why):
        async with connected(use, options):
            """Not reached."""


@pytest.mark.parametrize("use", ["message", "push"])
async def test_an_adapter_with_nothing_to_say_does_not_start(use: str, tmp_path: Path) -> None:
    module = module_of(use)
    web = WebServer(lambda _: b"")
    options = msgspec.convert(options_of(use, web, tmp_path), module.Options)
    with pytest.raises(SettingsError, match="has nothing to say"):
        async with module.connect(Setup(use, options=options, settings=HERE)):
            """Not reached."""
