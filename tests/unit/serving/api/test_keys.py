"""Keys: only hashes are kept, and what ended, was revoked or is no key opens nothing."""

import stat
from pathlib import Path

import pytest

from legato.core.values.time import NEVER
from legato.serving.api.access import Bucket
from legato.serving.api.keys import ApiKey, KeyRing, new_key, read_keys, write_keys
from legato.settings import SettingsError

NOW = 1_772_438_400_000


def made(**told: object) -> tuple[str, ApiKey]:
    return new_key(**{"name": "shop", "scopes": ("ingest",), "created": NOW, **told})


def ring(folder: Path, *keys: ApiKey) -> KeyRing:
    path = folder / "keys.json"
    write_keys(path, keys)
    return KeyRing(path)


def test_a_key_is_found_by_what_its_bearer_sends(tmp_path: Path) -> None:
    token, key = made()
    other, _ = made()
    keys = ring(tmp_path, key)
    assert keys.find(token, NOW) == key
    assert keys.find(other, NOW) is None


def test_the_file_holds_no_secret_and_is_its_owners_alone(tmp_path: Path) -> None:
    token, key = made()
    ring(tmp_path, key)
    path = tmp_path / "keys.json"
    assert token.rpartition("_")[2] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "bad", ["", "lgt", "lgt_", "lgt__x", "x" * 10_000, "lgt_é_ü", "Bearer"]
)
def test_what_is_no_key_opens_nothing(tmp_path: Path, bad: str) -> None:
    _, key = made()
    assert ring(tmp_path, key).find(bad, NOW) is None


def test_a_key_with_a_byte_changed_opens_nothing(tmp_path: Path) -> None:
    token, key = made()
    keys = ring(tmp_path, key)
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        assert keys.find(token[:place] + other + token[place + 1 :], NOW) is None


def test_a_key_ends_and_is_revoked(tmp_path: Path) -> None:
    ended, first = made(ends=NOW + 10)
    revoked, second = made(revoked=NOW + 20)
    keys = ring(tmp_path, first, second)
    assert keys.find(ended, NOW + 9) == first
    assert keys.find(ended, NOW + 10) is None
    assert keys.find(revoked, NOW + 19) == second
    assert keys.find(revoked, NOW + 20) is None


def test_a_file_that_changes_is_read_anew(tmp_path: Path) -> None:
    token, key = made()
    keys = ring(tmp_path, key)
    assert not keys.refresh()
    write_keys(tmp_path / "keys.json", [])
    assert keys.refresh()
    assert keys.find(token, NOW) is None


def test_a_file_that_breaks_leaves_the_keys_as_they_were(tmp_path: Path) -> None:
    token, key = made()
    keys = ring(tmp_path, key)
    (tmp_path / "keys.json").write_text("{")
    assert not keys.refresh()
    assert keys.find(token, NOW) == key
    (tmp_path / "keys.json").unlink()
    assert not keys.refresh()
    assert keys.find(token, NOW) == key


@pytest.mark.parametrize("text", ["{", "[]", '{"version":2,"keys":[]}', '{"keys":[]}'])
def test_a_file_that_is_none_is_refused_at_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(SettingsError, match=r"keys\.json. is no file of keys"):
        read_keys(tmp_path / "keys.json")


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="legato keys create NAME --scope ingest"):
        KeyRing(tmp_path / "none.json")


def test_two_keys_of_one_id_are_refused(tmp_path: Path) -> None:
    _, key = made()
    write_keys(tmp_path / "keys.json", [key, key])
    with pytest.raises(SettingsError, match="two keys of one id"):
        read_keys(tmp_path / "keys.json")


def test_admin_may_all_and_others_what_they_name() -> None:
    _, key = made(scopes=("read",))
    _, admin = made(scopes=("admin",))
    assert key.may("read")
    assert not key.may("act")
    assert admin.may("act")
    assert key.ends == key.revoked == NEVER


def test_writing_is_whole_or_not_at_all(tmp_path: Path) -> None:
    _, key = made()
    ring(tmp_path, key)
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_a_bucket_holds_twice_its_rate_and_fills_as_time_passes() -> None:
    bucket = Bucket(10, now=0)
    assert bucket.take(20, now=0) == 0
    assert bucket.take(1, now=0) == pytest.approx(0.1)
    assert bucket.take(1, now=0.1) == 0
    assert bucket.take(20, now=100) == 0


def test_what_never_fits_waits_for_a_full_bucket_and_is_owed() -> None:
    bucket = Bucket(10, now=0)
    assert bucket.take(100, now=0) == 0
    assert bucket.take(1, now=7.9) > 0
    assert bucket.take(1, now=8.2) == 0
