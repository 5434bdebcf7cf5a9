"""Dead letters are listed, shown, and sent again as they first came."""

from pathlib import Path

import pytest

from legato.core.values.results import Rejected, Unreadable
from legato.settings import KafkaSettings, Settings
from legato.wire.record import RawRecord
from legato.wire.topics.dead_letters import Coordinates, dead_letter
from tests.integration.legato_command import Legato
from tests.integration.said import Said, create_topics, records

T0 = 1_772_438_400_000
LIMIT = 1 << 20


@pytest.fixture
def legato(bootstrap: str, topic_prefix: str, tmp_path: Path) -> Legato:
    settings = Settings(kafka=KafkaSettings(bootstrap=bootstrap, prefix=topic_prefix))
    create_topics(settings)
    source = f"{topic_prefix}channel.events"
    said = Said(settings)
    for offset, (original, why, limit) in enumerate(LETTERS):
        dead = dead_letter(original, Coordinates(source, 2, offset, T0), why, limit)
        said.write("dead.letters", None, dead.value, dead.headers)
    said.flush()
    return Legato(settings, tmp_path)


BINARY = b"\x00\x00\x00\x01\x02\xff\xfe\x00"
LETTERS: tuple[tuple[RawRecord, Unreadable | Rejected, int], ...] = (
    (
        RawRecord(None, b'{"id":', (("trace", b"7"), ("empty", None))),
        Unreadable("not_json", "cut"),
        LIMIT,
    ),
    (RawRecord(None, BINARY), Unreadable("unknown_schema", "no schema `258`"), LIMIT),
    (RawRecord(None, b'{"id":"3"}'), Rejected("bad_payload", "no `sku`"), LIMIT),
    (RawRecord(None, b"x" * 9_000), Unreadable("too_large", "9000 bytes"), 5_000),
)


def test_letters_are_counted_by_reason_and_listed_with_both_places(legato: Legato) -> None:
    told = legato("dlq", "list")
    assert told.code == 0, told.err
    for words in ("not_json", "the value is not JSON", " 2:1 ", " 0:1 "):
        assert words in told.out
    only = legato("dlq", "list", "--reason", "bad_payload", "--json").objects
    assert [(letter["coordinate"], letter["value"]) for letter in only] == [
        ("0:2", '{"id":"3"}')
    ]


def test_letters_of_a_customer_are_found_by_any_identifier(legato: Legato) -> None:
    value = b'{"identifiers": {"email": "Kim@Example.org"}, "time": "yesterday"}'
    why, at = Unreadable("bad_time", "`time`"), Coordinates("web", 0, 7, T0)
    dead = dead_letter(RawRecord(None, value), at, why, LIMIT)
    said = Said(legato.settings)
    said.write("dead.letters", None, dead.value, dead.headers)
    said.flush()
    found = legato("dlq", "list", "--customer", "email:kim@example.org", "--json").objects
    assert [letter["reason"] for letter in found] == ["bad_time"]
    assert legato("dlq", "list", "--customer", "loyalty:42").out == "no dead letters\n"


def test_a_letter_is_shown_with_its_headers_and_payload(legato: Legato) -> None:
    code, text, trouble = legato("dlq", "show", "0:0")
    assert (code, trouble) == (0, "")
    assert all(
        words in text for words in ("not_json", "trace", '{"id":', "2026-03-02 08:00:00")
    )
    assert "00 00 00 01 02 ff fe 00" in legato("dlq", "show", "0:1").out
    nowhere = legato("dlq", "show", "9:9")
    assert (nowhere.code, nowhere.err) == (
        1,
        "legato: no dead letter at `9:9`; see `legato dlq list`\n",
    )


def test_letters_go_back_byte_for_byte_to_the_partition_they_came_from(legato: Legato) -> None:
    told = legato("dlq", "redrive", "--yes")
    assert told.code == 0, told.err
    assert "too large to be kept" in told.err
    sent = records(legato.settings, "channel.events")
    assert [(record.partition, record.value) for record in sent] == [
        (2, b'{"id":'),
        (2, BINARY),
        (2, b'{"id":"3"}'),
    ]
    assert sent[0].headers == (("trace", b"7"), ("empty", None))
    assert sent[1].headers == ()


def test_a_dry_run_and_a_no_send_nothing(legato: Legato) -> None:
    topic = f"{legato.settings.kafka.prefix}channel.events"
    dry = legato("dlq", "redrive", "--reason", "not_json", "--dry-run")
    assert dry.out == f"would send 1 to {topic}\n"
    no = legato("dlq", "redrive", "0:1", "0:2", typed="n\n")
    assert f"send 2 to {topic}?" in no.out
    assert records(legato.settings, "channel.events") == []
    yes = legato("dlq", "redrive", "0:1", typed="y\n")
    assert f"sent 1 to {topic}" in yes.out
    assert [record.value for record in records(legato.settings, "channel.events")] == [BINARY]


def test_without_letters_there_is_nothing_to_do(bootstrap: str, tmp_path: Path) -> None:
    settings = Settings(kafka=KafkaSettings(bootstrap=bootstrap, prefix="nobody.used.this."))
    assert Legato(settings, tmp_path)("dlq", "list").out == "no dead letters\n"
    assert Legato(settings, tmp_path)("dlq", "redrive", "--yes").out == "nothing to send\n"
