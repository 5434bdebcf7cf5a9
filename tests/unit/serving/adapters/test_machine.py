"""The machine of an adapter, told one thing after the other."""

from __future__ import annotations

from msgspec.structs import replace

from legato.adapter import Delivered, Failed, Retry
from legato.core.values.outputs import Action, QuietSpan, Revoked
from legato.core.values.results import Unreadable
from legato.core.values.time import HOUR, MINUTE, NEVER, SECOND
from legato.serving.adapters.machine.commands import (
    AdapterCommand,
    CommitPlaces,
    PauseReading,
    ResumeReading,
    Send,
    Store,
    TellResult,
)
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.facts import (
    TP,
    ActionsRecord,
    AdapterFact,
    Answer,
    CommitDue,
    Crashed,
    NotBegun,
    PartitionOpened,
    PartitionsGone,
    PartitionsLeaving,
    PlacesCommitted,
    RecordsRead,
    Refused,
    SeenId,
    Stored,
    TimePassed,
    TryEnded,
    Unchecked,
)
from legato.serving.adapters.machine.frontier import ReadingProgress, read_progress
from legato.serving.adapters.machine.ledger import DeliveryLimits
from legato.serving.adapters.machine.machine import DeliveryMachine
from legato.testing import example_action
from legato.wire.record import RawRecord
from legato.wire.topics.holds import Hold

HERE: TP = ("actions.email", 0)
RAW = RawRecord(b"kim", b"bytes")
NOW = example_action().not_before
PATIENT = DeliveryLimits(attempts=3)


class Told:
    """A machine, the time, and what it wanted done since it was last looked at."""

    def __init__(self, limits: DeliveryLimits = PATIENT, seen: tuple[SeenId, ...] = ()) -> None:
        self.machine, self.now = DeliveryMachine(limits), NOW
        self.said: list[AdapterCommand] = []
        self.next = 0
        self.open(PartitionOpened(HERE, 1, 0, ReadingProgress(0), seen=seen))

    def open(self, opened: PartitionOpened) -> None:
        """Take a partition, and have Kafka take the commit that says so, once there is one."""
        self.tell(opened)
        self.commit()

    def commit(self) -> None:
        self.tell(CommitDue())
        for each in [each for each in self.said if isinstance(each, CommitPlaces)]:
            self.said.remove(each)
            self.tell(PlacesCommitted(each.places))

    def tell(self, fact: AdapterFact) -> None:
        self.said += self.machine.handle(fact, self.now)

    def read(
        self,
        *said: Action | Revoked | Unreadable,
        at_end: bool = True,
        redriven: str = "",
    ) -> None:
        records = [
            ActionsRecord(self.next + number, each, RAW, self.now, redriven)
            for number, each in enumerate(said)
        ]
        self.next += len(said)
        self.tell(RecordsRead(HERE, 1, records, self.next, at_end))

    def passes(self, span: int) -> None:
        self.now += span
        self.tell(TimePassed())

    def take(self) -> list[AdapterCommand]:
        said, self.said = self.said, []
        return [each for each in said if not isinstance(each, TellResult)]

    @property
    def sent(self) -> list[str]:
        """Which actions are to be sent now."""
        return [each.action.action_id for each in self.said if isinstance(each, Send)]

    def answer(self, action_id: str, answer: Answer) -> None:
        (ticket,) = [
            each.ticket
            for each in self.said
            if isinstance(each, Send) and each.action.action_id == action_id
        ][-1:]
        self.tell(TryEnded(ticket, answer))

    def store_all(self) -> list[tuple[str, str]]:
        """Have Kafka take all that is to be written; return the reports."""
        stores = [each for each in self.said if isinstance(each, Store)]
        self.said = [each for each in self.said if not isinstance(each, Store)]
        for each in stores:
            self.tell(Stored(each.ticket))
        return [(each.action_id, each.status) for store in stores for each in store.outcomes]

    def deliver_all(self) -> None:
        """Have all delivered that is to be sent now, and reported."""
        for name in self.sent:
            self.answer(name, Delivered())
        self.store_all()
        flying = self.machine.sending.sends
        self.said = [
            each for each in self.said if not isinstance(each, Send) or each.ticket in flying
        ]

    @property
    def frontier(self) -> int:
        return self.machine.partitions[HERE].frontier.offset


