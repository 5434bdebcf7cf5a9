"""What would go to an address is checked by whoever the address belongs to."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from legato import Action, Decision, Event, Harness, Playbook, Revoked, read_playbook
from legato.core.decisions.answering import answer_due
from legato.core.identity.commands import AddressAnswered, AskAddress, ReservationChanged, Split
from legato.core.line.partition import Partition
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from tests.unit.core.stories import DAYS, HOURS, added, at, event, losers, only

ADDRESS = "nora@example.com"
OWNER = {"email": ADDRESS}
REMIND = """
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels:
  email: {address: [email]}
  sms: {address: [phone]}
  mobile: {address: [device_id]}
actions:
  mail:
    {situation: left, channel: email, purpose: promotion, content: x, lever: 3, expires: 20h}
  text: {situation: left, channel: sms, purpose: promotion, content: x, value: 2}
caps: {weekly: {most: 1, per: 7d, channel: email}}
quiet_hours: {from: "21:00", to: "08:00", channels: [email]}
"""
PLAYBOOK = read_playbook(REMIND.encode())


def of(who: dict[str, str], one: Event) -> Event:
    """The same, of nobody who is known by another name than this."""
    one.customer_id, one.identifiers = "", who
    return one


def wish(minute: float, status: str, who: dict[str, str], **told: object) -> Event:
    word = {"purpose": "promotion", "channel": "*", "status": status}
    return of(who, event(minute, "consent.updated", "web", consents=[word], **told))


def guest(device: str, start: float, address: str = ADDRESS, **more: str) -> list[Event]:
    """Somebody fills a cart, and types an address that may be anybody's."""
    here = {"anonymous_id": device}
    return [
        of(here, added(start)),
        wish(start + 1, "granted", {**here, "email": address, **more}),
    ]


def told(*events: Event, until: float, playbook: Playbook = PLAYBOOK) -> Harness:
    ordered = sorted(events, key=lambda each: each.received or each.time)
    return Harness(playbook).feed(*ordered).wait_until(at(until))


def verdicts(harness: Harness) -> list[tuple[str, dict[str, str]]]:
    """Of each decision the winner, and why each other lost."""
    return [(each.action, losers(each)) for each in harness.decisions]


def by_address(decision: Decision) -> set[str]:
    return {each.action for each in decision.candidates if each.by == "address"}


def test_nobody_objects_so_it_is_sent() -> None:
    harness = told(*guest("v-1", 0), until=62)
    assert [(each.action, each.address) for each in harness.actions] == [("mail", ADDRESS)]
    assert verdicts(harness) == [("mail", {"text": "unreachable"})]
    assert only(harness.decisions).time == at(60)


def test_who_bought_it_under_the_address_is_not_reminded_of_it() -> None:
    bought = of(OWNER, event(30, "order.completed", "web", items=[{"sku": "SHOE"}]))
    harness = told(*guest("v-1", 0), bought, until=62)
    assert harness.actions == []
    assert by_address(only(harness.decisions)) == {"mail"}
    assert losers(only(harness.decisions))["mail"] == "converted"


@pytest.mark.parametrize(
    "bought", [event(-30, "order.completed", "web", items=[{"sku": "SHOE"}]),
               event(30, "order.completed", "web", items=[{"sku": "HAT"}])],
)  # fmt: skip
def test_an_order_from_before_or_of_something_else_is_no_reason(bought: Event) -> None:
    harness = told(*guest("v-1", 0), of(OWNER, bought), until=62)
    assert [each.action for each in harness.actions] == ["mail"]


def test_who_refused_under_the_address_is_not_written_to() -> None:
    harness = told(*guest("v-1", 0), wish(30, "revoked", OWNER), until=62)
    assert harness.actions == []
    assert losers(only(harness.decisions))["mail"] == "no_consent"


def test_a_refusal_that_was_typed_into_another_form_counts_as_well() -> None:
    typed = wish(30, "denied", {"anonymous_id": "v-2", **OWNER})
    assert told(*guest("v-1", 0), typed, until=62).actions == []


