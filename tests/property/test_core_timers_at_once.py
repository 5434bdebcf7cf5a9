"""However few timers fire at once, all do in the end, and nothing comes of it but lateness."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from legato.core.engine import Engine, EngineSetup, LogBatch, LogEntry
from legato.core.line.watermark import SourceWatermark
from legato.core.values.outputs import Output
from legato.harness import default_playbook
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS
from tests.property.core_lives import Json, event_of, lives
from tests.replay.brute_force import DAY

IDENTITY = IdentitySettings()
SETUP = EngineSetup(
    default_playbook(), IDENTITY.identify, IDENTITY.rules, ("web/0",), timers_most=1
)
END = 60 * DAY
"""By then all that is due has been, and of carts and cases nothing is left."""


def engine(*, most: int, continuous: bool) -> Engine:
    made = Engine(replace(SETUP, timers_most=most, continuous=continuous), TODAY, SNAPSHOTS)
    made.restore({})
    return made


@st.composite
def logs(draw: st.DrawFn) -> list[LogEntry]:
    """Lives, and among them how far time has come, with jumps; at last up to the end."""
    log: list[LogEntry] = []
    life: list[Json] = draw(lives())
    for told in life:
        log.append(event_of(told))
        if draw(st.integers(0, 3)) == 0:
            log.append(SourceWatermark("web/0", told["time"]))
    return [*log, SourceWatermark("web/0", life[-1]["time"] + END)]


def by_customer(outputs: list[Output]) -> dict[str, list[bytes]]:
    told: dict[str, list[bytes]] = {}
    for output in outputs:
        told.setdefault(output.customer_id, []).append(msgspec.json.encode(output))
    return told


def follow_to_the_end(line: Engine, log: list[LogEntry]) -> list[Output]:
    """Follow one entry at a time, and the last until time has come as far as it says."""
    outputs: list[Output] = []
    last = log[-1]
    assert isinstance(last, SourceWatermark)
    for entry in log:
        outputs += line.process(LogBatch((entry,))).outputs
    for _ in range(10_000):
        if line.clock == last.time:
            return outputs
        outputs += line.process(LogBatch((last,))).outputs
    raise AssertionError("time has not come to its end")


@given(logs(), st.integers(1, 3))
@settings(deadline=None)
def test_where_time_passes_evenly_the_same_comes_of_it(log: list[LogEntry], most: int) -> None:
    few = follow_to_the_end(engine(most=most, continuous=True), log)
    everything = follow_to_the_end(engine(most=0, continuous=True), log)
    assert by_customer(few) == by_customer(everything)


@given(logs(), st.integers(1, 3), st.data())
@settings(deadline=None)
def test_however_the_log_is_cut_and_restored_it_goes_the_same_way(
    log: list[LogEntry], most: int, data: st.DataObject
) -> None:
    whole, cut = (engine(most=most, continuous=False) for _ in range(2))
    said = whole.process(LogBatch(log)).outputs
    outputs: list[Output] = []
    for entry in log:
        outputs += cut.process(LogBatch((entry,))).outputs
        if data.draw(st.integers(0, 4)) == 0:
            cut.checkpoint()
            cut.committed()
            cut.roll_back()
    assert by_customer(outputs) == by_customer(said)
    assert cut.clock == whole.clock


@given(logs())
@settings(deadline=None)
def test_each_time_the_clock_comes_as_far_as_what_has_fired(log: list[LogEntry]) -> None:
    line, before = engine(most=1, continuous=False), 0
    for entry in log:
        line.process(LogBatch((entry,)))
        dues = line.dues.values()
        assert line.clock < min(dues, default=line.clock + 1)
        assert line.clock >= before or before == 0
        before = line.clock
