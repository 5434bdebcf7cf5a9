"""Spans that a situation may watch."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.situations.entries import LONGEST
from legato.core.values.time import Span, span_in_words


def check_span(name: str, span: Span) -> Iterator[str]:
    """Say of a span that it is none, or longer than anything is remembered."""
    if span <= 0:
        yield f"let `{name}` be longer than nothing"
    if span > LONGEST:
        yield f"let `{name}` be {span_in_words(LONGEST)} or less; more is not remembered"
