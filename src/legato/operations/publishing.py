"""Publishing a version of the playbook: what it changes, and putting it on its topic.

Two who publish at once must not both give the next number. So whoever publishes has one
transactional id, reads the topic once the broker knows them by it, and writes in a transaction:
who began earlier cannot commit any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from difflib import get_close_matches
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from msgspec import Struct
from msgspec.structs import replace

from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import LEAD, PlaybookVersion, names_of, pausing
from legato.core.values.time import SECOND, Instant, in_words
from legato.kafka import client_config
from legato.operations.errors import NotSent, OperationFailed
from legato.queries.errors import KafkaAway, Unclear
from legato.queries.playbook_versions import PublishedPlaybooks
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import ANSWER_S
from legato.settings import Settings
from legato.wire.topics.playbooks import write_playbook_record

COMMIT_S = 30.0
ABORT_S = 5.0
TRANSACTION_MS = 10 * SECOND
"""A version is seen, or never will be, before LEAD has passed since it was written."""


class PlaybookChanges(Struct, frozen=True):
    """What is other in a playbook than in the one that counts now, by names."""

    situations_added: tuple[str, ...] = ()
    situations_removed: tuple[str, ...] = ()
    situations_changed: tuple[str, ...] = ()
    actions_added: tuple[str, ...] = ()
    actions_removed: tuple[str, ...] = ()


class VersionPlan(Struct, frozen=True):
    """The versions that would be published, the first of which is what was asked for.

    `counting` is the number of the version that counts now, 0 if that is the file. `playbook`
    is what will count. `later` are versions that take over from the last of these.
    """

    versions: tuple[PlaybookVersion, ...]
    playbook: Playbook
    counting: int
    changes: PlaybookChanges
    later: tuple[PlaybookVersion, ...] = ()


def changes_between(before: Playbook, after: Playbook) -> PlaybookChanges:
    """Name what comes, what goes and what is written otherwise."""
    had, has = ({each.name for each in every.situations} for every in (before, after))
    could, can = before.action_names, after.action_names
    changed = {
        name for name in had & has if before.written.get(name) != after.written.get(name)
    }
    return PlaybookChanges(
        *(tuple(sorted(names)) for names in (has - had, had - has, changed)),
        *(tuple(sorted(names)) for names in (can - could, could - can)),
    )


def check_lead(since: Instant, now: Instant) -> None:
    """See that all partitions can know in time; raises Unclear."""
    if since < now + LEAD:
        raise Unclear(
            f"`{in_words(since)}` is less than {LEAD // SECOND} s ahead, so that partitions "
            "might learn of it late; publish it from later on, for example `--from +1m`"
        )


def check_names(known: PublishedPlaybooks, names: Iterable[str], since: Instant) -> None:
    """See that all can be paused of what counts then; raises Unclear and PlaybookError."""
    can = names_of(read_playbook(known.draft_at(since).text.encode()))
    for name in names:
        if name not in can:
            near = get_close_matches(name, can, 1)
            instead = f"did you mean `{near[0]}`?" if near else "name one that it has"
            raise Unclear(f"the playbook has no situation or action `{name}`; {instead}")


def check_paused(known: PublishedPlaybooks, names: Iterable[str], since: Instant) -> None:
    """See that all are paused then or later; raises Unclear."""
    every = (known.draft_at(since), *known.after(since))
    paused = {name for each in every for name in each.paused}
    for name in names:
        if name not in paused:
            are = ", ".join(f"`{each}`" for each in sorted(paused)) or "nothing"
            raise Unclear(f"`{name}` is not paused; what is paused: {are}")


def plan_version(known: PublishedPlaybooks, draft: PlaybookVersion) -> VersionPlan:
    """Plan a version with another text; what is paused stays so, where it is there still.

    Raises PlaybookError.
    """
    paused = frozenset(known.draft_at(draft.since).paused)
    return _plan(known, [pausing(draft, paused)], draft.published)


def plan_pause(
    known: PublishedPlaybooks, draft: PlaybookVersion, paused: frozenset[str], *, on: bool
) -> VersionPlan:
    """Plan that names are paused, or no longer, from then on: in versions to come as well.

    Raises PlaybookError.
    """
    drafts: list[PlaybookVersion] = []
    for each in (known.draft_at(draft.since), *known.after(draft.since)):
        had = frozenset(each.paused)
        other = replace(
            draft, text=each.text, since=max(draft.since, each.since), paused=each.paused
        )
        changed = pausing(other, had | paused if on else had - paused)
        if changed.paused != each.paused or not drafts:
            drafts.append(changed)
    return _plan(known, drafts, draft.published)


def _plan(
    known: PublishedPlaybooks, drafts: Sequence[PlaybookVersion], now: Instant
) -> VersionPlan:
    counting, before = known.draft_at(now).number, known.versions.at(now)
    versions = tuple(known.numbered(each) for each in drafts)
    after = known.versions.at(versions[0].since)
    return VersionPlan(
        versions,
        after,
        counting,
        changes_between(before, after),
        known.after(versions[-1].since),
    )


class Publisher:
    """Who publishes now; whoever begins later takes that from them. Use it in a `with`."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._topic = settings, topics_of(settings).playbooks
        name = f"{settings.kafka.prefix}publish"
        self._producer = Producer(
            client_config(settings, **{**_PUBLISHING, "transactional.id": name})
        )
        self._written: dict[bytes, Instant] = {}

    def __enter__(self) -> Self:
        try:
            self._producer.list_topics(timeout=ANSWER_S)
        except KafkaException:
            raise KafkaAway.at(self._settings.kafka.bootstrap) from None
        try:
            self._producer.init_transactions(COMMIT_S)
        except KafkaException as error:
            raise _failure(error.args[0]) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._producer.purge()

    def publish(self, versions: Iterable[PlaybookVersion]) -> tuple[PlaybookVersion, ...]:
        """Write versions, all or none, and return them as they count; raises NotSent.

        One that the broker took late counts later. Raises OperationFailed if somebody else
        publishes.
        """
        records = [(version, *write_playbook_record(version)) for version in versions]
        try:
            self._producer.begin_transaction()
            for _, key, value in records:
                self._producer.produce(self._topic, value, key, on_delivery=self._heard)
            self._producer.commit_transaction(COMMIT_S)
        except KafkaException as error:
            raise self._given_up(error.args[0]) from None
        return tuple(
            replace(version, since=max(version.since, self._written.get(key, 0) + LEAD))
            for version, key, _ in records
        )

    def _given_up(self, error: KafkaError) -> OperationFailed:
        if error.txn_requires_abort():
            with suppress(KafkaException):
                self._producer.abort_transaction(ABORT_S)
        return _failure(error)

    def _heard(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._written[message.key() or b""] = message.timestamp()[1]


def _failure(error: KafkaError) -> OperationFailed:
    if error.code() in _FENCED:
        return OperationFailed("somebody else publishes at this moment; try again")
    return NotSent(f"kafka did not take it: `{error.str()}`; correct that, then publish again")


_FENCED = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)
_PUBLISHING: dict[str, object] = {
    "transaction.timeout.ms": TRANSACTION_MS,
    "partitioner": "murmur2_random",
    "compression.type": "lz4",
    "message.max.bytes": 1 << 20,
    "log_level": 0,
}