def an_action(
    name: str = "a", customer: str = "kim", wait: int = 0, valid: int = HOUR
) -> Action:
    action = example_action(action_id=name, customer_id=customer)
    until = NOW + wait
    return replace(action, not_before=until, expires_at=until + valid)


def revocation(name: str = "a", *, too_late: bool = False) -> Revoked:
    return Revoked("kim", name, "email", "s", NOW, "converted", too_late)


def test_what_is_delivered_is_reported_and_then_passed() -> None:
    told = Told()
    told.read(an_action())
    assert told.sent == ["a"]
    told.answer("a", Delivered("their-id"))
    assert told.frontier == 0
    assert told.store_all() == [("a", "delivered")]
    assert told.frontier == 1


def test_nothing_is_sent_before_the_end_was_read() -> None:
    told = Told()
    told.read(an_action(), at_end=False)
    assert told.sent == []
    told.read(revocation())
    assert (told.sent, told.frontier) == ([], 2)


def test_unless_enough_waits_already() -> None:
    told = Told(DeliveryLimits(window=60, concurrency=5))
    told.read(*(an_action(f"a{n}", f"c{n}") for n in range(59)), at_end=False)
    assert told.sent == []
    told.read(*(an_action(f"b{n}", f"d{n}") for n in range(20)), at_end=False)
    assert len(told.sent) == 5
    assert [each for each in told.said if isinstance(each, PauseReading)]
    while told.machine.partitions[HERE].paused:
        told.deliver_all()
    assert [each for each in told.said if isinstance(each, ResumeReading)]


def test_it_waits_for_its_time_and_keeps_nobody_waiting() -> None:
    told = Told()
    told.read(an_action("later", wait=MINUTE), an_action("now"))
    assert told.sent == ["now"]
    assert told.machine.next_due == NOW + MINUTE
    told.answer("now", Delivered())
    told.store_all()
    told.passes(MINUTE)
    assert told.sent[-1] == "later"


def test_a_customers_actions_go_out_one_after_the_other() -> None:
    told = Told()
    told.read(an_action("a"), an_action("b"), an_action("c", "robin"))
    assert told.sent == ["a", "c"]
    told.answer("a", Retry("busy"))
    told.passes(2 * SECOND)
    assert told.sent == ["a", "c", "a"]
    told.answer("a", Delivered())
    assert told.sent == ["a", "c", "a"]
    told.store_all()
    assert told.sent == ["a", "c", "a", "b"]


def test_waits_grow_and_end_in_failure() -> None:
    told = Told()
    told.read(an_action())
    for _ in range(2):
        told.answer("a", Retry("busy"))
        wait = told.machine.next_due - told.now
        assert SECOND / 2 <= wait <= 2 * SECOND
        told.passes(wait)
    told.answer("a", Retry("busy"))
    (store,) = [each for each in told.said if isinstance(each, Store)]
    assert [each.reason for each in store.outcomes] == ["retries_exhausted"]
    assert store.letter is None
    assert told.store_all() == [("a", "failed")]


def test_what_a_provider_asks_for_counts_if_it_is_longer() -> None:
    told = Told()
    told.read(an_action())
    told.answer("a", Retry("slow_down", 90.0))
    assert told.machine.next_due == told.now + 90 * SECOND


def test_what_is_no_span_is_not_asked_for() -> None:
    for odd in (float("nan"), float("inf"), -1.0, 1e300):
        told = Told()
        told.read(an_action())
        told.answer("a", Retry("slow_down", odd))
        assert told.machine.next_due <= told.now + SECOND


