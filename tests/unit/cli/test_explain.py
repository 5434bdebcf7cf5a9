"""`legato explain` over a file: what was seen, found, decided, and why not something else."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from legato.cli import main
from legato.cli.format.explanation import as_object, explanation
from legato.cli.format.reasons import SENTENCES, WORDS, sentence
from legato.core.values.outputs import Candidate, Retracted, Situation
from legato.queries.customer_story import told_up_to

Json = dict[str, Any]
KIM = {"email": "kim@example.org"}


def line(at: str, kind: str, channel: str = "web", whose: Json = KIM, **data: object) -> Json:
    return {
        "id": f"{kind} {at}",
        "type": kind,
        "channel": channel,
        "time": f"2026-03-02T{at}:00Z",
        "identifiers": whose,
        "data": data,
    }


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Kim leaves a cart, is reminded of it, and follows the link; Ada looks at a page."""
    (tmp_path / "legato.toml").write_text("")
    lines = [
        line("09:00", "consent.updated", purpose="promotion", status="granted"),
        line("10:00", "cart.item_added", sku="SHOE", price=89, currency="EUR"),
        line("10:30", "page.viewed", whose={"user_id": "ada"}),
        line("12:00", "page.viewed", whose={"user_id": "ada"}),
    ]
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, lines)))
    return path


def report(log: Path, status: str, at: str) -> None:
    """Add what became of the reminder."""
    told = explained(log)
    action = told["actions"][0]["action"]
    event = {
        **line(at, f"action.{status}", "email"),
        "data": {"action_id": action["action_id"]},
    }
    with log.open("ab") as file:
        file.write(b"\n" + msgspec.json.encode(event))


def run(log: Path, *words: str) -> Result:
    settings = str(log.parent / "legato.toml")
    return CliRunner().invoke(main, ["--settings", settings, "explain", *words])


def explained(log: Path, *words: str) -> Json:
    told = run(log, "email:Kim@Example.org", "--events", str(log), "--json", *words)
    assert told.exit_code == 0, told.output
    found: Json = msgspec.json.decode(told.stdout)
    return found


def test_it_tells_what_was_seen_found_and_decided_and_why_each_other_action_lost(
    log: Path,
) -> None:
    told = explained(log)
    assert [each["type"] for each in told["seen"]] == ["consent.updated", "cart.item_added"]
    assert [each["situation"] for each in told["situations"]] == ["cart_abandoned"]
    (decision,) = told["decisions"]
    assert decision["action"] == "remind_by_email"
    assert {each["action"]: each["why"] for each in decision["candidates"]} == {
        "remind_by_email": "It was worth most of all that was allowed.",
        "remind_on_mobile": "Nobody knows an address for mobile, "
        "or where the customer is just now.",
        "remind_by_sms": "Nobody knows an address for sms, or where the customer is just now.",
    }


def test_it_tells_what_became_of_an_action(log: Path) -> None:
    report(log, "delivered", "11:01")
    report(log, "clicked", "11:30")
    (action,) = explained(log)["actions"]
    assert [each["status"] for each in action["outcomes"]] == ["delivered", "clicked"]
    page = run(log, "email:kim@example.org", "--events", str(log)).output
    assert "2026-03-02 11:01:00: delivered." in page
    assert "✘  remind_by_sms on sms" in page


def test_at_a_time_it_knows_nothing_of_what_came_later(log: Path) -> None:
    told = explained(log, "--at", "2026-03-02T10:59:00Z")
    assert (len(told["seen"]), told["situations"], told["decisions"]) == (2, [], [])
    assert explained(log, "--at", "+2h")["actions"]
    page = run(
        log, "email:kim@example.org", "--events", str(log), "--at", "2026-03-02T10:59:00Z"
    )
    assert "none so far" in page.output


