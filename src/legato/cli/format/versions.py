"""Versions of the playbook as people and programs read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich import box
from rich.table import Table

from legato.cli.format.output import moment
from legato.core.playbook.versions import PlaybookVersion
from legato.core.values.time import MINUTE, SECOND, Instant, in_words_ms, span_in_words
from legato.operations.publishing import PlaybookChanges, VersionPlan
from legato.operations.warming import WarmPlan
from legato.queries.playbook_versions import PublishedPlaybooks


def plan_lines(plan: VersionPlan) -> Iterator[str]:
    """Tell what changes against what counts now."""
    counting = f"version {plan.counting}" if plan.counting else "the playbook of the settings"
    yield f"against {counting}, which counts now:"
    told = [*_changes(plan.changes)]
    yield from told or ["  no situation and no action comes, goes or is written otherwise"]
    if paused := plan.versions[0].paused:
        yield f"  paused      {', '.join(paused)}"
    if gone := plan.changes.actions_removed:
        yield f"  what waits of {_quoted(gone)} will be revoked (`withdrawn`)"


def counting_line(version: PlaybookVersion, now: Instant) -> str:
    """Tell from when on a version counts."""
    ahead = max(version.since - now, 0)
    wait = span_in_words(ahead) if ahead >= 2 * MINUTE else f"{-(-ahead // SECOND)} s"
    return f"version {version.number} counts from {in_words_ms(version.since)}, in {wait}"


def warming_line(plan: WarmPlan) -> str:
    """Tell what is to be filled, and of how long."""
    if not plan.needs:
        return "nothing is asked of the past that was not asked before; nobody need be told"
    types = sorted({kind for each in plan.needs.values() for kind in each.types})
    return (
        f"what is asked first of {_quoted(types)} is read from the log, "
        f"{span_in_words(plan.needs.longest)} back"
    )


def later_lines(plan: VersionPlan) -> Iterator[str]:
    """Tell which versions come after what is published."""
    for each in plan.later:
        yield f"version {each.number} takes over from {in_words_ms(each.since)} on"


def versions_table(known: PublishedPlaybooks, now: Instant) -> Table:
    """List all versions, the one that counts marked."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("version", "from", "state", "author", "note", "paused"):
        table.add_column(name)
    for each in known.every:
        state = known.state_of(each, now)
        here = state == "counts now"
        table.add_row(
            f"{'▸' if here else ' '} {each.number}",
            moment(each.since),
            state,
            each.author,
            each.note,
            ", ".join(each.paused),
            style="bold" if here else None,
        )
    return table


def version_object(known: PublishedPlaybooks, version: PlaybookVersion, now: Instant) -> Any:  # noqa: ANN401 - JSON
    """A version as JSON; between the events of a log, it is replayed."""
    return {
        "version": version.number,
        "from": in_words_ms(version.since),
        "state": known.state_of(version, now),
        "published": in_words_ms(version.published),
        "author": version.author,
        "note": version.note,
        "born": {name: in_words_ms(at) for name, at in version.born.items()},
        "paused": version.paused,
        "text": version.text,
    }


def _changes(changes: PlaybookChanges) -> Iterator[str]:
    situations = (
        *_marked("+", changes.situations_added),
        *_marked("-", changes.situations_removed),
        *_marked("~", changes.situations_changed),
    )
    actions = (*_marked("+", changes.actions_added), *_marked("-", changes.actions_removed))
    for what, names in (("situations", situations), ("actions", actions)):
        if names:
            yield f"  {what.ljust(12)}{', '.join(names)}"


def _marked(mark: str, names: Iterable[str]) -> Iterator[str]:
    return (f"{mark} {name}" for name in names)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