def test_no_wait_goes_past_its_end() -> None:
    told = Told()
    told.read(an_action(valid=MINUTE))
    told.answer("a", Retry("slow_down", 1_000.0))
    told.passes(MINUTE)
    assert told.sent == ["a"]
    assert told.store_all() == [("a", "expired")]


def night(start: int, end: int, name: str = "a", valid: int = 4 * HOUR) -> Action:
    """Decided by day; the night lies so far behind it."""
    spans = (QuietSpan(NOW + start, NOW + end),)
    return replace(an_action(name, valid=valid), quiet=spans)


def test_a_retry_that_comes_due_at_night_waits_for_the_morning() -> None:
    told = Told()
    told.read(night(MINUTE, 2 * HOUR), night(MINUTE, 2 * HOUR, "b"))
    told.answer("a", Retry("slow_down", 90.0))
    assert told.machine.next_due == NOW + 2 * HOUR
    told.store_all()
    assert told.frontier == 2, "neither pins the offset"
    told.passes(2 * HOUR)
    told.deliver_all()
    assert told.sent == ["b"]


def test_a_retry_that_nobody_wants_in_the_morning_has_expired() -> None:
    told = Told()
    told.read(night(MINUTE, 2 * HOUR, valid=HOUR))
    told.answer("a", Retry("slow_down", 90.0))
    assert told.store_all() == [("a", "expired")]
    assert told.frontier == 1


def test_what_was_never_tried_waits_for_the_morning_and_keeps_nobody_waiting() -> None:
    told = Told()
    told.now += 2 * MINUTE
    told.read(night(MINUTE, 2 * HOUR), an_action("b"))
    assert told.sent == ["b"]
    told.deliver_all()
    told.passes(2 * HOUR)
    assert told.sent == ["a"]


def test_what_the_breaker_held_until_the_night_waits_for_the_morning() -> None:
    told = Told()
    told.read(*(an_action(f"x{n}", f"c{n}") for n in range(5)))
    for name in told.sent:
        told.answer(name, Retry("busy", 3_000.0))
    told.read(night(5 * SECOND, 2 * HOUR))
    told.store_all()
    told.passes(10 * SECOND)
    assert "a" not in told.sent, "the breaker lets one pass, but it is night"
    told.store_all()
    told.passes(2 * HOUR)
    assert "a" in told.sent


def test_what_the_night_overtakes_on_its_way_to_the_adapter_is_not_handed_over() -> None:
    told = Told()
    told.read(night(SECOND, 2 * HOUR))
    (send,) = [each for each in told.said if isinstance(each, Send)]
    assert told.machine.may_begin(send.ticket, NOW + SECOND - 1)
    assert not told.machine.may_begin(send.ticket, NOW + SECOND)
    told.now += SECOND
    told.answer("a", NotBegun())
    assert told.sent == ["a"]
    told.store_all()
    told.passes(2 * HOUR)
    assert told.sent == ["a", "a"]


def test_an_adapter_that_fails_each_time_leaves_a_letter_without_what_it_said() -> None:
    told = Told()
    told.read(an_action())
    for _ in range(3):
        told.answer("a", Crashed("ValueError"))
        told.passes(2 * SECOND)
    (store,) = [each for each in told.said if isinstance(each, Store)]
    assert store.letter is not None
    assert (store.letter.why.reason, store.letter.why.stage) == ("adapter_failed", "adapter")
    assert store.letter.raw == RAW
    assert told.store_all() == [("a", "failed")]


def test_a_reason_that_is_no_code_is_not_passed_on() -> None:
    told = Told()
    told.read(an_action())
    told.answer("a", Failed("no mailbox kim@example.org"))
    (store,) = [each for each in told.said if isinstance(each, Store)]
    assert store.outcomes[0].reason == "not_said"


def test_what_cannot_be_read_is_a_dead_letter_before_it_is_passed() -> None:
    told = Told()
    told.read(Unreadable("bad_avro", "no"))
    assert told.frontier == 0
    told.store_all()
    assert told.frontier == 1


