"""Requests that leave: what is answered is read, whatever it is, and none goes astray."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
import traceback
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from legato.channels.exchange import HttpAnswer, HttpRequest, retry_after_s
from legato.settings import OutboundSettings
from legato.transports.body import BODY_MOST
from legato.transports.http import TOTAL_S, HttpClient, HttpFault
from legato.transports.resolving import Resolve
from tests.unit.transports.web import HeardRequest, answering, certified, serving

HERE = OutboundSettings(loopback=True)
SHORT_S = 0.5


def client(total_s: float = TOTAL_S) -> HttpClient:
    return HttpClient(HERE, total_s=total_s)


async def ask(url: str, total_s: float = TOTAL_S) -> HttpAnswer:
    async with client(total_s) as http:
        return await http.send(HttpRequest(url, b"{}"))


async def fault_of(
    url: str, settings: OutboundSettings = HERE, total_s: float = TOTAL_S
) -> str:
    async with HttpClient(settings, total_s=total_s) as http:
        with pytest.raises(HttpFault) as caught:
            await http.send(HttpRequest(url, b"{}"))
    assert "127.0.0.1" not in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert "Connect call" not in shown
    assert url not in shown or not url
    return caught.value.reason


async def test_an_answer_is_read_whole_over_a_connection_that_is_kept() -> None:
    async with (
        serving(answering(201, b'{"sid": "SM1"}', {"X-Id": "7"})) as web,
        client() as http,
    ):
        sent = HttpRequest(f"{web.url}/a?b=c", b"x=1", {"X-Key": "k"})
        answers = [await http.send(sent) for _ in range(3)]
    assert [each.status for each in answers] == [201, 201, 201]
    assert (answers[0].body, answers[0].headers["x-id"]) == (b'{"sid": "SM1"}', "7")
    assert all(each.whole and each.is_success for each in answers)
    assert web.connections == 1
    assert (web.heard[0].method, web.heard[0].path, web.heard[0].body) == (
        "POST",
        "/a?b=c",
        b"x=1",
    )
    assert web.heard[0].headers["x-key"] == "k"
    assert "cookie" not in web.heard[2].headers


async def test_a_document_is_fetched_whole_or_not_at_all() -> None:
    async with serving(answering(200, b"{}", {"ETag": "1"})) as web, client() as http:
        answer = await http.get(web.url, {"If-None-Match": "0"})
    assert (answer.body, answer.headers["etag"]) == (b"{}", "1")
    assert web.heard[0].method == "GET"
    assert web.heard[0].headers["if-none-match"] == "0"
    async with serving(endless) as web, client() as http:
        with pytest.raises(OSError, match="broken_answer"):
            await http.get(web.url, {})


async def test_a_refusal_tells_when_to_come_again() -> None:
    async with serving(answering(429, b"slow", {"Retry-After": "17"})) as web:
        answer = await ask(web.url)
    assert (answer.status, retry_after_s(answer), answer.body) == (429, 17.0, b"slow")


async def test_a_date_to_come_again_counts_from_the_date_of_the_answer() -> None:
    dates = {
        "Date": "Mon, 02 Mar 2026 10:00:00 GMT",
        "Retry-After": "Mon, 02 Mar 2026 10:01:30 GMT",
    }
    async with serving(answering(503, headers=dates)) as web:
        assert retry_after_s(await ask(web.url)) == 90.0


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    async with serving(answering(200)) as secret:
        place = {"Location": f"{secret.url}/latest/meta-data/"}
        async with serving(answering(status, headers=place)) as web:
            assert (await ask(web.url)).status == status
    assert secret.heard == []


async def test_a_redirect_to_where_clouds_tell_secrets_is_not_followed_either() -> None:
    place = {"Location": "http://169.254.169.254/latest/meta-data/"}
    async with serving(answering(302, headers=place)) as web:
        answer = await ask(web.url)
    assert (answer.status, answer.body) == (302, b"")


async def trickle(_: HeardRequest) -> AsyncIterator[bytes]:
    """Send one byte of a head at a time, for ever."""
    yield b"HTTP/1.1 200 OK\r\nX-Slow: "
    while True:
        yield b"a"
        await asyncio.sleep(0.02)


async def endless(_: HeardRequest) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"10000\r\n" + b"x" * 0x10000 + b"\r\n"


async def endless_heads(_: HeardRequest) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: " + b"a" * 4_000 + b"\r\n"


async def slow_body(_: HeardRequest) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n"
    while True:
        yield b"a"
        await asyncio.sleep(0.02)


async def nothing(_: HeardRequest) -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


async def test_a_server_that_never_answers_is_waited_for_no_longer_than_said() -> None:
    for each in (nothing, trickle):
        async with serving(each) as web:
            began = time.monotonic()
            assert await fault_of(web.url, total_s=SHORT_S) == "timeout"
            assert time.monotonic() - began < SHORT_S + 5


async def test_a_body_that_trickles_leaves_what_its_head_said() -> None:
    async with serving(slow_body) as web:
        answer = await ask(web.url, total_s=SHORT_S)
    assert (answer.status, answer.whole) == (201, False)


async def test_a_body_without_end_is_read_up_to_its_most_and_hung_up_on() -> None:
    async with serving(endless) as web, client() as http:
        answer = await http.send(HttpRequest(web.url))
        assert (answer.status, answer.whole, len(answer.body)) == (200, False, BODY_MOST)
        assert web.sent < 10 * BODY_MOST
        await http.send(HttpRequest(web.url))
    assert web.connections == 2


async def test_heads_without_end_are_no_answer() -> None:
    async with serving(endless_heads) as web:
        assert await fault_of(web.url) == "broken_answer"
    assert web.sent < 10 * BODY_MOST


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
async def test_a_small_body_that_unpacks_to_a_huge_one_is_cut(packed: str) -> None:
    huge = b"\0" * 50 * BODY_MOST
    bomb = gzip.compress(huge, 9) if packed == "gzip" else zlib.compress(huge, 9)
    del huge
    assert len(bomb) < BODY_MOST
    async with serving(answering(200, bomb, {"Content-Encoding": packed})) as web:
        answer = await ask(web.url)
    assert (answer.whole, len(answer.body)) == (False, BODY_MOST)


async def test_what_comes_packed_is_unpacked() -> None:
    told = {"Content-Encoding": "gzip"}
    async with serving(answering(200, gzip.compress(b"hello"), told)) as web:
        answer = await ask(web.url)
    assert (answer.body, answer.whole) == (b"hello", True)


@pytest.mark.parametrize(
    ("body", "packing"),
    [(b"hello", "gzip"), (b"hello", "br"), (gzip.compress(b"hello")[:-9], "gzip")],
    ids=["not packed", "unknown", "torn"],
)
async def test_what_cannot_be_unpacked_is_not_whole(body: bytes, packing: str) -> None:
    async with serving(answering(200, body, {"Content-Encoding": packing})) as web:
        answer = await ask(web.url)
    assert (answer.status, answer.whole) == (200, False)


@pytest.mark.parametrize(
    "garbage",
    [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00\xff\x00\xff\r\n\r\n", b""],
)
async def test_garbage_is_no_answer(garbage: bytes) -> None:
    async with serving(garbage) as web:
        assert await fault_of(web.url) == "broken_answer"


async def test_nobody_there_is_no_connection() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert await fault_of(f"http://127.0.0.1:{port}") == "no_connection"


def leading_to(*turns: Sequence[str]) -> Resolve:
    """Answer each question of a name with the next of these, and the last from then on."""
    left = list(turns)

    async def resolve(_: str, __: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def test_a_name_is_kept_for_tls_and_host_while_the_connection_goes_to_the_address(
    tmp_path: Path,
) -> None:
    server, believing = certified(tmp_path, "hooks.example")
    async with (
        serving(answering(200, b"ok"), server) as web,
        HttpClient(HERE, resolve=leading_to(["127.0.0.1"]), tls=believing) as http,
    ):
        answer = await http.send(HttpRequest(f"https://hooks.example:{web.port}/x"))
    assert answer.body == b"ok"
    assert web.called == ["hooks.example"]
    assert web.heard[0].headers["host"] == f"hooks.example:{web.port}"


async def test_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    server, believing = certified(tmp_path, "hooks.example")
    async with (
        serving(answering(200), server) as web,
        HttpClient(HERE, resolve=leading_to(["127.0.0.1"]), tls=believing) as http,
    ):
        for host in ("other.example", "127.0.0.1"):
            with pytest.raises(HttpFault, match="bad_certificate"):
                await http.send(HttpRequest(f"https://{host}:{web.port}/x"))
    assert web.heard == []


async def test_a_server_without_tls_is_refused() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answering(400))
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await fault_of(f"https://127.0.0.1:{port}") == "no_tls"


async def test_a_name_that_leads_elsewhere_the_second_time_leads_nowhere() -> None:
    """DNS rebinding: what was checked is what is connected to, for each connection anew."""
    asked: list[str] = []

    async def resolve(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    public = OutboundSettings(networks=("192.0.2.0/24",))
    async with serving(answering(200)) as web:
        url = f"https://rebound.example:{web.port}"
        async with HttpClient(public, resolve=resolve, total_s=SHORT_S) as http:
            with pytest.raises(HttpFault, match=r"timeout|no_connection"):
                await http.send(HttpRequest(url))
            assert asked == ["rebound.example"]
            with pytest.raises(HttpFault, match="forbidden_address"):
                await http.send(HttpRequest(url))
    assert web.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["93.184.216.34", "::1"],
        ["169.254.169.254"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a9fe:a9fe"],
    ],
)
async def test_a_name_that_leads_to_a_forbidden_address_is_refused_whatever_else(
    addresses: list[str],
) -> None:
    public = OutboundSettings()
    async with HttpClient(public, resolve=leading_to(addresses)) as http:
        with pytest.raises(HttpFault, match="forbidden_address"):
            await http.send(HttpRequest("https://innocent.example/"))


TARGETS = {
    "https://127.0.0.1/": "forbidden_address",
    "https://169.254.169.254/latest/meta-data/": "forbidden_address",
    "https://[::1]/": "forbidden_address",
    "https://[::ffff:127.0.0.1]/": "forbidden_address",
    "https://[fd00:ec2::254]/": "forbidden_address",
    "https://[64:ff9b::a9fe:a9fe]/": "forbidden_address",
    "https://10.0.0.1/": "forbidden_address",
    "https://100.64.0.1/": "forbidden_address",
    "https://localhost/": "forbidden_address",
    "https://LOCALHOST/": "forbidden_address",
    "https://2130706433/": "bad_request",
    "https://127.1/": "bad_request",
    "https://0x7f.0.0.1/": "forbidden_address",
    "https://0177.0.0.1/": "bad_request",
    "https://user@127.0.0.1/": "forbidden_address",
    "http://93.184.216.34/": "not_https",
    "http://localhost/": "not_https",
    "ftp://93.184.216.34/": "bad_request",
    "file:///etc/passwd": "bad_request",
    "gopher://127.0.0.1/": "bad_request",
    "unix:///var/run/docker.sock": "bad_request",
    "//127.0.0.1/": "bad_request",
    "": "bad_request",
    "https://": "bad_request",
    "https://[::1": "bad_request",
    "https://a b/": "no_such_host",
    "https://exa\u2024mple.invalid/": "no_such_host",
}


@pytest.mark.parametrize("url", TARGETS)
async def test_no_request_goes_to_this_network_by_whatever_url(url: str) -> None:
    assert await fault_of(url, OutboundSettings()) == TARGETS[url]


async def test_with_loopback_allowed_http_still_goes_nowhere_else() -> None:
    for url in ("http://example.invalid/", "http://10.0.0.1/", "http://127.0.0.2/"):
        assert await fault_of(url) == "not_https"


async def test_no_header_can_be_smuggled_in() -> None:
    async with serving(answering(200)) as web, client() as http:
        with pytest.raises(HttpFault, match="bad_request"):
            await http.send(HttpRequest(web.url, headers={"X-To": "a\r\nX-Evil: 1"}))
    assert web.heard == []


async def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    async with serving(answering(200)) as web:
        assert (await ask(web.url)).status == 200


async def test_a_cookie_is_not_kept() -> None:
    async with serving(answering(200, headers={"Set-Cookie": "a=b"})) as web, client() as http:
        await http.send(HttpRequest(web.url))
        await http.send(HttpRequest(web.url))
    assert "cookie" not in web.heard[1].headers


async def test_who_waits_for_an_answer_can_be_called_off() -> None:
    async with serving(nothing) as web, client() as http:
        task = asyncio.create_task(http.send(HttpRequest(web.url)))
        await web.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