@pytest.mark.parametrize("kind", ["complained", "unsubscribed"])
def test_so_does_a_complaint_or_who_wants_no_more_of_them(kind: str) -> None:
    heard = of({"anonymous_id": "v-2", **OWNER}, event(30, f"message.{kind}", "email"))
    assert told(*guest("v-1", 0), heard, until=62).actions == []
    other = of({"anonymous_id": "v-2"}, event(30, f"message.{kind}", "email"))
    assert len(told(*guest("v-1", 0), other, until=62).actions) == 1


def test_a_refusal_in_words_that_nobody_knows_means_the_most_that_it_may() -> None:
    word = {"purpose": "Newsletter", "channel": "post", "status": "opted out"}
    typed = event(30, "consent.updated", "web", consents=[word])
    unclear = of({"anonymous_id": "v-2", **OWNER}, typed)
    assert told(*guest("v-1", 0), unclear, until=62).actions == []
    lifted = wish(40, "granted", OWNER)
    assert len(told(*guest("v-1", 0), unclear, lifted, until=62).actions) == 1


def test_what_an_address_allowed_goes_to_no_other() -> None:
    line = Partition(PLAYBOOK, TODAY, continuous=False, judges=lambda _, __, value: (value,))
    line.feed(event(0, "consent.updated", consents=[
        {"purpose": "promotion", "status": "granted"}]), at(0))  # fmt: skip
    line.feed(added(1, identifiers=OWNER), at(1))
    line.advance(at(62))
    ask = line.commands[-1]
    assert isinstance(ask, AskAddress) and ask.to == ADDRESS
    bounce = event(62, "message.bounced", "email", identifiers=OWNER, hard=True)
    given = event(63, "customer.updated", identifiers={"email": "new@example.com"})
    for each in (bounce, given):
        line.feed(each, each.time)
    yes = AddressAnswered("ada", ask.action_id)
    assert line.asking.answer(line.context_of("ada"), yes, at(64)) == []
    assert line.commands[-2:] == [
        ReservationChanged(ADDRESS, ask.action_id),
        replace(ask, to="new@example.com"),
    ]


def test_a_grant_that_was_typed_lifts_no_refusal() -> None:
    typed = wish(40, "granted", {"anonymous_id": "v-2", **OWNER})
    assert told(*guest("v-1", 0), wish(30, "denied", OWNER), typed, until=62).actions == []


def test_two_guests_of_one_address_share_its_caps() -> None:
    harness = told(*guest("v-1", 0), *guest("v-2", 10), until=3 * HOURS)
    first, second = harness.decisions
    assert (first.action, second.action) == ("mail", "")
    assert losers(second)["mail"] == "frequency_cap"
    assert next(each.detail for each in second.candidates if each.action == "mail") == "weekly"


def test_what_the_customer_got_themselves_counts_too() -> None:
    own = [of(OWNER, added(0)), wish(1, "granted", OWNER)]
    harness = told(*own, *guest("v-1", 10), until=3 * HOURS)
    assert [each.customer_id for each in harness.actions] == [harness.customer_of(OWNER)]


def test_the_next_best_asks_in_turn() -> None:
    phone = "+4930123456"
    both = guest("v-1", 0, phone=phone)
    harness = told(*both, wish(30, "denied", OWNER), until=62)
    assert [(each.action, each.address) for each in harness.actions] == [("text", phone)]
    assert by_address(only(harness.decisions)) == {"mail"}


def outcome(minute: float, status: str, harness: Harness) -> Event:
    action = only(harness.actions)
    report = event(minute, f"action.{status}", "email", action_id=action.action_id)
    report.customer_id = action.customer_id
    return report


def test_what_did_not_arrive_gives_the_cap_back() -> None:
    harness = told(*guest("v-1", 0), until=62)
    harness.feed(outcome(70, "failed", harness), *guest("v-2", 80)).wait_until(at(3 * HOURS))
    assert [each.action for each in harness.actions] == ["mail", "mail"]


def test_what_arrived_late_counts_from_then_on() -> None:
    harness = told(*guest("v-1", 0), until=62)
    harness.feed(outcome(DAYS, "delivered", harness), *guest("v-2", 7.5 * DAYS))
    harness.wait_until(at(7.5 * DAYS + 62))
    assert [each.action for each in harness.actions] == ["mail"]


