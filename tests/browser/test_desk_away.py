"""Redis or Kafka away: the page says so and heals, and what was tapped is done once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from legato.local import RealKafka, RedisServer, real_kafka_obstacle
from legato.serving.api.producer import ANSWER_S
from legato.serving.pages.taps import LOOK_S, UNDO_MS
from tests.browser.desk_people import Browsing, Shopper, add_people, show_card
from tests.browser.outcomes import Told, wait_for_one
from tests.integration.desk_world import DeskWorld, SignedIn, running_desk

pytestmark = pytest.mark.long

NO_DATA = "We cannot reach our data just now; what you see may be old."
NOTHING_NEW = "Nothing new comes in just now; what you tap waits and is sent later."
NOT_SENT = "Not sent yet: what you tapped waits here, and is sent as soon as it can be."
TOLD_MS, HEALED_MS = 6_000, 60_000
"""Five seconds, and one for a machine that does something else beside."""
GIVEN_UP_S = UNDO_MS / 1_000 + ANSWER_S + 2 * LOOK_S
"""Until then a record is given up that was on its way as Kafka hung."""


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKafka]:
    if obstacle := real_kafka_obstacle():
        pytest.skip(f"the embedded broker forgets all when it is killed: {obstacle}")
    with RealKafka.start(tmp_path_factory.mktemp("kafka"), heap="512m") as kafka:
        yield kafka


@pytest.fixture(scope="module")
def own_redis() -> Iterator[RedisServer]:
    with RedisServer.start() as server:
        yield server


@pytest.fixture(scope="module")
def desk(
    own_kafka: RealKafka, own_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    folder = tmp_path_factory.mktemp("desk")
    with running_desk(own_kafka.bootstrap, own_redis.url, folder) as desk:
        add_people(desk)
        yield desk


@pytest.fixture(scope="module")
def people(desk: DeskWorld) -> dict[str, SignedIn]:
    return {"maria": desk.sign_in("maria")}


def claimed(at: Browsing, shopper: Shopper) -> Page:
    """The card of a shopper whom Maria has taken up."""
    page = at.page("maria")
    show_card(page, shopper.card)
    page.get_by_role("button", name="Mine").click()
    expect(page.get_by_role("button", name="Sold")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    return page


def test_redis_that_hangs_is_told_and_a_tap_waits(
    desk: DeskWorld, own_redis: RedisServer, at: Browsing
) -> None:
    ada = Shopper(desk)
    customer = ada.fills_a_cart()
    page = claimed(at, ada)
    own_redis.pause()
    expect(page.get_by_text(NO_DATA)).to_be_visible(timeout=TOLD_MS)
    page.get_by_role("button", name="Sold").click()
    expect(page.get_by_text(NOT_SENT)).to_be_visible()
    own_redis.resume()
    expect(page.get_by_text(NO_DATA)).to_be_hidden(timeout=HEALED_MS)
    expect(page.get_by_text(NOT_SENT)).to_be_hidden(timeout=HEALED_MS)
    assert wait_for_one(desk, customer) == Told("accepted", "store")


@pytest.mark.parametrize(
    ("away", "back", "told_ms"),
    [
        (RealKafka.kill, RealKafka.restart, HEALED_MS),
        (RealKafka.pause, RealKafka.resume, TOLD_MS),
    ],
    ids=["away", "hanging"],
)
def test_kafka_that_does_not_answer_is_told_and_a_tap_waits(
    desk: DeskWorld,
    own_kafka: RealKafka,
    at: Browsing,
    away: Callable[[RealKafka], None],
    back: Callable[[RealKafka], None],
    told_ms: float,
) -> None:
    bo = Shopper(desk, first_name="Bo")
    customer = bo.fills_a_cart()
    page = claimed(at, bo)
    away(own_kafka)
    expect(page.get_by_text(NOTHING_NEW)).to_be_visible(timeout=TOLD_MS)
    page.get_by_role("button", name="Sold").click()
    expect(page.get_by_text(NOT_SENT)).to_be_visible(timeout=told_ms)
    back(own_kafka)
    expect(page.get_by_text(NOTHING_NEW)).to_be_hidden(timeout=HEALED_MS)
    expect(page.get_by_text(NOT_SENT)).to_be_hidden(timeout=HEALED_MS)
    assert wait_for_one(desk, customer) == Told("accepted", "store")


def test_kafka_that_hangs_behind_a_tap_does_it_once(
    desk: DeskWorld, own_kafka: RealKafka, at: Browsing
) -> None:
    eve = Shopper(desk, first_name="Eve")
    customer = eve.fills_a_cart()
    page = claimed(at, eve)
    page.get_by_role("button", name="Sold").click()
    expect(page.get_by_text("Sold.", exact=True)).to_be_visible()
    own_kafka.pause()
    expect(page.get_by_text(NOTHING_NEW)).to_be_visible(timeout=TOLD_MS)
    time.sleep(GIVEN_UP_S)
    own_kafka.resume()
    expect(page.get_by_text(NOTHING_NEW)).to_be_hidden(timeout=HEALED_MS)
    assert wait_for_one(desk, customer) == Told("accepted", "store")


def test_redis_that_lost_all_asks_for_the_password_again(
    desk: DeskWorld, own_redis: RedisServer, at: Browsing
) -> None:
    cleo = Shopper(desk, first_name="Cleo")
    cleo.fills_a_cart()
    page = claimed(at, cleo)
    own_redis.kill()
    expect(page.get_by_text(NO_DATA)).to_be_visible(timeout=TOLD_MS)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    own_redis.restart()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=HEALED_MS)
