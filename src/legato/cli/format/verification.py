"""What a verification found, as lines for a person and as one object for a script."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from rich.text import Text

from legato.cli.format.output import moment
from legato.verification.audit import Tally
from legato.verification.scope import Unjudged
from legato.verification.verify import Verification

_WORDS = {"lost": "lost", "doubled": "doubled", "made_up": "made up"}


def verification_lines(found: Verification) -> Iterator[Text]:
    """Tell it to a person."""
    sums = {fault: sum(getattr(each, fault) for each in found.tallies) for fault in _WORDS}
    counts = [_count(word, sums[fault]) for fault, word in _WORDS.items()]
    yield Text("   ").join(counts)
    yield Text(
        f"  of {found.records:,} records in {found.partitions:,} partitions, with "
        f"{found.customers:,} contexts, followed once more by one thread"
    )
    for tally in found.tallies:
        if tally.judged or tally.found:
            yield from _tally(tally)
    for each in found.examples:
        where = f"{each.kind} {each.id} of customer {each.customer_id} in {each.where}"
        yield Text(f"  {_WORDS[each.fault]}: {where}", "red")
    for unjudged in found.unjudged:
        yield Text(f"  not judged: {_why(unjudged)}", "dim")


def as_object(found: Verification) -> dict[str, object]:
    """Make it one JSON object."""
    return {"clean": found.clean, **msgspec.structs.asdict(found)}


def _tally(tally: Tally) -> Iterator[Text]:
    faults = [
        f"{count:,} {word}"
        for fault, word in _WORDS.items()
        if (count := getattr(tally, fault))
    ]
    if tally.excused:
        faults.append(f"{tally.excused:,} not judged")
    told = ", ".join(faults) or ("all right" if tally.judged else "none twice")
    style = "red" if tally.wrong else ""
    yield Text(f"  {tally.kind:<11}  {tally.found:>9,}  {told}", style)


def _why(unjudged: Unjudged) -> str:
    since = f" (the log begins {moment(unjudged.since)})" if unjudged.since else ""
    return f"{unjudged.what}, because {unjudged.why}{since}"


def _count(word: str, number: int) -> Text:
    return Text(f"{word} {number:,}", "bold red" if number else "bold green")
