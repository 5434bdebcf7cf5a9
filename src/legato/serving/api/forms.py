"""Bodies as forms are sent: `application/x-www-form-urlencoded`."""

from __future__ import annotations

from typing import TypeAlias
from urllib.parse import parse_qsl

import msgspec

FORM = "application/x-www-form-urlencoded"
FIELDS_MOST = 1_000

FormField: TypeAlias = tuple[str, str]


def is_form(content_type: str) -> bool:
    """Tell a form by its content type."""
    return content_type.partition(";")[0].strip().lower() == FORM


def read_form(body: bytes) -> list[FormField] | None:
    """Read the fields in their order, empty ones too; None for what is no form.

    What is not UTF-8 is read with a sign in its place.
    """
    try:
        text = body.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MOST)
    except ValueError:
        return None


def form_as_json(body: bytes) -> bytes | None:
    """Write a form as a JSON object of texts, with a list for what it has several times."""
    fields = read_form(body)
    if fields is None:
        return None
    told: dict[str, str | list[str]] = {}
    for name, value in fields:
        before = told.get(name)
        if before is None:
            told[name] = value
        else:
            told[name] = [*(before if isinstance(before, list) else [before]), value]
    return msgspec.json.encode(told)
