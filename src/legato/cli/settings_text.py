"""legato.toml with every setting explained, made from the settings themselves."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from textwrap import wrap

import msgspec
from msgspec import Struct

from legato.settings import AdapterSettings, Settings
from legato.wire.source.source import Source

WIDTH = 90
HEAD = """\
Settings of Legato.

A line that starts with `#` and a name shows a default; take the `#` away to change it. Every
setting can also come from the environment, as LEGATO_KAFKA_BOOTSTRAP and so on; a list or a
table is JSON there."""
EXAMPLES = {
    "ContentSettings.fields": '{subject = "fields.title", html = "fields.body"}',
    "ContentSettings.headers": '{Authorization = "file:/run/secrets/cms"}',
    "IdentitySettings.previous_peppers": '{0 = "the pepper before"}',
    "OidcSettings.roles": '{"shop-floor" = "associate", "service-desk" = "agent"}',
    "PagesSettings.image_hosts": '["images.shop.example"]',
    "PagesSettings.queues": '{service = {title = "Customer service"}}',
    "PagesSettings.venues": (
        '{berlin-1 = {title = "Berlin Mitte", time_zone = "Europe/Berlin"}}'
    ),
    "KafkaSettings.properties": (
        '{"security.protocol" = "SASL_SSL", "sasl.username" = "legato"}'
    ),
}
SOURCE = """\
# Without any, `channel.events` under the prefix is the only source.
#
# For example:
#[[sources]]
#name = "till"
#topics = ["pos.receipts"]
#format = "json"
#identifiers = {loyalty_id = "customer.card", email = "customer.mail"}
#fields = {id = "receipt.number", time = "receipt.at"}
#data = {items = "lines"}
#defaults = {type = "order.completed", channel = "store"}"""


ADAPTER = """\
# For example:
#[adapters.email]
#channels = ["email"]
#rate = 50
#
#[adapters.email.options]
#host = "smtp.example"
#sender = "The Shoe Shop <hello@shop.example>"
#password = "file:/run/secrets/smtp\""""


def settings_text(chosen: Mapping[str, object]) -> str:
    """Write the file; `chosen` are settings (`kafka.bootstrap`) that are not the default."""
    docs, everything = _docs(), Settings()
    parts = [_comment(HEAD), *_explained(everything, "", docs, chosen)]
    for name in everything.__struct_fields__:
        section = getattr(everything, name)
        if isinstance(section, Struct):
            parts.append(f"[{name}]\n{_comment(inspect.getdoc(section) or '')}")
            parts += _explained(section, f"{name}.", docs, chosen)
    parts.append(f"{_comment(inspect.getdoc(Source) or '')}\n#\n{SOURCE}")
    parts.append(f"{_comment(_adapters(docs))}\n#\n{ADAPTER}")
    return "\n\n".join(parts) + "\n"


def _explained(
    section: Struct, place: str, docs: Mapping[str, str], chosen: Mapping[str, object]
) -> Iterator[str]:
    """Write each plain setting of a section under what it is for."""
    for name in section.__struct_fields__:
        default = getattr(section, name)
        if isinstance(default, Struct) or name in ("sources", "adapters"):
            continue
        key = f"{type(section).__name__}.{name}"
        told = _comment(docs[key])
        if key in EXAMPLES:
            told += f"\n# For example {EXAMPLES[key]}"
        value = chosen.get(place + name)
        off = "#" if value is None else ""
        yield f"{told}\n{off}{name} = {_toml(default if value is None else value)}"


def _adapters(docs: Mapping[str, str]) -> str:
    """Explain the settings of an adapter."""
    default = AdapterSettings()
    told = [inspect.getdoc(AdapterSettings) or ""]
    for name in default.__struct_fields__:
        value = _toml(getattr(default, name))
        told.append(f"{name} = {value}: {docs[f'AdapterSettings.{name}']}")
    return "\n\n".join(told)


def _docs() -> dict[str, str]:
    """Read the docstring below each field: `KafkaSettings.prefix` -> what it is for."""
    everything = Settings()
    told = (getattr(everything, name) for name in everything.__struct_fields__)
    kinds: list[type[Struct]] = [Settings, AdapterSettings]
    kinds += (type(each) for each in told if isinstance(each, Struct))
    found: dict[str, str] = {}
    for kind in kinds:
        (node,) = ast.parse(inspect.getsource(kind)).body
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}": doc for name, doc in _docs_of(node)}
    return found


def _docs_of(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(node.body, node.body[1:], strict=False):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(doc))),
            ):
                yield name, inspect.cleandoc(doc)
            case _:
                """No field, or one without a docstring."""


def _comment(text: str) -> str:
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        lines += ["", *wrap(" ".join(paragraph.split()), WIDTH)]
    return "\n".join(f"# {line}".rstrip() for line in lines[1:])


def _toml(value: object) -> str:
    """Write a value as TOML, whose strings, numbers and lists are those of JSON."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name} = {_toml(each)}' for name, each in value.items())}}}"
    return msgspec.json.encode(value).decode().replace('","', '", "')
