"""Schemas from a folder and from a registry, and what happens when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from legato.core.values.outputs import Revoked
from legato.wire.formats.avro import write_avro
from legato.wire.formats.http_registry import MISSES, HttpRegistry
from legato.wire.formats.open_registry import open_registry
from legato.wire.formats.registry import FileRegistry, RegistryDown, RegistryError, shipped
from legato.wire.formats.schema import Schema, schema_id
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from legato.wire.topics.actions import read_action, write_action
from tests.unit.wire.reading import NOON, envelope, event_of, known, reason_of
from tests.unit.wire.registry_server import RegistryServer, running

CARD = {"type": "record", "name": "Card", "fields": [{"name": "no", "type": "string"}]}
SWIPE = {
    "type": "record",
    "name": "Swipe",
    "fields": [{"name": "id", "type": "string"}, {"name": "card", "type": "Card"}],
}
TAKEN_BACK = Revoked("c1", "a1", "email", "cart_abandoned", NOON, "converted", True)
SOURCE = Source(name="s", topics=("t",))


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with running() as server:
        yield server


def test_a_folder_adds_to_the_shipped_schemas(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "card.avsc").write_bytes(msgspec.json.encode(CARD))
    registry = open_registry(f"file:{tmp_path}")
    assert isinstance(registry, FileRegistry)
    assert known(registry, CARD).name == "Card"
    assert {"Card", "legato.Action", "legato.Outcome"} <= {*registry.ids().values()}
    assert reason_of(registry.schema(1)) == "unknown_schema"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"{", "not JSON"),
        (b'{"type": "record"}', "correct it"),
        (b'{"type": "Card"}', "correct it"),
    ],
)
def test_a_folder_with_a_bad_schema_names_the_file(
    tmp_path: Path, text: bytes, told: str
) -> None:
    (tmp_path / "bad.avsc").write_bytes(text)
    with pytest.raises(RegistryError, match=rf"bad\.avsc.*{told}"):
        FileRegistry(tmp_path)


@pytest.mark.parametrize(
    "url", ["ftp://host", "http://", "file:/no/such/folder", "localhost:8081"]
)
def test_a_setting_that_names_no_registry_is_refused(url: str) -> None:
    with pytest.raises(RegistryError, match=r"write|set"):
        open_registry(url)


def test_a_schema_is_asked_for_once(server: RegistryServer) -> None:
    server.add(7, shipped("channel_event"))
    reader = Reader(SOURCE, open_registry(server.url))
    value = write_avro(envelope(), Schema(7, "e", shipped("channel_event")))
    assert event_of(reader.read(value, None, None, NOON)) == event_of(
        reader.read(value, None, None, NOON)
    )
    assert server.asked == ["GET /api/schemas/ids/7"]


def test_an_unknown_id_is_not_asked_for_again_and_again(server: RegistryServer) -> None:
    registry = HttpRegistry(server.url)
    for _ in range(MISSES + 1):
        assert reason_of(registry.schema(7)) == "unknown_schema"
    assert len(server.asked) == 1
    server.add(7, CARD)
    assert isinstance(registry.schema(7), Schema)


def test_what_legato_writes_is_registered_by_its_full_name(server: RegistryServer) -> None:
    registry = HttpRegistry(server.url)
    value = write_action(TAKEN_BACK, registry)
    assert value[:5] == b"\x00\x00\x00\x00\x65"
    assert read_action(value, None, registry) == TAKEN_BACK
    assert server.asked == ["POST /api/subjects/legato.ActionRevoked/versions"]
    registered = msgspec.json.decode(server.by_subject["legato.ActionRevoked"]["schema"])
    assert schema_id(registered) == schema_id(shipped("action_revoked"))


def test_schemas_may_refer_to_others(server: RegistryServer) -> None:
    server.add(7, SWIPE, references=[{"name": "Card", "subject": "cards", "version": 1}])
    server.by_subject["cards"] = {"schema": msgspec.json.encode(CARD).decode()}
    schema = HttpRegistry(server.url).schema(7)
    assert isinstance(schema, Schema)
    assert write_avro({"id": "1", "card": {"no": "2"}}, schema)[5:] == b"\x021\x022"


@pytest.mark.parametrize(
    "found",
    [
        {"schema": "{}", "schemaType": "PROTOBUF"},
        {"schema": '{"type":"record"}'},
        {"schema": "{"},
        {"schema": "5"},
        {"schema": '{"type": 5}'},
        {"schema": '"Card"'},
        {"schema": '"Card"', "references": [{"name": "C", "subject": "gone", "version": 1}]},
    ],
)
def test_a_schema_that_is_none_of_avros_is_the_records_fault(
    server: RegistryServer, found: dict[str, object]
) -> None:
    server.by_id[7] = found
    assert reason_of(HttpRegistry(server.url).schema(7)) == "unknown_schema"


@pytest.mark.parametrize("status", [500, 503, 429, 302])
def test_a_registry_that_is_ill_is_not_the_records_fault(
    server: RegistryServer, status: int
) -> None:
    registry = HttpRegistry(server.url)
    server.ill = status
    with pytest.raises(RegistryDown, match=str(status)):
        registry.schema(7)
    server.ill = None
    server.add(7, CARD)
    assert isinstance(registry.schema(7), Schema)


def test_a_registry_that_is_gone_is_not_the_records_fault(server: RegistryServer) -> None:
    registry = HttpRegistry(server.url, timeout_s=1.0)
    server.server_close()
    reader = Reader(SOURCE, registry)
    with pytest.raises(RegistryDown, match="no answer"):
        reader.read(b"\x00\x00\x00\x00\x07abc", None, None, NOON)
    with pytest.raises(RegistryDown):
        write_action(TAKEN_BACK, registry)


def test_a_registry_that_speaks_something_else(server: RegistryServer) -> None:
    server.by_id[7] = {"hello": "world"}
    with pytest.raises(RegistryDown, match="answer"):
        HttpRegistry(server.url).schema(7)


def test_a_registry_may_want_a_login() -> None:
    with running("ada:secret") as server:
        server.add(7, CARD)
        assert isinstance(HttpRegistry(server.url, "ada", "secret").schema(7), Schema)
        with pytest.raises(RegistryDown, match=r"check `registry\.username`") as caught:
            HttpRegistry(server.url, "ada", "wrong").schema(7)
        assert "wrong" not in str(caught.value)
