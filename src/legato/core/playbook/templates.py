"""Templates: texts of an action with values in them, `"{{ event.data.reason }}"`."""

from __future__ import annotations

import json
import re

from msgspec import Struct

from legato.core.conditions.compile import NAMES, Expression, Names
from legato.core.conditions.scope import Scope
from legato.core.situations.expressions import read_expression, value_or_none
from legato.core.values.time import in_words

_HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
TEXT_MOST = 1_000
"""Characters of what a template is filled to."""


class Template(Struct, frozen=True):
    """Texts, and between them what they are filled with."""

    parts: tuple[str | Expression, ...]

    @property
    def reads(self) -> frozenset[str]:
        """The fields that it looks at."""
        found = (part.reads for part in self.parts if isinstance(part, Expression))
        return frozenset().union(*found)

    def fill(self, scope: Scope) -> str:
        """Write it out; where a value is missing there is nothing."""
        told = (part if isinstance(part, str) else _value(part, scope) for part in self.parts)
        return "".join(told)[:TEXT_MOST]


def is_template(text: str) -> bool:
    """Is there anything to fill in?"""
    return "{{" in text


def read_template(text: str, names: Names = NAMES) -> Template:
    """Compile a template; raises ValueError with one sentence that quotes what is wrong."""
    pieces = _HOLE.split(text)
    texts, holes = pieces[::2], pieces[1::2]
    if any("{{" in each or "}}" in each for each in texts):
        raise ValueError(f"`{text}`: a `{{{{` without its `}}}}`; close it, or leave it out")
    parts: list[str | Expression] = [texts[0]]
    for hole, after in zip(holes, texts[1:], strict=True):
        parts += (read_expression(hole.strip(), names), after)
    return Template(tuple(part for part in parts if part != ""))


def _value(expression: Expression, scope: Scope) -> str:
    value = value_or_none(expression, scope)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if expression.kind == "instant" and isinstance(value, int):
        return in_words(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, default=str)
