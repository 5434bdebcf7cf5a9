"""The sandbox in which templates run: Jinja's own, with less in it, and with a budget.

Whoever writes content writes no code: nothing of Python can be reached, nothing is changed,
what is not there is a fault, HTML escapes all values, and escaping cannot be turned off. Each
turn of a loop and each text that is made counts against the budget of its part, so that none
keeps the process busy or fills its memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import update_wrapper
from itertools import chain
from typing import Any, cast

from jinja2 import BaseLoader, StrictUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, Undefined, markup_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from legato.content.budget import Budget
from legato.content.filters import OWN_FILTERS

KEPT_FILTERS = (
    *("abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first"),
    *("float", "int", "items", "last", "length", "list", "lower", "map", "max", "min"),
    *("reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort", "string"),
    *("striptags", "sum", "title", "trim", "truncate", "unique", "upper", "urlencode"),
    *("wordcount",),
)
"""Of Jinja's filters those that make nothing much larger, and leave escaping alone."""
KEPT_TESTS = frozenset(TESTS) - {"callable", "filter", "test", "sameas"}
_OF_TEXT = frozenset(("startswith", "endswith", "lower", "upper", "strip", "title"))
_OF_TABLES = frozenset(("get", "items", "keys", "values"))
_LARGEST = 10**15


class ContentSandbox(ImmutableSandboxedEnvironment):
    """Compiles and renders templates; `budget` is that of the part being rendered.

    It renders one part at a time, on one thread.
    """

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def __init__(self, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=_is_html,
            finalize=self._output,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
            cache_size=-1,
        )
        self.budget: Budget | None = None
        kept = {name: FILTERS[name] for name in KEPT_FILTERS}
        self.filters = {
            name: self._counted(each) for name, each in {**kept, **OWN_FILTERS}.items()
        }
        self.filters["join"] = self._join
        self.tests = {name: TESTS[name] for name in KEPT_TESTS}
        self.globals = {"range": self._range}

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as Jinja has it
        """Look into a value: of a table what is in it, before what it can do."""
        self._step()
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - as Jinja has it
        """Look into a value by a key or a number."""
        self._step()
        return super().getitem(obj, argument)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401
        """Of texts and tables only what reads them, since other methods fill the memory."""
        if isinstance(obj, str):
            return attr in _OF_TEXT
        if isinstance(obj, Mapping):
            return attr in _OF_TABLES
        if isinstance(obj, bytes | int | float | list | tuple):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:  # noqa: ANN401 - as Jinja has it
        """Have no `format`: it makes what it likes of a width."""

    def call(
        __self,
        __context: Context,
        __obj: Any,  # noqa: ANN401
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Call a macro, or the little that there is to call."""
        __self._step()
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """Reckon with numbers, and put texts together by `+`."""
        self._step()
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            self._write(len(left) + len(right))
            return left + right
        for each in (left, right):
            if isinstance(each, Undefined):
                str(each)  # it says what is missing
            if not isinstance(each, int | float) or abs(each) > _LARGEST or operator == "**":
                raise SecurityError(f"`{operator}` takes numbers, and none that are too large")
        return super().call_binop(context, operator, left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        for told, line in _unfit(template, escaped=_is_html(name)):
            raise TemplateSyntaxError(told, line, name, filename)
        _Bounded(escaped=_is_html(name)).visit(template)
        template.set_environment(self)
        return template

    def turns(self, members: Iterable[Any]) -> list[Any]:
        """Take what a loop goes through, each turn of it counted."""
        taken = [*members]
        self._step(len(taken))
        return taken

    def join_texts(self, parts: Iterable[Any], escaped: bool) -> str:
        """Put together what stands around `~`."""
        told = [self._output(each) for each in parts]
        texts = [each if isinstance(each, str) else str(each) for each in told]
        self._write(sum(map(len, texts)))
        return markup_join(texts) if escaped else "".join(texts)

    def _output(self, value: Any) -> Any:  # noqa: ANN401 - whatever a template puts out
        """See what is about to be written: nothing that is not known, and not too much."""
        if value is None:
            raise ValueError("a value that is not known would be written; ask for it by `if`")
        self._step()
        if not isinstance(value, str | Undefined):
            value = str(value)
        if isinstance(value, str):
            self._write(len(value))
        return value

    def _join(self, value: Iterable[Any], between: str = "", attribute: str = "") -> str:
        """Put the members of a list together."""
        found = (self.getattr(each, attribute) for each in value) if attribute else iter(value)
        members = [*found]
        spaced = chain.from_iterable((between, each) for each in members)
        marked = any(isinstance(each, Markup) for each in members)
        return self.join_texts([*spaced][1:], marked)

    def _counted(self, filter_: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            self._step(1 + _size_of(args) // 16)
            made = filter_(*args, **kwargs)
            if isinstance(made, str):
                self._write(len(made))
            return made

        return update_wrapper(counted, filter_)

    def _range(self, *bounds: int) -> range:
        numbers = range(*bounds)
        self._step(len(numbers))
        return numbers

    def _step(self, count: int = 1) -> None:
        if self.budget is not None:
            self.budget.step(count)

    def _write(self, characters: int) -> None:
        if self.budget is not None:
            self.budget.write(characters)


class _Bounded(NodeTransformer):
    """Has loops and `~` go through the sandbox, which counts them."""

    def __init__(self, *, escaped: bool) -> None:
        self._escaped = escaped

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Count the turns of a loop."""
        self.generic_visit(node)
        node.iter = _called("turns", [cast(nodes.Expr, node.iter)], node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """Count the texts that are put together."""
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        escaped = nodes.Const(self._escaped, lineno=node.lineno)
        return _called("join_texts", [parts, escaped], node.lineno)


def _called(name: str, arguments: list[nodes.Expr], line: int) -> nodes.Call:
    method = nodes.EnvironmentAttribute(name, lineno=line)
    return nodes.Call(method, arguments, [], None, None, lineno=line)


def _unfit(template: nodes.Template, *, escaped: bool) -> Iterator[tuple[str, int]]:
    """Say what a template must not have: other escaping, or what is not escaped."""
    for each in template.find_all(nodes.ScopedEvalContextModifier):
        yield "escaping stays as it is; take `autoescape` out", each.lineno
    others: list[nodes.Include | nodes.Extends] = [*template.find_all(nodes.Include)]
    for other in (*others, *template.find_all(nodes.Extends)):
        name = other.template
        named = name.value if isinstance(name, nodes.Const) else None
        if not isinstance(named, str):
            yield "name what is included or extended in full, in quotes", other.lineno
        elif escaped and not _is_html(named):
            yield f"`{named}` is no HTML, so nothing in it is escaped", other.lineno


def _is_html(place: str | None) -> bool:
    return place is not None and place.endswith(".html")


def _size_of(values: tuple[Any, ...]) -> int:
    """About how much there is to do about the first of some values."""
    first = values[0] if values else None
    return len(first) if isinstance(first, str | list | tuple | dict) else 0