def test_it_is_taken_back_while_it_is_held() -> None:
    told = Told()
    told.read(an_action(wait=MINUTE), revocation())
    told.passes(HOUR)
    assert (told.sent, told.store_all(), told.frontier) == ([], [], 2)


def test_it_is_taken_back_while_it_waits_to_be_tried_again() -> None:
    told = Told()
    told.read(an_action(), an_action("b"))
    told.answer("a", Retry("busy"))
    told.read(revocation())
    assert told.sent == ["a", "b"]
    told.passes(HOUR - 1)
    assert told.sent == ["a", "b"]


def test_taken_back_before_the_adapter_has_it_it_is_not_handed_over() -> None:
    told = Told()
    told.read(an_action())
    (send,) = [each for each in told.said if isinstance(each, Send)]
    assert told.machine.may_begin(send.ticket, told.now)
    told.read(revocation())
    assert not told.machine.may_begin(send.ticket, told.now)
    told.answer("a", NotBegun())
    assert (told.store_all(), told.frontier) == ([], 2)


def test_taken_back_in_flight_it_was_too_late_if_it_was_delivered() -> None:
    told = Told()
    told.read(an_action())
    told.read(revocation())
    assert told.frontier == 0
    told.answer("a", Delivered())
    assert told.store_all() == [("a", "delivered"), ("a", "revoked_too_late")]
    assert told.frontier == 2


def test_taken_back_in_flight_it_is_not_tried_again() -> None:
    told = Told()
    told.read(an_action())
    told.read(revocation())
    told.answer("a", Retry("busy"))
    told.passes(HOUR - 1)
    assert (told.sent, told.store_all(), told.frontier) == (["a"], [], 2)


def test_taken_back_while_the_report_is_on_its_way_it_was_too_late() -> None:
    told = Told()
    told.read(an_action())
    told.answer("a", Delivered())
    told.read(revocation())
    assert told.store_all() == [("a", "delivered")]
    assert told.store_all() == [("a", "revoked_too_late")]
    assert told.frontier == 2


def test_taken_back_long_after_it_was_too_late() -> None:
    told = Told()
    told.read(an_action())
    told.answer("a", Delivered())
    told.store_all()
    told.read(revocation())
    assert told.store_all() == [("a", "revoked_too_late")]


def test_of_what_others_delivered_the_line_knows() -> None:
    told = Told(seen=(SeenId("a"), SeenId("b")))
    told.read(revocation("a"), revocation("b", too_late=True))
    assert told.store_all() == [("b", "revoked_too_late")]


def test_the_same_id_is_done_once() -> None:
    told = Told(seen=(SeenId("old"),))
    told.read(an_action(), an_action(), an_action("old"))
    told.answer("a", Delivered())
    told.store_all()
    told.read(an_action())
    assert (told.sent, told.frontier) == (["a"], 4)


def test_a_letter_that_is_sent_again_is_done_once_more() -> None:
    told = Told()
    told.read(an_action())
    told.answer("a", Failed("no"))
    told.store_all()
    told.read(an_action(), redriven="0:7")
    assert told.sent == ["a", "a"]
    told.answer("a", Failed("no"))
    told.store_all()
    told.read(an_action(), redriven="0:7")
    assert told.sent == ["a", "a"]
    told.read(an_action(), redriven="0:8")
    assert told.sent == ["a", "a", "a"]


def test_a_letter_of_what_was_taken_back_is_not() -> None:
    told = Told(seen=(SeenId("a", revoked=True), SeenId("a")))
    told.read(an_action(), redriven="0:7")
    assert (told.sent, told.frontier) == ([], 1)


