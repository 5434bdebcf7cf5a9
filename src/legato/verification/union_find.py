"""Names that are one customer's, whatever the order in which that was proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class UnionFind:
    """Disjoint sets of names; each goes by its smallest name (Galler and Fischer, 1964)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._parent))

    def join(self, names: Iterable[str]) -> None:
        """All of these are one."""
        roots = {self.root(name) for name in names}
        best = min(roots)
        for root in roots:
            self._parent[root] = best

    def root(self, name: str) -> str:
        """The smallest name of its set."""
        self._parent.setdefault(name, name)
        while (to := self._parent[name]) != name:
            self._parent[name] = self._parent[to]
            name = to
        return name
