"""docs/channels.md: what each channel sends and how it reads answers, by its samples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec

from legato.adapter import Delivered, Failed, Result, Retry
from legato.channels.exchange import HttpAnswer
from legato.channels.outgoing import ExchangeSample
from tests.unit.channels.samples import MODULES

PAGE = Path(__file__).parents[2] / "docs" / "channels.md"
_PART = re.compile(r"(<!-- samples of (\w+): [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
BODY_MOST = 80


def generated(page: str) -> str:
    """Return the page with its samples as they should be."""
    return _PART.sub(lambda found: found[1] + "".join(_samples(found[2])) + found[3], page)


def _samples(use: str) -> Iterator[str]:
    options = ""
    for sample in MODULES[use].SAMPLES:
        yield f"\n**{sample.about}.**"
        if sample.options != options:
            options = sample.options
            yield f" Options:\n\n```toml\n{_placed(options)}```\n\n"
        else:
            yield "\n\n"
        yield from _sample(sample)


def _placed(options: str) -> str:
    """Write options as they stand in the settings."""
    named = re.sub(r"^\[(?=\w)", "[adapters.NAME.options.", options, flags=re.MULTILINE)
    return named if named.startswith("[") else f"[adapters.NAME.options]\n{named}"


def _sample(sample: ExchangeSample) -> Iterator[str]:
    action = sample.outgoing.action
    parts = ", ".join(f"`{name}`" for name in sample.outgoing.parts) or "none"
    yield f"To `{action.address}` on `{action.channel}`, of the parts {parts}:\n\n"
    yield f"```\n{sample.method} {sample.url}\n"
    yield from (f"{name}: {value}\n" for name, value in sample.headers.items())
    yield f"\n{_body(sample.shown)}\n```\n"
    if sample.answers:
        yield "\n| answer | means |\n|---|---|\n"
        yield from (
            f"| {_answer(each)} | {_meaning(result)} |\n" for each, result in sample.answers
        )


def _body(shown: str) -> str:
    if shown.startswith("{"):
        return msgspec.json.format(shown, indent=2)
    return "\n".join(f"{name}={value}" for name, value in parse_qsl(shown))


def _answer(answer: HttpAnswer) -> str:
    told = [str(answer.status)]
    if wait := answer.headers.get("retry-after"):
        told.append(f"`Retry-After: {wait}`")
    if answer.body and len(answer.body) <= BODY_MOST:
        told.append(f"`{answer.body.decode()}`")
    elif answer.body:
        told.append(f"`{_code(answer.body)}`")
    if not answer.whole:
        told.append("and its body broke off")
    return " ".join(told)


def _code(body: bytes) -> str:
    """Show the code of an error that is too long to be shown as a whole."""
    for name in ("errorCode", "code", "status"):
        if found := re.search(rf'"{name}":\s*("?[A-Z_0-9]{{4,}}"?)', body.decode()):
            return f'{{… "{name}": {found[1]} …}}'
    return "…"


def _meaning(result: Result) -> str:
    match result:
        case Delivered(id=name):
            return f"delivered, as `{name}`" if name else "delivered"
        case Failed(reason=reason):
            return f"failed: `{reason}`"
        case Retry(reason=reason, after_s=None):
            return f"again: `{reason}`"
        case Retry(reason=reason, after_s=after_s):
            return f"again in {after_s:g} s: `{reason}`"


if __name__ == "__main__":
    PAGE.write_text(generated(PAGE.read_text()))