def taken_back(harness: Harness) -> tuple[str, str]:
    revoked = only([each for each in harness.outputs if isinstance(each, Revoked)])
    return revoked.reason, revoked.by


def test_a_refusal_in_the_night_takes_back_what_waits_for_the_morning() -> None:
    harness = told(*guest("v-1", 8.5 * HOURS), wish(11 * HOURS, "revoked", OWNER), until=DAYS)
    assert taken_back(harness) == ("no_consent", "address")


def test_so_does_an_order() -> None:
    bought = of(OWNER, event(11 * HOURS, "order.completed", "app", items=[{"sku": "SHOE"}]))
    harness = told(*guest("v-1", 8.5 * HOURS), bought, until=DAYS)
    assert taken_back(harness) == ("converted", "address")
    harness.feed(*guest("v-2", DAYS)).wait_until(at(DAYS + 62))
    assert len(harness.actions) == 2


def test_what_was_sent_is_not_taken_back_by_what_came_after() -> None:
    harness = told(*guest("v-1", 0), wish(90, "revoked", OWNER), until=DAYS)
    assert not [each for each in harness.outputs if isinstance(each, Revoked)]


def test_a_customer_decides_about_their_own_address_alone() -> None:
    known = {"user_id": "u-1", **OWNER}
    login = of(known, event(0, "account.logged_in", "web"))
    mine = {"user_id": "u-1"}
    harness = told(login, wish(1, "granted", mine), of(mine, added(2)), until=63)
    assert [each.action for each in harness.actions] == ["mail"]
    assert harness.contexts[str(harness.customer_of(mine))].actions[0].judges == ()


def test_whoever_the_address_became_part_of_answers_for_it() -> None:
    known = {"user_id": "u-1", **OWNER}
    login = of(known, event(0, "account.logged_in", "web"))
    refused = wish(5, "denied", {"user_id": "u-1"})
    assert told(login, refused, *guest("v-1", 10), until=72).actions == []


def test_a_phone_of_the_family_that_was_refused_a_link_is_asked_all_the_same() -> None:
    phone = {"phone": "+4930123456"}
    first = of({"user_id": "u-1", **phone}, event(0, "account.logged_in", "web"))
    second = of({"user_id": "u-2", **phone}, event(1, "account.logged_in", "web"))
    cart = [of({"user_id": "u-2"}, added(2)), wish(3, "granted", {"user_id": "u-2"})]
    harness = told(first, second, *cart, wish(20, "denied", {"user_id": "u-1"}), until=63)
    assert harness.actions == []
    assert by_address(only(harness.decisions)) == {"text"}


def test_customers_who_are_named_upstream_are_not_asked_about() -> None:
    named = [added(0, identifiers=OWNER), event(1, "consent.updated", consents=[
        {"purpose": "promotion", "status": "granted"}])]  # fmt: skip
    harness = told(*named, wish(30, "denied", OWNER), until=61)
    assert [each.action for each in harness.actions] == ["mail"]


def test_a_device_is_sent_to_without_asking() -> None:
    push = "push: {situation: left, channel: mobile, purpose: promotion, content: x, lever: 9}"
    text = REMIND.replace("actions:\n", f"actions:\n  {push}\n")
    here = {"device_id": "d-1"}
    cart = [of(here, added(0)), wish(1, "granted", {**here, **OWNER})]
    harness = told(*cart, until=62, playbook=read_playbook(text.encode()))
    assert [each.action for each in harness.actions] == ["push"]


def test_a_refusal_under_the_former_name_of_an_address_is_known_after_a_rotation() -> None:
    settings = IdentitySettings(pepper="new", key_id=1, previous_peppers={"0": "old"})
    harness = Harness(PLAYBOOK, settings)
    former = settings.identify.names_of("email", ADDRESS)[1]
    refused = event(0, "consent.updated", consents=[
        {"purpose": "promotion", "status": "denied"}])  # fmt: skip
    refused.customer_id = former
    harness.feed(refused, *guest("v-1", 10)).wait_until(at(72))
    assert harness.actions == []
    assert not [name for name, each in harness.contexts.items() if each.reserved]


