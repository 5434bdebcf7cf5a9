"""Who names a key: the names of all customers of a partition, turned round."""

from __future__ import annotations

from sys import intern

_NOBODY = ""


class NameIndex:
    """Name -> customers, kept as contexts change. Most names have one customer: no set then."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, ...]] = {}
        self._customers: dict[str, str | set[str]] = {}

    def put(self, customer_id: str, names: frozenset[str]) -> None:
        """A customer names these, and nothing else any more."""
        before = self._names.get(customer_id, ())
        if len(before) == len(names) and names.issuperset(before):
            return
        for name in before:
            if name not in names:
                self._take_out(name, customer_id)
        for name in names.difference(before):
            self._put_in(name, customer_id)
        if names:
            self._names[customer_id] = tuple(map(intern, names))
        else:
            del self._names[customer_id]

    def customers(self, name: str) -> list[str]:
        """List who names this, in order of their ids."""
        known = self._customers.get(name, _NOBODY)
        return sorted(known) if isinstance(known, set) else [known] if known else []

    def __len__(self) -> int:
        """How many customers name something."""
        return len(self._names)

    def _put_in(self, name: str, customer_id: str) -> None:
        known = self._customers.get(name)
        if known is None:
            self._customers[intern(name)] = customer_id
        elif isinstance(known, set):
            known.add(customer_id)
        else:
            self._customers[name] = {known, customer_id}

    def _take_out(self, name: str, customer_id: str) -> None:
        known = self._customers[name]
        if isinstance(known, set) and len(known) > 1:
            known.discard(customer_id)
        else:
            del self._customers[name]
