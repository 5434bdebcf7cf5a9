"""`legato check` reads what the API reads as it starts, and shows nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from legato.cli import main
from legato.serving.api.keys import new_key, write_keys

SECRET = "hush-hush-this-is-a-secret"
SOURCE = """
[[sources]]
name = "shop"
topics = ["shop.orders"]
map = "shopify.orders"
[sources.webhook]
scheme = "{scheme}"
secrets = ["file:{path}"]
"""


def a_public_key() -> bytes:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def run(folder: Path, text: str) -> Result:
    settings = folder / "legato.toml"
    settings.write_text(text)
    return CliRunner().invoke(main, ["--settings", str(settings), "check"])


def a_file(path: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def test_where_no_api_is_meant_nothing_is_said_of_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "keys" not in run(tmp_path, "").output
    write_keys(
        tmp_path / "legato-keys.json", [new_key(name="a", scopes=["read"], created=0)[1]]
    )
    assert "keys      1 in `legato-keys.json`, 1 of which count" in run(tmp_path, "").output


def test_keys_are_counted_and_none_is_shown(tmp_path: Path) -> None:
    token, key = new_key(name="the shop", scopes=["ingest"], created=0)
    _, ended = new_key(name="a former one", scopes=["ingest"], created=0, ends=1)
    path = tmp_path / "keys.json"
    write_keys(path, [key, ended])
    told = run(tmp_path, f'[api]\nkeys_file = "{path}"\n')
    assert told.exit_code == 0
    assert f"keys      2 in `{path}`, 1 of which count" in told.output
    assert "their owner's alone" not in told.output
    assert token not in told.output
    assert key.sha256 not in told.output


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot read `{path}` (No such file or directory); make a key with"),
        (SECRET, "`{path}` is no file of keys: "),
        (f'{{"version":1,"keys":["{SECRET}"]}}', "`{path}` is no file of keys: "),
        (
            f'{{"version":1,"keys":[{{"id":"a","name":"b","sha256":"{SECRET}","scopes":'
            '["read"],"created":0}]}',
            "matching regex",
        ),
        (b"\xff\xfe", "`{path}` is no file of keys: "),
    ],
)
def test_keys_that_cannot_be_read_are_told_in_one_sentence(
    tmp_path: Path, text: str | bytes | None, sentence: str
) -> None:
    path = tmp_path / "keys.json"
    if text is not None:
        a_file(path, text)
    told = run(tmp_path, f'[api]\nkeys_file = "{path}"\n')
    assert told.exit_code == 2
    (line,) = (each for each in told.output.splitlines() if each.startswith("legato:"))
    assert sentence.format(path=path) in line
    assert SECRET not in told.output


@pytest.mark.parametrize(
    ("scheme", "text", "sentence"),
    [
        ("shopify", None, "cannot read the secret of its webhook in `{path}` (No such file"),
        ("shopify", "", "a secret of its webhook, in `{path}`, is empty; write it there"),
        ("shopify", b"\xff\xfe", "in `{path}` (it is no text); put it there"),
        ("sendgrid", SECRET, "in `{path}`, is no public key on P-256"),
        ("standard", f"{SECRET}!", "in `{path}`, is no `whsec_` and base64"),
    ],
)
def test_a_secret_that_is_none_is_told_with_its_source_and_file(
    tmp_path: Path, scheme: str, text: str | bytes | None, sentence: str
) -> None:
    path = tmp_path / "secret"
    if text is not None:
        a_file(path, text)
    told = run(tmp_path, SOURCE.format(scheme=scheme, path=path))
    assert told.exit_code == 2
    assert "source `shop`: " in told.output
    assert sentence.format(path=path) in told.output
    assert SECRET not in told.output


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    told = run(tmp_path, SOURCE.format(scheme="shopify", path=tmp_path))
    assert told.exit_code == 2
    assert f"in `{tmp_path}` (Is a directory); put it there" in told.output


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_secret_that_others_may_use_is_told_of_and_no_fault(
    tmp_path: Path, mode: int
) -> None:
    path = a_file(tmp_path / "secret", SECRET, mode)
    told = run(tmp_path, SOURCE.format(scheme="shopify", path=path))
    assert told.exit_code == 0
    advice = f"the secrets of its webhook in `{path}` are not their owner's alone; `chmod 600"
    assert f"advice    source `shop`: {advice} {path}`" in told.output
    assert SECRET not in told.output
    path.chmod(0o600)
    again = run(tmp_path, SOURCE.format(scheme="shopify", path=path))
    assert "not their owner's alone" not in again.output


@pytest.mark.parametrize(("mode", "is_told"), [(0o644, False), (0o664, True), (0o666, True)])
def test_a_public_key_may_be_read_by_all_and_written_by_its_owner(
    tmp_path: Path, mode: int, is_told: bool
) -> None:
    path = a_file(tmp_path / "key", a_public_key(), mode)
    told = run(tmp_path, SOURCE.format(scheme="sendgrid", path=path))
    assert told.exit_code == 0, told.output
    assert ("not their owner's alone" in told.output) == is_told


def test_a_source_for_events_that_there_is_not_is_told_where_there_are_keys(
    tmp_path: Path,
) -> None:
    keys = tmp_path / "keys.json"
    write_keys(keys, [])
    source = '[[sources]]\nname = "till"\ntopics = ["pos"]\n'
    told = run(tmp_path, f'[api]\nkeys_file = "{keys}"\n{source}')
    assert told.exit_code == 2
    assert "`api.source` is `events`; write one of `till`" in told.output
    assert run(tmp_path, source).exit_code == 0


def test_keys_and_secrets_of_links_are_looked_at_too(tmp_path: Path) -> None:
    keys, secret = tmp_path / "keys.json", a_file(tmp_path / "links", SECRET * 2, 0o644)
    write_keys(keys, [])
    keys.chmod(0o646)
    links = f'[unsubscribe]\nsecret = "file:{secret}"\n'
    told = run(tmp_path, f'[api]\nkeys_file = "{keys}"\n{links}')
    assert told.exit_code == 0
    assert f"the keys of the API in `{keys}` are not their owner's alone" in told.output
    assert f"the secrets of links to unsubscribe in `{secret}` are not" in told.output
    secret.unlink()
    gone = run(tmp_path, links)
    assert gone.exit_code == 2
    assert "cannot read the secret of links to unsubscribe" in gone.output


OIDC = """
[oidc]
issuer = "https://id.example"
client_id = "legato"
client_secret = "file:{path}"
redirect_url = "https://legato.example/pages/sign-in/back"
roles = {{floor = "{role}"}}
"""


def test_who_signs_in_to_pages_is_told(tmp_path: Path) -> None:
    secret = a_file(tmp_path / "oidc", SECRET, 0o640)
    users = a_file(tmp_path / "users.json", '{"version":1,"users":[]}')
    text = f'[pages]\nusers_file = "{users}"\n' + OIDC.format(path=secret, role="associate")
    told = run(tmp_path, text)
    assert told.exit_code == 0, told.output
    assert "pages     sign-in by https://id.example\n" in told.output
    assert f"the secret of `oidc` in `{secret}` are not their owner's alone" in told.output
    assert SECRET not in told.output


def test_what_would_keep_pages_from_starting_is_told(tmp_path: Path) -> None:
    users = a_file(tmp_path / "users.json", "{")
    for text, why in (
        (f'[pages]\nusers_file = "{users}"\n', "is no file of users"),
        (OIDC.format(path=tmp_path / "none", role="agent"), "cannot read `oidc.client_secret`"),
        (OIDC.format(path=users, role="boss"), "`oidc.roles` has `boss`, no role"),
    ):
        told = run(tmp_path, text)
        assert (told.exit_code, why in told.stderr) == (2, True), told.output
