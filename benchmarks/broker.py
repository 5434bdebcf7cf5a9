"""The broker on which a benchmark runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.topics import Topics
from legato.local import RealKafka


@contextmanager
def kafka(bootstrap: str | None) -> Iterator[Topics]:
    """Give the broker asked for, or a real one of our own."""
    if bootstrap:
        yield Topics(bootstrap)
        return
    with RealKafka.start() as own:
        yield Topics(own.bootstrap, own.child.pid)
