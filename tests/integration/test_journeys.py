"""The scenarios on all real parts: what arrives where, with what, and what does not.

A story happens as docs/scenarios.md tells it, about now. Each is a customer of their own in one
shop; only what asks for more than that plays in another, whose clock goes by its events.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from legato.core.values.outputs import Action
from legato.core.values.time import DAY, HOUR, SECOND, Instant
from legato.local import wait_until
from tests.integration.conftest import Kafka
from tests.integration.journey import Journey, Json
from tests.integration.journey_shop import GONE, NIGHT, Shop, running_shop, shop_settings


class Night:
    """Who is to be reminded in the morning, and what happens before it comes."""

    def __init__(self, shop: Shop) -> None:
        self.waits: dict[str, Action] = {}
        self.shop = shop
        self._dora = Journey(shop, "4a", "2026-03-02T20:30:00Z", zone=NIGHT)
        self._others = Journey(shop, "23", "2026-03-02T20:31:00Z", zone=NIGHT)
        cora = Journey(shop, "23", "2026-03-02T20:30:00Z", zone=NIGHT)
        cora.only("olga")
        cora.as_another("olga", "cora")
        self._dora.tell("dora-04")
        self._others.tell("paul-04")
        cora.tell("cora-04")

    def pass_by(self) -> None:
        """Once all wait: one has bought, two want no mail, and the fourth sleeps."""
        for name in ("dora", "olga", "paul", "cora"):
            self.waits[name] = waiting(self.shop, name)
        self._dora.tell("dora-05")
        self.shop.click("Olga@Example.com")
        self._others.tell("paul-07")


@pytest.fixture(scope="module")
def night(
    real_kafka: Kafka, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Night]:
    """A shop in which the night comes first, for the morning waits for nobody."""
    prefix, folder = f"journeys.{uuid.uuid4().hex[:8]}.", tmp_path_factory.mktemp("journeys")
    settings = shop_settings(real_kafka.bootstrap, redis_url, prefix)
    with running_shop(settings, folder) as shop:
        night = Night(shop)
        with shop.sending("email"):
            night.pass_by()
            yield night


@pytest.fixture(scope="module")
def shop(night: Night) -> Shop:
    return night.shop


@pytest.fixture(scope="module")
def phones(shop: Shop) -> Iterator[None]:
    """What brings messages to them."""
    with shop.sending("push", "sms"):
        yield


@pytest.fixture(scope="module")
def other_shop(
    real_kafka: Kafka, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Story 18 comes first in it, for story 2 lets days pass."""
    prefix, folder = f"days.{uuid.uuid4().hex[:8]}.", tmp_path_factory.mktemp("days")
    settings = shop_settings(real_kafka.bootstrap, redis_url, prefix)
    with running_shop(settings, folder, by_event_time=True) as shop, shop.sending("push"):
        yield shop


def waiting(shop: Shop, name: str) -> Action:
    """The one reminder of a customer, that waits for the morning."""
    known = shop.sees("user_id", name, "the reminder", lambda known: known["actions"])
    [action], _ = shop.said(known["customer_id"])
    assert (action.action, action.not_before) == ("remind_by_email", shop.morning)
    return action


def taken_back(shop: Shop, action: Action) -> tuple[str, bool]:
    """Wait until an action is revoked; return why, and whether that was too late."""

    def revoked() -> list[tuple[str, bool]]:
        _, found = shop.said(action.customer_id)
        return [(x.reason, x.too_late) for x in found if x.action_id == action.action_id]

    [told] = wait_until(revoked, f"the end of {action.action}", deadline_s=60)
    return told


def reasons(decision: Json) -> dict[str, str]:
    return {each["action"]: each["reason"] for each in decision["candidates"]}


def done(shop: Shop, customer_id: str) -> list[str]:
    """All that was to be done for a customer, on any channel."""
    return sorted(each.action for each in shop.said(customer_id)[0])


def test_4a_the_order_of_an_offline_till_takes_back_what_waits_for_the_morning(
    shop: Shop, night: Night
) -> None:
    assert taken_back(shop, night.waits["dora"]) == ("converted", False)
    known = shop.sees("user_id", "dora", "no cart", lambda known: not known["carts"])
    assert known["identifiers"]["loyalty_id"] == ["L-1004"]


