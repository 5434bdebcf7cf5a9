"""What came of the tests of a playbook, as lines for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from legato.cli.format.output import moment
from legato.cli.format.reasons import why
from legato.core.values.outputs import Decision
from legato.testing.playbook_tests import PlayedTest, action_name, situation_name

NARROW = 12
"""Columns of what stands in front of a line of a test that failed."""


def test_lines(file: str, played: PlayedTest) -> Iterator[Text]:
    """Tell a test in one line; of one that failed, also what was expected, came and decided."""
    mark, style = ("✔", "green") if played.passed else ("✘", "bold red")
    place = "" if played.passed else f"  {file}:{played.test.line}"
    yield Text.assemble((f"{mark} {played.test.name}", style), (place, "dim"))
    if played.passed:
        return
    for miss in played.misses:
        verb = "must not come" if miss.what == "not" else f"expected {miss.what}"
        yield _under(verb, miss.expected, "red")
        yield _under("came", ", ".join(miss.came) or "nothing")
    for situation in played.situations:
        yield _under("found", f"{moment(situation.time)}  {situation_name(situation)}")
    for decision in played.decisions:
        yield from _decision(decision)
    for revoked in played.revoked:
        yield _under("revoked", f"{moment(revoked.time)}  {revoked.reason}")


def _decision(decision: Decision) -> Iterator[Text]:
    done = decision.action or "nothing"
    what = f"{moment(decision.time)}  {done} for {situation_name(decision)}"
    yield _under("decided", what, "bold")
    for each in decision.candidates:
        if each.reason != "won":
            name = f"{each.action}@{each.channel}"
            yield _under("", f"not {name}: {each.reason}, {why(each)}", "dim")


def _under(name: str, told: str, style: str = "") -> Text:
    return Text.assemble("    ", (name.ljust(NARROW), "dim"), " ", (told, style))


def as_object(file: str, played: PlayedTest) -> dict[str, object]:
    """Make what came of a test a JSON object."""
    return {
        "file": file,
        "line": played.test.line,
        "test": played.test.name,
        "passed": played.passed,
        "misses": played.misses,
        "situations": [situation_name(each) for each in played.situations],
        "actions": [action_name(each) for each in played.actions],
        "decisions": played.decisions,
        "revoked": played.revoked,
    }