def test_five_failures_in_a_row_leave_the_provider_alone_for_a_while() -> None:
    told = Told(DeliveryLimits(concurrency=2))
    told.read(*(an_action(f"a{n}", f"c{n}") for n in range(10)))
    for number in range(5):
        told.answer(f"a{number}", Retry("down"))
    told.answer("a5", Retry("down"))
    assert len(told.sent) == 6
    told.passes(9 * SECOND)
    assert len(told.sent) == 6
    told.passes(SECOND)
    assert len(told.sent) == 7
    told.answer(told.sent[-1], Retry("down"))
    told.passes(19 * SECOND)
    assert len(told.sent) == 7
    told.passes(SECOND)
    told.answer(told.sent[-1], Delivered())
    assert len(told.sent) == 10


def test_without_the_view_it_waits_and_counts_no_try() -> None:
    told = Told(DeliveryLimits(attempts=1))
    told.read(an_action(), an_action("b", "robin"))
    told.answer("a", Unchecked())
    told.answer("b", Unchecked())
    assert told.sent == ["a", "b"]
    told.passes(SECOND)
    assert told.sent[2:] == ["b"]
    told.answer("b", Delivered())
    assert told.sent[3:] == ["a"]


def test_a_refusal_of_the_customer_ends_it() -> None:
    told = Told()
    told.read(an_action())
    told.answer("a", Refused("no_consent"))
    assert told.store_all() == [("a", "failed")]


def test_what_waits_long_lets_the_offset_pass_once_it_is_held() -> None:
    told = Told()
    told.read(an_action(wait=HOUR))
    (store,) = [each for each in told.said if isinstance(each, Store)]
    assert store.hold is not None
    assert (store.hold.due, store.hold.offset, store.hold.raw) == (NOW + HOUR, 0, RAW)
    assert told.frontier == 0
    told.store_all()
    assert told.frontier == 1
    told.passes(HOUR)
    told.answer("a", Delivered())
    (store,) = [each for each in told.said if isinstance(each, Store)]
    assert store.release is not None
    told.store_all()
    assert told.machine.partitions[HERE].deliveries == {}


def test_who_stands_behind_a_long_wait_is_held_as_well() -> None:
    told = Told()
    told.read(an_action(), an_action("b"))
    told.answer("a", Retry("slow_down", 1_800.0))
    told.read(an_action("c"))
    told.store_all()
    assert told.frontier == 3
    assert told.sent == ["a"]


def test_who_takes_over_goes_on_with_what_was_tried() -> None:
    told = Told()
    told.read(an_action(), an_action("b"))
    told.answer("a", Retry("slow_down", 60.0))
    told.tell(PartitionsLeaving((HERE,)))
    (store,) = [each for each in told.said if isinstance(each, Store)]
    assert store.hold is not None
    told.store_all()
    assert told.machine.is_settled([HERE])

    next_one = Told()
    opened = PartitionOpened(HERE, 1, 0, ReadingProgress(0), [store.hold])
    next_one.open(opened)
    next_one.read(an_action(), an_action("b"))
    assert next_one.sent == []
    next_one.passes(MINUTE)
    assert next_one.sent == ["a"]


class Begins(Told):
    """One whose sends all reach the adapter."""

    def tell(self, fact: AdapterFact) -> None:
        super().tell(fact)
        for each in [each for each in self.said if isinstance(each, Send)]:
            self.machine.may_begin(each.ticket, self.now)

    @property
    def place(self) -> tuple[int, str]:
        return self.machine.partitions[HERE].committed

    def successor(self, *behind: Action, holds: tuple[Hold, ...] = ()) -> Begins:
        """Who takes the partition over, and reads once more what is behind its offset."""
        other = Begins()
        other.now, other.next = self.now, self.place[0]
        other.open(PartitionOpened(HERE, 1, self.place[0], read_progress(*self.place), holds))
        other.read(*behind)
        other.commit()
        return other


