"""A refusal never fails open, in whatever words it comes; once known, only those count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from legato.core.context.consent import consent_for
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.events.words import CHANNELS, PURPOSES, STATUSES, channel_list, is_left_out
from legato.core.line.partition import Partition
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from tests.property.core_lives import Json
from tests.replay.wild_stories import NOON

PLAYBOOK = default_playbook()
spellings = st.sampled_from([str.upper, str.title, " {} ".format, "-".join, "_".join, str])
anything = st.one_of(
    st.text(max_size=20),
    st.booleans(),
    st.integers(),
    st.none(),
    st.lists(st.text(), max_size=2),
)
unknown = st.sampled_from(
    ["marketing", "post", "opted out", "newsletter", "?", "a|b", "|?", ""]
)
purposes = st.one_of(st.sampled_from(["promotion", "service", "profiling"]), unknown, anything)
channels = st.one_of(st.sampled_from(sorted(CHANNELS)), unknown, anything)
states = st.one_of(st.sampled_from(["denied", "revoked"]), unknown, anything)


def told(name: str, minute: int, wishes: list[Json]) -> Event:
    envelope = {"id": name, "type": "consent.updated", "channel": "web", "customer_id": "ada"}
    when = {"time": NOON + minute * 60_000, "data": {"consents": wishes}}
    return json.decode(json.encode(envelope | when), type=Event)


def everything_granted(minute: int) -> Event:
    return told(f"all-{minute}", minute, [{"purpose": "*", "status": "granted"}])


def of(*events: Event) -> Context:
    line = Partition(PLAYBOOK, TODAY, continuous=False)
    for event in events:
        line.feed(event, event.time)
    return line.context_of("ada")


@given(purposes, channels, states, st.booleans())
def test_a_refusal_never_fails_open(
    purpose: object, channel: object, status: object, granted_before: bool
) -> None:
    wish = {"purpose": purpose, "channel": channel, "status": status}
    before = [everything_granted(0)] if granted_before else []
    if status is None or STATUSES.read(status) == "granted":
        return
    context = of(*before, told("no", 1, [wish]))
    known = PURPOSES.read(purpose)
    where = "*" if is_left_out(channel) else channel_list(frozenset()).read(channel)
    for about in ("promotion", "profiling", "service"):
        meant = about != "service" if known is None else known in ("*", about)
        for via in CHANNELS:
            if meant and where in (None, "*", via):
                assert consent_for(context.consents, about, via) is False
            elif granted_before:
                assert consent_for(context.consents, about, via) is True


@given(purposes, channels, states, st.integers(1, 3))
def test_once_it_comes_in_known_words_nothing_is_left_of_the_unknown(
    purpose: object, channel: object, status: object, times: int
) -> None:
    unclear = told("no", 1, [{"purpose": purpose, "channel": channel, "status": status}])
    clear = told("no", 1, [{"purpose": "profiling", "channel": "sms", "status": "denied"}])
    first = everything_granted(0)
    if not of(unclear).consents or "?" not in "".join(of(unclear).consents):
        return
    expected = of(first, clear).consents
    assert of(first, *[unclear] * times, clear, unclear).consents == expected
    assert of(unclear, first, clear).consents == expected
    assert of(first, clear, unclear).consents == expected


@given(
    st.sampled_from(["promotion", "profiling"]), st.sampled_from(sorted(CHANNELS)), spellings
)
def test_how_a_known_word_is_spelled_does_not_matter(
    purpose: str, channel: str, spelled: object
) -> None:
    assert callable(spelled)
    plain = {"purpose": purpose, "channel": channel, "status": "revoked"}
    other = {name: spelled(word) for name, word in plain.items()}
    assert of(told("no", 1, [plain])).consents == of(told("no", 1, [other])).consents