def test_23_an_opt_out_takes_back_what_waits_for_the_morning(shop: Shop, night: Night) -> None:
    for name in ("olga", "paul"):
        assert taken_back(shop, night.waits[name]) == ("no_consent", False)
    wait_until(lambda: shop.counted("email", "revoked") == 3, "the adapter to know of all")


def test_1_the_associate_has_the_cart_and_nobody_is_reminded_of_it(shop: Shop) -> None:
    story = Journey(shop, "1", "2026-03-02T11:05:00Z", soon=10 * SECOND)
    story.tell("ada-07")
    shop.sees("loyalty_id", "L-1001", "the checkout", in_checkout)
    with shop.following(venue="shop-berlin-7") as heard:
        story.tell("ada-08")
        notice = heard("action")
    ada = shop.customer("loyalty_id", "L-1001")["customer_id"]
    brief = shop.handed_over(ada, venue="shop-berlin-7")
    handoff = brief["handoff"]
    assert brief["action_id"] == notice["id"]
    assert {(each["name"], each["size"]) for each in handoff["items"]} == {
        ("Runner Air", "42"),
        ("Wool sock", "M"),
    }
    assert handoff["value"] == 108
    assert handoff["stopped_at"] == "at the checkout on web, step “delivery address”"
    takers = [("maria", shop.key), ("ben", shop.other_key)]
    assert [shop.claimed(brief, *each) for each in takers] == [True, False]
    assert shop.reports(brief, "accepted", "maria").status_code == 202
    [decision] = shop.decided(ada, "cart_abandoned")
    assert {*reasons(decision).values()} == {"handled_elsewhere"}
    story.tell("ada-09")
    known = shop.sees("loyalty_id", "L-1001", "the order", lambda known: known["orders"])
    assert [[x["sku"] for x in each["items"]] for each in known["carts"].values()] == [
        ["SOCK-M"]
    ]
    assert done(shop, ada) == ["brief_store"]
    assert shop.mails_to("ada@example.com") == []


def in_checkout(known: Json) -> bool:
    return any(each["checkout"] for each in known["carts"].values())


def test_5_one_case_over_email_chat_and_store(shop: Shop) -> None:
    story = Journey(shop, "5", "2026-03-02T16:20:00Z")
    story.tell("finn-01")
    shop.sees("email", "finn@example.com", "the question", lambda known: known["cases"])
    story.tell("finn-02")
    finn = shop.sees("user_id", "finn", "the address", lambda known: known["cases"])
    brief = shop.handed_over(finn["customer_id"], queue="service")
    assert "The zip of my jacket broke after two weeks." in brief["handoff"]["goal"]
    assert "order 4711 of 14 February" in brief["handoff"]["do_not_ask"]
    assert shop.claimed(brief, "kim")
    assert shop.reports(brief, "accepted", "kim").status_code == 202
    story.tell("finn-04")
    shop.sees("user_id", "finn", "the cart", lambda known: known["carts"])
    story.tell("finn-05")
    known = shop.sees("loyalty_id", "L-1005", "one customer", bought_with_a_case)
    assert not known["carts"]
    finn_id = known["customer_id"]
    at_the_till = shop.handed_over(finn_id, venue="shop-berlin-7")
    assert "asked on email, then on chat" in at_the_till["handoff"]["stopped_at"]
    story.tell("finn-06")
    known = shop.sees("user_id", "finn", "the end", lambda known: not known["cases"])
    assert {each["channel"] for each in known["timeline"]} == {"email", "chat", "store"}
    assert len({each["journey_id"] for each in (brief, at_the_till)}) == 1


def bought_with_a_case(known: Json) -> bool:
    return bool(known["orders"] and known["cases"])


def test_10_the_agent_sees_what_was_read_before_the_call(shop: Shop) -> None:
    story = Journey(shop, "10", "2026-03-02T10:20:00Z", soon=0)
    story.tell("mats-03")
    mats = shop.sees(
        "user_id", "mats", "the articles", lambda known: len(known["timeline"]) > 2
    )
    with shop.following(queue="returns") as heard:
        story.tell("mats-04")
        heard("action")
    brief = shop.handed_over(mats["customer_id"], queue="returns")
    assert brief["action"] == "brief_call_on_articles"
    assert brief["handoff"]["touchpoints"][1:3] == [
        "15 minutes ago, web: read about Sending back within 30 days",
        "11 minutes ago, web: read about Where to print the label",
    ]
    assert [shop.claimed(brief, by) for by in ("kim", "sam")] == [True, False]
    assert done(shop, mats["customer_id"]) == ["brief_call_on_articles"]


