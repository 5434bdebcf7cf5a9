"""Bodies: what is too large, too slow, packed or broken is said, and never unpacked beyond."""

import asyncio
import gzip
import zlib

import pytest
from msgspec import Struct
from starlette.requests import Request
from starlette.types import Message

from legato.serving.api import bodies
from legato.serving.api.bodies import SENT_MOST, UNPACKED_MOST, read_body, read_shape, unpacked
from legato.serving.api.problems import Problem
from tests.unit.serving.api.requests import request


async def test_a_body_comes_in_chunks() -> None:
    assert await read_body(request(b'{"a":', b"1}")) == b'{"a":1}'


@pytest.mark.parametrize("packing", ["gzip", "GZIP", "deflate"])
async def test_a_packed_body_is_unpacked(packing: str) -> None:
    pack = gzip.compress if packing.lower() == "gzip" else zlib.compress
    sent = request(pack(b"[1]"), content_encoding=packing)
    assert await read_body(sent) == b"[1]"


async def test_what_is_too_large_is_not_read_to_its_end() -> None:
    chunks = [b"x" * 100_000] * 50
    with pytest.raises(Problem) as told:
        await read_body(request(*chunks))
    assert told.value.status == 413


async def test_a_length_that_is_too_large_is_not_read_at_all() -> None:
    with pytest.raises(Problem) as told:
        await read_body(request(b"x", content_length=str(SENT_MOST + 1)))
    assert told.value.status == 413


@pytest.mark.parametrize("length", ["-1", "many", "1e3"])
async def test_a_length_that_is_none_is_refused(length: str) -> None:
    with pytest.raises(Problem) as told:
        await read_body(request(b"x", content_length=length))
    assert told.value.status == 413


def test_a_bomb_does_not_go_off() -> None:
    bomb = gzip.compress(b"\0" * (200 * UNPACKED_MOST))
    assert len(bomb) < SENT_MOST
    with pytest.raises(Problem) as told:
        unpacked(bomb)
    assert told.value.status == 413


@pytest.mark.parametrize("sent", [b"no gzip", b"", zlib.compress(b"x" * 999)[:-9]])
def test_what_is_not_packed_as_it_says_is_a_bad_request(sent: bytes) -> None:
    with pytest.raises(Problem) as told:
        unpacked(sent)
    assert told.value.status == 400


async def test_another_encoding_is_not_read() -> None:
    with pytest.raises(Problem) as told:
        await read_body(request(b"x", content_encoding="br"))
    assert told.value.status == 415


async def test_a_slow_body_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_S", 0.05)

    async def receive() -> Message:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    with pytest.raises(Problem) as told:
        await read_body(Request({"type": "http", "method": "POST", "headers": []}, receive))
    assert told.value.status == 408


class Order(Struct, forbid_unknown_fields=True):
    """A body of the tests."""

    sku: str
    count: int = 1


async def test_a_body_is_read_in_its_shape() -> None:
    packed = request(gzip.compress(b'{"sku":"SHOE"}'), content_encoding="gzip")
    assert await read_shape(packed, Order, "send a `sku`") == Order("SHOE")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"sku":"SHOE","hush":1}',
        b'{"sku":"SHOE","count":"hush"}',
        b'{"sku":"\xff hush"}',
        b'{"sku":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
)
async def test_of_a_body_of_another_shape_nothing_is_repeated(sent: bytes) -> None:
    with pytest.raises(Problem) as told:
        await read_shape(request(sent), Order, "send a `sku`")
    assert (told.value.status, told.value.detail) == (400, "send a `sku`")
    assert told.value.__cause__ is None
