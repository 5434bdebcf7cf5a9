"""What an adapter does with actions: once, not too early, not too late, not when taken back."""

from hypothesis import given
from hypothesis import strategies as st

from legato.core.values.outputs import Action, Factors, Revoked
from legato.core.values.time import HOUR, MINUTE, NEVER
from legato.demo.run.deliveries import ActionPlace, Deliveries, outcome_of

NOW = 1_772_438_400_000


def action(name: str, *, wait: int = 0, valid: int = HOUR) -> Action:
    return Action(
        customer_id="1-c",
        action_id=name,
        occurrence_id="o",
        journey_id="j",
        situation="cart_abandoned",
        action="remind_by_email",
        purpose="promotion",
        channel="email",
        address="a@example.org",
        content_ref="cart_reminder",
        time=NOW,
        not_before=NOW + wait,
        expires_at=NOW + valid,
        factors=Factors(1, 1, 1, 1),
    )


def revoked(name: str) -> Revoked:
    return Revoked("1-c", name, "email", "cart_abandoned", NOW, "converted")


def at(offset: int, partition: int = 0) -> ActionPlace:
    return ActionPlace("actions.email", partition, offset)


def test_an_action_is_delivered_once_however_often_it_comes() -> None:
    deliveries = Deliveries()
    first = deliveries.take(action("a"), at(0), NOW)
    assert [(done.what, done.time) for done in first] == [("delivered", NOW)]
    assert deliveries.take(action("a"), at(1), NOW) == []
    assert deliveries.frontiers() == {("actions.email", 0): 2}


def test_an_action_waits_for_its_time_and_holds_the_offset_back() -> None:
    deliveries = Deliveries()
    [held] = deliveries.take(action("a", wait=10 * MINUTE), at(4), NOW)
    assert (held.what, outcome_of(held)) == ("held", None)
    assert deliveries.take(action("b"), at(5), NOW)[0].what == "delivered"
    assert deliveries.next_due == NOW + 10 * MINUTE
    assert deliveries.frontiers() == {("actions.email", 0): 4}
    assert deliveries.wake(NOW + 10 * MINUTE - 1) == []
    assert [done.what for done in deliveries.wake(NOW + 10 * MINUTE)] == ["delivered"]
    assert deliveries.next_due == NEVER
    assert deliveries.frontiers() == {("actions.email", 0): 6}


def test_an_action_is_not_delivered_from_its_expiry_on() -> None:
    deliveries = Deliveries()
    assert deliveries.take(action("a", valid=0), at(0), NOW)[0].what == "expired"
    deliveries.take(action("b", wait=MINUTE, valid=2 * MINUTE), at(1), NOW)
    assert deliveries.wake(NOW + 2 * MINUTE)[0].what == "expired"


def test_a_revocation_in_time_prevents_the_delivery_and_is_not_reported() -> None:
    deliveries = Deliveries()
    deliveries.take(action("a", wait=MINUTE), at(0), NOW)
    done = deliveries.take(revoked("a"), at(1), NOW)
    assert [(one.what, outcome_of(one)) for one in done] == [("revoked", None)]
    assert deliveries.wake(NOW + MINUTE) == []
    assert deliveries.take(action("a"), at(2), NOW) == []


def test_a_revocation_after_the_delivery_is_reported_as_too_late_once() -> None:
    deliveries = Deliveries()
    deliveries.take(action("a"), at(0), NOW)
    [done] = deliveries.take(revoked("a"), at(1), NOW + 5)
    outcome = outcome_of(done)
    assert outcome is not None
    assert (outcome.status, outcome.action_id, outcome.time) == (
        "revoked_too_late",
        "a",
        NOW + 5,
    )
    assert deliveries.take(revoked("a"), at(2), NOW) == []


def test_a_revocation_of_an_expired_or_unknown_action_needs_nothing() -> None:
    deliveries = Deliveries()
    deliveries.take(action("a", valid=0), at(0), NOW)
    assert deliveries.take(revoked("a"), at(1), NOW) == []
    assert deliveries.take(revoked("never seen"), at(2), NOW) == []


def test_what_was_reported_before_is_not_done_again_but_can_still_be_taken_back() -> None:
    deliveries = Deliveries()
    deliveries.remember("a", delivered=True)
    deliveries.remember("b", delivered=False)
    assert deliveries.take(action("a"), at(0), NOW) == []
    assert deliveries.take(action("b"), at(1), NOW) == []
    assert deliveries.take(revoked("a"), at(2), NOW)[0].what == "revoked_too_late"
    assert deliveries.take(revoked("b"), at(3), NOW) == []


def test_what_waits_in_a_partition_that_is_given_away_is_the_successors() -> None:
    deliveries = Deliveries()
    deliveries.take(action("mine", wait=MINUTE), at(0, partition=0), NOW)
    deliveries.take(action("theirs", wait=MINUTE), at(0, partition=1), NOW)
    deliveries.leave([("actions.email", 1)])
    assert [done.of.action_id for done in deliveries.wake(NOW + MINUTE)] == ["mine"]
    assert deliveries.frontiers() == {("actions.email", 0): 1}


steps = st.lists(
    st.one_of(
        st.builds(
            action,
            st.sampled_from("abcd"),
            wait=st.integers(0, 20),
            valid=st.integers(0, 30),
        ),
        st.sampled_from("abcd").map(revoked),
        st.integers(1, 10),
    )
)


@given(steps)
def test_nothing_is_done_twice_or_out_of_time(story: list[Action | Revoked | int]) -> None:
    deliveries, now, delivered = Deliveries(), NOW, []
    for offset, step in enumerate(story):
        if isinstance(step, int):
            now += step
            done = deliveries.wake(now)
        else:
            done = deliveries.take(step, at(offset), now)
        for one in done:
            if one.what == "delivered" and isinstance(one.of, Action):
                assert one.of.not_before <= now < one.of.expires_at
                delivered.append(one.of.action_id)
        if frontier := deliveries.frontiers().get(("actions.email", 0)):
            assert frontier <= offset + 1
    assert len(delivered) == len(set(delivered))
