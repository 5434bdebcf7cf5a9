"""Notices reach who asked for them; who does not take them is let go."""

import msgspec
import pytest

from legato.serving.api.notices import BEHIND_MOST, Notice, Notices, Stream, StreamTopic
from legato.settings import Settings


@pytest.fixture
def notices() -> Notices:
    return Notices(Settings())


def told(*notices: Notice) -> bytes:
    return msgspec.json.encode(notices)


def taken(stream: Stream) -> list[str | None]:
    found = []
    while not stream.queue.empty():
        notice = stream.queue.get_nowait()
        found.append(notice.id if notice is not None else None)
    return found


ACTION = Notice("action", "a1", customer="c1", venue="BER-1", channel="store")
CONTEXT = Notice("context", "c1", customer="c1", revision=7)


async def test_each_stream_gets_what_it_is_about(notices: Notices) -> None:
    streams = {
        "customer": notices.open(StreamTopic(customer="c1")),
        "venue": notices.open(StreamTopic(venue="BER-1")),
        "queue": notices.open(StreamTopic(queue="sales")),
        "other": notices.open(StreamTopic(customer="c2")),
    }
    notices.hand_on(told(ACTION, CONTEXT))
    assert {name: taken(stream) for name, stream in streams.items()} == {
        "customer": ["a1", "c1"],
        "venue": ["a1"],
        "queue": [],
        "other": [],
    }


async def test_a_key_gets_no_notice_of_another_channel(notices: Notices) -> None:
    other = notices.open(StreamTopic(venue="BER-1", channels=("call",)))
    same = notices.open(StreamTopic(venue="BER-1", channels=("call", "store")))
    notices.hand_on(told(ACTION))
    assert (taken(other), taken(same)) == ([], ["a1"])


async def test_who_is_too_far_behind_is_let_go(notices: Notices) -> None:
    slow, quick = (notices.open(StreamTopic(customer="c1")) for _ in range(2))
    for _ in range(BEHIND_MOST + 1):
        notices.hand_on(told(CONTEXT))
        taken(quick)
    assert taken(slow) == [None]
    assert notices.streams == {quick}
    assert notices.dropped == 1


async def test_after_a_gap_a_page_fetches_all_and_others_come_again(notices: Notices) -> None:
    page = notices.open(StreamTopic(customer="c1"), lasting=True)
    reader = notices.open(StreamTopic(customer="c1"))
    notices.tell_gap()
    assert (taken(page), taken(reader)) == ([""], [None])
    assert notices.streams == {page}
    notices.let_all_go()
    assert taken(page) == [None]


@pytest.mark.parametrize("junk", [b"", b"{}", b"[1]", b"\xff"])
async def test_what_is_no_notice_ends_nothing(notices: Notices, junk: bytes) -> None:
    stream = notices.open(StreamTopic(customer="c1"))
    notices.hand_on(junk)
    notices.hand_on(told(CONTEXT))
    assert taken(stream) == ["c1"]