def test_21_the_human_knows_what_the_bot_knew_and_asking_again_is_counted(shop: Shop) -> None:
    story = Journey(shop, "21", "2026-03-02T18:03:05Z", soon=0)
    story.tell("gina-04")
    gina = shop.sees("user_id", "gina", "the bot's case", lambda known: known["cases"])
    story.tell("gina-05")
    brief = shop.handed_over(gina["customer_id"], queue="delivery")
    handoff = brief["handoff"]
    assert handoff["stopped_at"] == "asked on whatsapp 3 minutes ago; a bot could not help"
    assert {"order 4820", "the address is right"} <= {*handoff["do_not_ask"]}
    assert handoff["language"] == "en"
    assert shop.claimed(brief, "a-17")
    assert shop.reports(brief, "accepted", "a-17").status_code == 202
    story.tell("gina-07")
    shop.sees("user_id", "gina", "asked again", lambda known: known["asked_again"] == 1)


@pytest.mark.long
def test_4b_what_was_delivered_before_the_till_told_of_the_order_was_too_late(
    shop: Shop,
) -> None:
    story = Journey(shop, "4b", "2026-03-02T11:00:00Z")
    story.tell("hugo-04")
    [mail] = wait_until(
        lambda: shop.mails_to("hugo@example.com"), "the reminder", deadline_s=120
    )
    assert mail["Subject"] == "Tent for two liegt noch in Ihrem Warenkorb"
    hugo = shop.sees("user_id", "hugo", "the delivery", was_delivered)["customer_id"]
    story.tell("hugo-06")
    [action], _ = shop.said(hugo)
    assert taken_back(shop, action) == ("converted", True)
    shop.reported(action.action_id, "delivered", "revoked_too_late")
    assert shop.counted("email", "revoked_too_late") == 1
    story.tell("hugo-07")
    shop.sees("user_id", "hugo", "the complaint", lambda known: known["cases"])
    story.tell("hugo-08")
    brief = shop.handed_over(hugo, queue="service")
    [tried] = brief["handoff"]["tried"]
    assert "remind by email (delivered, although it was settled by then)" in tried
    assert len(shop.mails_to("hugo@example.com")) == 1
    assert done(shop, hugo) == ["brief_call_agent", "remind_by_email"]


def was_delivered(known: Json) -> bool:
    return [each["status"] for each in known["actions"]] == ["delivered"]


@pytest.mark.long
@pytest.mark.usefixtures("phones")
def test_16_who_does_not_collect_is_told_where_it_waits(shop: Shop) -> None:
    story = Journey(shop, "16", "2026-03-02T12:30:00Z", soon=8 * SECOND)
    story.tell("pia-05")
    shop.sees("loyalty_id", "L-1016", "the points", HasPoints(87))
    story.tell("pia-06")
    two = wait_until(lambda: shop.pushes_to("d-pia")[1:], "the reminder", deadline_s=120)
    assert [each["notification"]["title"] for each in two] == ["Ihre Bestellung wartet noch"]
    assert "cafe-berlin-2" in two[0]["notification"]["body"]
    pia = shop.sees("user_id", "pia", "both deliveries", lambda known: delivered(known) == 2)
    story.tell("pia-09")
    brief = shop.handed_over(pia["customer_id"], queue="orders")
    assert [each.partition(": ")[2] for each in brief["handoff"]["tried"]] == [
        "tell ready on mobile (delivered, no answer yet)",
        "remind of pickup on mobile (delivered, no answer yet)",
    ]
    actions, revoked = shop.said(pia["customer_id"])
    assert {(each.channel, each.params["points"]) for each in actions} == {
        ("mobile", "87"),
        ("chat", "87"),
    }
    assert revoked == []
    story.tell("pia-12")
    for kind, name in (("loyalty_id", "L-1016"), ("device_id", "d-pia"), ("user_id", "pia")):
        shop.sees(kind, name, "the same points", HasPoints(91))
    assert len(shop.pushes_to("d-pia")) == 2


def delivered(known: Json) -> int:
    return sum(each["status"] == "delivered" for each in known["actions"])


class HasPoints:
    """Does a customer have so many points?"""

    def __init__(self, points: int) -> None:
        self._points = points

    def __call__(self, known: Json) -> bool:
        return bool(known["profile"].get("traits", {}).get("points_balance") == self._points)


