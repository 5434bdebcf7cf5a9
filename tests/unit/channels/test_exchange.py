"""What an answer means by its status, and when it says to come again."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.adapter import Delivered, Failed, Retry
from legato.channels.exchange import (
    CODE_MOST,
    HttpAnswer,
    code_of,
    read_json,
    result_by_status,
    retry_after_s,
)

NOW = 1_772_445_600_000


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, Delivered()),
        (202, Delivered()),
        (204, Delivered()),
        (301, Retry("http_301")),
        (400, Failed("http_400")),
        (401, Retry("unauthorized")),
        (403, Retry("unauthorized")),
        (404, Failed("http_404")),
        (408, Retry("http_408")),
        (409, Retry("http_409")),
        (413, Failed("http_413")),
        (422, Failed("http_422")),
        (429, Retry("http_429")),
        (500, Retry("http_500")),
        (503, Retry("http_503")),
        (599, Retry("http_599")),
    ],
)
def test_by_its_status(status: int, result: object) -> None:
    assert result_by_status(HttpAnswer(status)) == result


@given(st.integers(100, 999))
def test_a_status_is_taken_refused_for_good_or_for_now_and_nothing_else(status: int) -> None:
    match result_by_status(HttpAnswer(status)):
        case Delivered():
            assert 200 <= status < 300
        case Failed():
            assert 400 <= status < 500
        case Retry():
            assert not 200 <= status < 300


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("-1", None),
        ("1.5", None),
        ("9" * 30, None),
        ("soon", None),
        ("Mon, 02 Mar 2026 10:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 09:00:00 GMT", 0.0),
        ("Mon, 99 Mar 2026 10:00:30 GMT", None),
        ("\u0661\u0662", None),
    ],
)
def test_when_to_come_again(told: str, seconds: float | None) -> None:
    answer = HttpAnswer(429, {"retry-after": told}, received=NOW)
    assert retry_after_s(answer) == seconds
    assert result_by_status(answer) == Retry("http_429", seconds)


@given(st.integers(-86_400, 86_400), st.integers(0, 86_400))
def test_a_wrong_clock_does_not_matter_where_the_answer_has_a_date(off: int, wait: int) -> None:
    theirs = NOW // 1_000 + off
    dates = {
        "date": formatdate(theirs, usegmt=True),
        "retry-after": formatdate(theirs + wait, usegmt=True),
    }
    assert retry_after_s(HttpAnswer(503, dates, received=NOW)) == wait


@given(st.text() | st.integers() | st.none() | st.booleans())
def test_only_what_is_a_code_becomes_part_of_a_reason(found: object) -> None:
    code = code_of(found)
    assert len(code) <= CODE_MOST
    assert code.isascii()
    assert "@" not in code and " " not in code and "+" not in code


def test_codes_are_kept() -> None:
    codes = (21211, "UNREGISTERED", "rate.limit", "not-on-whatsapp", True, "a b", None)
    assert [code_of(each) for each in codes] == [
        *("21211", "UNREGISTERED", "rate.limit", "not-on-whatsapp", "", "", "")
    ]


@given(st.binary())
def test_a_body_is_json_or_nothing(body: bytes) -> None:
    read_json(HttpAnswer(200, body=body))


def test_a_body_nested_beyond_measure_is_nothing() -> None:
    assert read_json(HttpAnswer(200, body=b"[" * 100_000)) is None
