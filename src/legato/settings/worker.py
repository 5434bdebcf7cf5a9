"""How the line runs: workers, and what runs beside them."""

from __future__ import annotations

from msgspec import Struct

from legato.settings.kinds import AtLeastOne, Count, Port

LEAST_CHECKPOINT_MS = 10


class WorkerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How a worker runs. Spans in milliseconds, sizes in records, contexts or bytes."""

    group: str = "legato"
    """The consumer group; workers of one group share the partitions."""
    name: str = "worker"
    """Stands in transactional ids and logs; the same for all workers of a deployment."""
    index: Count = 0
    """The number of this process among its workers; `--processes` counts it up."""
    static_membership: bool = False
    """Whether a restart within the session timeout keeps its partitions."""
    checkpoint_ms: AtLeastOne = 100
    """How often outputs, contexts and offsets are committed, in one transaction."""
    checkpoint_max_ms: AtLeastOne = 1_000
    """The same while far behind: longer transactions carry more."""
    batch_size: AtLeastOne = 5_000
    """How many records are taken at once, at most."""
    queued_batches: AtLeastOne = 4
    """How many batches may wait before reading pauses."""
    cached_contexts: AtLeastOne = 200_000
    """How many contexts stay decoded; the others are kept as bytes."""
    max_context_bytes: AtLeastOne = 512 * 1024
    """Contexts are trimmed to stay under this size."""
    transaction_timeout_ms: AtLeastOne = 10_000
    """After this long without commit, the broker aborts a transaction."""
    session_timeout_ms: AtLeastOne = 10_000
    """After this long without a heartbeat, a worker loses its partitions."""
    quarantine_per_minute: Count = 100
    """More unexpected failures than this a minute stop the partition."""
    liveness_timeout_s: AtLeastOne = 45
    """After this many seconds without progress `/livez` fails; 15 s later the worker ends.

    Time in which Kafka does not answer does not count."""


class MetricsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Prometheus and probes find the worker; 0 = off."""

    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` for all."""
    port: Port = 9464
    """The port of the worker of index 0; that of index N listens on `port + N`. 0 = off."""


class LearnSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How `legato learn` runs: a process of its own, beside the workers."""

    host: str = "127.0.0.1"
    """The address of /metrics, /livez and /readyz; `0.0.0.0` for all."""
    port: Port = 9481
    """The port of /metrics, /livez and /readyz. 0 = off."""


class ShadowSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How `legato shadow` runs: a process of its own, beside the workers."""

    host: str = "127.0.0.1"
    """The address of /metrics, /livez and /readyz; `0.0.0.0` for all."""
    port: Port = 9490
    """The port of /metrics, /livez and /readyz. 0 = off."""
    liveness_timeout_s: AtLeastOne = 45
    """After this many seconds without a pass of its loop, `/livez` fails."""


def wrong_worker(worker: WorkerSettings) -> str:
    """Say which spans of a worker do not go together; empty if all do."""
    if worker.checkpoint_ms < LEAST_CHECKPOINT_MS:
        return f"`worker.checkpoint_ms` must be at least {LEAST_CHECKPOINT_MS}"
    if worker.transaction_timeout_ms < worker.checkpoint_ms * 10:
        return "`worker.transaction_timeout_ms` must be at least 10 checkpoints"
    if worker.liveness_timeout_s * 1_000 < worker.transaction_timeout_ms + 10_000:
        return (
            "`worker.liveness_timeout_s` must be 10 s longer than "
            "`worker.transaction_timeout_ms`: a checkpoint that hangs is given up only 5 s "
            "after its transaction is"
        )
    return ""
