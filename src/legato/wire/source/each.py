"""The events in a record that holds several: `each = "events[]"`."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.values.results import Rejected
from legato.wire.source.path import SourceRecord, entered, follow, steps_of
from legato.wire.source.rule import PathTrace


class Each:
    """Compiled from `events[]`, or `[]` where the record is a list; `a[].b[]` goes deeper."""

    def __init__(self, text: str, trace: PathTrace | None = None) -> None:
        self._text, self._trace = text, trace
        parts = text.split("[]")
        if len(parts) < 2 or parts[-1]:
            raise ValueError(f"`each` is `{text}`; end it with `[]`, for example `events[]`")
        inner = [part.removeprefix(".") for part in parts[:-1]]
        self._levels = [steps_of(part) if part else () for part in inner]

    def of(self, record: SourceRecord) -> list[SourceRecord | Rejected] | Rejected:
        """Find the events, each with its record around it; or say that there is no list.

        An object where a list might be is the only event. What is null holds none.
        """
        first, *deeper = self._levels
        root = record.record
        found = follow(root, first)
        if self._trace is not None:
            self._trace.note("each", f"`{self._text}`", found=found is not None)
        if found is None and not _is_there(root, first):
            return Rejected("bad_envelope", f"no list under `{self._text}`", "read")
        nodes = list(_listed(found))
        for steps in deeper:
            nodes = [each for node in nodes for each in _listed(follow(node, steps))]
        return [_element(node, record) for node in nodes]


def _listed(found: object) -> Iterator[object]:
    if isinstance(found, str):
        found = entered(found)
    if isinstance(found, list):
        yield from found
    elif found is not None:
        yield found


def _element(node: object, record: SourceRecord) -> SourceRecord | Rejected:
    if isinstance(node, str):
        node = entered(node)
    if not isinstance(node, dict):
        return Rejected("bad_envelope", "no object", "read")
    return SourceRecord(node, record.key, record.headers, record.record, record.received)


def _is_there(root: object, steps: tuple[str, ...]) -> bool:
    """Tell null from what is not there."""
    above = follow(root, steps[:-1])
    return not steps or (isinstance(above, dict) and steps[-1] in above)
