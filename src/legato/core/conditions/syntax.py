"""A condition as a tree: what the parser makes, and the compiler reads."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Term(Struct, frozen=True):
    """A part of a condition: where it stands in the text, and how deep a tree it is."""

    at: int
    depth: int


class Literal(Term, frozen=True):
    """A number, a text, true, false or null."""

    value: Any


class Word(Term, frozen=True):
    """A name: of a root such as `event`, or of a macro's variable."""

    word: str


class Select(Term, frozen=True):
    """`of.field`"""

    of: Term
    field: str


class Index(Term, frozen=True):
    """`of[key]`"""

    of: Term
    key: Term


class Call(Term, frozen=True):
    """`function(arguments)`, or `of.function(arguments)`; it ends before `end`."""

    function: str
    arguments: tuple[Term, ...]
    of: Term | None
    end: int


class Unary(Term, frozen=True):
    """`!of` or `-of`"""

    sign: str
    of: Term


class Binary(Term, frozen=True):
    """`left sign right`"""

    sign: str
    left: Term
    right: Term


class Chain(Term, frozen=True):
    """`a && b && c`, or the same with `||`"""

    sign: str
    parts: tuple[Term, ...]


class Choice(Term, frozen=True):
    """`test ? yes : no`"""

    test: Term
    yes: Term
    no: Term


class Listed(Term, frozen=True):
    """`[a, b]`"""

    items: tuple[Term, ...]


class Mapped(Term, frozen=True):
    """`{key: value}`"""

    keys: tuple[Term, ...]
    values: tuple[Term, ...]


def begin_of(term: Term) -> int:
    """Where the text of a part begins; `at` is where its last field or its sign stands."""
    match term:
        case Select(of=of) | Index(of=of) | Call(of=Term() as of):
            return begin_of(of)
        case Binary(left=left) | Chain(parts=(left, *_)) | Choice(test=left):
            return begin_of(left)
        case _:
            return term.at
