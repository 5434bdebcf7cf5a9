"""Finds who writes to a context: by reading the code, with as much of types as that takes.

A write is an assignment to, or a deletion of, an attribute of a context or of a mutable part of
one (a cart, its lines, a case, an action), or a change of a dict, list or bytearray within.
What a name stands for is told by annotations: of parameters, of what is called, of the fields.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from legato.core.context.context import ActionRecord, Cart, CartLine, Case, Context

MUTABLE: dict[str, type] = {
    kind.__name__: kind for kind in (Context, Cart, CartLine, Case, ActionRecord)
}
HINTS = {kind: get_type_hints(kind) for kind in MUTABLE.values()}
CHANGES = frozenset(
    (
        *("append", "extend", "insert", "remove", "clear", "pop", "popitem", "update"),
        *("setdefault", "sort", "reverse"),
    )
)
"""Methods that change what they are called on."""


def context_module() -> types.ModuleType:
    """The module whose docstring lists the writers."""
    return sys.modules[Context.__module__]


class Known(NamedTuple):
    """What an expression stands for; `within` says that it is a context, or lies in one."""

    kind: Any
    within: bool


class Write(NamedTuple):
    """A line that writes to a context."""

    line: int
    text: str


def writers(root: Path) -> dict[str, list[Write]]:
    """Each file below `root` that writes to a context, with the lines that do."""
    trees = {path: ast.parse(path.read_text()) for path in sorted(root.rglob("*.py"))}
    returned = _returned(trees.values())
    found = {
        path.relative_to(root).as_posix(): sorted({*_writes_in(tree, returned)})
        for path, tree in trees.items()
    }
    return {path: writes for path, writes in found.items() if writes}


def _returned(trees: Any) -> dict[str, Any]:  # noqa: ANN401 - a view of parsed files
    """What functions return that return something mutable, by their bare names."""
    return {
        node.name: kind
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (kind := _annotated(node.returns)) is not None
    }


def _annotated(note: ast.expr | None) -> Any:  # noqa: ANN401 - a type as typing has it
    """Read an annotation, as far as it is about what is mutable; else None."""
    match note:
        case ast.Name(id=name):
            return MUTABLE.get(name)
        case ast.BinOp(left=left, right=right):
            return _annotated(left) or _annotated(right)
        case ast.Subscript(
            value=ast.Name(id="dict" | "Mapping"), slice=ast.Tuple(elts=[_, each])
        ):
            kind = _annotated(each)
            return None if kind is None else dict[str, kind]  # type: ignore[valid-type]
        case ast.Subscript(slice=each):
            elements = each.elts if isinstance(each, ast.Tuple) else [each]
            kind = next(filter(None, map(_annotated, elements)), None)
            return None if kind is None else list[kind]  # type: ignore[valid-type]
        case _:
            return None


def _writes_in(tree: ast.AST, returned: Mapping[str, Any]) -> Iterator[Write]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _Function(node, returned).writes()


class _Function:
    """One function, and what its names stand for."""

    def __init__(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, returned: Mapping[str, Any]
    ) -> None:
        self._node, self._returned = node, returned
        self._names: dict[str, Known] = {}
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            kind = _annotated(argument.annotation)
            if kind is not None:
                self._names[argument.arg] = Known(kind, kind in HINTS)
        for _ in range(3):  # names are used before they are bound only by loops
            for each in ast.walk(node):
                self._bind(each)

    def writes(self) -> Iterator[Write]:
        """Each line that writes."""
        for node in ast.walk(self._node):
            for target in self._targets(node):
                yield Write(target.lineno, ast.unparse(target))

    def _targets(self, node: ast.AST) -> Iterator[ast.expr]:  # noqa: C901 - an arm a statement
        match node:
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                yield from (each for target in targets for each in self._written(target))
            case ast.AugAssign(target=ast.Name() as target):
                if self._is_changed(target):
                    yield target
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                yield from self._written(target)
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in CHANGES:
                if self._is_changed(value):
                    yield node.func
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[value, *_]):
                if self._is_struct(value):
                    yield node.func
            case _:
                """It changes nothing."""

    def _written(self, target: ast.expr) -> Iterator[ast.expr]:
        match target:
            case ast.Tuple(elts=elements):
                yield from (each for element in elements for each in self._written(element))
            case ast.Attribute(value=value) if self._is_struct(value):
                yield target
            case ast.Subscript(value=value) if self._is_changed(value):
                yield target
            case _:
                """A name, or something else's."""

    def _is_struct(self, value: ast.expr) -> bool:
        known = self._known(value)
        return known is not None and known.kind in HINTS

    def _is_changed(self, value: ast.expr) -> bool:
        """Is it a dict, list or bytearray of a context?"""
        known = self._known(value)
        origin = known and (get_origin(known.kind) or known.kind)
        return known is not None and known.within and origin in (dict, list, bytearray)

    def _bind(self, node: ast.AST) -> None:
        """Learn what names stand for from one node."""
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for name, value in zip(names, values, strict=False):
                    self._learn(name, self._known(value))
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._learn(target, self._known(value))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._learn(target, self._known(value))
            case ast.NamedExpr(target=target, value=value):
                self._learn(target, self._known(value))
            case (
                ast.For(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
            ):
                self._learn(target, self._element(self._known(value)))
            case _:
                """It binds nothing."""

    def _learn(self, target: ast.expr, known: Known | None) -> None:
        if known is None:
            return
        if isinstance(target, ast.Name):
            self._names[target.id] = known
        elif isinstance(target, ast.Tuple):
            for each, kind in zip(target.elts, get_args(known.kind), strict=False):
                self._learn(each, Known(_plain(kind), known.within))

    def _known(  # noqa: C901, PLR0911 - an arm a kind of expression
        self, value: ast.expr
    ) -> Known | None:
        match value:
            case ast.Name(id=name):
                return self._names.get(name)
            case ast.Attribute(value=inner, attr=name):
                known = self._known(inner)
                if known is None and name == "context":
                    return Known(Context, True)  # of a scope, a request, an explanation
                hint = HINTS[known.kind].get(name) if known and known.kind in HINTS else None
                return Known(_plain(hint), True) if hint is not None else None
            case ast.Subscript(value=inner):
                return self._element(self._known(inner), keyed=True)
            case ast.Call():
                return self._called(value)
            case ast.BoolOp(values=[*values]) | ast.Tuple(elts=[*values]):
                return next(filter(None, map(self._known, values)), None)
            case ast.IfExp(body=body, orelse=other):
                return self._known(body) or self._known(other)
            case ast.NamedExpr(value=inner):
                return self._known(inner)
            case ast.GeneratorExp(elt=inner) | ast.ListComp(elt=inner):
                known = self._known(inner)
                return known and Known(list[known.kind], False)  # type: ignore[name-defined]
            case _:
                return None

    def _called(self, call: ast.Call) -> Known | None:
        match call.func:
            case ast.Name(id=name) if name in MUTABLE:
                return Known(MUTABLE[name], True)
            case ast.Name(id="list" | "sorted" | "reversed" | "tuple"):
                inner = self._known(call.args[0]) if call.args else None
                return inner and Known(inner.kind, False)
            case ast.Name(id="next" | "min" | "max"):
                return self._element(self._known(call.args[0]) if call.args else None)
            case ast.Attribute(value=inner, attr=name) if known := self._known(inner):
                return self._method(known, name)
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in self._returned:
                kind = self._returned[name]
                return Known(kind, kind in HINTS)
            case _:
                return None

    def _method(self, known: Known, name: str) -> Known | None:
        """What a method of a dict or list gives."""
        arguments = get_args(known.kind)
        match get_origin(known.kind), name:
            case type() as origin, "get" | "pop" | "setdefault" if origin is dict:
                return Known(_plain(arguments[1]), True)
            case type() as origin, "values" if origin is dict:
                return Known(list[arguments[1]], known.within)  # type: ignore[valid-type]
            case type() as origin, "items" if origin is dict:
                pairs = list[tuple[arguments]]  # type: ignore[valid-type]
                return Known(pairs, known.within)
            case _, "copy":
                return Known(known.kind, False)
            case _:
                return None

    def _element(self, known: Known | None, *, keyed: bool = False) -> Known | None:
        """What lies in a container: the value of a dict if `keyed`, else its key."""
        arguments = get_args(known.kind) if known is not None else ()
        if known is None or not arguments:
            return None
        is_dict = get_origin(known.kind) is dict
        return Known(_plain(arguments[1 if is_dict and keyed else 0]), True)


def _plain(hint: Any) -> Any:  # noqa: ANN401 - a type as typing has it
    """A type without the None that it may be as well."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(each for each in get_args(hint) if each is not type(None))
    return hint
