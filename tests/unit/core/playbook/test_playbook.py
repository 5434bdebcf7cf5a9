"""A playbook that makes no sense is refused in one sentence: where, and what to do."""

import pytest

from legato.core.context.forgetting import ForgetAfter
from legato.core.context.goals import GoalKind
from legato.core.playbook.compile import PlaybookError, describe, read_playbook
from legato.core.playbook.yaml_file import read_yaml
from legato.core.situations.absence import Absence
from legato.core.situations.switch import Switch
from legato.core.values.time import DAY, HOUR, MINUTE
from legato.harness import default_playbook

GOOD = """
version: 1
situations:
  left: {absence: {of: cart, after: [1h, 24h]}}
  moved: {switch: {goal: any, within: 24h}}
channels: {email: {address: [email]}, store: {pull: true}}
actions:
  tell: {situation: left, channel: email, purpose: promotion, content: x}
caps: {few: {most: 1, per: 7d}}
quiet_hours: {from: "21:00", to: "08:00", channels: [email]}
forget: {cart: 10d, case: 7d}
"""

# what stands in GOOD, what is written instead, and what is said about it
WRONG = [
    ("version: 1", "version: 2", "write `version: 1`; this Legato reads no"),
    ("version: 1", "", "`version` is missing; write `version: 1`"),
    ("{of: cart, after: [1h, 24h]}", "{of: basket, after: [1h]}",
     "situations, `left`: unknown value `basket`: write one of"),
    ("[1h, 24h]", "[]", "situations, `left`: let `after` list growing spans"),
    ("[1h, 24h]", "[24h, 1h]", "situations, `left`: let `after` list growing spans"),
    ("[1h, 24h]", "[1h, 1h]", "situations, `left`: let `after` list growing spans"),
    ("[1h, 24h]", "[0h]", "situations, `left`: let `after` list growing spans"),
    ("[1h, 24h]", "[1h, 10d]", "its last stage comes when the cart is forgotten; keep `after`"
     " under 10 days or raise `forget`"),
    ("[1h, 24h]", "[one hour]", "situations, `left`: `one hour` is not a span of time; write"),
    ("{switch: {goal: any, within: 24h}}", "{}",
     "situations, `moved`: give it one way to be found"),
    ("{switch:", "{absence: {after: [1h]}, switch:",
     "situations, `moved`: give it one way to be found"),
    ("goal: any, within: 24h", "goal: none, within: {cart: 1h}", "write `within` as one span"),
    ("goal: any, within: 24h", "goal: any, within: {cart: 1h}",
     "situations, `moved`: it looks at goal `checkout`; give its span under `within`"),
    ("goal: any, within: 24h", "goal: wish, within: 1h",
     "situations, `moved`: unknown value `wish`"),
    ("goal: any, within: 24h", "within: 0h", "let `within` be longer than nothing"),
    ("situation: left", "situation: lost",
     "actions, `tell`: nothing finds `lost`; declare it under `situations`"),
    ("channel: email", "channel: fax",
     "actions, `tell`: nobody knows channel `fax`; declare it under `channels`"),
    ("purpose: promotion", "purpose: sales",
     "actions, `tell`: unknown value `sales`: write one of"),
    ("content: x", "contents: x",
     "actions, `tell`: unknown key `contents`: did you mean `content`?"),
    ("content: x", "content: x, expires: soon", "actions, `tell`: `soon` is not a span"),
    ("content: x", "content: x, expires: 0h", "actions, `tell`: it expires at once"),
    ("content: x", "content: x, expires: 31d", "actions are remembered for 30 days; let"),
    ("content: x", "content: x, expires: 99999999999w", "is longer than a hundred years"),
    ("content: x", "content: x, propensity: .nan", "`.nan` in line 8 is no number"),
    ("content: x", "content: x, value: .inf", "`.inf` in line 8 is no number"),
    ("content: x", "content: x, value: 1e999", "`1e999` in line 8 is no number"),
    ("content: x", "content: x, when: {to: [shop]}",
     "actions, `tell`: nobody knows channel `shop` of `when`; declare it under `channels`"),
    ("content: x", "content: x, context: [{when: {from: [shop]}, percent: 5}]",
     "nobody knows channel `shop` of `when`"),
    ("content: x", "content: x, context: [{when: {}, percent: -100.5}]",
     "`percent: -100.5` would leave less than nothing of it; write -100 or more"),
    ("content: x}", "content: x}\n  tell: {situation: moved}",
     "playbook: `tell` stands twice, in line 8 and line 9; rename one"),
    ("content: x", "content: x, content: y", "`content` stands twice, in line 8 and line 8"),
    ("content: x", "content: on, situation: left", "`situation` stands twice"),
    ("within: 24h", "within: {cart: 11d, checkout: 1h, case: 1h}",
     "situations, `moved`: a cart is forgotten after 10 days; keep `within` to that"),
    ("within: 24h", "within: {cart: 1h, checkout: 1h, case: 8d}", "a case is forgotten"),
    ('"08:00"', '"21:00"', "quiet_hours: they are empty; let `from` and `to` differ"),
    ('"21:00"', "２１:００", "is not a time of day"),
    ("cart: 10d", "cart: 0d", "forget: let `cart` be longer than nothing"),
    ("content: x", "content: x, lever: -1",
     "`lever: -1` is less than nothing; let it be 0 or more"),
    ("content: x", "content: x, when: {stage: [3]}", "`3` is no stage of `left`"),
    ("content: x", "content: x, when: {until: 3}",
     "unknown key `until`: write one of from, goal"),
    ("{address: [email]}", "{}", "channels, `email`: give it either `address`"),
    ("{pull: true}", "{pull: true, address: [x]}", "channels, `store`: give it either"),
    ("{most: 1, per: 7d}", "{most: -1, per: 7d}",
     "caps, `few`: `most: -1` is less than nothing"),
    ("{most: 1, per: 7d}", "{most: 1, per: 0d}", "caps, `few`: give it a span in `per`"),
    ("{most: 1, per: 7d}", "{most: 1, per: 31d}", "actions are remembered for 30 days"),
    ("{most: 1, per: 7d}", "{most: 51, per: 7d}",
     "50 actions are remembered at most; let `most`"),
    ("{most: 1, per: 7d}", "{most: 1, per: 7d, channel: fax}", "nobody knows channel `fax`"),
    ("{most: 1, per: 7d}", "{most: 1, per: 7d, situation: lost}", "nothing finds `lost`"),
    ('"21:00"', '"9 pm"', "quiet_hours: `9 pm` is not a time of day; write for"),
    ('"21:00"', '"24:00"', "quiet_hours: `24:00` is not a time of day"),
    ("channels: [email]}", "channels: [fax]}", "quiet_hours: nobody knows channel `fax`"),
    ("channels: [email]}", "channels: [email], unknown_time_zone: [Mars]}",
     "quiet_hours: there is no time zone `Mars`"),
    ("channels: [email]}", "channels: [email], unknown_time_zone: []}", "at least one zone"),
    ("cart: 10d", "cart: ten days", "forget, `cart`: `ten days` is not a span of time"),
    ("version: 1", "version: 1\nmuted_by_case: [sales]", "unknown value `sales`: write one of"),
    ("version: 1", "version: 1\nrules: []", "unknown key `rules`"),
    (GOOD, "", "playbook: the file is empty; write at least `version: 1` and `situations:`"),
    (GOOD, "- a\n- b", "playbook: it is no playbook; write"),
    (GOOD, "a: [", "playbook: "),
    (GOOD, "[" * 50_000, "playbook: it nests deeper than 50 levels in line 1; write"),
    (GOOD, "{a: " * 50_000, "playbook: it nests deeper than 50 levels in line 1"),
    (GOOD, "- " * 50_000, "playbook: it nests deeper than 50 levels in line 1"),
    ("content: x", f"content: x, params: {'[' * 60}{']' * 60}", "50 levels in line 8"),
    ("version: 1", "version: 1\nparts: &a [*a]", "playbook: "),
]  # fmt: skip


