"""What a visitor sees: the pace of a day, the ticker, and a screen that fits its terminal."""

from __future__ import annotations

from collections import Counter, deque
from io import StringIO

import msgspec
import pytest
from msgspec.structs import replace
from rich.console import Console

from legato.core.values.outputs import Action, Revoked
from legato.core.values.time import MINUTE
from legato.demo.run.people import People
from legato.demo.run.schedule import Schedule
from legato.demo.run.score import Score
from legato.demo.run.show import MORNING, Calm
from legato.demo.run.spotlight import Spot
from legato.demo.run.workers import Sight
from legato.demo.view.picture import Incident, Picture, ThroughputMeter, Ticker
from legato.demo.view.renderers import LiveFace, PlainFace
from legato.demo.view.screen import Screen
from legato.demo.view.words import REASONS, TickerMoment, TickerText, tell_moment
from legato.simulation.day import guest_of
from legato.wire.context_view import context_view
from tests.unit.demo.log import DAY, IDENTIFY, Log
from tests.unit.demo.mail import arrived

PEOPLE = People(DAY, IDENTIFY)
BOOK = Log().book()
SAID = BOOK.said


def test_a_day_is_spread_over_its_seconds_and_ends_with_them() -> None:
    tempo = Schedule([event["received"] for event in DAY], 20)
    assert tempo.due(0) == 1
    assert tempo.due(20) == len(DAY)
    halves = [tempo.due(10), len(DAY) - tempo.due(10)]
    assert min(halves) > len(DAY) / 5
    assert tempo.time(20) == DAY[-1]["received"]


def test_a_day_without_events_has_no_beats() -> None:
    assert Schedule([], 5).due(3) == 0


def test_everybody_is_known_by_name_and_story() -> None:
    assert len(PEOPLE) == len({guest_of(event).number for event in DAY})
    assert PEOPLE.name("nobody") == "nobody"
    for person in PEOPLE:
        account = IDENTIFY.name_of("user_id", person.shopper.user_id)
        assert person.names[0] == account
        assert PEOPLE.name(account) == person.name
        assert all(PEOPLE.find(name) is not None for name in person.names)
        assert all(visit.begins <= visit.ends for visit in person.visits.values())


@pytest.mark.parametrize("order", [1, -1])
def test_moments_are_whole_in_whatever_order_their_parts_come(order: int) -> None:
    score = Score()
    moments = [score.take(said) for said in [*SAID[::order], *SAID]]
    whole = [moment for moment in moments if isinstance(moment, TickerMoment)]
    assert len(whole) == sum(score.situations.values()) == score.decisions > 20
    assert all((m.action is None) == (not m.decision.action_id) for m in whole)
    assert sum(score.actions.values()) == sum(isinstance(said, Action) for said in SAID)
    assert score.revoked == sum(isinstance(said, Revoked) for said in SAID)


def test_each_moment_is_told_in_few_words() -> None:
    for told in _told():
        assert len(told.what) <= 26, told
        assert len(told.done) <= 24, told
        assert "_" not in told.what + told.done


def test_every_reason_that_occurs_has_words() -> None:
    score = Score()
    for said in SAID:
        score.take(said)
    assert set(score.reasons) <= set(REASONS)


def test_the_ticker_shows_rare_lines_before_common_ones_and_never_hurries() -> None:
    ticker = Ticker()
    common, rare = _line("quiet"), _line("taken back")
    assert ticker.turn(1.0, deque([common])) is common
    assert ticker.turn(1.1, deque([common])) is None
    assert ticker.turn(2.0, deque([common, rare, common])) is rare
    assert list(ticker.shown) == [common, rare]


def test_what_somebody_reads_stays_until_it_can_be_read() -> None:
    ticker = Ticker()
    first, second, *_ = (told for told in _told() if told.handoff is not None)
    for now_s, told in ((1.0, first), (2.0, second)):
        ticker.turn(now_s, deque([told]))
    assert ticker.reading is first


def test_all_is_quiet_once_nothing_has_moved_for_two_rounds() -> None:
    calm = Calm(2)
    assert [calm.lasts(moved) for moved in (7, 9, 9, 12, 12, 12)] == [False] * 5 + [True]


