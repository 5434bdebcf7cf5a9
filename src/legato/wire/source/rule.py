"""A field's rule, compiled: where it is found, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from legato.wire.source.conversion import Conversion, amount_of, conversion_of
from legato.wire.source.path import Path, SourceRecord, compile_path
from legato.wire.source.source import FieldRule, Mapped, RecordCondition, Word

DROP = "drop"


class LeftOut(Exception):
    """A word says that its event is to be left out."""


class PathTrace:
    """Which fields were looked for while samples were read, and which were ever found."""

    def __init__(self) -> None:
        self._sought: dict[str, str] = {}
        self._found: set[str] = set()

    def note(self, field: str, paths: str, *, found: bool) -> None:
        """Note that a field was looked for."""
        self._sought[field] = paths
        if found:
            self._found.add(field)

    @property
    def never_found(self) -> list[str]:
        """Say which paths led nowhere in any record."""
        return [
            f"`{field}`: nothing was ever found under {paths}"
            for field, paths in self._sought.items()
            if field not in self._found
        ]


def compile_field(
    field: str,
    mapped: Mapped,
    trace: PathTrace | None = None,
    *,
    written: Mapped | None = None,
) -> Path:
    """Compile where a field lies; raises ValueError. With `trace`, notes what it finds.

    `written` is how the settings have it, where `mapped` is a part of that.
    """
    path = _compiled(mapped)
    texts = list(texts_of(mapped if written is None else written))
    if trace is None or not texts:
        return path
    paths = ", ".join(f"`{text}`" for text in texts)

    def traced(record: SourceRecord) -> object:
        value = path(record)
        trace.note(field, paths, found=value is not None)
        return value

    return traced


def texts_of(mapped: Mapped) -> Iterator[str]:
    """List the paths of a field."""
    match mapped:
        case str():
            yield mapped
        case FieldRule(path=str(path)):
            yield path
        case FieldRule(path=paths):
            yield from paths
        case _:
            for each in mapped:
                yield from texts_of(each)


def compile_condition(condition: RecordCondition, trace: PathTrace | None) -> Path:
    """Compile what must hold; the path finds True or False. Raises ValueError."""
    path = compile_field("when", _as_field(condition.path), trace)
    among = None if condition.among is None else set(map(_folded, condition.among))
    not_among = set(map(_folded, condition.not_among))
    if among is None and not not_among:
        raise ValueError("`when` has neither `in` nor `not_in`; write which words are read")

    def holds(record: SourceRecord) -> bool:
        found = path(record)
        if found is None:
            return among is None
        word = _folded(found)
        return (among is None or word in among) and word not in not_among

    return holds


def _as_field(path: str | tuple[str, ...]) -> Mapped:
    return path


def _compiled(mapped: Mapped) -> Path:
    match mapped:
        case str():
            return compile_path(mapped)
        case FieldRule():
            return _rule(mapped)
        case _:
            return _first_of(tuple(_compiled(each) for each in mapped))


def _first_of(paths: tuple[Path, ...]) -> Path:
    if not paths:
        raise ValueError("a field has an empty list of paths; write at least one")
    if len(paths) == 1:
        return paths[0]

    def first(record: SourceRecord) -> object:
        for path in paths:
            if (value := path(record)) not in (None, ""):
                return value
        return None

    return first


def _rule(rule: FieldRule) -> Path:
    if rule.value is not None:
        if rule.path or rule.words or rule.form or rule.zone or rule.currency:
            raise ValueError("a field with `value` takes nothing beside it; leave one out")
        return lambda _: rule.value
    paths = (rule.path,) if isinstance(rule.path, str) else rule.path
    if not paths:
        raise ValueError("a field has neither `path` nor `value`; write one")
    path = _first_of(tuple(compile_path(text) for text in paths))
    if rule.currency:
        return _amount(path, rule)
    conversion = conversion_of(rule.form, rule.zone)
    if not rule.words and rule.otherwise is None:
        return path if conversion is None else _converted(path, conversion)
    translated = _translated(path, rule)
    return translated if conversion is None else _converted(translated, conversion)


def _amount(path: Path, rule: FieldRule) -> Path:
    if rule.form != "cents":
        raise ValueError('`currency` stands beside `as = "cents"` alone; leave it out')
    currency = compile_path(rule.currency)

    def amount(record: SourceRecord) -> object:
        value = path(record)
        return None if value is None else amount_of(value, currency(record))

    return amount


def _converted(path: Path, conversion: Conversion) -> Path:
    def convert(record: SourceRecord) -> object:
        value = path(record)
        return None if value is None else conversion(value)

    return convert


def _translated(path: Path, rule: FieldRule) -> Path:
    words: Mapping[str, Word] = rule.words
    folded = {_folded(word): meant for word, meant in words.items()}
    patterns = [(word, meant) for word, meant in folded.items() if "*" in word]
    otherwise = rule.otherwise

    def meaning(word: str) -> Word | None:
        if (meant := folded.get(word)) is not None:
            return meant
        hits = (meant for pattern, meant in patterns if fnmatchcase(word, pattern))
        return next(hits, otherwise)

    def translate(record: SourceRecord) -> object:
        value = path(record)
        if value is None:
            return None
        word = word_of(value)
        meant = words.get(word)
        if meant is None:
            meant = meaning(_folded(word))
        if meant == DROP:
            raise LeftOut
        return value if meant is None else meant

    return translate


def word_of(value: object) -> str:
    """Say a value as settings write it: `true`, `7`, `open`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _folded(value: object) -> str:
    return word_of(value).strip().casefold()
