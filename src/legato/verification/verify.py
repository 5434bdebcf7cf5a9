"""Was anything lost, doubled or made up? The verdict over the topics of any deployment.

What the workers committed of `customer.events` is followed once more, one partition after the
other, and what comes of it is crossed off from what lies in the topics. A line may run
meanwhile: what was found before the offsets were asked for must have come of them, and what is
missing must have been written by the end.

In memory are the contexts of one partition, decoded; its last contexts in the changelog as 8
bytes each; and 8 bytes (about 100 with the dict around them) of each output, and of each
customer whom the log holds from their first event on, where its beginning was deleted.

Not judged is what cannot be: see `scope.py`; customers whose life began before the log does,
which shows in that their context counts more changes than the log makes; and customers that
were rebuilt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from confluent_kafka.admin import AdminClient
from msgspec import Struct
from xxhash import xxh3_64_intdigest

from legato.core.context.context import Context
from legato.core.engine import BatchResult
from legato.core.identity.commands import Rebuilt
from legato.core.playbook.definition import Playbook
from legato.core.values.time import LONG_AGO, Instant
from legato.kafka import client_config
from legato.operations.rebuild import ShowReading
from legato.queries.errors import NotFound
from legato.queries.group_offsets import committed_offsets
from legato.queries.outputs import registry_of
from legato.queries.playbook_versions import versions_of
from legato.queries.references import read_references
from legato.queries.topic_filter import is_action_topic, topics_of
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.runtime.kafka.admin import find_topics
from legato.runtime.kafka.layout import lay_out
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.settings import Settings
from legato.verification.audit import (
    COMMANDS,
    CONTEXTS,
    Audit,
    Example,
    Saying,
    Tally,
)
from legato.verification.comparison import digest_of
from legato.verification.reference import Reference
from legato.verification.sayings import Sayings
from legato.verification.scope import Unjudged, scope_of
from legato.wire.state import read_context
from legato.wire.topics.clock import STATE_KEY, read_clock
from legato.wire.topics.commands import read_told

AT_ONCE = 500
EVERY_VERSION = 1 << 30


class Verification(Struct, frozen=True):
    """What was followed, what came out for each kind, and what was not judged."""

    records: int
    customers: int
    partitions: int
    tallies: tuple[Tally, ...]
    examples: tuple[Example, ...]
    unjudged: tuple[Unjudged, ...]

    @property
    def clean(self) -> bool:
        """Is nothing lost, doubled or made up, as far as it is judged?"""
        return not any(tally.wrong for tally in self.tallies)


class LogSpan(Struct, frozen=True):
    """A partition of the log: where it begins and ended, and how far it was followed."""

    begins: int
    ended: int
    followed: int


class StoredContexts(Struct, frozen=True):
    """The changelog of a partition: of each name the changes and the content; the clock."""

    contexts: dict[str, tuple[int, str]]
    passed: dict[str, Instant]


def verify(settings: Settings, playbook: Playbook, show: ShowReading) -> Verification:
    """Judge the deployment of the settings; raises KafkaAway, NotFound and WorkerFatal."""
    layout = lay_out(settings, find_topics(AdminClient(client_config(settings))))
    with TopicReader(settings) as reader:
        verifier = Verifier(reader, layout, playbook)
        with show(verifier.size()) as tell:
            for read in verifier.run():
                tell(read)
    return verifier.verification()


class Verifier:
    """One pass over the topics of a deployment."""

    def __init__(self, reader: TopicReader, layout: TopicLayout, playbook: Playbook) -> None:
        self._reader, self._layout, self._playbook = reader, layout, playbook
        self._settings = reader.settings
        self._versions = versions_of(reader.settings, playbook, reader)
        self._log = layout.topics.customer_events
        self._outputs = _output_topics(reader)
        self._sayings = Sayings(layout, self._outputs, registry_of(reader.settings))
        self._ends = {number: self._end(number) for number in self._numbers}
        begins = {number: reader.begins_at(self._log, number) for number in self._numbers}
        self._begins = begins
        self._scope = scope_of(layout, cut=any(begins.values()), braked=bool(playbook.rates))
        self._audit = Audit(self._scope.kinds, self._cut_places())
        self._references = read_references(reader, EVERY_VERSION)
        self._unjudged = list(self._scope.unjudged)
        if not self._references.whole:
            why = "older versions are compacted away; it may show as lost and made up"
            self._unjudged.append(Unjudged("what was read of `ref` more than a day ago", why))
        self._whole: dict[int, set[int]] = {}
        self._rebuilt: set[str] = set()
        self._records = self._customers = self._read = 0
        self._in_cut = self._known_before = 0
        self._log_since: Instant = 0

    def size(self) -> int:
        """Count the offsets that there are to read."""
        log = sum(self._ends[number] - self._begins[number] for number in self._numbers)
        return log + sum(self._reader.count(*place) for place in self._places())

    def run(self) -> Iterator[int]:
        """Judge all; yield how many offsets were read."""
        for record in self._said():
            self._audit.found(self._sayings.of_record(record))
            yield self._count()
        if self._scope.kinds:
            yield from self._follow_all()
        if not self._audit.settled:
            self._look_again()
        self._audit.close()

    def verification(self) -> Verification:
        """Say what came of it."""
        if self._rebuilt:
            what = f"{len(self._rebuilt):,} customers"
            self._unjudged.append(
                Unjudged(what, "they were rebuilt by `legato identity split`")
            )
        if self._known_before:
            what = f"{self._known_before:,} of {self._in_cut:,} customers"
            why = (
                f"the beginning of `{self._log}` was deleted, and what their contexts count "
                "shows that they were known before"
            )
            self._unjudged.append(Unjudged(what, why, self._log_since))
        return Verification(
            self._records,
            self._customers,
            len(self._ends),
            tuple(self._audit.tallies.values()),
            tuple(self._audit.examples),
            tuple(self._unjudged),
        )

    # -- the log ---------------------------------------------------------------------------

    def _follow_all(self) -> Iterator[int]:
        followed = committed_offsets(self._settings, self._log, self._numbers)
        if any(self._ends.values()) and not any(followed.values()):
            raise NotFound(
                f"the group `{self._settings.worker.group}` never followed `{self._log}`; "
                "is `worker.group` that of the workers?"
            )
        for number in self._numbers:
            span = LogSpan(self._begins[number], self._ends[number], followed[number])
            yield from self._follow(number, span)

    def _follow(self, number: int, span: LogSpan) -> Iterator[int]:
        """Follow a partition as far as the workers did, and cross off what comes of it."""
        reference = Reference(
            self._playbook,
            self._layout.clocks_of(number),
            self._settings.identity,
            self._references.table,
            continuous=self._layout.backfill,
            versions=self._versions,
            partitions=self._layout.partition_count,
            history=self._layout.history_of(number),
        )
        first: Instant = 0
        for records in _batches(self._reader.read(self._log, [number])):
            first = first or records[0].time
            self._note_commands(records, span)
            done = [record for record in records if record.offset < span.followed]
            self._expect(reference.step(done))
            self._records += len(done)
            yield self._count(len(records))
        self._customers += len(reference.contexts)
        if first and not span.followed:
            group = self._settings.worker.group
            self._refuse(number, f"the group `{group}` never followed it")
        else:
            self._end_partition(number, span, reference, first)

    def _expect(self, result: BatchResult) -> None:
        for output in result.outputs:
            said = self._sayings.of_output(output)
            if said.kind in self._scope.kinds:
                self._audit.expected(said)
        if COMMANDS in self._scope.kinds:
            for command in filter(None, map(self._sayings.of_command, result.sent)):
                self._audit.expected(command)

    def _note_commands(self, records: Iterable[TopicRecord], span: LogSpan) -> None:
        for record in records:
            told = read_told(record.value) if record.key is None else None
            if isinstance(told, Rebuilt):
                self._rebuilt |= {told.to, told.split}
            if told is None or COMMANDS not in self._scope.kinds:
                continue
            if (said := self._sayings.of_command(told)) is None:
                continue
            if record.offset < span.ended:
                self._audit.found(said)
            else:
                self._audit.late(said)

    def _end_partition(
        self, number: int, span: LogSpan, reference: Reference, first: Instant
    ) -> None:
        """See of whom the log holds all, and hold the contexts against the changelog."""
        judges_contexts = CONTEXTS in self._scope.kinds
        needed = span.begins or judges_contexts
        stored = self._stored(number) if needed else StoredContexts({}, {})
        contexts, rebuilt = reference.contexts, self._rebuilt
        if not span.begins:
            self._audit.end_partition(lambda name: name not in rebuilt)
        elif _lost_a_clock(reference.passed, stored.passed):
            self._refuse(number, "the log no longer holds how far time had come")
        else:
            whole = {name for name, each in contexts.items() if _is_whole(name, each, stored)}
            self._whole[number] = set(map(_short, whole))
            self._audit.end_partition(lambda name: name in whole and name not in rebuilt)
            self._note_cut(contexts, whole, first)
        if judges_contexts:
            self._compare_contexts(number, span, contexts.values(), stored)

    def _note_cut(
        self, contexts: Mapping[str, Context], whole: set[str], first: Instant
    ) -> None:
        known = sum(each.revision > 0 for each in contexts.values())
        self._in_cut += known
        self._known_before += known - len(whole)
        self._log_since = max(self._log_since, first)

    def _compare_contexts(
        self, number: int, span: LogSpan, contexts: Iterable[Context], stored: StoredContexts
    ) -> None:
        """Compare them, if the workers did not go on meanwhile."""
        now = committed_offsets(self._settings, self._log, [number])[number]
        if now != span.followed:
            why = "the workers went on meanwhile"
            self._unjudged.append(Unjudged(f"contexts of partition {number}", why))
            return
        ours = {each.customer_id: digest_of(each) for each in contexts if each.revision}
        theirs = {name: digest for name, (_, digest) in stored.contexts.items()}
        for listed in (ours, theirs):
            for name in self._rebuilt & listed.keys():
                del listed[name]
        place = f"{self._layout.topics.customer_contexts}/{number}"
        self._audit.contexts(_named(ours), _named(theirs), place)

    def _refuse(self, number: int, why: str) -> None:
        """Judge nobody of a partition."""
        self._whole[number] = set()
        self._audit.end_partition(lambda _: False)
        self._unjudged.append(Unjudged(f"partition {number}", why))

    def _stored(self, number: int) -> StoredContexts:
        """Read the last contexts of a partition; raises StateError."""
        stored = StoredContexts({}, {})
        topic = self._layout.topics.customer_contexts
        for record in self._reader.read(topic, [number]):
            if record.key == STATE_KEY:
                stored.passed.update(read_clock(record.value))
            elif (record.key or b"\x00")[0] == 0:
                continue  # it belongs to the partition, and is no customer
            elif record.key and record.value:
                context = read_context(record.value)
                known = context.revision, digest_of(context)
                stored.contexts[record.key.decode()] = known
            elif record.key:
                stored.contexts.pop(record.key.decode(), None)
        return stored

    # -- the outputs -----------------------------------------------------------------------

    def _said(self) -> Iterator[TopicRecord]:
        for topic, numbers in self._outputs.items():
            yield from self._reader.read(topic, numbers)

    def _look_again(self) -> None:
        """Look for what is missing, and name what is left."""
        for record in self._said():
            self._look_at(self._sayings.of_record(record), record)
        if COMMANDS in self._scope.kinds:
            for record in self._reader.read(self._log, self._numbers, lambda key: key is None):
                if (said := self._sayings.of_command(read_told(record.value))) is not None:
                    self._look_at(said, record)

    def _look_at(self, said: Saying, record: TopicRecord) -> None:
        whole = self._whole.get(self._layout.partition_for(said.customer_id))
        judged = whole is None or _short(said.customer_id) in whole
        judged = judged and said.customer_id not in self._rebuilt
        where = f"{record.topic} {record.coordinate}"
        self._audit.left(said, where, judged=judged)

    # -- places ----------------------------------------------------------------------------

    @property
    def _numbers(self) -> range:
        return range(self._layout.partition_count)

    def _places(self) -> Iterator[tuple[str, int]]:
        for topic, numbers in self._outputs.items():
            yield from ((topic, number) for number in numbers)

    def _cut_places(self) -> list[str]:
        begins_at = self._reader.begins_at
        return [
            f"{topic}/{number}" for topic, number in self._places() if begins_at(topic, number)
        ]

    def _end(self, number: int) -> int:
        return self._reader.begins_at(self._log, number) + self._reader.count(self._log, number)

    def _count(self, read: int = 1) -> int:
        self._read += read
        return self._read


def _output_topics(reader: TopicReader) -> dict[str, list[int]]:
    topics, is_action = topics_of(reader.settings), is_action_topic(reader.settings)
    told = (topics.situations, topics.decisions)
    return reader.partitions(lambda name: name in told or is_action(name))


def _named(digests: dict[str, str]) -> Counter[str]:
    return Counter(f"{name} {digest}" for name, digest in digests.items())


def _is_whole(name: str, context: Context, stored: StoredContexts) -> bool:
    """Did the log make as many changes as the context counts?"""
    return stored.contexts.get(name, (0, ""))[0] == context.revision


def _lost_a_clock(ours: Mapping[str, Instant], theirs: Mapping[str, Instant]) -> bool:
    """Was a source passed on once, of which the log says nothing any more?"""
    return any(at == LONG_AGO < theirs.get(name, LONG_AGO) for name, at in ours.items())


def _batches(records: Iterable[TopicRecord]) -> Iterator[list[TopicRecord]]:
    left = iter(records)
    while batch := list(islice(left, AT_ONCE)):
        yield batch


def _short(name: str) -> int:
    return xxh3_64_intdigest(name.encode())
