"""Which files are ingested, from where on, and why they are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import json
from msgspec.structs import replace

from legato.operations.ingest.beside import Beside, FileCheck, FileProgress
from legato.operations.ingest.errors import IngestRefused
from legato.operations.ingest.files import FilePosition, HistoryFile
from legato.operations.ingest.planning import (
    IngestPlan,
    IngestRequest,
    RowsRejected,
    source_of,
    topic_of,
)
from legato.settings import Settings
from legato.wire.source.source import Source
from tests.unit.operations.ingest.told import HISTORY, NOON, checked, envelope, reader, written

REQUEST = IngestRequest(HISTORY, "past")
LIVE = Source(name="web", topics=("web",))
LINES = b"\n".join(envelope(n) for n in range(4))
BROKEN = b"\n".join([envelope(0), b"{", envelope(1, time=0), envelope(2), b"7"])


def looked_at(request: IngestRequest, *files: HistoryFile) -> IngestPlan:
    """Plan files, and read them."""
    plan = IngestPlan(request, [file.path for file in files])
    plan.check(reader(), lambda *_: None)
    return plan


def test_a_check_counts_what_is_in_a_file(tmp_path: Path) -> None:
    assert checked(written(tmp_path, "a.jsonl", BROKEN)) == FileCheck(
        rows=5,
        sent=2,
        rejected=3,
        reasons={"bad_envelope": 1, "bad_time": 1, "not_json": 1},
        first=NOON,
        last=NOON + 120_000,
    )


def test_rejected_rows_lie_beside_the_file_until_they_are_none(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", BROKEN)
    looked_at(REQUEST, file)
    path = tmp_path / "a.jsonl.rejected.jsonl"
    told = [json.decode(line) for line in path.read_bytes().splitlines()]
    assert [(each["line"], each["reason"], each["raw"]) for each in told] == [
        (2, "not_json", "{"),
        (3, "bad_time", envelope(1, time=0).decode()),
        (5, "bad_envelope", "7"),
    ]
    assert told[0]["message"]
    assert not any(each["sent"] for each in told)
    looked_at(REQUEST, written(tmp_path, "a.jsonl", LINES))
    assert not path.exists()


def test_with_a_folder_nothing_is_written_beside_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    file = written(tmp_path, "a.jsonl", BROKEN)
    plan = looked_at(replace(REQUEST, folder=folder), file)
    plan.files[0].beside.save(progress(file))
    assert sorted(path.name for path in folder.iterdir()) == [
        ".a.jsonl.ingest.json",
        "a.jsonl.rejected.jsonl",
    ]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.jsonl"]


def test_strict_refuses_before_anything_is_sent(tmp_path: Path) -> None:
    plan = looked_at(replace(REQUEST, strict=True), written(tmp_path, "a.jsonl", BROKEN))
    with pytest.raises(RowsRejected, match=r"3 of 5 rows of .* are rejected, so nothing was"):
        plan.refuse(Settings())


def test_what_is_not_in_order_of_time_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", b"\n".join(envelope(n) for n in (1, 3, 2, 3, 0)))
    with pytest.raises(IngestRefused, match=r"line 3 is older .* are 2 in all; say `--sort`"):
        looked_at(REQUEST, file).refuse(Settings())


def progress(file: HistoryFile, *, done: bool = False) -> FileProgress:
    """Half of it is in Kafka, or all."""
    check = FileCheck(rows=4, sent=4, first=NOON, last=NOON + 180_000)
    sent = 4 if done else 2
    return FileProgress(file.identity(), "past", check, FilePosition(sent, sent), sent, done)


def begun(file: HistoryFile, *, done: bool = False) -> None:
    Beside(file, None).save(progress(file, done=done))


def test_what_was_begun_goes_on_without_being_read_again(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", LINES)
    begun(file)
    plan = IngestPlan(REQUEST, [file.path])
    assert plan.unchecked == []
    assert [each.progress for each in plan.unsent] == [progress(file)]


def test_what_is_done_is_skipped(tmp_path: Path) -> None:
    file, other = written(tmp_path, "a.jsonl", LINES), written(tmp_path, "b.jsonl", LINES)
    begun(file, done=True)
    plan = looked_at(REQUEST, file, other)
    assert [each.skipped for each in plan.files] == [True, False]
    assert [each.file for each in plan.unsent] == [other]


def test_what_changed_or_went_elsewhere_is_sent_only_from_its_start(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", LINES)
    begun(file)
    with pytest.raises(IngestRefused, match="went to `past`; say `--from-start`"):
        IngestPlan(replace(REQUEST, topic="other"), [file.path])
    written(tmp_path, "a.jsonl", LINES.replace(b"ada", b"bob"))
    with pytest.raises(IngestRefused, match="changed since 2 of its rows were sent"):
        IngestPlan(REQUEST, [file.path])
    (again,) = IngestPlan(replace(REQUEST, from_start=True), [file.path]).files
    assert (again.progress, again.known) == (None, True)


def test_a_file_of_progress_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", LINES)
    (tmp_path / ".a.jsonl.ingest.json").write_text("{")
    with pytest.raises(IngestRefused, match="cannot be read"):
        IngestPlan(REQUEST, [file.path])


def test_files_of_one_name_share_no_folder(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    paths = [written(folder, "a.jsonl", LINES).path for folder in (tmp_path, tmp_path / "b")]
    assert len(IngestPlan(REQUEST, [*paths, paths[0]]).files) == 2
    with pytest.raises(IngestRefused, match=r"two of the files are called `a\.jsonl`"):
        IngestPlan(replace(REQUEST, folder=tmp_path), paths)


def test_the_only_source_of_history_is_taken_or_the_one_that_is_named() -> None:
    other = replace(HISTORY, name="other")
    assert source_of((LIVE, HISTORY), None) is HISTORY
    assert source_of((other, HISTORY), "past") is HISTORY
    for sources, name, why in (
        ((other, HISTORY), None, "which one it is: `other`, `past`"),
        ((LIVE, HISTORY), "pos", "no source `pos` in the settings; there is `web`, `past`"),
        ((), None, 'no source takes history; .*clock = "event_time"'),
        ((LIVE, HISTORY), "web", r'(?s)`web` is live: .*name = "web_history"'),
        ((replace(HISTORY, trust="customer_id"),), None, "leave out its `trust"),
        ((replace(HISTORY, format="avro"),), None, "leave out its `trust"),
    ):
        with pytest.raises(IngestRefused, match=f"(?s){why.removeprefix('(?s)')}"):
            source_of(sources, name)


def test_its_first_topic_that_is_named_in_full_is_taken() -> None:
    assert topic_of(replace(HISTORY, topics=("^a.*", "b", "c"))) == "b"
    with pytest.raises(IngestRefused, match="by patterns alone"):
        topic_of(replace(HISTORY, topics=("^a.*",)))
