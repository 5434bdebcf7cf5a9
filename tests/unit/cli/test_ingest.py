"""`legato ingest` as far as it needs no Kafka: what it reads, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec import json
from msgspec.structs import replace

from legato.cli import main
from legato.cli.format.ingest import ingest_bar, report_lines
from legato.operations.ingest.beside import FileCheck, FileProgress
from legato.operations.ingest.planning import IngestPlan, IngestRequest
from legato.wire.source.source import Source

SETTINGS = """
[[sources]]
name = "web"
topics = ["web"]

[[sources]]
name = "till"
topics = ["till.history"]
clock = "event_time"
fields = {time = "at"}
identifiers = {loyalty_id = "card"}
defaults = {type = "order.completed", channel = "store"}
"""
ROWS = "at;card\n2025-03-02T12:00:00Z;42\n;43\n2025-03-02T11:00:00Z;44\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "legato.toml").write_text(SETTINGS)
    (tmp_path / "a.csv").write_text(ROWS)
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(
        main, ["--settings", str(folder / "legato.toml"), "ingest", *words]
    )


def test_a_dry_run_says_what_would_be_sent_and_writes_nothing(shop: Path) -> None:
    told = run(shop, str(shop / "*.csv"), "--dry-run")
    assert told.exit_code == 1, told.output
    assert told.stdout == (
        f"{shop}/a.csv: would send 2 of 3 rows (2025-03-02T11:00:00Z to 2025-03-02T12:00:00Z), "
        "1 not in order of time\n  1 rejected (bad_envelope 1)\n"
    )
    assert sorted(path.name for path in shop.iterdir()) == ["a.csv", "legato.toml"]


def test_the_same_as_json(shop: Path) -> None:
    told = json.decode(run(shop, str(shop / "a.csv"), "--dry-run", "--json").stdout)
    assert (told["source"], told["topic"], told["dry_run"]) == ("till", "till.history", True)
    (file,) = told["files"]
    assert (file["rows"], file["sent"], file["rejected"], file["disordered"]) == (3, 0, 1, 1)
    assert file["reasons"] == {"bad_envelope": 1}


def test_rejected_rows_of_before_are_no_history(shop: Path) -> None:
    (shop / "a.csv").unlink()
    (shop / "b.jsonl").write_text("")
    (shop / "b.jsonl.rejected.jsonl").write_text("{}\n")
    told = run(shop, str(shop / "*.jsonl"), "--dry-run")
    assert (told.exit_code, told.stdout) == (0, f"{shop}/b.jsonl: would send 0 of 0 rows\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "name files, such as"),
        (("none.csv",), "no file matches `none.csv`"),
        (("{}/a.csv", "--source", "web"), "source `web` is live"),
        (("{}/legato.toml",), "does not say what it holds"),
        (("{}/a.csv", "--last", "--limit", "1"), "goes with neither"),
        (("{}/a.csv", "--rate", "fast"), "`fast` is no rate"),
    ],
)
def test_what_is_not_to_be_done_like_that_ends_with_2(
    shop: Path, words: tuple[str, ...], why: str
) -> None:
    told = run(shop, *(word.format(shop) for word in words))
    assert told.exit_code == 2
    assert why in told.stderr


def plan_of(folder: Path, *sent: int) -> IngestPlan:
    """A plan of files of 1,500 rows each, of which so many were sent now."""
    paths = [folder / f"{number}.jsonl" for number in range(len(sent))]
    for path in paths:
        path.write_text("")
    source = Source(name="past", topics=("past",), clock="event_time")
    plan = IngestPlan(IngestRequest(source, "past"), paths)
    reasons = {"bad_time": 2}
    check = FileCheck(1_500, 1_498, 0, 2, reasons, 1_740_000_000_000, 1_750_000_000_000)
    for each, count in zip(plan.files, sent, strict=True):
        done = count == check.sent
        each.progress = FileProgress(each.identity, "past", check, sent=count, done=done)
        each.sent_now = count
    return plan


def test_what_was_sent_is_told_with_what_to_say_when_all_is(tmp_path: Path) -> None:
    spans = "1,500 rows (2025-02-19T21:20:00Z to 2025-06-15T15:06:40Z)"
    plan = plan_of(tmp_path, 1_498, 1_000)
    assert list(report_lines(plan, dry_run=False)) == [
        f"{tmp_path}/0.jsonl: sent 1,498 of {spans}",
        f"  2 rejected (bad_time 2): see {tmp_path}/0.jsonl.rejected.jsonl",
        f"{tmp_path}/1.jsonl: sent 1,000 of {spans}, 498 are left",
        f"  2 rejected (bad_time 2): see {tmp_path}/1.jsonl.rejected.jsonl",
    ]
    whole = plan_of(tmp_path, 1_498)
    assert list(report_lines(whole, dry_run=False))[-1] == (
        "time waits for more of `past`; when no file follows, say `legato ingest "
        "--source past --last`"
    )
    whole.request = replace(whole.request, last=True)
    assert list(report_lines(whole, dry_run=False))[-1] == (
        "no history follows in `past`: time goes on without it"
    )


def test_without_a_terminal_a_line_tells_how_far_it_is_when_it_is_due(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("legato.cli.format.ingest.LINE_S", 0.0)
    with ingest_bar("sending", 200) as tell:
        tell(50, 1_000)
    assert capsys.readouterr().err.startswith("sending: 25%, 1,000 rows, ")
    with ingest_bar("sending", 0) as tell:
        tell(0, 0)
    assert capsys.readouterr().err == ""
