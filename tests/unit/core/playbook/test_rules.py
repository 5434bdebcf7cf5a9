"""Rules on what must lie between actions: what is compiled, and what is refused."""

from __future__ import annotations

import pytest

from legato.core.playbook.compile import PlaybookError, read_playbook
from legato.core.playbook.rules import (
    ActionFilter,
    Cooldown,
    Exclusion,
    HoldOut,
    Suppression,
    Variants,
)
from legato.core.values.time import DAY

GOOD = """
version: 1
situations: {left: {absence: {of: cart, after: [1h, 24h]}}}
channels: {email: {address: [email]}, sms: {address: [phone]}}
actions:
  mail: {situation: left, channel: email, purpose: promotion, content: x}
  text: {situation: left, channel: sms, purpose: promotion, content: x}
cooldowns: {care: {per: 3d, action: mail}}
exclusions: {voice: {actions: [mail, text], per: 7d}}
suppress: {tired: {rejections: 3, within: 30d, for: 60d, purpose: promotion}}
holdouts: {all: {percent: 5, purpose: promotion, salt: s1}}
variants: {text: {a: 50, b: 50.0, salt: s2}}
capacity: {sms: {reference: queue, key: sales, below: {wait_s: 300}}}
"""

# what stands in GOOD, what is written instead, and what is said about it
WRONG = [
    ("per: 3d", "per: 0d", "cooldowns, `care`: let `per` be longer than nothing"),
    ("per: 3d", "per: 31d", "cooldowns, `care`: actions are remembered for 30 days; let `per`"),
    ("per: 3d", "per: soon", "cooldowns, `care`: `soon` is not a span of time"),
    ("per: 3d, ", "", "cooldowns, `care`: `per` is missing"),
    ("action: mail", "action: fax", "cooldowns, `care`: there is no action `fax`; declare it"),
    ("action: mail", "channel: fax", "cooldowns, `care`: nobody knows channel `fax`"),
    ("action: mail", "situation: lost", "cooldowns, `care`: nothing finds `lost`"),
    ("action: mail", "purpose: sales", "cooldowns, `care`: unknown value `sales`"),
    ("[mail, text], per: 7d", "[mail, text], per: 0d", "exclusions, `voice`: let `per` be"),
    ("[mail, text]", "[mail, tex]", "exclusions, `voice`: there is no action `tex`: did you"),
    ("[mail, text]", "[fax, card]", "exclusions, `voice`: there is no action `fax`"),
    ("[mail, text]", "[mail, mail]", "exclusions, `voice`: let `actions` name two or more"),
    ("rejections: 3", "rejections: 0", "are not remembered; let `rejections` be 1 to 64"),
    ("rejections: 3", "rejections: 65", "are not remembered; let `rejections` be 1 to 64"),
    ("within: 30d", "within: 0d", "suppress, `tired`: let `within` be longer than nothing"),
    ("for: 60d", "for: 401d", "suppress, `tired`: let `for` be longer than nothing, and 400"),
    ("for: 60d, purpose: promotion", "for: 60d, action: fax", "suppress, `tired`: there is no"),
    ("percent: 5", "percent: 101", "holdouts, `all`: `percent: 101` is no share of customers"),
    ("percent: 5", "percent: -1", "holdouts, `all`: `percent: -1` is no share"),
    (", salt: s1", "", "holdouts, `all`: `salt` is missing"),
    ("salt: s1", "salt: ''", "holdouts, `all`: give it a `salt`, any word"),
    ("5, purpose: promotion", "5, channel: fax", "holdouts, `all`: nobody knows channel `fax`"),
    ("a: 50,", "a: 60,", "variants, `text`: let it have two variants or more, whose percent"),
    ("a: 50, b: 50.0", "a: 100", "variants, `text`: let it have two variants or more"),
    ("a: 50, b: 50.0", "a: 150, b: -50", "variants, `text`: let it have two variants"),
    ("b: 50.0", "b: half", "variants, `text`: `b` is `half`; give it a number of percent"),
    (", salt: s2", "", "variants, `text`: give it a `salt`"),
    ("{text: {a", "{fax: {a", "variants, `fax`: there is no action `fax`"),
    ("{sms: {ref", "{fax: {ref", "capacity, `fax`: nobody knows channel `fax`; declare it"),
    ("reference: queue", "reference: Queue", "capacity, `sms`: a kind is a word of lower case"),
    ("key: sales", "key: ''", "capacity, `sms`: `key` is no text of 1 to 256 characters"),
    ("{wait_s: 300}", "{}", "capacity, `sms`: `below` names nothing; write for example"),
    ("wait_s: 300", "wait_s: long", "capacity, `sms`: `long` is text; write a number"),
    (", below: {wait_s: 300}", "", "capacity, `sms`: `below` is missing"),
    ("action: mail", "actions: [mail]", "cooldowns, `care`: unknown key"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "instead", "message"), WRONG)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    part: str, instead: str, message: str
) -> None:
    assert part in GOOD
    with pytest.raises(PlaybookError) as caught:
        read_playbook(GOOD.replace(part, instead, 1).encode())
    told = str(caught.value)
    assert message in told
    assert "\n" not in told


def test_what_makes_sense_is_compiled() -> None:
    rules = read_playbook(GOOD.encode()).rules
    assert rules.cooldowns == (Cooldown("care", 3 * DAY, ActionFilter("mail")),)
    assert rules.exclusions == (Exclusion("voice", ("mail", "text"), 7 * DAY),)
    tired = Suppression("tired", 3, 30 * DAY, 60 * DAY, ActionFilter(purpose="promotion"))
    assert rules.suppressions == (tired,)
    assert rules.holdouts == (HoldOut("all", 5, "s1", ActionFilter(purpose="promotion")),)
    assert rules.variants == (Variants("text", "s2", {"a": 50, "b": 50}),)
