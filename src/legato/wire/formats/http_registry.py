"""A client of Confluent's schema registry API (also spoken by Karapace, Apicurio, Redpanda)."""

from __future__ import annotations

from base64 import b64encode
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from legato.core.values.results import Unreadable
from legato.wire.formats.registry import RegistryDown, RegistryError, shipped, unknown
from legato.wire.formats.schema import Schema, SchemaError, parse

MISSES = 1_000
"""How often an unknown id is answered from memory before the registry is asked again."""
_MEDIA = "application/vnd.schemaregistry.v1+json"


T = TypeVar("T")


class _Reference(Struct):
    subject: str
    version: int


class _Found(Struct, rename="camel"):
    """What the registry says of a schema."""

    schema: str
    schema_type: str = "AVRO"
    references: list[_Reference] = []


class HttpRegistry:
    """Asks for each id once; subjects are the full names of records.

    Answers of 404 are remembered for `MISSES` questions, so that a flood of foreign records
    does not become a flood of requests.
    """

    def __init__(
        self, url: str, username: str = "", password: str = "", timeout_s: float = 10.0
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RegistryError(f"`{url}` is no registry; write for example `http://host:8081`")
        self._parts, self._timeout_s = parts, timeout_s
        self._headers = {"Accept": _MEDIA, "Content-Type": _MEDIA}
        if username or password:
            login = b64encode(f"{username}:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {login}"
        self._known: dict[int, Schema] = {}
        self._own: dict[str, Schema] = {}
        self._missing: dict[int, int] = {}

    def schema(self, number: int) -> Schema | Unreadable:
        """Find the schema of an id; raises RegistryDown."""
        found = self._known.get(number)
        if found is not None:
            return found
        if self._missing.get(number, 0) > 0:
            self._missing[number] -= 1
            return unknown(number)
        return self._fetched(number)

    def own(self, name: str) -> Schema:
        """Return the shipped schema `NAME.avsc`, registered at need; raises RegistryDown."""
        if name not in self._own:
            definition = shipped(name)
            subject = f"{definition['namespace']}.{definition['name']}"
            body = msgspec.json.encode({"schema": msgspec.json.encode(definition).decode()})
            answer = self._ask("POST", f"/subjects/{quote(subject, safe='')}/versions", body)
            number = _read(answer, dict[str, int]).get("id") if answer is not None else None
            if number is None:
                raise RegistryDown(f"the registry gave `{subject}` no id")
            self._own[name] = self._known[number] = parse(number, definition)
        return self._own[name]

    def _fetched(self, number: int) -> Schema | Unreadable:
        answer = self._ask("GET", f"/schemas/ids/{number}")
        if answer is None:
            if len(self._missing) >= MISSES:
                self._missing.clear()
            self._missing[number] = MISSES
            return unknown(number)
        found = _read(answer, _Found)
        if found.schema_type != "AVRO":
            return Unreadable(
                "unknown_schema", f"schema `{number}` is no Avro; send Avro or JSON"
            )
        try:
            schema = parse(number, msgspec.json.decode(found.schema), self._referred(found))
        except (SchemaError, msgspec.MsgspecError) as error:
            reason = f"schema `{number}` cannot be parsed: {type(error).__name__}"
            return Unreadable("unknown_schema", reason)
        self._known[number] = schema
        return schema

    def _referred(self, found: _Found) -> dict[str, dict[str, Any]]:
        """Parse what a schema refers to, deepest first, into named types."""
        named: dict[str, dict[str, Any]] = {}
        for reference in found.references:
            subject = quote(reference.subject, safe="")
            answer = self._ask("GET", f"/subjects/{subject}/versions/{reference.version}")
            if answer is not None:
                inner = _read(answer, _Found)
                named |= self._referred(inner)
                parse(0, msgspec.json.decode(inner.schema), named)
        return named

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes | None:
        """Ask once; None means 404."""
        try:
            status, answer = self._exchange(method, path, body)
        except (OSError, HTTPException) as error:
            raise RegistryDown(
                f"no answer from the registry: {type(error).__name__}"
            ) from error
        if status == 404:
            return None
        if status in (401, 403):
            raise RegistryDown(
                "the registry refuses us; check `registry.username` and password"
            )
        if status != 200:
            raise RegistryDown(f"the registry answers with status `{status}`")
        return answer

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        host = self._parts.hostname or ""
        connection = kind(host, self._parts.port, timeout=self._timeout_s)
        try:
            target = self._parts.path.rstrip("/") + path
            connection.request(method, target, body, self._headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _read(answer: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RegistryDown(f"the registry's answer is not its API's: {error}") from error