def test_what_is_ready_to_be_tried_again_keeps_its_count_when_it_is_given_back() -> None:
    """As where a rebalance comes while the provider is left alone."""
    told = Begins(DeliveryLimits(attempts=3, concurrency=1))
    told.read(an_action(), an_action("b", "robin"))
    told.answer("a", Retry("busy"))
    told.passes(MINUTE)
    told.tell(PartitionsLeaving((HERE,)))
    told.answer("b", Delivered())
    assert told.store_all() == [("b", "delivered")]
    told.commit()
    told = told.successor(an_action(), an_action("b", "robin"))
    assert told.sent == [], "it waits once more"
    for _ in range(2):
        told.passes(MINUTE)
        told.answer("a", Retry("busy"))
    assert told.store_all() == [("a", "failed")]


def test_who_is_killed_again_and_again_tries_no_more_often() -> None:
    """Also where it is the action that kills: nobody hears an answer, ever."""
    told = Begins()
    told.read(an_action(), an_action("b"))
    for _ in range(4):
        assert told.sent == ["a"]
        told.commit()
        told = told.successor(an_action(), an_action("b"))
        told.passes(MINUTE)
    (store,) = [each for each in told.said if isinstance(each, Store)]
    assert store.letter is not None
    assert store.letter.why.message == "it was tried 4 times, at last without an answer"
    assert store.letter.why.reason == store.outcomes[0].reason == "adapter_failed"
    assert told.store_all() == [("a", "failed")]
    assert told.sent == ["b"]


def test_nor_of_what_is_held() -> None:
    told = Begins()
    told.read(an_action(wait=HOUR), an_action("b", "robin"))
    (store,) = [each for each in told.said if isinstance(each, Store)]
    assert store.hold is not None
    told.store_all()
    told.deliver_all()
    told.passes(HOUR)
    for _ in range(4):
        assert told.sent == ["a"]
        told.commit()
        told = told.successor(holds=(store.hold,))
        told.passes(MINUTE)
    assert told.store_all() == [("a", "failed")]


def test_what_was_not_handed_to_the_adapter_was_not_tried() -> None:
    told = Told(DeliveryLimits(attempts=1))
    told.read(an_action())
    told.commit()
    assert read_progress(*told.machine.partitions[HERE].committed).tries == {}


def test_more_tries_than_a_commit_can_tell_are_told_by_holds() -> None:
    told = Begins(DeliveryLimits(concurrency=500))
    told.read(*(an_action(f"a{n}", f"c{n}") for n in range(400)))
    for name in told.sent:
        told.answer(name, Retry("busy"))
    told.commit()
    held = [each.hold for each in told.said if isinstance(each, Store) and each.hold]
    counts = read_progress(*told.place).tries
    assert (len(counts), {*counts.values()}) == (300, {1})
    assert (len(held), {each.tries for each in held}) == (100, {1})
    assert {each.offset for each in held}.isdisjoint(counts)


def test_what_comes_back_of_a_lost_partition_is_void() -> None:
    told = Told()
    told.read(an_action())
    told.tell(PartitionsGone((HERE,)))
    told.answer("a", Delivered())
    assert told.store_all() == []
    assert told.machine.next_due == NEVER


def test_a_commit_tells_what_is_open_behind_it() -> None:
    told = Told()
    told.read(an_action("late", wait=MINUTE), an_action("b"), an_action("c", "robin", MINUTE))
    told.answer("b", Delivered())
    told.store_all()
    told.take()
    told.tell(CommitDue())
    (commit,) = told.take()
    assert isinstance(commit, CommitPlaces)
    offset, metadata = commit.places[HERE]
    progress = read_progress(offset, metadata)
    assert offset == 0
    assert [progress.is_done(each) for each in range(4)] == [False, True, False, False]
    told.tell(PlacesCommitted(commit.places))
    told.tell(CommitDue())
    assert told.take() == []


def test_a_commit_that_would_be_too_long_puts_the_older_half_away() -> None:
    told = Told(DeliveryLimits(window=1_000_000))
    actions = [an_action(f"a{n}", f"c{n}", MINUTE if n % 2 else 0) for n in range(6_000)]
    told.read(*actions)
    while told.sent:
        told.deliver_all()
    commits: list[AdapterCommand] = []
    for _ in range(3):
        told.tell(CommitDue())
        commits += [each for each in told.said if isinstance(each, CommitPlaces)]
        told.store_all()
    place = next(each.places[HERE] for each in commits if isinstance(each, CommitPlaces))
    assert place[0] > 2_500
    assert len(place[1]) <= 3_500


