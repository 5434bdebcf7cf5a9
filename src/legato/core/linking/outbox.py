"""What all slots of a partition share: where answers go, and what is said and published."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.context.identifiers import keep_identifiers
from legato.core.context.retention import TOKENS_MOST
from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import Command, Link, LinkSettled, Merge
from legato.core.identity.customer_ids import Identify
from legato.core.identity.events import Evidence, IdentityOutput
from legato.core.identity.rules import IdentityRules
from legato.core.identity.state import HELD, IdentityState, LinkEvidence, Pending
from legato.core.line.partition import Partition
from legato.core.linking.outcomes import take_outcomes


class Outbox:
    """`sent` goes to other slots in this order, `aliases` and `told` to their topics.

    No merge makes a context of more than about `most_bytes`.
    """

    def __init__(
        self,
        partition: Partition,
        identify: Identify,
        rules: IdentityRules,
        most_bytes: int = 1 << 19,
    ) -> None:
        self.partition, self.identify, self.rules = partition, identify, rules
        self.codec = partition.codec
        self.most_bytes = most_bytes
        self.sent: list[Command | Event] = []
        self.aliases: dict[str, Alias | None] = {}
        self.told: list[IdentityOutput] = []

    def clear(self) -> None:
        """All of it was taken."""
        self.sent, self.aliases, self.told = [], {}, []

    def send_settled(self, link: Link | Pending | Merge) -> None:
        """Tell whoever waits for a link that it has come to its end."""
        if link.asker:
            self.sent.append(LinkSettled(link.asker, link.token))

    def store(self, context: Context, identity: IdentityState) -> None:
        """Store a slot with what it knows now."""
        context.identity = identity
        self.partition.replace(context)

    def store_and_resume(self, context: Context, identity: IdentityState) -> None:
        """Hold a customer while it awaits something; else follow what waited, and go on."""
        if identity.pending_links:
            context.next_due = HELD
        else:
            context.next_due = self.partition.playbook.next_due(context)
            self.sent += take_outcomes(self.codec, context)
        self.store(context, identity)
        if identity.released:
            forget_released(self.identify, context, identity)
        self.forget_refused(context, identity)

    def forget_refused(self, context: Context, identity: IdentityState) -> None:
        """Keep no account or card whose link was refused: it is another customer's."""
        accounts = list(filter(self.rules.is_account, context.identifiers))
        if not accounts:
            return
        own = {context.customer_id, *identity.members}
        own |= {former for each in identity.members.values() for former in each.formers}

        def is_ours(kind: str, value: str) -> bool:
            return kind not in accounts or not own.isdisjoint(
                self.identify.names_of(kind, value)
            )

        if not all(
            is_ours(kind, value) for kind in accounts for value in context.identifiers[kind]
        ):
            keep_identifiers(context, is_ours)

    def stop_waiting(self, context: Context, identity: IdentityState) -> None:
        """Wait no longer, whatever was awaited."""
        self.store_and_resume(context, replace(identity, pending_links=()))


def with_settled(identity: IdentityState, token: str) -> IdentityState:
    """Remember that a link was settled that nobody waits for yet."""
    return replace(identity, settled_links=(*identity.settled_links, token)[-TOKENS_MOST:])


def forget_released(identify: Identify, context: Context, identity: IdentityState) -> None:
    """Let late events not bring back an identifier that went to another."""

    def is_ours(kind: str, value: str) -> bool:
        return not any(
            kind == each.kind
            and (value == each.value or each.name in identify.names_of(kind, value))
            for each in identity.released
        )

    keep_identifiers(context, is_ours)


def evidence_of(proof: LinkEvidence) -> Evidence:
    """Show what proved a link."""
    return Evidence(proof.event_id, proof.type, proof.source)