def test_that_somebody_asked_to_be_forgotten_stands_above_all(log: Path) -> None:
    words = ["10:15", "11:30"]
    lines = [
        line(words[0], "privacy.erasure_requested", "desk", proof="DSR-17"),
        line(words[1], "privacy.erasure_withdrawn", "desk"),
    ]
    with log.open("ab") as file:
        file.writelines(b"\n" + msgspec.json.encode(each) for each in lines)
    early = ("--at", "2026-03-02T11:00:00Z")
    told = explained(log, *early)
    assert (told["erasure"]["status"], told["erasure"]["proof"]) == ("requested", "DSR-17")
    (decision,) = told["decisions"]
    sentence_of = {each["action"]: each["why"] for each in decision["candidates"]}
    asked = "The customer asked to be forgotten, so nothing is sent to them."
    assert sentence_of["remind_by_email"] == asked
    page = run(log, "email:kim@example.org", "--events", str(log), *early).output
    assert "asked to be forgotten, 2026-03-02 10:15:00 (replay, DSR-17)" in page
    assert explained(log, "--at", "2026-03-02T10:10:00Z")["erasure"] is None
    later = run(log, "email:kim@example.org", "--events", str(log)).output
    assert "took back the wish to be forgotten, 2026-03-02 11:30:00" in later


def test_references_and_versions_among_the_events_count(log: Path) -> None:
    text = """
version: 1
situations: {looked: {match: {on: page.viewed, once: 1s}}}
channels: {web: {pull: true}}
actions:
  show:
    situation: looked
    channel: web
    purpose: service
    content: x
    when: ref.queue.sales.wait_s < 300
"""
    at, key = "2026-03-02T11:00:00Z", {"reference": "queue", "key": "sales"}
    version = {"version": 1, "from": at, "text": text}
    reference = {**key, "time": at, "value": {"wait_s": 10}}
    with log.open("ab") as file:
        file.writelines(b"\n" + msgspec.json.encode(each) for each in (version, reference))
    told = run(log, "user_id:ada", "--events", str(log), "--json")
    assert told.exit_code == 0, told.output
    [decision] = msgspec.json.decode(told.stdout)["decisions"]
    assert decision["action"] == "show"


def test_somebody_unknown_and_a_time_that_is_none_are_one_sentence(log: Path) -> None:
    told = run(log, "email:eve@example.org", "--events", str(log))
    assert (told.exit_code, "no event of `email:eve@example.org`" in told.stderr) == (1, True)
    told = run(log, "email:kim@example.org", "--events", str(log), "--at", "soon")
    assert (told.exit_code, told.stderr.startswith("legato: --at: ")) == (2, True)
    told = run(log, "email:kim@example.org", "--playbook", str(log))
    assert (told.exit_code, "`--playbook` is for `--events`" in told.stderr) == (2, True)


def test_each_code_has_a_sentence() -> None:
    assert WORDS.keys() <= SENTENCES.keys()
    for reason in SENTENCES:
        for detail in ("", "few"):
            told = sentence(Candidate("a", "email", reason, detail=detail))
            assert "{" not in told
            assert told[0].isupper() or told[0] == "`"


def test_a_detail_and_whoever_refused_are_told() -> None:
    assert sentence(Candidate("a", "sms", "frequency_cap", detail="few")) == (
        "Enough was sent already: `few` allows no more."
    )
    assert sentence(Candidate("a", "sms", "muted_by_case", detail="c7")).endswith(
        "purpose. (c7)"
    )
    assert "came back" in sentence(Candidate("a", "sms", "unreachable", detail="bounced"))
    refused = sentence(Candidate("a", "sms", "no_consent", by="address"))
    assert refused.endswith("Whoever the address belongs to says so.")
    assert sentence(Candidate("a", "sms", "too_wet")) == "Too wet."


def test_what_turned_out_to_be_none_is_told_so() -> None:
    found = Situation("kim", "trouble", 1, "o", "s")
    story = told_up_to("kim", None, [found, Retracted("kim", "s", "trouble", 1, "late_event")])
    assert as_object(story)["retracted"] == {"s": "late_event"}
    page = StringIO()
    Console(file=page, width=120).print(explanation(story, 5))
    assert "trouble  (turned out to be none: late event)" in page.getvalue()
