"""`legato keys`: keys for consoles that show pages of the desk, made from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from legato.cli import main
from legato.serving.api.keys import is_embed_origin, read_keys

CRM = "https://crm.example"


def create(folder: Path, *words: str) -> Result:
    file = str(folder / "keys.json")
    return CliRunner().invoke(main, ["keys", "create", "console", *words, "--file", file])


def test_a_key_names_the_consoles_that_may_show_pages(tmp_path: Path) -> None:
    done = create(tmp_path, "--scope", "act", "--embed-origin", CRM)
    assert done.exit_code == 0, done.output
    [key] = read_keys(tmp_path / "keys.json")
    assert (key.scopes, key.embed_origins, key.origins) == (("act",), (CRM,), ())


@pytest.mark.parametrize("scope", ["ingest", "read"])
def test_a_key_for_consoles_may_act(tmp_path: Path, scope: str) -> None:
    done = create(tmp_path, "--scope", scope, "--embed-origin", CRM)
    assert done.exit_code == 2
    assert "give it `--scope act`" in done.output


def test_a_public_key_is_for_no_console(tmp_path: Path) -> None:
    words = ("--scope", "act", "--embed-origin", CRM, "--origin", "https://shop.example")
    done = create(tmp_path, *words)
    assert done.exit_code == 2
    assert "`--scope ingest` alone" in done.output


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https://*.crm.example",
        "https://crm.example/",
        "https://crm.example; script-src *",
        "https://crm.example\n",
        "https://CRM.example",
        "http://crm.example",
        "crm.example",
        "null",
        "",
    ],
)
def test_what_is_no_origin_is_refused(tmp_path: Path, origin: str) -> None:
    done = create(tmp_path, "--scope", "act", "--embed-origin", origin)
    assert done.exit_code == 2
    assert "write one such as `https://crm.example`" in done.output
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize(
    "origin", [CRM, CRM + ":8443", "http://localhost:3000", "http://127.0.0.1", "https://a"]
)
def test_what_is_an_origin_is_taken(origin: str) -> None:
    assert is_embed_origin(origin)