@pytest.mark.long
@pytest.mark.usefixtures("phones")
def test_2_where_the_app_is_gone_the_one_reminder_comes_as_a_text(shop: Shop) -> None:
    story = Journey(shop, "2", "2026-03-02T11:00:00Z")
    story.as_another("ben", "bea")
    story.as_another("d-bea", GONE)
    story.as_another("+4930123457", "+4930123499")
    story.tell("bea-04")
    texts = wait_until(lambda: shop.texts_to("+4930123499"), "the text", deadline_s=120)
    bea = shop.sees("user_id", "bea", "the delivery", lambda known: delivered(known) == 1)
    push, text = shop.said(bea["customer_id"])[0]
    assert (push.action, text.action) == ("remind_on_mobile", "remind_by_sms")
    [failed] = shop.reported(push.action_id, "failed")
    assert failed.reason == "no_such_device"
    assert len(texts) == len(shop.pushes_to(GONE)) == 1
    assert shop.decisions(bea["customer_id"], "cart_abandoned")[-1]["fallback_of"]


@pytest.mark.long
def test_in_the_morning_only_who_still_wants_it_and_has_not_bought_is_reminded(
    shop: Shop, night: Night
) -> None:
    action_id = night.waits["cora"].action_id
    [sent] = wait_until(lambda: shop.outcomes(action_id), "the morning", deadline_s=150)
    assert (sent.status, sent.time >= shop.morning) == ("delivered", True)
    assert len(shop.mails_to("cora@example.com")) == 1
    for name in ("dora", "olga", "paul"):
        assert shop.mails_to(f"{name}@example.com") == []


@pytest.mark.long
def test_18_the_associate_gets_what_was_tried_on_in_the_app(other_shop: Shop) -> None:
    shop = other_shop
    story = Journey(shop, "18", "2026-03-02T12:30:00Z", soon=0)
    story.tell("vera-05")
    vera = shop.sees("loyalty_id", "L-1018", "the looks", lambda known: known["looked_at"])
    story.tell("vera-06")
    brief = shop.handed_over(vera["customer_id"], venue="shop-berlin-7")
    assert [each["name"] for each in brief["handoff"]["items"][:2]] == [
        "Powder blush Peach",
        "Velvet lipstick Rosewood",
    ]
    assert shop.claimed(brief, "lea")
    story.tell("vera-08")
    shop.sees("loyalty_id", "L-1018", "the order", lambda known: known["orders"])
    assert done(shop, vera["customer_id"]) == ["brief_store"]


@pytest.mark.long
def test_2_one_reminder_in_three_days_and_a_new_cart_begins_anew(other_shop: Shop) -> None:
    shop, story = other_shop, Journey(other_shop, "2", "2026-03-02T11:00:00Z")
    story.ahead = True
    story.tell("ben-04")
    began = story.at("2026-03-02T10:00:00Z")
    until(shop, began + HOUR)
    [push] = wait_until(lambda: shop.pushes_to("d-ben"), "the reminder", deadline_s=120)
    assert "Rain coat" in push["notification"]["body"]
    ben = shop.sees("user_id", "ben", "the delivery", was_delivered)["customer_id"]
    until(shop, began + DAY)
    until(shop, began + 3 * DAY)
    first, *others = shop.decided(ben, "cart_abandoned", 3)
    assert reasons(first) == {
        "remind_by_email": "no_consent",
        "remind_on_mobile": "won",
        "remind_by_sms": "lost_arbitration",
    }
    assert [each["stage"] for each in others] == [2, 3]
    assert {reasons(each)["remind_on_mobile"] for each in others} == {"frequency_cap"}
    story.tell("ben-05")
    until(shop, began + 11 * DAY + HOUR)
    *_, anew = shop.decided(ben, "cart_abandoned", 4)
    assert (anew["stage"], anew["action"]) == (1, "remind_on_mobile")
    assert len(shop.pushes_to("d-ben")) == 1


def until(shop: Shop, time: Instant) -> None:
    """Let time pass in a shop whose clock goes by its events: somebody else looks at a page."""
    at = time + SECOND
    who = {"anonymous_id": f"w-{at}"}
    event = {"id": f"p-{at}", "type": "page.viewed", "channel": "web", "time": at}
    shop.tell_by_kafka([{**event, "identifiers": who}])