@pytest.mark.parametrize(("part", "instead", "message"), WRONG)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    part: str, instead: str, message: str
) -> None:
    assert part in GOOD
    with pytest.raises(PlaybookError) as caught:
        read_playbook(GOOD.replace(part, instead, 1).encode())
    told = str(caught.value)
    assert told.startswith("playbook: ")
    assert message in told
    assert "\n" not in told


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(PlaybookError):
        read_playbook(b"version: 1\n\xff\xfe")


def test_what_makes_sense_is_compiled() -> None:
    playbook = read_playbook(GOOD.encode())
    within: dict[GoalKind, int] = {"cart": DAY, "checkout": DAY, "case": DAY}
    assert playbook.situations == (
        Absence("left", "cart", (HOUR, DAY)),
        Switch("moved", within),
    )
    assert playbook.quiet_hours is not None
    assert (playbook.quiet_hours.start, playbook.quiet_hours.end) == (21 * 60, 8 * 60)
    assert playbook.forget == ForgetAfter(cart=10 * DAY, case=7 * DAY)
    told = describe(playbook)
    assert {name: told[name] for name in ("situations", "actions", "caps", "channels")} == {
        "situations": 2, "actions": 1, "caps": 1, "channels": 2,
    }  # fmt: skip


def test_it_is_yaml_as_of_2009() -> None:
    """What 1.1 took for a truth, minutes or an octal number is what it looks like."""
    text = GOOD.replace('"21:00", to: "08:00"', "21:00, to: 08:00").replace("tell:", "on:")
    playbook = read_playbook(b"\xef\xbb\xbf" + text.replace("most: 1", "most: 010").encode())
    assert playbook.quiet_hours is not None
    assert (playbook.quiet_hours.start, playbook.quiet_hours.end) == (21 * 60, 8 * 60)
    assert [plan.name for plan in playbook.actions["left"]] == ["on"]
    assert playbook.caps[0].most == 10
    spelt = b"a: off\nb: 0x1f\nc: 0o17\nd: 1_000\ne: 2026-03-02\nf: -.5e1\ng: ~\nno: True"
    assert read_yaml(spelt) == {
        "a": "off", "b": 31, "c": 15, "d": "1_000", "e": "2026-03-02", "f": -5.0, "g": None,
        "no": True,
    }  # fmt: skip


def test_a_key_may_stand_again_over_one_that_is_merged_in() -> None:
    assert read_yaml(b"a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}") == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 3, "y": 2},
    }


def test_an_empty_section_is_an_absent_one() -> None:
    bare = read_playbook(b"version: 1\nsituations: {}\nactions:\ncaps:\nquiet_hours:\n")
    assert (bare.actions, bare.caps, bare.quiet_hours) == ({}, (), None)


def test_the_version_names_the_very_text() -> None:
    first, second = read_playbook(GOOD.encode()), read_playbook(GOOD.encode() + b"# new\n")
    assert first.version == read_playbook(GOOD.encode()).version != second.version


def test_the_default_playbook_looks_for_carts_and_switches_by_the_settled_spans() -> None:
    playbook = default_playbook()
    within: dict[GoalKind, int] = {"cart": DAY, "checkout": DAY, "case": 7 * DAY}
    assert playbook.situations[:2] == (
        Absence("cart_abandoned", "cart", (HOUR, DAY, 3 * DAY)),
        Switch("channel_switched", within),
    )
    assert playbook.forget == ForgetAfter(cart=10 * DAY, case=7 * DAY)
    assert min(plan.expires for plans in playbook.actions.values() for plan in plans) > MINUTE
