"""Did the workers say truly how they were? What they are to say while Kafka is away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from tests.faults.slot import Slot
from tests.faults.watch import Sample, Watch

NOTICED_S = 10.0
"""Kafka may be away so long before anybody has to say so."""
AWAY = ("kafka has not answered since", "kafka has taken no checkpoint since")
"""The second is said for a moment where a commit was the first to time out."""
AWAY_ALERT = "LegatoKafkaAway"
GOES, COMES = "kafka does not answer", "kafka answers again after"
A_LINE_S, MORE_LINES = 10.0, 12
"""A worker may log a line each ten seconds of an outage, and some as it begins and ends."""

MISSES = 3

_OURS = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) ")
_LIBRDKAFKA = re.compile(r"^%\d\|(\d+\.\d+)\|")


class Span(NamedTuple):
    """When a fault began and ended, and when the line was through with it (monotonic)."""

    began: float
    ended: float
    over: float
    wall_minus_monotonic: float

    @property
    def lasted_s(self) -> float:
        """How long it lasted."""
        return self.ended - self.began


def lives(watch: Watch, span: Span) -> Iterator[str]:
    """`/livez` is 200 all the time: Kafka's absence is no reason to be started again.

    A probe that got no answer counts once so many in a row did not, as it does for Kubernetes.
    """
    unanswered: dict[int, int] = {}
    for each in watch.between(span.began, span.over):
        misses = unanswered[each.number] = (
            unanswered.get(each.number, 0) + 1 if not each.live else 0
        )
        if each.live not in (200, 0) or misses == MISSES:
            after = each.at - span.began
            who = f"/livez of worker {each.number}"
            yield f"{who} was {each.live} {after:.0f} s after the fault: {each.stall}"
            return


def tells_of_absence(watch: Watch, slots: Sequence[Slot], span: Span) -> Iterator[str]:
    """Workers say that Kafka is away, on HTTP and in the log, and that it is back."""
    yield from lives(watch, span)
    away = watch.between(span.began + NOTICED_S, span.ended)
    yield from _first(
        "/readyz", away, lambda each: each.ready == 503 and each.why.startswith(AWAY)
    )
    yield from _first(
        "legato_kafka_up", away, lambda each: each.gauges.get("legato_kafka_up") == 0
    )
    yield from back(watch, span)
    for slot in slots:
        yield from _of_log(slot, span)


def back(watch: Watch, span: Span) -> Iterator[str]:
    """At the end all are ready, Kafka is up, and nothing is left uncommitted for long."""
    last = {each.number: each for each in watch.between(span.ended, span.over)}
    for each in last.values():
        if each.ready != 200:
            yield f"/readyz of worker {each.number} was {each.ready} at the end: {each.why}"
        for name in ("legato_kafka_up", *GAUGES):
            if name not in each.gauges:
                yield f"there is no {name} on /metrics"
                return
        if each.gauges["legato_kafka_up"] != 1:
            yield f"legato_kafka_up of worker {each.number} was not 1 at the end"


GAUGES = (
    "legato_checkpoint_age_seconds",
    "legato_uncommitted_age_seconds",
    "legato_producers_left_behind",
    "legato_lag_records",
)


def _first(
    what: str, samples: Iterable[Sample], right: Callable[[Sample], bool]
) -> Iterator[str]:
    """Tell of the first sample that is not right."""
    wrong = [each for each in samples if not right(each)]
    if wrong:
        said = f"{wrong[0].ready} `{wrong[0].why}`, up {wrong[0].gauges.get('legato_kafka_up')}"
        yield f"{what} of worker {wrong[0].number} did not say that Kafka is away: {said}"


def _of_log(slot: Slot, span: Span) -> Iterator[str]:
    """One line as Kafka goes, one as it is back, and few between."""
    wall = span.wall_minus_monotonic
    since = [line for at, line in lines(slot.said) if at >= span.began + wall]
    for words in (GOES, COMES):
        if not any(words in line for line in since):
            yield f"the log of worker {slot.number} has no line with `{words}`"
    during = [at for at, _ in lines(slot.said) if span.began <= at - wall <= span.ended]
    if len(during) > (most := span.lasted_s / A_LINE_S + MORE_LINES):
        yield f"worker {slot.number} logged {len(during)} lines in the outage, not {most:.0f}"


def lines(log: str) -> Iterator[tuple[float, str]]:
    """Read the lines of a log with their time of day: ours and those of librdkafka."""
    for line in log.splitlines():
        if stamp := _OURS.match(line):
            yield datetime.fromisoformat(stamp[1]).timestamp() + int(stamp[2]) / 1000, line
        elif stamp := _LIBRDKAFKA.match(line):
            yield float(stamp[1]), line
