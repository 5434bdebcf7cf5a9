"""Rows of Parquet as JSON: times in RFC 3339 with a zone, decimals with all their digits."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from legato.operations.ingest.errors import IngestRefused
from legato.operations.ingest.files import FilePosition, FileRow, pyarrow_for

AT_ONCE = 2_000
_encode = msgspec.json.Encoder(decimal_format="number").encode


class ParquetRows:
    """A file of Parquet; raises IngestRefused if it is none, or pyarrow is missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._arrow = pyarrow_for(path)
        parquet = import_module("pyarrow.parquet")
        try:
            self._file: Any = parquet.ParquetFile(path, coerce_int96_timestamp_unit="us")
        except self._arrow.ArrowInvalid as error:
            raise IngestRefused(f"`{path}` is no Parquet: {_first_line(error)}") from None
        self._schema = self._plain_schema(self._file.schema_arrow)

    @property
    def count(self) -> int:
        """How many rows it holds."""
        return int(self._file.metadata.num_rows)

    def rows(self, at: FilePosition) -> Iterator[FileRow]:
        """Read from a row on; what is null is left out."""
        groups, before = self._groups_from(at.rows)
        skipped = at.rows - before
        for number, row in enumerate(self._records(groups), before + 1):
            if skipped:
                skipped -= 1
                continue
            told = {name: value for name, value in row.items() if value is not None}
            value = _encode(told)
            yield FileRow(number, value, FilePosition(number, number), value)

    def _groups_from(self, rows: int) -> tuple[list[int], int]:
        """Leave out the row groups that lie before a row, and say how many rows those hold."""
        metadata, before = self._file.metadata, 0
        for group in range(metadata.num_row_groups):
            held = metadata.row_group(group).num_rows
            if before + held > rows:
                return list(range(group, metadata.num_row_groups)), before
            before += held
        return [], before

    def _records(self, groups: list[int]) -> Iterator[dict[str, Any]]:
        try:
            for batch in self._file.iter_batches(AT_ONCE, row_groups=groups):
                plain = batch.cast(self._schema, safe=False)
                yield from plain.to_pylist(maps_as_pydicts="strict")
        except (self._arrow.ArrowException, OSError, KeyError) as error:
            raise IngestRefused(
                f"`{self._path}` cannot be read: {_first_line(error)}"
            ) from None

    def _plain_schema(self, schema: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
        arrow = self._arrow
        fields = [arrow.field(each.name, self._plain(each.type)) for each in schema]
        return arrow.schema(fields)

    def _plain(self, kind: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Bring every time to whole microseconds of UTC, however deep it lies."""
        arrow, types = self._arrow, self._arrow.types
        if types.is_timestamp(kind):
            return arrow.timestamp("us", "UTC")
        if types.is_dictionary(kind):
            return self._plain(kind.value_type)
        if types.is_list(kind) or types.is_large_list(kind):
            return arrow.list_(self._plain(kind.value_type))
        if types.is_struct(kind):
            return arrow.struct(
                [arrow.field(each.name, self._plain(each.type)) for each in kind]
            )
        if types.is_map(kind):
            return arrow.map_(kind.key_type, self._plain(kind.item_type))
        return kind


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
