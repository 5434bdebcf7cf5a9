"""The story of a customer, as a person would ask for it: seen, found, decided, and then."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from legato.cli.format.context import erasure_in_words, grid, titled
from legato.cli.format.output import evidence_in_words, moment
from legato.cli.format.reasons import sentence
from legato.core.context.erasure import erasure_status
from legato.core.decisions.handoff_text import in_plain
from legato.core.values.outputs import Candidate, Decision, Situation
from legato.queries.customer_story import ActionStory, CustomerStory


def explanation(story: CustomerStory, last: int) -> Group:
    """Lay out a story, with the last decisions."""
    parts: list[RenderableType] = [Text(f"customer {story.customer_id}", "bold")]
    if (word := story.erasure) is not None:
        parts.append(Text(f"  {erasure_in_words(word)}", "bold red" if word.asked else "dim"))
    if story.seen:
        parts.append(titled("seen", grid(_seen(story))))
    if silent := [*_undecided(story)]:
        parts.append(titled("found, and nothing planned for it", grid(silent)))
    shown = story.decisions[-last:] if last > 0 else ()
    told = Group(*(part for each in shown for part in _decision(story, each)))
    of_all = f" (last {len(shown)} of {len(story.decisions)})"
    parts.append(
        Text(f"decisions{of_all if len(shown) < len(story.decisions) else ''}", "bold")
    )
    parts.append(told if shown else Text("  none so far", "dim"))
    return Group(*parts)


def _seen(story: CustomerStory) -> Iterator[tuple[str, str, Text, str]]:
    for touch in story.seen:
        yield moment(touch.time), touch.channel, Text(touch.type, "cyan"), touch.note


def _undecided(story: CustomerStory) -> Iterator[tuple[str, Text, str]]:
    decided = {each.situation_id for each in story.decisions}
    for found in story.situations:
        if found.situation_id not in decided:
            name = Text(f"{_name(found)}{_fate(story, found)}", "bold yellow")
            yield moment(found.time), name, evidence_in_words(found)


def _decision(story: CustomerStory, decision: Decision) -> Iterator[RenderableType]:
    found = (each for each in story.situations if each.situation_id == decision.situation_id)
    evidence = next(map(evidence_in_words, found), "")
    yield Text.assemble(
        "\n",
        (moment(decision.time), "dim"),
        "  ",
        (_name(decision), "bold yellow"),
        f"  {evidence}{_fate(story, decision)}",
    )
    won = [each for each in decision.candidates if each.reason == "won"]
    lost = [each for each in decision.candidates if each.reason != "won"]
    table = Table.grid(padding=(0, 2))
    for each in won:
        table.add_row(*_row("✔", each, "bold green"))
        for line in _became(story.action_of(decision)):
            table.add_row("", "", Text(line))
    if not won:
        table.add_row("–", Text("nothing was done", "bold red"), "")
    for each in lost:
        table.add_row(*_row("✘", each, ""))
    yield Padding(table, (0, 0, 0, 2))


def _row(mark: str, candidate: Candidate, style: str) -> tuple[str, Text, Text]:
    name = f"{candidate.action} on {candidate.channel}"
    return mark, Text(name, style), Text(sentence(candidate), "dim" if not style else "")


def _name(told: Situation | Decision) -> str:
    stage = f" stage {told.stage}" if told.stage is not None else ""
    return f"{told.situation}{stage}"


def _fate(story: CustomerStory, told: Situation | Decision) -> str:
    """Say that a situation turned out to be none, if it did."""
    reason = story.retracted.get(told.situation_id)
    return f"  (turned out to be none: {in_plain(reason)})" if reason else ""


def _became(story: ActionStory | None) -> Iterator[str]:
    """Say what became of an action; nothing is known of one that its topic keeps no more."""
    if story is None:
        yield "What became of it is no longer kept."
        return
    action = story.action
    wait = f", from {moment(action.not_before)}" if action.not_before > action.time else ""
    yield f"To {action.address}{wait}, until {moment(action.expires_at)}."
    for report in story.outcomes:
        yield f"{moment(report.time)}: {in_plain(report.type.partition('.')[2])}."
    if (revoked := story.revoked) is not None:
        late = ", but it had been delivered" if revoked.too_late else ""
        yield f"{moment(revoked.time)}: taken back ({in_plain(revoked.reason)}){late}."
    elif not story.outcomes:
        yield "No word of it yet."


def as_object(story: CustomerStory) -> dict[str, object]:
    """Make a story a JSON object, each candidate with its sentence."""
    return {
        "customer_id": story.customer_id,
        "erasure": _erasure_object(story),
        "seen": [
            {"time": each.time, "type": each.type, "channel": each.channel, "note": each.note}
            for each in story.seen
        ],
        "situations": story.situations,
        "retracted": story.retracted,
        "decisions": [_decision_object(each) for each in story.decisions],
        "actions": [
            {
                "action": each.action,
                "outcomes": [_report(report.type, report.time) for report in each.outcomes],
                "revoked": each.revoked,
            }
            for each in story.actions
        ],
    }


def _erasure_object(story: CustomerStory) -> dict[str, object] | None:
    if (word := story.erasure) is None:
        return None
    told = {"status": erasure_status(word), "time": word.time}
    return {**told, "source": word.source, "proof": word.proof}


def _report(kind: str, time: int) -> dict[str, object]:
    return {"status": kind.partition(".")[2], "time": time}


def _decision_object(decision: Decision) -> dict[str, object]:
    return {
        "decision_id": decision.decision_id,
        "situation_id": decision.situation_id,
        "situation": decision.situation,
        "stage": decision.stage,
        "time": decision.time,
        "action": decision.action,
        "action_id": decision.action_id,
        "candidates": [
            {
                "action": each.action,
                "channel": each.channel,
                "reason": each.reason,
                "detail": each.detail,
                "why": sentence(each),
            }
            for each in decision.candidates
        ],
    }