def test_a_rate_is_that_of_the_last_seconds() -> None:
    rate = ThroughputMeter()
    assert rate.per_second(0.0, 0) == 0
    assert rate.per_second(1.0, 500) == 500
    assert rate.per_second(10.0, 500) == 0


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (100, 30), (60, 18)])
def test_the_screen_fits_the_terminal(width: int, height: int) -> None:
    page = _drawn(_picture(), width, height)
    assert len(page) <= height
    assert max(map(len, page)) <= width
    text = "\n".join(page)
    for words in ("as it happens", "why others lost", "kill -9 4711", "pid 4712", "no consent"):
        assert words in text
    if height > 18:
        for words in ("207 customers", "58 merges", "2 devices changed hands", "account U-"):
            assert words in text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (100, 30), (60, 18)])
def test_an_email_that_arrives_fits_the_terminal_too(width: int, height: int) -> None:
    page = _drawn(replace(_picture(), mail=arrived()), width, height)
    assert len(page) <= height
    assert max(map(len, page)) <= width
    text = "\n".join(page)
    for words in ("an email arrives", "as it happens", "why others lost", "Wren", "RFC 8058"):
        assert words in text


def test_the_screen_can_be_drawn_before_anything_has_happened() -> None:
    empty = replace(
        _picture(),
        sent=0,
        told=(),
        reading=None,
        spot=None,
        workers=(),
        incident=None,
        reasons={},
    )
    assert len(_drawn(empty, 80, 24)) <= 24


def test_where_there_is_no_terminal_lines_are_plain_and_few() -> None:
    page = Console(file=StringIO(), width=80)
    with PlainFace(page) as face:
        for elapsed_s in range(20):
            face.show(replace(_picture(), elapsed_s=elapsed_s / 10), _line("quiet"))
    assert isinstance(page.file, StringIO)
    lines = page.file.getvalue().splitlines()
    assert [line for line in lines if "kill -9 4711" in line]
    assert len(lines) <= 8
    assert "\x1b" not in page.file.getvalue()


def test_where_there_is_no_terminal_an_email_is_told_once() -> None:
    page = Console(file=StringIO(), width=80)
    with PlainFace(page) as face:
        for mail in (None, arrived(), arrived(), None, arrived()):
            face.show(replace(_picture(), mail=mail), None)
    assert isinstance(page.file, StringIO)
    told = page.file.getvalue()
    assert told.count("an email arrives") == told.count("ada.adler.12@example.com") == 1
    assert "  List-Unsubscribe  one click (RFC 8058): http://127.0.0.1:20001/" in told


def test_the_live_view_puts_the_terminal_back() -> None:
    page = Console(file=StringIO(), force_terminal=True, width=80, height=24)
    with LiveFace(page) as face:
        face.show(_picture(), None)
    assert isinstance(page.file, StringIO)
    assert page.file.getvalue().count("\x1b[?1049h") == 1
    assert page.file.getvalue().count("\x1b[?1049l") == 1


def _told() -> list[TickerText]:
    score = Score()
    moments = [score.take(said) for said in SAID]
    return [
        tell_moment(moment, PEOPLE.name(moment.situation.customer_id))
        for moment in moments
        if isinstance(moment, TickerMoment)
    ]


def _line(mood: str) -> TickerText:
    return TickerText(MORNING, "Ada Adler", "189 EUR left for 1 h", "reminder by e-mail", mood)


def _picture() -> Picture:
    score = Score()
    for said in SAID:
        score.take(said)
    told = _told()
    person = next(person for person in PEOPLE if not person.shopper.stranger)
    context = context_view(BOOK.contexts[person.names[0]])
    visit = next(iter(person.visits.values()))
    return Picture(
        phase="a day in town",
        kafka="the embedded broker",
        elapsed_s=12.0,
        town_time=MORNING + 90 * MINUTE,
        sent=700,
        total=len(DAY),
        events_rate=440.0,
        actions_rate=21.0,
        situations=score.situations,
        decisions=score.decisions,
        actions=score.actions,
        customers=207,
        merges=58,
        refused=3,
        changed_hands=2,
        reasons=score.reasons,
        revoked=score.revoked,
        done=Counter(delivered=40, revoked_too_late=2, revoked=3),
        workers=[Sight(0, 4712, "restoring"), Sight(1, 4713, "following", 6, 210)],
        incident=Incident(0, 4711, MORNING + 80 * MINUTE, 195),
        told=told,
        reading=next(line for line in told if line.handoff is not None),
        spot=Spot(person, visit, msgspec.json.decode(msgspec.json.encode(context))),
    )


def _drawn(picture: Picture, width: int, height: int) -> list[str]:
    page = Console(file=StringIO(), width=width, height=height)
    options = page.options.update(width=width, height=height)
    lines = page.render_lines(Screen(picture), options, pad=False)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]
