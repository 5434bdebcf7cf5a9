"""Records of the topic of the playbook's versions."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.core.playbook.versions import LEAD, PlaybookVersion
from legato.core.values.results import Rejected
from legato.core.values.time import EARLIEST, HOUR, LATEST, MINUTE, SECOND
from legato.wire.topics.playbooks import read_playbook_record, write_playbook_record

AT = 1_772_452_800_000
VERSION = PlaybookVersion(
    number=3,
    since=AT + HOUR,
    text="version: 1\nsituations: {}\n",
    author="kim",
    note="spring",
    published=AT,
    born={"old": AT - HOUR, "new": AT + HOUR},
    paused=("old",),
)
NAMES = st.text(max_size=8)
INSTANTS = st.integers(EARLIEST + HOUR, LATEST - 1)


@given(
    st.builds(
        PlaybookVersion,
        number=st.integers(1, (1 << 53) - 1),
        since=INSTANTS,
        text=NAMES,
        author=NAMES,
        note=NAMES,
        published=INSTANTS,
        born=st.dictionaries(NAMES, INSTANTS),
        paused=st.lists(NAMES).map(tuple),
    )
)
def test_what_was_written_early_enough_is_read_as_it_was(version: PlaybookVersion) -> None:
    record = write_playbook_record(version)
    assert read_playbook_record(*record, version.since - LEAD) == version


def test_a_record_is_json_that_people_can_read() -> None:
    key, value = write_playbook_record(VERSION)
    assert key == b"3"
    assert msgspec.json.decode(value) == {
        "version": 3,
        "from": "2026-03-02T13:00:00.000Z",
        "published": "2026-03-02T12:00:00.000Z",
        "author": "kim",
        "note": "spring",
        "text": "version: 1\nsituations: {}\n",
        "born": {"old": "2026-03-02T11:00:00.000Z", "new": "2026-03-02T13:00:00.000Z"},
        "paused": ["old"],
    }


def test_one_that_was_written_late_counts_later_and_so_is_what_it_brings_born() -> None:
    late = VERSION.since - 10 * SECOND
    read = read_playbook_record(*write_playbook_record(VERSION), late)
    assert isinstance(read, PlaybookVersion)
    assert read.since == late + LEAD
    assert read.born == {"old": AT - HOUR, "new": late + LEAD}


def test_what_is_optional_may_be_missing() -> None:
    read = read_playbook_record(b"1", b'{"version":1,"from":%d,"text":"x"}' % AT, AT - MINUTE)
    assert read == PlaybookVersion(1, AT, "x", published=AT - MINUTE)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        (b"3", None, "never taken back"),
        (None, b'{"version":3,"from":%d,"text":""}' % AT, "the key is not `3`"),
        (b"4", b'{"version":3,"from":%d,"text":""}' % AT, "the key is not `3`"),
        (b"0", b'{"version":0,"from":%d,"text":""}' % AT, ">= 1"),
        (b"3", b'{"version":3,"from":5,"text":""}', "`from`"),
        (b"3", b'{"version":3,"from":"2026-03-02T12:00:00","text":""}', "`from`"),
        (b"3", b'{"version":3,"from":"9999-12-31T23:59:59-23:00","text":""}', "`from`"),
        (b"3", b'{"version":3,"from":%d}' % AT, "`text`"),
        (b"3", b'{"version":3,"from":%d,"text":"","born":{"a":1}}' % AT, "`born`"),
        (b"3", b'{"version":3,"from":%d,"text":"","paused":"a"}' % AT, "array"),
        (b"3", b'{"version":3,"from":%d,"text":"\xff"}' % AT, "utf"),
        (b"3", b'{"own":' + b"[" * 100_000, "recursion"),
        (b"3", b"", "truncated"),
        (b"3", b"[]", "object"),
    ],
)
def test_what_is_none_is_rejected(key: bytes | None, value: bytes | None, why: str) -> None:
    read = read_playbook_record(key, value, AT)
    assert isinstance(read, Rejected)
    assert read.reason == "bad_playbook"
    assert why in read.message.lower()


@given(st.none() | st.binary(max_size=8), st.none() | st.binary(max_size=80))
def test_foreign_bytes_are_never_a_surprise(key: bytes | None, value: bytes | None) -> None:
    assert isinstance(read_playbook_record(key, value, AT), Rejected)


@given(st.data())
def test_a_record_cut_or_bent_is_a_version_or_rejected(data: st.DataObject) -> None:
    key, value = write_playbook_record(VERSION)
    place = data.draw(st.integers(0, len(value) - 1))
    bent = value[:place] + data.draw(st.binary(max_size=3)) + value[place + 1 :]
    assert isinstance(read_playbook_record(key, bent, AT), PlaybookVersion | Rejected)