def test_nobody_has_a_context_since_what_was_never_allowed_is_over() -> None:
    harness = Harness(PLAYBOOK).tell(ReservationChanged("nobody", "an-action"))
    assert dict(harness.contexts) == {}


def split_off(harness: Harness, minute: float) -> None:
    name = harness.identify.name_of("email", ADDRESS)
    harness.wait_until(at(minute)).tell(Split(name, "email", at(minute)))


def test_a_split_does_not_free_an_address_from_what_was_refused() -> None:
    known = {"user_id": "u-1", **OWNER}
    login = of(known, event(0, "account.logged_in", "web"))
    harness = told(login, wish(5, "denied", {"user_id": "u-1"}), until=8)
    split_off(harness, 9)
    assert harness.customer_of(OWNER) != harness.customer_of({"user_id": "u-1"})
    harness.feed(*guest("v-1", 10)).wait_until(at(72))
    assert losers(only(harness.decisions))["mail"] == "no_consent"


def test_nor_from_a_refusal_in_words_that_nobody_knows() -> None:
    known = {"user_id": "u-1", **OWNER}
    login = of(known, event(0, "account.logged_in", "web"))
    words = {"purpose": "newsletters", "status": "opted out", "channel": "post"}
    odd = of({"user_id": "u-1"}, event(5, "consent.updated", "web", **words))
    harness = told(login, odd, until=8)
    split_off(harness, 9)
    harness.feed(*guest("v-1", 10)).wait_until(at(72))
    assert losers(only(harness.decisions))["mail"] == "no_consent"
    owner = harness.contexts[harness.root_of(str(harness.customer_of(OWNER)))]
    assert [*owner.consents] == ["?|*"]


def test_nor_from_what_it_got_already() -> None:
    mine = {"user_id": "u-1"}
    login = of({**mine, **OWNER}, event(0, "account.logged_in", "web"))
    harness = told(login, wish(1, "granted", mine), of(mine, added(2)), until=63)
    split_off(harness, 70)
    harness.feed(*guest("v-1", 80)).wait_until(at(150))
    assert losers(harness.decisions[-1])["mail"] == "frequency_cap"


def forgotten(minute: float, who: dict[str, str], **told: object) -> Event:
    return of(who, event(minute, "privacy.erasure_requested", "desk", **told))


def took_back(minute: float, who: dict[str, str]) -> Event:
    return of(who, event(minute, "privacy.erasure_withdrawn", "desk"))


def test_nothing_goes_to_an_address_of_who_asked_to_be_forgotten() -> None:
    harness = told(*guest("v-1", 0), forgotten(30, OWNER), until=62)
    assert harness.actions == []
    assert by_address(only(harness.decisions)) == {"mail"}
    assert losers(only(harness.decisions))["mail"] == "erased"


def test_nor_to_one_that_became_part_of_them() -> None:
    login = of({"user_id": "u-1", **OWNER}, event(0, "account.logged_in", "web"))
    asked = forgotten(5, {"user_id": "u-1"})
    assert told(login, asked, *guest("v-1", 10), until=72).actions == []


def test_once_they_took_it_back_it_is_as_it_was() -> None:
    both = forgotten(10, OWNER), took_back(20, OWNER)
    assert len(told(*guest("v-1", 0), *both, until=62).actions) == 1


def test_a_request_in_the_night_takes_back_what_others_would_send_in_the_morning() -> None:
    asked = forgotten(11 * HOURS, OWNER)
    harness = told(*guest("v-1", 8.5 * HOURS), asked, until=DAYS)
    assert taken_back(harness) == ("erased", "address")


def test_so_does_one_that_is_heard_late_and_was_taken_back_since() -> None:
    late = forgotten(9 * HOURS, OWNER, received=12 * HOURS)
    back = took_back(11 * HOURS, OWNER)
    harness = told(*guest("v-1", 8.5 * HOURS), back, late, until=DAYS)
    assert taken_back(harness) == ("erased", "address")


