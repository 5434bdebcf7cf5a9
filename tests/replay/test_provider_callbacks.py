"""What providers publish of a message moves its action, and a failure is decided again."""

from __future__ import annotations

import msgspec
import pytest

from legato import Event, Harness, read_playbook
from legato.core.context.consent import key_of
from legato.core.context.context import ActionRecord, Context
from legato.core.values.outputs import Action
from legato.wire.formats.envelope import each_of
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from tests.unit.core.stories import added, at, may
from tests.unit.wire.reading import REGISTRY
from tests.unit.wire.vendor_records import sendgrid, twilio, twilio_status

PLAYBOOK = read_playbook(
    b"""
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels:
  email: {address: [email]}
  sms: {address: [phone]}
  mobile: {address: [device_id]}
actions:
  mail: {situation: left, channel: email, purpose: promotion, content: x, value: 9}
  text: {situation: left, channel: sms, purpose: promotion, content: x, value: 8}
  push: {situation: left, channel: mobile, purpose: promotion, content: x, value: 1}
"""
)
PHONE, MAIL = "+14017122661", "nora@example.com"
WHO = {"identifiers": {"email": MAIL, "phone": PHONE, "device_id": "d"}, "customer_id": ""}


class Line:
    """The line, and the records of a provider on their way to it."""

    def __init__(self, channel: str) -> None:
        self.harness = Harness(PLAYBOOK)
        self.harness.take(may(-5, **WHO), "always")
        if channel == "sms":
            self.harness.take(may(-4, "denied", on="email", **WHO), "always")
        self.harness.take(added(0, **WHO), "always")
        self.harness.wait_until(at(61))
        [self.sent] = self.harness.actions
        assert self.sent.channel == channel

    def report(self, name: str, minute: float, value: object, headers: dict[str, str]) -> None:
        """Take a record as a worker does, with nothing but its map to read it by."""
        reader = Reader(Source(name=name, topics=("t",), map=name), REGISTRY)
        told = [(key, text.encode()) for key, text in headers.items()]
        readings = reader.read(msgspec.json.encode(value), None, told, at(minute))
        for each in each_of(readings):
            if isinstance(each, Event):
                self.harness.take(each)

    def callback(self, minute: float, status: str, *, named: bool = True, **more: str) -> None:
        """Let Twilio call the address that the adapter gave it."""
        asked = {"legato-query-action_id": self.sent.action_id}
        if named:
            asked["legato-query-customer_id"] = self.sent.customer_id
        self.report("twilio.status", minute, twilio_status(status, **more), asked)

    def posted(self, minute: float, event: str, number: int, **more: object) -> None:
        """Let SendGrid post one event of the mail."""
        told = sendgrid(event, number, action_id=self.sent.action_id, **more)
        self.report("sendgrid", minute, [{**told, "timestamp": at(minute) // 1_000}], {})

    @property
    def context(self) -> Context:
        return self.harness.contexts[self.harness.root_of(self.sent.customer_id)]

    @property
    def record(self) -> ActionRecord:
        return next(x for x in self.context.actions if x.action_id == self.sent.action_id)

    @property
    def bounced(self) -> set[str]:
        return set(self.context.bounced)

    @property
    def fell_back_on(self) -> list[Action]:
        return self.harness.actions[1:]


def test_a_text_is_sent_delivered_and_read() -> None:
    line = Line("sms")
    seen = []
    for minute, status in ((62, "queued"), (63, "sent"), (64, "delivered"), (70, "read")):
        line.callback(minute, status)
        seen.append(line.record.status)
    assert seen == ["sent", "sent", "delivered", "opened"]
    assert (line.record.delivered, line.fell_back_on) == (at(64), [])


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("code", ["30005", "30003", "21610", "30008", "63016"])
def test_a_text_that_comes_to_nothing_goes_out_elsewhere(code: str, named: bool) -> None:
    line = Line("sms")
    line.callback(62, "sent", named=named)
    line.callback(64, "undelivered", ErrorCode=code, named=named)
    assert line.record.status == "failed"
    assert [each.channel for each in line.fell_back_on] == ["mobile"]
    assert line.bounced == ({PHONE} if code == "30005" else set())


@pytest.mark.parametrize(("named", "status"), [(True, "delivered"), (False, "sent")])
def test_a_number_that_is_somebody_elses_leads_to_the_action_by_its_customer(
    named: bool, status: str
) -> None:
    line = Line("sms")
    line.callback(64, "delivered", named=named, To="+14017129999")
    assert line.record.status == status


def test_a_callback_that_comes_twice_or_out_of_order_counts_once() -> None:
    line = Line("sms")
    line.callback(66, "undelivered", ErrorCode="30005")
    line.callback(66, "undelivered", ErrorCode="30005")
    line.callback(67, "sent")
    assert line.record.status == "failed"
    assert len(line.fell_back_on) == 1


def test_stop_takes_back_what_waits_and_start_allows_it_again() -> None:
    line = Line("sms")
    line.report("twilio", 65, twilio("STOP", OptOutType="STOP"), {})
    assert line.context.consents[key_of("promotion", "sms")].status == "revoked"
    line.report("twilio", 66, twilio("START", OptOutType="START", MessageSid="SM2"), {})
    assert line.context.consents[key_of("promotion", "sms")].status == "granted"


def test_a_reply_is_one_more_thing_that_the_customer_did() -> None:
    line = Line("sms")
    line.report("twilio", 65, twilio("Which size is it?"), {})
    assert (line.context.timeline[-1].type, line.context.channel) == ("message.received", "sms")


def test_a_mail_is_delivered_opened_and_its_link_followed() -> None:
    line = Line("email")
    seen = []
    for minute, word in ((62, "processed"), (63, "delivered"), (70, "open"), (71, "click")):
        line.posted(minute, word, round(minute))
        seen.append(line.record.status)
    assert seen == ["sent", "delivered", "opened", "clicked"]
    assert line.record.delivered == at(63)
    assert line.record.engaged


@pytest.mark.parametrize(
    ("word", "more", "dead"),
    [
        ("bounce", {"type": "bounce", "reason": "550 no such user"}, {MAIL}),
        ("bounce", {"type": "blocked", "reason": "full"}, set()),
        ("dropped", {"reason": "Bounced Address"}, {MAIL}),
        ("dropped", {"reason": "Spam Content"}, set()),
    ],
)
def test_a_mail_that_comes_back_goes_out_elsewhere(
    word: str, more: dict[str, str], dead: set[str]
) -> None:
    line = Line("email")
    line.posted(62, "delivered", 1)
    line.posted(63, word, 2, **more)
    assert line.record.status == "failed"
    assert [each.channel for each in line.fell_back_on] == ["sms"]
    assert line.bounced == dead


def test_a_mail_that_is_put_off_is_not_given_up() -> None:
    line = Line("email")
    line.posted(62, "deferred", 1, response="400 try again later")
    assert (line.record.status, line.fell_back_on) == ("sent", [])


def test_who_calls_a_mail_spam_gets_no_more_promotion() -> None:
    line = Line("email")
    line.posted(62, "delivered", 1)
    line.posted(63, "spamreport", 2)
    assert line.context.consents[key_of("promotion", "*")].status == "denied"


def test_a_mail_of_somebody_elses_is_none_of_our_actions() -> None:
    line = Line("email")
    line.report("sendgrid", 65, [sendgrid("delivered", 9), sendgrid("open", 10)], {})
    assert line.record.status == "sent"
    assert "message.sent" in [each.type for each in line.context.timeline]
