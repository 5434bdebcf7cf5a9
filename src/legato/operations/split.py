"""Ending the link of an identifier: the command to its owner, and what came of it."""

from __future__ import annotations

from legato.core.identity.commands import Command, Link, Split
from legato.core.identity.events import IdentifierSplit
from legato.core.identity.state import LinkEvidence
from legato.operations.identity_commands import IdentityCommands
from legato.operations.split_plan import Splitting
from legato.queries.identifier_lookup import AskedCustomer


def split_off(
    owners: IdentityCommands, splitting: Splitting, asked: AskedCustomer
) -> IdentifierSplit:
    """Ask the owner, and wait until it says what came of it; raises OperationFailed."""
    owners.tell(*_commands(splitting))
    parting = splitting.parting
    return owners.answer(
        IdentifierSplit,
        lambda told: (told.identifier, told.time) == (parting.split, parting.time),
        "the command waits for one: see what came of it with "
        f"`legato identity show {asked.text}`",
    )


def _commands(splitting: Splitting) -> list[Command]:
    """What the owners are told; the devices that go along are linked to it anew."""
    parting, kind = splitting.parting, splitting.kind
    name, time = parting.split, parting.time
    told: list[Command] = [Split(each, kind, time) for each in (name, *splitting.others)]
    for device, its_kind in parting.devices.items():
        token, proof = f"split:{device}", LinkEvidence(name, "identity.split", "", time + 1)
        told += [
            Split(device, its_kind, time),
            Link(device, its_kind, name, kind, name, token, proof),
        ]
    return told
