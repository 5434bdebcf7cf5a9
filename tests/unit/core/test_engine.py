"""The engine by its door: what goes in, what comes out, and what is undone."""

from __future__ import annotations

import pytest

from legato.core.context.context import Context
from legato.core.engine import (
    CLOCK,
    ContextTooLarge,
    Engine,
    EngineSetup,
    EntryFailed,
    LogBatch,
    SourceWatermark,
    Upcoming,
)
from legato.core.identity.customer_ids import Identify
from legato.core.identity.rules import IdentityRules
from legato.core.values.outputs import Situation
from legato.core.values.results import DUPLICATE, Rejected, Unreadable
from legato.core.values.time import HOUR, LONG_AGO
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS
from tests.unit.core.stories import added, at

WEB, TILL = "web/0", "till/0"
SETUP = EngineSetup(
    default_playbook(), Identify("pepper", ("user_id",)), IdentityRules(), (WEB, TILL)
)


def engine(setup: EngineSetup = SETUP) -> Engine:
    return Engine(setup, TODAY, SNAPSHOTS)


def passed(line: Engine, minute: int) -> list[str]:
    """Let both sources pass on everything up to then; name the situations that come of it."""
    watermarks = [SourceWatermark(source, at(minute)) for source in (WEB, TILL)]
    outputs = line.process(LogBatch(watermarks)).outputs
    return [each.situation for each in outputs if isinstance(each, Situation)]


def test_time_is_what_the_slowest_source_has_passed_on() -> None:
    line = engine()
    line.process(LogBatch([added(0), SourceWatermark(WEB, at(90))]))
    assert line.clock == LONG_AGO
    line.pass_time(at(30), TILL)
    assert line.clock == at(30)
    assert not line.pass_time(at(59), TILL).outputs
    assert isinstance(line.pass_time(at(60), TILL).outputs[0], Situation)


def test_each_entry_of_a_trusted_source_has_its_own_time() -> None:
    line = engine()
    line.pass_time(at(200), WEB)
    result = line.process(LogBatch([added(0), added(90)], [at(0), at(90)], TILL))
    first = next(each for each in result.outputs if isinstance(each, Situation))
    assert (first.situation, first.time) == ("cart_abandoned", at(60))
    assert line.clock == at(90)


def test_what_is_not_followed_is_told_by_its_place() -> None:
    line, bad = engine(), Unreadable("not_json", "cut short")
    no = Rejected("no_time", "no `time`")
    result = line.process(LogBatch([bad, added(0), added(0), no]))
    assert result.refused == [(0, bad), (2, DUPLICATE), (3, no)]


def test_an_entry_that_raises_is_named_and_all_since_the_checkpoint_is_undone() -> None:
    line = engine()
    line.process(LogBatch([added(0)]))
    line.checkpoint()
    broken = added(2)
    broken.identifiers = 7  # type: ignore[assignment]
    with pytest.raises(EntryFailed) as failed:
        line.process(LogBatch([added(1), broken]))
    assert failed.value.index == 1
    line.roll_back()
    assert [touch.time for touch in known(line).timeline] == [at(0)]


def known(line: Engine) -> Context:
    found = line.explain("ada")
    assert found is not None
    return found.context


def test_a_checkpoint_holds_what_changed_and_only_that() -> None:
    line = engine()
    line.process(LogBatch([added(0), added(0, customer_id="bob")]))
    assert line.checkpoint().keys() == {"ada", "bob", CLOCK}
    line.committed()
    line.process(LogBatch([added(1)]))
    assert line.pending == 2
    assert line.checkpoint().keys() == {"ada"}
    assert line.pending == 0


def test_an_aborted_checkpoint_leads_to_the_one_before() -> None:
    line = engine()
    line.process(LogBatch([added(0)]))
    line.checkpoint()
    line.committed()
    passed(line, 30)
    line.process(LogBatch([added(31)]))
    line.checkpoint()
    line.aborted()
    line.roll_back()
    assert line.clock == LONG_AGO
    assert line.dues == {"ada": at(60)}


def test_restored_it_goes_on_where_it_was() -> None:
    before, after = engine(), engine()
    before.process(LogBatch([added(0)]))
    passed(before, 30)
    after.restore(before.checkpoint())
    assert after.clock == at(30)
    assert len(after) == 1
    assert passed(after, 59) == []
    assert passed(after, 61) == ["cart_abandoned"]


def test_for_whom_timers_are_suspended_no_time_passes() -> None:
    line = engine()
    line.process(LogBatch([added(0), added(0, customer_id="bob")]))
    line.suspend("ada")
    assert passed(line, 61) == ["cart_abandoned"]


def test_a_context_that_outgrew_its_bound_is_not_written() -> None:
    setup = EngineSetup(
        SETUP.playbook, SETUP.identify, SETUP.rules, SETUP.sources, context_bytes=300
    )
    line = engine(setup)
    line.process(LogBatch([added(n, f"SHOE-{n}") for n in range(9)]))
    with pytest.raises(ContextTooLarge):
        line.checkpoint()


def test_it_explains_what_comes_next() -> None:
    line = engine()
    assert line.explain("ada") is None
    line.process(LogBatch([added(0)]))
    found = line.explain("ada")
    assert found is not None
    assert Upcoming("cart_abandoned", 1, "cart:-", at(0) + HOUR) in found.upcoming
