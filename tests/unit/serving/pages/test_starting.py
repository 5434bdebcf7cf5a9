"""Pages start only where somebody could sign in, and nobody from where they should not."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from legato import settings as of
from legato.serving.pages.starting import check_pages, users_of
from legato.settings import Settings, SettingsError

OIDC = of.OidcSettings(
    issuer="https://id.example",
    client_id="legato",
    redirect_url="https://legato.example/pages/sign-in/back",
    roles={"floor": "associate"},
)


def told(
    host: str = "127.0.0.1", oidc: of.OidcSettings | None = None, **pages: object
) -> Settings:
    return Settings(
        api=of.ApiSettings(host=host),
        pages=of.PagesSettings(**pages),  # type: ignore[arg-type]
        oidc=oidc or of.OidcSettings(),
    )


@pytest.mark.parametrize(
    "settings",
    [
        told(),
        told("::1"),
        told("localhost"),
        told("127.0.0.2"),
        told("0.0.0.0", local_users="anywhere"),
        told("0.0.0.0", OIDC),
        told(oidc=OIDC, local_users="never"),
    ],
)
def test_pages_start_where_somebody_could_sign_in(settings: Settings) -> None:
    check_pages(settings, pages_on=True)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (told("0.0.0.0"), "local users do so on loopback alone, and `api.host` is `0.0.0.0`"),
        (told("192.168.0.7"), "set `oidc.issuer`, or `pages.local_users` to `anywhere`"),
        (told("legato.example"), "on loopback alone"),
        (told(local_users="never"), "nobody could sign in to the pages; set `oidc.issuer`"),
    ],
)
def test_pages_do_not_start_where_nobody_could(settings: Settings, why: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_pages(settings, pages_on=True)
    assert why in str(caught.value)
    check_pages(settings, pages_on=False)


@pytest.mark.parametrize("on", [True, False])
def test_what_cannot_be_read_is_told_before(tmp_path: Path, on: bool) -> None:
    broken = tmp_path / "users.json"
    broken.write_text("{")
    for settings, why in (
        (told(users_file=str(broken)), "is no file of users"),
        (told(oidc=replace(OIDC, roles={"x": "boss"})), "`oidc.roles` has `boss`, no role"),
        (
            told(oidc=replace(OIDC, client_secret=f"file:{tmp_path}/none")),
            "cannot read `oidc.client_secret` in",
        ),
    ):
        with pytest.raises(SettingsError, match=why):
            check_pages(settings, on)


def test_local_users_are_nobody_where_they_may_not_be(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text("{")
    path = str(tmp_path / "users.json")
    assert not users_of(told("0.0.0.0", OIDC, users_file=path)).may_be
    with pytest.raises(SettingsError):
        users_of(told(users_file=path))
    assert users_of(told(users_file=str(tmp_path / "none.json"))).may_be
