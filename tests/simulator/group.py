"""A simulated consumer group: members, generations, and partitions that move in two steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Protocol

from legato.core.values.time import Instant, Span
from legato.runtime.machine.facts import TP, Metadata


class Client(Protocol):
    """The side of a member that the group can reach."""

    def told_to_revoke(self, member: SimulatedMember, tps: tuple[TP, ...]) -> None:
        """Give these back, and say so to `Group.released`."""

    def told_to_take(self, member: SimulatedMember, tps: tuple[TP, ...]) -> None:
        """These are yours from now on."""


class SimulatedMember:
    """One membership: it ends when the client leaves, or is not heard of for too long."""

    def __init__(self, number: int, client: Client, now: Instant) -> None:
        self.number, self.client, self.heard = number, client, now
        self.owned: set[TP] = set()
        self.giving: set[TP] = set()
        self.alive = True


class Group:
    """Shares partitions among members, cooperatively: who keeps one goes on working on it."""

    def __init__(self, tps: Sequence[TP], patience: Span, chance: Random) -> None:
        self.generation = 0
        self._tps, self._patience, self._chance = tps, patience, chance
        self._members: dict[int, SimulatedMember] = {}
        self._numbers = 0
        self._target: dict[int, set[TP]] = {}

    def join(self, client: Client, now: Instant) -> SimulatedMember:
        """Become a member."""
        self._numbers += 1
        member = self._members[self._numbers] = SimulatedMember(self._numbers, client, now)
        self._rebalance()
        return member

    def leave(self, member: SimulatedMember) -> None:
        """Stop being one; what is owned goes to others at once."""
        member.alive = False
        if self._members.pop(member.number, None) is not None:
            self._rebalance()

    def heard_of(self, member: SimulatedMember, now: Instant) -> bool:
        """Take a heartbeat; False if the member is none any more."""
        member.heard = now
        return member.alive

    def evict_silent(self, now: Instant) -> None:
        """End the membership of whoever was not heard of for too long."""
        for member in list(self._members.values()):
            if now - member.heard > self._patience:
                self.leave(member)

    def hear_all(self, now: Instant) -> None:
        """Count the silence of members from now on: the coordinator itself was away."""
        for member in self._members.values():
            member.heard = now

    def metadata(self, member: SimulatedMember) -> Metadata:
        """Who a member is now, as it would tell the broker."""
        return f"{member.number}/{self.generation}".encode()

    def knows(self, metadata: Metadata) -> bool:
        """Would the broker accept offsets from who says this of itself?"""
        number, _, generation = metadata.decode().partition("/")
        return int(number) in self._members and int(generation) == self.generation

    def released(self, member: SimulatedMember, tps: Iterable[TP]) -> None:
        """A member gave back what it was told to."""
        member.owned -= set(tps)
        member.giving -= set(tps)
        if member.alive:
            self._hand_out()

    def _rebalance(self) -> None:
        self.generation += 1
        numbers = sorted(self._members)
        self._target = {number: set() for number in numbers}
        for tp in self._tps:
            if numbers:
                self._target[self._chance.choice(numbers)].add(tp)
        for number, member in list(self._members.items()):
            giving = member.owned - self._target[number] - member.giving
            if giving:
                member.giving |= giving
                member.client.told_to_revoke(member, tuple(sorted(giving)))
        self._hand_out()

    def _hand_out(self) -> None:
        """Once everybody gave back what others shall have, the next generation begins."""
        if any(member.giving for member in self._members.values()):
            return
        self.generation += 1
        for number, member in list(self._members.items()):
            taking = self._target[number] - member.owned
            member.owned |= taking
            member.client.told_to_take(member, tuple(sorted(taking)))
