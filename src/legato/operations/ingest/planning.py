"""Which files are ingested, from where on, and why they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from legato.core.values.time import LONG_AGO, NEVER, in_words
from legato.operations.errors import OperationFailed
from legato.operations.ingest.beside import Beside, FileProgress
from legato.operations.ingest.checking import check_file
from legato.operations.ingest.errors import IngestRefused
from legato.operations.ingest.file_reading import FileReading
from legato.operations.ingest.files import FileIdentity, HistoryFile
from legato.operations.ingest.history_reader import HistoryReader, ReadRow
from legato.operations.ingest.marks import read_reached
from legato.settings import Settings
from legato.wire.source.source import Source

Tell = Callable[[int, int], None]
"""Hears how many bytes of the files and how many rows are done."""


class RowsRejected(OperationFailed):
    """Rows cannot be read, and none may be; the message says where they are told."""


class IngestRequest(Struct, frozen=True):
    """Which source and topic files go to, and how; `rate` is in rows a second.

    `folder` is where progress and rejected rows are kept, if that is not beside the files.
    """

    source: Source
    topic: str
    from_start: bool = False
    strict: bool = False
    sort: bool = False
    last: bool = False
    limit: int | None = None
    rate: float | None = None
    folder: Path | None = None


class PlannedFile(Struct):
    """A file that is to be ingested, and how far it is; `known` if it was begun before."""

    file: HistoryFile
    beside: Beside
    identity: FileIdentity
    progress: FileProgress | None = None
    known: bool = False
    skipped: bool = False
    sent_now: int = 0

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.identity.size


def source_of(sources: Iterable[Source], name: str | None) -> Source:
    """Find the source that history goes to; raises IngestRefused, with what to write."""
    told = list(sources)
    found = [each for each in told if each.name == name or (name is None and _is_past(each))]
    if name is not None and not found:
        known = ", ".join(f"`{each.name}`" for each in told) or "none"
        raise IngestRefused(f"no source `{name}` in the settings; there is {known}")
    if len(found) > 1:
        names = ", ".join(f"`{each.name}`" for each in found)
        raise IngestRefused(f"say by `--source` which one it is: {names}")
    if not found or not _is_past(found[0]):
        raise IngestRefused(_no_history(found[0] if found else None))
    source = found[0]
    if source.trust == "customer_id" or source.format == "avro":
        raise IngestRefused(
            f"source `{source.name}` takes records that `legato ingest` does not write; "
            'leave out its `trust = "customer_id"` or `format = "avro"`'
        )
    return source


def topic_of(source: Source) -> str:
    """Name the first topic that is named in full; raises IngestRefused."""
    if not source.written_topic:
        raise IngestRefused(
            f"source `{source.name}` names its topics by patterns alone; name one in full"
        )
    return source.written_topic


def _is_past(source: Source) -> bool:
    return source.clock == "event_time"


def _no_history(source: Source | None) -> str:
    """Say what to write into the settings."""
    name, topic = (source.name, source.topics[0]) if source else ("shop", "shop.events")
    why = (
        f"source `{name}` is live: by its clock history would remind of what is long over"
        if source
        else "no source takes history"
    )
    return (
        f"{why}; write into legato.toml beside it, with the same maps, and restart the "
        f'workers:\n\n[[sources]]\nname = "{name}_history"\n'
        f'topics = ["{topic.lstrip("^")}.history"]\nclock = "event_time"'
    )


class IngestPlan:
    """The files of one call: looked at one after the other, then sent together."""

    def __init__(self, request: IngestRequest, paths: Sequence[Path]) -> None:
        self.request = request
        self.files = [self._planned(path) for path in dict.fromkeys(paths)]
        self._refuse_namesakes()

    @property
    def unchecked(self) -> list[PlannedFile]:
        """Files that must be read before anything of them is sent."""
        return [each for each in self.files if each.progress is None]

    @property
    def looked_at(self) -> list[PlannedFile]:
        """Files that were not done before."""
        return [each for each in self.files if not each.skipped]

    @property
    def unsent(self) -> list[PlannedFile]:
        """Files of which something is left to send."""
        return [
            each for each in self.files if each.progress is not None and not each.progress.done
        ]

    def check(self, reader: HistoryReader, tell: Tell, *, write: bool = True) -> None:
        """Read what was never read; rejected rows are written down, unless not to `write`.

        Raises IngestRefused, OSError and RegistryDown.
        """
        bytes_before = rows_before = 0
        for each in self.unchecked:

            def told(
                read: int, rows: int, at: int = bytes_before, of: int = rows_before
            ) -> None:
                tell(at + read, of + rows)

            self._check(each, reader, told, write=write)
            bytes_before += each.size
            rows_before += each.progress.check.rows if each.progress else 0

    def refuse(self, settings: Settings) -> None:
        """See that what is left may be sent; raises IngestRefused, RowsRejected, KafkaAway."""
        if self.request.strict:
            for each in self.unsent:
                _refuse_rejected(each)
        for each in self.unsent:
            if each.progress and not (each.progress.check.is_ordered or self.request.sort):
                raise _unordered(each.file, each.progress)
        self._refuse_late(settings)

    def _planned(self, path: Path) -> PlannedFile:
        file = HistoryFile.named(path)
        beside, identity = Beside(file, self.request.folder), file.identity()
        if self.request.from_start:
            known = beside.progress_path.exists()
            return PlannedFile(file, beside, identity, known=known)
        progress = beside.load()
        if progress is None:
            return PlannedFile(file, beside, identity)
        self._refuse_changed(file, identity, progress)
        return PlannedFile(file, beside, identity, progress, known=True, skipped=progress.done)

    def _refuse_changed(
        self, file: HistoryFile, identity: FileIdentity, progress: FileProgress
    ) -> None:
        if progress.identity != identity:
            raise IngestRefused(
                f"`{file.path}` changed since {progress.sent:,} of its rows were sent; say "
                "`--from-start` to send it whole, or give what is new a name of its own"
            )
        if progress.topic != self.request.topic:
            raise IngestRefused(
                f"`{file.path}` went to `{progress.topic}`; say `--from-start` to send it to "
                f"`{self.request.topic}` as well"
            )

    def _refuse_namesakes(self) -> None:
        paths = [each.beside.progress_path for each in self.files]
        if twice := next((path for path in paths if paths.count(path) > 1), None):
            name = twice.name.removeprefix(".").removesuffix(".ingest.json")
            raise IngestRefused(
                f"two of the files are called `{name}`; send them one after the other, or "
                "without `--state`"
            )

    def _check(
        self, each: PlannedFile, reader: HistoryReader, tell: Tell, *, write: bool
    ) -> None:
        reading = FileReading(each.file)
        if write:
            with each.beside.rejecting() as rejected:
                check = check_file(reading, reader, rejected.take, tell)
        else:
            check = check_file(reading, reader, _forget, tell)
        each.progress = FileProgress(
            each.identity, self.request.topic, check, done=not check.sent
        )

    def _refuse_late(self, settings: Settings) -> None:
        """Refuse what would be late: history cannot go back, and does not go on once over."""
        reached = read_reached(settings, self.request.topic)
        if reached == LONG_AGO:
            return
        topic = self.request.topic
        for each in self.unsent:
            first = each.progress.check.first if each.progress else 0
            if each.known or first >= reached:
                continue
            if reached == NEVER:
                raise IngestRefused(
                    f"`--last` was said of `{topic}`: time goes on without it, so "
                    f"`{each.file.path}` would come late; give it a source of its own"
                )
            raise IngestRefused(
                f"`{each.file.path}` begins at {in_words(first)}, but the history in `{topic}` "
                f"has come to {in_words(reached)}; older files go first, or together with "
                "newer ones, or to a source of their own"
            )


def _refuse_rejected(each: PlannedFile) -> None:
    if each.progress is None or not each.progress.check.rejected:
        return
    check = each.progress.check
    raise RowsRejected(
        f"{check.rejected:,} of {check.rows:,} rows of `{each.file.path}` are rejected, so "
        f"nothing was sent; see `{each.beside.rejected_path}`"
    )


def _unordered(file: HistoryFile, progress: FileProgress) -> IngestRefused:
    check = progress.check
    return IngestRefused(
        f"`{file.path}` is not in order of time: line {check.disorder} is older than a line "
        f"before it, as are {check.disordered:,} in all; say `--sort`"
    )


def _forget(_: ReadRow) -> None:
    """Write nothing down."""
