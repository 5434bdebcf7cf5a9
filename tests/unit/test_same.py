"""`scripts/same.sh` finds what two versions write differently, wherever it hides."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import fastavro
import msgspec
import pytest
from click import ClickException

from legato.wire.formats.schema import schema_id
from scripts.same import Difference, Record, compare, read_expected
from scripts.same_decoder import Decoder

ROOT = Path(__file__).parents[2]
pack = msgspec.msgpack.encode
HEAD = b"\x01" + bytes(16)


def differences(former: Sequence[Record], now: Sequence[Record]) -> list[Difference]:
    return list(compare("story", former, now, Decoder()))


def record(topic: str, key: str, value: bytes) -> Record:
    return Record(topic, -1, key.encode(), value)


def told(key: str, **fields: object) -> Record:
    return record("decisions", key, msgspec.json.encode(fields))


def test_what_is_the_same_is_the_same() -> None:
    both = [told("ada", action="none"), told("bob", action="remind")]
    assert differences(both, both[:]) == []


def test_a_field_is_named_with_its_byte_and_both_values() -> None:
    one = told("ada", candidates=[{"reason": "won"}, {"reason": "expired"}])
    other = told("ada", candidates=[{"reason": "won"}, {"reason": "unreachable"}])
    (found,) = differences([one], [other])
    assert (found.topic, found.customer) == ("decisions", "ada")
    assert found.field == "candidates.1.reason"
    assert (found.former, found.now, found.byte) == ('"expired"', '"unreachable"', 43)


def test_a_context_is_told_apart_inside_of_a_command() -> None:
    was, is_ = (pack(["ada", ["cart", count]]) for count in (1, 2))
    merges = [
        Record("events", 0, None, pack(["merge", "2-ada", image])) for image in (was, is_)
    ]
    (found,) = differences(merges[:1], merges[1:])
    assert found.field == "2.1.1"
    assert found.customer == "merge to 2-ada in partition 0"


def test_a_context_is_told_apart_in_the_changelog() -> None:
    was, is_ = (record("contexts", "ada", HEAD + pack(["ada", n])) for n in (1, 2))
    (found,) = differences([was], [is_])
    assert (found.field, found.byte) == ("context.1", len(was.value or b"") - 1)


def test_bytes_may_differ_where_values_do_not() -> None:
    (found,) = differences([record("d", "ada", b'{"a":1}')], [record("d", "ada", b'{"a": 1}')])
    assert found.field == "bytes"


def test_one_record_more_shifts_nobody_else() -> None:
    ada, bob = told("ada", n=1), told("bob", n=2)
    (found,) = differences([ada, bob], [ada, told("ada", n=3), bob])
    assert (found.customer, found.field, found.now) == ("ada", "more", '{"n":3}')
    (found,) = differences([ada, bob], [ada])
    assert (found.customer, found.field) == ("bob", "missing")


def test_the_order_on_a_partition_counts() -> None:
    ada, bob = told("ada", n=1), told("bob", n=2)
    assert [each.field for each in differences([ada, bob], [bob, ada])] == ["order"]


def test_headers_count() -> None:
    one = Record("actions", -1, b"ada", b"x", (("kind", b"action"),))
    other = Record("actions", -1, b"ada", b"x", (("kind", b"revoked"),))
    assert [each.field for each in differences([one], [other])] == ["header kind"]


def test_an_avro_record_is_told_by_its_schema() -> None:
    schemas = sorted((ROOT / "schemas").glob("*.avsc"))
    definition = msgspec.json.decode((ROOT / "schemas" / "action_revoked.avsc").read_bytes())
    revoked = dict.fromkeys(("customer_id", "action_id", "channel", "situation"), "x")
    datum = {**revoked, "time": 1, "reason": "converted", "too_late": False}
    written = BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(definition), datum)
    value = b"\0" + schema_id(definition).to_bytes(4) + written.getvalue()
    told = Decoder(schemas).tell(value)
    assert isinstance(told, dict)
    assert (told["reason"], told["too_late"]) == ("converted", False)


def test_what_is_expected_has_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "expected"
    path.write_text("# a comment\n\nstory.* decisions candidates.*.reason # mended\n")
    (meant,) = read_expected(path)
    found = Difference("story.1", "decisions", "ada", "candidates.1.reason", "a", "b")
    assert meant.covers(found)
    assert not meant.covers(msgspec.structs.replace(found, topic="situations"))
    path.write_text("story.* decisions candidates.*.reason\n")
    with pytest.raises(ClickException, match="line 1"):
        read_expected(path)


def test_a_changed_word_of_the_playbook_is_found(tmp_path: Path) -> None:
    now = tmp_path / "now"
    for folder in ("src", "scripts", "schemas", "tests/replay/scenarios"):
        shutil.copytree(ROOT / folder, now / folder)
    playbook = now / "src" / "legato" / "playbooks" / "default.yaml"
    playbook.write_text(playbook.read_text().replace("handoff_store", "handoff_shop"))
    done = subprocess.run(
        ["bash", ROOT / "scripts" / "same.sh", ROOT, now, "--only", "story.01_*"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHON": sys.executable},
    )
    assert done.returncode == 1, done.stderr
    assert "legato.actions.store content_ref: 1 times in 1 runs" in done.stdout
    assert 'was  "handoff_store"' in done.stdout
    assert 'is   "handoff_shop"' in done.stdout
    assert done.stdout.endswith("not the same\n")
