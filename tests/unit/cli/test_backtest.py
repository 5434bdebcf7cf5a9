"""`legato backtest`: what a person, another program and a browser get to read."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from legato.cli import main

OLD = """\
version: 1
situations: {left: {absence: {of: cart, after: [2h]}}}
channels: {email: {address: [email]}, web: {pull: true}}
actions: {write: {situation: left, channel: email, purpose: service, content: x}}
"""
NEW = OLD.replace("[2h]", "[1h]").replace("write:", "<b>:")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Kim leaves a cart for 90 minutes, Ada for good; Eve only looks."""
    (tmp_path / "legato.toml").write_text("")
    (tmp_path / "old.yaml").write_text(OLD)
    (tmp_path / "new.yaml").write_text(NEW)
    first = [line("10:00", "cart.item_added", "kim"), line("10:05", "cart.item_added", "ada")]
    second = [line("11:30", "order.completed", "kim"), line("11:31", "page.viewed", "eve")]
    (tmp_path / "first.jsonl").write_bytes(b"\n".join(first) + b"\n")
    (tmp_path / "second.jsonl").write_bytes(b"\n".join(second))
    return tmp_path


def line(at: str, kind: str, who: str) -> bytes:
    return msgspec.json.encode(
        {
            "id": f"{kind} {who}",
            "type": kind,
            "channel": "web",
            "time": f"2026-03-02T{at}:00Z",
            "identifiers": {"email": f"{who}@example.org"},
            "data": {"sku": "SHOE"} if kind == "cart.item_added" else {},
        }
    )


def run(folder: Path, *words: str) -> Result:
    ends = (".yaml", ".jsonl", ".html")
    named = [str(folder / word) if word.endswith(ends) else word for word in words]
    settings = str(folder / "legato.toml")
    return CliRunner().invoke(main, ["--settings", settings, "backtest", *named])


AGAINST = ("--playbook", "new.yaml", "--against", "old.yaml", "first.jsonl", "second.jsonl")


def test_a_table_tells_before_after_and_the_difference(folder: Path) -> None:
    told = run(folder, *AGAINST, "--until", "+1h")
    assert told.exit_code == 0, told.output
    words = " ".join(told.output.replace("│", "").split())
    assert "4 events, 2026-03-02 10:00:00 to 2026-03-02 11:31:00 UTC" in words
    assert "left 1 2 +1" in words
    assert "write@email 1 0 -1 0 1" in words
    assert "<b>@email 0 2 +2 2 0" in words
    assert "something is done for 2 customers, before for 1: 1 gained, 0 lost" in words


def test_as_json_customers_have_their_ids(folder: Path) -> None:
    told: dict[str, Any] = msgspec.json.decode(run(folder, *AGAINST, "--json").stdout)
    assert (told["events"], told["before"]) == (4, str(folder / "old.yaml"))
    found = {(each["kind"], each["name"]): each for each in told["counts"]}
    assert found["situation", "left"]["difference"] == 2
    assert found["channel", "email"]["after"] == 2
    customers = told["customers"]
    assert (customers["gained_count"], len(customers["gained"])) == (2, 2)
    two = run(folder, *AGAINST, "--json", "--processes", "2")
    assert msgspec.json.decode(two.stdout) == told


def test_one_playbook_alone_is_counted(folder: Path) -> None:
    told = run(folder, "--playbook", "new.yaml", "first.jsonl", "--until", "+1h")
    words = " ".join(told.output.replace("│", "").split())
    assert "<b>@email 2 2" in words
    assert words.endswith("something is done for 2 customers")
    assert "before" not in words


def test_what_cannot_be_read_is_counted(folder: Path) -> None:
    with (folder / "second.jsonl").open("ab") as file:
        file.write(b'\n{"type": 7}\n')
    told = run(folder, *AGAINST)
    assert "; 1 line makes no event" in " ".join(told.output.split())
    assert msgspec.json.decode(run(folder, *AGAINST, "--json").stdout)["unread"] == 1


class Balanced(HTMLParser):
    """Holds a page to closing what it opens, and to loading nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "img", "iframe")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("against", [True, False])
def test_the_page_stands_alone_and_escapes_names(folder: Path, against: bool) -> None:
    words = AGAINST if against else ("--playbook", "new.yaml", "first.jsonl")
    told = run(folder, *words, "--html", "page.html", "--until", "+2h")
    assert told.exit_code == 0, told.output
    page = Balanced()
    page.feed((folder / "page.html").read_text())
    assert page.open == []
    assert "<b>@email" in page.text
    assert ("customers gained" in page.text) == against


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--playbook", "new.yaml"), 2, "name files of events, or `--topic`, and not both"),
        ((*AGAINST, "--topic"), 2, "name files of events, or `--topic`, and not both"),
        ((*AGAINST, "--until", "soon"), 2, "--until: "),
        ((*AGAINST, "--source", "till"), 2, "no source `till`"),
        (("--playbook", "first.jsonl", "first.jsonl"), 2, "it stands in"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    folder: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    told = run(folder, *words)
    assert (told.exit_code, sentence in told.stderr) == (code, True)