def test_so_does_who_asked_and_turns_out_to_have_the_address() -> None:
    mine = {"user_id": "u-1"}
    asked = forgotten(1, mine)
    login = of({**mine, **OWNER}, event(11 * HOURS, "account.logged_in", "web"))
    harness = told(asked, *guest("v-1", 8.5 * HOURS), login, until=DAYS)
    assert taken_back(harness) == ("erased", "address")


def asking() -> Partition:
    """Ada's cart is left, and the address that she typed is asked."""
    line = Partition(PLAYBOOK, TODAY, continuous=False, judges=lambda _, __, value: (value,))
    agreed = [{"purpose": "promotion", "status": "granted"}]
    line.feed(event(0, "consent.updated", consents=agreed), at(0))
    line.feed(added(1, identifiers=OWNER), at(1))
    line.advance(at(62))
    assert isinstance(line.commands[-1], AskAddress)
    line.outputs.clear()
    return line


def test_a_word_that_overtakes_the_answer_is_the_answer() -> None:
    line = asking()
    ask, ada = line.commands[-1], line.context_of("ada")
    assert isinstance(ask, AskAddress)
    (decision,) = line.asking.hear_no(ada, ask.action_id, "no_consent")
    assert isinstance(decision, Decision)
    assert losers(decision)["mail"] == "no_consent"
    assert line.commands[-1] == ReservationChanged(ADDRESS, ask.action_id)
    assert line.asking.answer(ada, AddressAnswered("ada", ask.action_id), at(64)) == []
    assert line.asking.hear_no(ada, ask.action_id, "no_consent") == []


def test_whoever_turns_out_to_be_asked_themselves_is_not_in_their_own_way() -> None:
    line = asking()
    ask, ada = line.commands[-1], line.context_of("ada")
    assert isinstance(ask, AskAddress)
    ada.questions = (replace(ask, to="ada"),)
    (yes,) = answer_due(PLAYBOOK, ada, at(63))
    assert yes == AddressAnswered("ada", ask.action_id)
    outputs = line.asking.answer(ada, yes, at(64))
    assert [each.action for each in outputs if isinstance(each, Action)] == ["mail"]


def test_what_ends_while_it_is_asked_is_decided_all_the_same() -> None:
    line = asking()
    ask, ada = line.commands[-1], line.context_of("ada")
    assert isinstance(ask, AskAddress)
    (decision,) = line.asking.drop(ada, lambda _: True)
    assert isinstance(decision, Decision)
    assert losers(decision)["mail"] == "expired"
    assert line.commands[-1] == ReservationChanged(ADDRESS, ask.action_id)
    assert ada.asks == ()


def test_who_asks_to_be_forgotten_waits_for_no_answer() -> None:
    line = asking()
    ask = line.commands[-1]
    assert isinstance(ask, AskAddress)
    line.feed(event(63, "privacy.erasure_requested", "desk"), at(63))
    (decision,) = line.outputs
    assert isinstance(decision, Decision)
    assert losers(decision) == {"mail": "erased", "text": "erased"}
    assert line.commands[-1] == ReservationChanged(ADDRESS, ask.action_id)
    assert line.context_of("ada").asks == ()
    yes = AddressAnswered("ada", ask.action_id)
    assert line.asking.answer(line.context_of("ada"), yes, at(64)) == []


def test_an_address_that_is_named_beside_a_request_is_written_to_no_more() -> None:
    asked = forgotten(30, {"user_id": "u-1", **OWNER}, authenticated=False)
    harness = told(*guest("v-1", 0), asked, until=62)
    assert harness.customer_of(OWNER) != harness.customer_of({"user_id": "u-1"})
    assert losers(only(harness.decisions))["mail"] == "no_consent"
    again = told(*guest("v-1", 0), asked, wish(40, "granted", OWNER), until=62)
    assert len(again.actions) == 1, "but whoever has it may agree anew"


def test_a_split_frees_no_address_of_who_asked_to_be_forgotten() -> None:
    login = of({"user_id": "u-1", **OWNER}, event(0, "account.logged_in", "web"))
    harness = told(login, forgotten(5, {"user_id": "u-1"}), until=8)
    split_off(harness, 9)
    harness.feed(*guest("v-1", 10)).wait_until(at(72))
    assert losers(only(harness.decisions))["mail"] == "no_consent"