def test_what_leaves_begins_nothing_more() -> None:
    told = Told()
    told.read(an_action(), an_action("b"))
    told.tell(PartitionsLeaving((HERE,)))
    assert not told.machine.is_settled([HERE])
    told.answer("a", Delivered())
    told.store_all()
    assert told.sent == ["a"]
    assert told.machine.is_settled([HERE])


def test_what_expires_on_its_way_to_the_adapter_is_not_handed_over() -> None:
    told = Told()
    told.read(an_action(valid=SECOND))
    (send,) = [each for each in told.said if isinstance(each, Send)]
    assert told.machine.may_begin(send.ticket, NOW + SECOND - 1)
    assert not told.machine.may_begin(send.ticket, NOW + SECOND)
    told.now += SECOND
    told.answer("a", NotBegun())
    assert told.store_all() == [("a", "expired")]


def test_nothing_is_sent_before_all_was_read_again_that_was_read_before() -> None:
    """However much waits: what the last holder knew of the rest could not be committed."""
    told = Told(DeliveryLimits(window=60))
    told.open(PartitionOpened(HERE, 1, 0, ReadingProgress(200, (0,), (200,))))
    told.read(*(an_action(f"a{n}", f"c{n}") for n in range(100)), at_end=False)
    assert told.take() == []
    told.read(*(an_action(f"b{n}", f"d{n}") for n in range(100)), at_end=False)
    assert told.sent == []
    told.commit()
    assert len(told.sent) == 20


def test_what_was_reported_is_not_sent_though_no_commit_tells_of_it() -> None:
    held = Told()
    held.read(an_action("held", wait=HOUR))
    (store,) = [each for each in held.said if isinstance(each, Store)]
    assert store.hold is not None

    told = Told()
    reported = {"a": Ending.DELIVERED, "held": Ending.FAILED}
    progress = ReadingProgress(0)
    told.open(PartitionOpened(HERE, 1, 0, progress, [store.hold], reported=reported))
    (release,) = [each for each in told.said if isinstance(each, Store)]
    assert release.release is not None
    told.store_all()
    told.read(an_action("a"), an_action("b", "robin"), revocation("a"))
    assert told.sent == ["b"]
    assert told.store_all() == [("a", "revoked_too_late")]


def test_who_leaves_with_nothing_under_way_says_so() -> None:
    told = Told()
    told.read(an_action("a"))
    told.tell(PartitionsLeaving((HERE,)))
    assert place_of(told)[1] is False
    told.answer("a", Delivered())
    assert place_of(told)[1] is False
    told.store_all()
    assert place_of(told) == (1, True)


def test_whoever_had_it_before_and_did_not_give_it_back_may_report_for_two_minutes() -> None:
    lost, given = ReadingProgress(0), ReadingProgress(0, clean=True)
    for progress, taken_ago, is_clean in (
        (lost, MINUTE, []),
        (lost, 2 * MINUTE, [True]),
        (given, MINUTE, [True]),
    ):
        told = Told()
        told.open(PartitionOpened(HERE, NOW - taken_ago, 0, progress))
        told.tell(PartitionsLeaving((HERE,)))
        told.tell(CommitDue())
        commits = [each.places[HERE] for each in told.said if isinstance(each, CommitPlaces)]
        assert [read_progress(*each).clean for each in commits] == is_clean


def place_of(told: Told) -> tuple[int, bool]:
    """What would be committed now, and whether it says that nothing is under way."""
    told.tell(CommitDue())
    *_, commit = [each for each in told.said if isinstance(each, CommitPlaces)]
    offset, metadata = commit.places[HERE]
    return offset, read_progress(offset, metadata).clean
