"""The topic of contexts of one test, as workers write it: in transactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from legato.core.context.context import Context
from legato.core.identity.state import IdentityState, LinkEvidence, Pending
from legato.core.values.ids import murmur2
from legato.kafka import client_config
from legato.runtime.kafka.admin import create
from legato.settings import Settings
from legato.wire.state import write_context

CLOCK_KEY = b"\x00clock"


def a_context(
    customer_id: str, revision: int = 1, **identifiers: str | Sequence[str]
) -> Context:
    known = {
        kind: [told] if isinstance(told, str) else [*told] for kind, told in identifiers.items()
    }
    return Context(customer_id, revision, identifiers=known, channel="web", present=1_000)


def a_forwarder(customer_id: str, revision: int, *, to: str) -> Context:
    return Context(customer_id, revision, identity=IdentityState(forward=to))


def a_pending(customer_id: str, revision: int) -> Context:
    proof = LinkEvidence("e1", "account.logged_in", "shop", 1_000)
    asked = Pending("0-" + "a" * 24, "phone", "user_id", {}, b"", revision, proof, "", "t1")
    return Context(customer_id, revision, identity=IdentityState(pending=asked))


class ContextTopic:
    """`customer.contexts` under the prefix of a test, with two partitions.

    Beside it are those that a view wants to be there.
    """

    def __init__(self, settings: Settings) -> None:
        prefix = settings.kafka.prefix
        self.name = f"{prefix}customer.contexts"
        address = client_config(settings)
        admin = AdminClient(address)
        topic = NewTopic(self.name, 2, 1, config={"cleanup.policy": "compact"})
        others = [
            NewTopic(f"{prefix}{name}", 1, 1) for name in ("decisions", "action.outcomes")
        ]
        create(admin, [topic, *others])
        self._producer = Producer({**address, "transactional.id": settings.kafka.prefix})
        self._producer.init_transactions(30)

    def write(self, contexts: Iterable[Context], *, commit: bool = True) -> None:
        """Write contexts in one transaction, with the clock that closes each checkpoint."""
        self._producer.begin_transaction()
        for context in contexts:
            self._produce(context.customer_id.encode(), write_context(context))
        for partition in range(2):
            self._producer.produce(self.name, b"{}", CLOCK_KEY, partition)
        self._end(commit=commit)

    def erase(self, *customer_ids: str) -> None:
        """Write tombstones."""
        self._producer.begin_transaction()
        for customer_id in customer_ids:
            self._produce(customer_id.encode(), None)
        self._end(commit=True)

    def _produce(self, key: bytes, value: bytes | None) -> None:
        self._producer.produce(self.name, value, key, murmur2(key) % 2)

    def _end(self, *, commit: bool) -> None:
        self._producer.flush(30)
        if commit:
            self._producer.commit_transaction(30)
        else:
            self._producer.abort_transaction(30)
