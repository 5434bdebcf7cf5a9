"""Ending the link of an identifier: the command to its owner, and what came of it."""

from __future__ import annotations

from msgspec import Struct

from legato.cli.identity_parting import parting_before
from legato.cli.owners import Owners
from legato.cli.who import Asked
from legato.core.command import Command, Link, Split
from legato.core.identity_output import SplitTold
from legato.core.kin import Proof
from legato.core.parting import Parting
from legato.settings import Settings


class Splitting(Struct, frozen=True):
    """An identifier of a type that is to be split off, and from whom."""

    parting: Parting
    kind: str
    others: tuple[str, ...] = ()
    """Its names under former peppers whose links must end as well."""

    @property
    def commands(self) -> tuple[Command, ...]:
        """What the owners are told; the devices that go along are linked to it anew."""
        parting, kind = self.parting, self.kind
        name, time = parting.split, parting.time
        told: list[Command] = [Split(each, kind, time) for each in (name, *self.others)]
        for device, its_kind in parting.devices.items():
            token, proof = f"split:{device}", Proof(name, "identity.split", "", time + 1)
            told += [
                Split(device, its_kind, time),
                Link(device, its_kind, name, kind, name, token, proof),
            ]
        return tuple(told)


def plan_split(settings: Settings, asked: Asked) -> Splitting:
    """See what is to be split from whom; raises Failure and Nobody if there is nothing."""
    return Splitting(*parting_before(settings, asked))


def split_off(owners: Owners, splitting: Splitting, asked: Asked) -> SplitTold:
    """Ask the owner, and wait until it says what came of it; raises Failure."""
    owners.tell(*splitting.commands)
    parting = splitting.parting
    return owners.answer(
        SplitTold,
        lambda told: (told.identifier, told.time) == (parting.split, parting.time),
        "the command waits for one: see what came of it with "
        f"`legato identity show {asked.text}`",
    )
