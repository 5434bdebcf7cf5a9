"""The outputs of a run, reduced to what can be compared: a count of each kind and a digest."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec.structs import replace

from benchmarks.states import State, digest_of
from benchmarks.topics import Topics


class Output(msgspec.Struct, frozen=True, order=True, gc=False):
    """What every engine must say, whatever else it says."""

    customer_id: str
    kind: str
    time: int


class Summary(msgspec.Struct, frozen=True):
    """Two runs with equal summaries put out the same, and know the same in the end."""

    counts: dict[str, int]
    digest: str
    customers: int = 0
    states: str = ""
    """The digest of what is known of them, where the rules ask for that."""


Reader = Callable[[bytes], Output | None]
read_output: Callable[[bytes], Output] = msgspec.json.Decoder(Output).decode


def summarise(outputs: Iterable[Output], states: Iterable[State] | None = None) -> Summary:
    """Count outputs and hash them, in whatever order they come, and what is known beside."""
    ordered = sorted(outputs)
    counts = Counter(output.kind for output in ordered)
    digest = hashlib.sha256()
    for output in ordered:
        digest.update(f"{output.customer_id} {output.kind} {output.time}\n".encode())
    found = Summary(dict(counts), digest.hexdigest())
    if states is None:
        return found
    known = list(states)
    return replace(found, customers=len(known), states=digest_of(known))


def outputs_of(topics: Topics, topic: str, read: Reader = read_output) -> Iterator[Output]:
    """Yield the committed outputs of a topic; `read` returns None for what is no output."""
    for value in topics.read_all(topic):
        if (output := read(value)) is not None:
            yield output


def told(summary: Summary | None) -> str:
    """Say a summary in words."""
    if summary is None:
        return "nothing"
    counts = ", ".join(f"{number:,} {kind}" for kind, number in sorted(summary.counts.items()))
    outputs = f"{counts}, digest {summary.digest[:12]}"
    if not summary.states:
        return outputs
    return f"{outputs}; {summary.customers:,} customers, digest {summary.states[:12]}"
