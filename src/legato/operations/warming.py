"""Filling from the log what a version of the playbook is the first to ask of the past.

The log is read once all partitions go by that version: what comes later they keep themselves.
It may be done again at any time, since entries are united by the ids of their events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import islice

from msgspec import Struct

from legato.core.context.past import PastNeeds
from legato.core.events.event import FUTURE
from legato.core.identity.commands import FillPast
from legato.core.linking.logged_past import PastOfLog
from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import PlaybookVersions
from legato.core.values.ids import murmur2
from legato.core.values.time import SECOND, Instant, in_words
from legato.operations.errors import OperationFailed
from legato.operations.log_reading import PastReader, read_owners
from legato.operations.sender import Sender
from legato.queries.partition_clocks import PartitionClocks
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings
from legato.wire.blobs import TODAY
from legato.wire.topics.commands import write_command

Show = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Begins to show how far something is, in words and of how many; what it yields is told."""

LOOK_S = 1.0
PARTS = 10
"""In so many parts of a second the customers of a second are told."""


class WarmPlan(Struct, frozen=True):
    """What is to be filled: what a playbook that counts `since` then is the first to keep."""

    since: Instant
    playbook: Playbook
    needs: PastNeeds


class WarmPace(Struct, frozen=True):
    """So many customers a second; the workers have `wait_s` to come to the version."""

    rate: int
    wait_s: float


class Warmed(Struct, frozen=True):
    """How many customers were told, and from when on the log held all."""

    customers: int
    start: Instant


def plan_warming(settings: Settings, versions: PlaybookVersions, at: Instant) -> WarmPlan:
    """Plan it for what counts then; raises OperationFailed and PlaybookError."""
    if trusted := [each.name for each in settings.sources if each.trust == "customer_id"]:
        raise OperationFailed(
            f"`{trusted[0]}` is trusted, so its events are not in `customer.events`, and that "
            "cannot tell the past; what is asked first is known once its span has passed"
        )
    version = versions.version_at(at)
    if version is None:
        raise OperationFailed(
            "no version counts yet; publish one with `legato playbook publish FILE --warm`"
        )
    return WarmPlan(version.since, versions.at(at), versions.young_past(at))


def warm(settings: Settings, plan: WarmPlan, pace: WarmPace, show: Show) -> Warmed:
    """Wait until the version counts, read the log, and tell every customer.

    Raises OperationFailed, KafkaAway and StateError.
    """
    with TopicReader(settings) as reader:
        clocks = _when_it_counts(reader, plan, pace, show)
        until, _ = clocks.slowest
        past = PastOfLog(plan.playbook, plan.needs, read_owners(reader))
        log = PastReader(reader, until - plan.needs.longest, clocks.passed)
        with show("reading the log", log.size()) as tell:
            log.read(past, tell)
    told = past.commands(TODAY, log.start, until)
    with show("telling customers", len(past)) as tell:
        _send(settings, told, pace.rate, tell)
    return Warmed(len(past), log.start)


def _when_it_counts(
    reader: TopicReader, plan: WarmPlan, pace: WarmPace, show: Show
) -> PartitionClocks:
    """Wait until all partitions go by the version; show the seconds."""
    clocks, now = PartitionClocks(reader, plan.since - FUTURE), _now()
    ahead = max(plan.since - now, 0) // SECOND
    with show("waiting until it counts", ahead) as tell:
        while True:
            clocks.look()
            at, number = clocks.slowest
            if at >= plan.since:
                return clocks
            if _now() > max(plan.since, now) + pace.wait_s * SECOND:
                raise OperationFailed(
                    f"partition {number} of `{topics_of(reader.settings).customer_contexts}` "
                    f"has not come to {in_words(plan.since)}; is a worker running? once it "
                    "has, `legato playbook warm` fills what the version asks first"
                )
            time.sleep(LOOK_S)
            tell(min((_now() - now) // SECOND, ahead))


def _send(
    settings: Settings, commands: Iterable[FillPast], rate: int, tell: Callable[[int], None]
) -> None:
    """Send commands to their owners, so many a second; all have arrived in the end."""
    topic, sent, part = topics_of(settings).customer_events, 0, -(-rate // PARTS)
    with Sender(settings) as sender:
        homes = sender.partitions(topic)
        for some in _parts(commands, part):
            began = time.monotonic()
            for command in some:
                home = murmur2(command.to.encode()) % homes
                sender.send(topic, None, write_command(command), partition=home)
            sender.flush()
            sent += len(some)
            tell(sent)
            time.sleep(max(began + part / rate - time.monotonic(), 0))


def _parts(commands: Iterable[FillPast], size: int) -> Iterator[list[FillPast]]:
    left = iter(commands)
    while some := list(islice(left, size)):
        yield some


def _now() -> Instant:
    return time.time_ns() // 1_000_000
