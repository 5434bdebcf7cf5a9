"""The legato.toml that `legato init` writes says what the settings say, and loads."""

import re
from pathlib import Path

import msgspec
from msgspec import Struct

from legato.cli.settings_text import EXAMPLES, settings_text
from legato.settings import Settings, load

STAYS = {"kafka.bootstrap": "kafka:9092", "playbook": "playbook.yaml"}


def _all_on(text: str) -> str:
    """Take the # away before every setting."""
    return re.sub(r"^#(?=\w|\[)", "", text, flags=re.M)


def test_the_file_loads_to_the_defaults_but_for_what_was_chosen(tmp_path: Path) -> None:
    path = tmp_path / "legato.toml"
    path.write_text(settings_text(STAYS))
    settings = load(path, {})
    assert (settings.kafka.bootstrap, settings.playbook) == ("kafka:9092", "playbook.yaml")
    assert _without_choice(settings) == _without_choice(load(_empty(tmp_path), {}))


def test_every_setting_stands_in_it_with_its_default() -> None:
    text = _all_on(settings_text({}))
    read = msgspec.convert(msgspec.toml.decode(text.encode()), Settings)
    assert msgspec.structs.replace(read, sources=(), adapters={}) == Settings()
    assert [*read.adapters] == ["email"]
    assert [source.name for source in read.sources] == ["till"]
    written = msgspec.toml.decode(text.encode())
    assert set(written) == set(Settings().__struct_fields__)
    for name in written:
        section = getattr(Settings(), name)
        if isinstance(section, Struct):
            assert set(written[name]) == set(section.__struct_fields__)


def test_every_setting_is_explained() -> None:
    lines = settings_text({}).splitlines()
    settings = [at for at, line in enumerate(lines) if re.match(r"#\w+ = ", line)]
    unexplained = [lines[at] for at in settings if not lines[at - 1].startswith(("# ", "#"))]
    assert len(settings) > 30
    assert unexplained == []


def test_every_example_stands_in_it() -> None:
    text = settings_text({})
    assert [each for each in EXAMPLES.values() if f"# For example {each}\n" not in text] == []


def _without_choice(settings: Settings) -> Settings:
    kafka = msgspec.structs.replace(settings.kafka, bootstrap="")
    return msgspec.structs.replace(settings, kafka=kafka, playbook="")


def _empty(folder: Path) -> Path:
    path = folder / "empty.toml"
    path.write_text("")
    return path
