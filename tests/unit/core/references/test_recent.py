"""Changes in the order in which they are told, whenever they become known."""

from __future__ import annotations

from legato.core.references.recent import RecentChanges
from legato.core.references.versions import ReferenceChange, ReferenceVersion
from legato.core.values.time import DAY
from tests.unit.core.stories import at


def change(minute: float) -> ReferenceChange:
    return ReferenceChange(ReferenceVersion("price", "SHOE", at(minute), b"{}"))


def test_a_change_is_told_from_its_time_or_when_it_became_known() -> None:
    changes = RecentChanges()
    changes.note(change(10), at(2))
    changes.note(change(1), at(5))
    assert changes.between(at(0), at(4)) == []
    assert changes.between(at(4), at(5)) == [change(1)]
    assert changes.between(at(5), at(9)) == []
    assert changes.between(at(5), at(10)) == [change(10)]


def test_what_comes_when_its_time_has_passed_is_told_from_then_on() -> None:
    changes = RecentChanges()
    changes.passed = at(10)
    changes.note(change(1), at(1))
    assert changes.between(at(0), at(10)) == []
    assert changes.between(at(10), at(11)) == [change(1)]


def test_what_is_older_than_a_day_is_let_go() -> None:
    changes = RecentChanges()
    changes.note(change(0), at(0))
    changes.note(change(1), at(1))
    changes.forget(at(0) + DAY)
    assert (len(changes), changes.between(at(0), at(2))) == (1, [change(1)])
