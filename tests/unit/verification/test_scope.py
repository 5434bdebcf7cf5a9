"""What can be judged follows from the sources' clocks, from trust, and from the log."""

from __future__ import annotations

from legato.runtime.kafka.topic_layout import OUTCOMES, OUTCOMES_IN_BACKFILL, TopicLayout
from legato.verification.audit import COMMANDS, CONTEXTS, KINDS
from legato.verification.scope import scope_of
from legato.wire.source.source import Source
from legato.wire.topics.names import Topics

BACKFILL = Source(name="web", topics=("web",), clock="event_time")
LIVE = Source(name="web", topics=("web",))
TRUSTED = Source(name="till", topics=("till",), trust="customer_id", clock="event_time")


def layout(source: Source, **trusted: Source) -> TopicLayout:
    outcomes = OUTCOMES if source is LIVE else OUTCOMES_IN_BACKFILL
    untrusted = {"web": source, "outcomes": outcomes}
    return TopicLayout(Topics(), 2, trusted, untrusted, {})


def test_where_all_clocks_follow_the_events_everything_is_judged() -> None:
    scope = scope_of(layout(BACKFILL), cut=False)
    assert scope.kinds == frozenset(KINDS)
    assert not scope.unjudged


def test_live_everything_is_judged_too_since_the_log_says_when_time_passed() -> None:
    scope = scope_of(layout(LIVE), cut=False)
    assert scope.kinds == frozenset(KINDS)
    assert not scope.unjudged


def test_with_a_log_cut_short_contexts_and_commands_are_not_judged() -> None:
    scope = scope_of(layout(BACKFILL), cut=True)
    assert scope.kinds == frozenset(KINDS) - {COMMANDS, CONTEXTS}
    assert scope.unjudged


def test_with_a_trusted_source_only_doubles_are() -> None:
    scope = scope_of(layout(BACKFILL, till=TRUSTED), cut=False)
    assert scope.kinds == frozenset()
    [why] = scope.unjudged
    assert "`till` is trusted" in why.why
