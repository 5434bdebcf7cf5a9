"""Dead letters keep the original as it was, and say why they are there."""

from __future__ import annotations

from hashlib import sha256

from legato.core.values.results import Rejected, Unreadable
from legato.wire.record import RawRecord
from legato.wire.topics.dead_letters import (
    Coordinates,
    dead_letter,
    errors_of,
    redriven,
)
from tests.unit.wire.reading import NOON

AT = Coordinates("shop.events", 3, 41, NOON)
WHY = Unreadable("not_json", "JSON is malformed (byte 3)")
ORIGINAL = RawRecord(b"\xffkey", b'{"a"', (("trace", b"\x00\xff"), ("empty", None)))
ROOM = 1 << 20


def test_the_original_is_untouched() -> None:
    letter = dead_letter(ORIGINAL, AT, WHY, ROOM)
    assert (letter.key, letter.value) == (ORIGINAL.key, ORIGINAL.value)
    assert letter.headers[:2] == ORIGINAL.headers
    assert redriven(letter) == ORIGINAL


def test_headers_say_what_happened_where() -> None:
    assert errors_of(dead_letter(ORIGINAL, AT, WHY, ROOM).headers) == {
        "stage": "read",
        "class": "not_json",
        "message": "JSON is malformed (byte 3)",
        "topic": "shop.events",
        "partition": "3",
        "offset": "41",
        "timestamp": str(NOON),
    }


def test_a_letter_that_fails_again_tells_of_its_last_failure() -> None:
    first = dead_letter(ORIGINAL, AT, WHY, ROOM)
    second = dead_letter(first, AT, Rejected("bad_time", "`time` is `0`"), ROOM)
    assert errors_of(second.headers)["class"] == "bad_time"
    assert len(second.headers) == len(first.headers)


def test_an_original_that_is_too_large_leaves_its_trace() -> None:
    large = RawRecord(b"k", b"x" * ROOM, (("trace", b"t"),))
    letter = dead_letter(large, AT, WHY, ROOM)
    assert (letter.key, letter.value) == (b"k", None)
    told = errors_of(letter.headers)
    assert told["sha256"] == sha256(b"x" * ROOM).hexdigest()
    assert (told["size"], told["offset"]) == (str(ROOM), "41")
    assert ("trace", b"t") in letter.headers


def test_a_key_that_is_too_large_goes_too() -> None:
    letter = dead_letter(RawRecord(b"k" * ROOM, b"x", (("h", b"h"),)), AT, WHY, ROOM)
    assert (letter.key, letter.value) == (None, None)
    assert errors_of(letter.headers)["class"] == "not_json"


def test_nobody_can_forge_a_line_of_the_log() -> None:
    forged = Unreadable("not_json", "a\nERROR all is lost\x1b[31m" + "x" * 1_000)
    message = errors_of(dead_letter(ORIGINAL, AT, forged, ROOM).headers)["message"]
    assert message.isprintable()
    assert len(message) == 300
