"""When a customer asked to be forgotten, or took it back, as their context keeps it."""

from __future__ import annotations

import msgspec
import pytest

from legato.core.conditions.customer import MAKERS
from legato.core.context.as_of import context_as_of
from legato.core.context.context import Context, ErasureRecord
from legato.core.context.erasure import is_erased, standing_request, united_erasures
from legato.core.context.retention import MOST_ERASURES
from legato.core.events.event import Event
from legato.core.merge.merge import merge
from legato.core.values.time import LONG_AGO
from legato.harness import Harness, default_playbook
from legato.wire.context_view import context_view
from legato.wire.state import read_context, write_context
from tests.unit.core.stories import at, event, looked, only


def asked(minute: float, /, **told: object) -> Event:
    return event(minute, "privacy.erasure_requested", "desk", **told)


def took_back(minute: float, /, **told: object) -> Event:
    return event(minute, "privacy.erasure_withdrawn", "desk", **told)


def known(*events: Event) -> Context:
    return Harness().feed(*events).contexts["ada"]


def test_it_is_kept_with_its_proof_and_told_by_the_last_word() -> None:
    context = known(looked(0), asked(1, proof="DSR-17", source="crm"))
    assert context.erasures == (ErasureRecord(at(1), True, "crm", "DSR-17"),)
    assert standing_request(context.erasures) == context.erasures[0]
    assert standing_request(known(asked(1), took_back(2)).erasures) is None


def test_it_is_not_the_customers_own_doing() -> None:
    context = known(looked(0, "mobile"), asked(1))
    assert (context.channel, context.present) == ("mobile", at(0))


def test_whatever_order_they_are_heard_in_time_decides() -> None:
    words = [asked(1), took_back(5), asked(9)]
    in_order = known(*words)
    assert known(*[word for word in reversed(words)]).erasures == in_order.erasures
    spans = [is_erased(in_order.erasures, at(minute)) for minute in (0, 1, 5, 9)]
    assert spans == [True, True, True, True], (
        "what was found before the last is to be forgotten"
    )
    earlier = in_order.erasures[:2]
    assert [is_erased(earlier, at(minute)) for minute in (0, 4, 5, 9)] == [
        *(True, True),
        *(False, False),
    ]


def test_of_two_words_at_one_time_the_request_counts() -> None:
    for told in ([asked(1), took_back(1)], [took_back(1), asked(1)]):
        assert is_erased(known(*told).erasures, at(2))


def test_a_word_that_comes_twice_or_from_both_sides_is_known_once() -> None:
    ours, theirs = known(asked(1), took_back(2)), known(took_back(2), asked(3))
    united, _ = merge(default_playbook(), ours, theirs)
    assert [(each.time, each.asked) for each in united.erasures] == [
        *((at(1), True), (at(2), False), (at(3), True))
    ]


def test_so_many_are_kept_the_last_ones_whoever_knows_them() -> None:
    words = [ErasureRecord(at(minute), minute % 2 == 0) for minute in range(40)]
    kept = united_erasures(words[::2], words[1::2])
    assert kept == (*words[-MOST_ERASURES:],)
    assert united_erasures(kept, words) == kept


@pytest.mark.parametrize("data", [b"[1, 2]", b'"asked"', b"{", b'{"proof": {"a": 1}}', b"null"])
def test_a_request_is_not_lost_over_what_it_carries(data: bytes) -> None:
    odd = asked(1)
    odd.data = msgspec.Raw(data)
    assert only(known(odd).erasures).asked


def test_a_number_is_a_proof_as_well() -> None:
    assert only(known(asked(1, proof=17)).erasures).proof == "17"


def test_a_context_of_before_knows_nothing_of_it() -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(known(looked(0))))
    older = fields[: Context.__struct_fields__.index("erasures")]
    read = msgspec.msgpack.decode(msgspec.msgpack.encode(older), type=Context)
    assert (read.touches, read.erasures) == (1, ())


def test_it_survives_the_changelog() -> None:
    context = known(asked(1, proof="a"), took_back(2))
    assert read_context(write_context(context)).erasures == context.erasures


def test_what_was_said_before_an_instant_was_known_by_then() -> None:
    context = known(looked(0), asked(1), took_back(5))
    assert context_as_of(context, at(5)).erasures == context.erasures[:1]
    assert context_as_of(context, LONG_AGO).erasures == ()


def test_it_is_shown_and_may_be_asked_for() -> None:
    for told, shown in (
        ([looked(0)], None),
        ([asked(1)], {"status": "requested", "time": at(1)}),
        (
            [asked(1), took_back(2, proof="DSR-18")],
            {"status": "withdrawn", "time": at(2), "proof": "DSR-18"},
        ),
    ):
        context = known(*told)
        view = msgspec.json.decode(msgspec.json.encode(context_view(context)))
        assert view["erasure"] == MAKERS["erasure"](context) == shown
