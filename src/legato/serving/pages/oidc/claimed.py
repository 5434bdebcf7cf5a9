"""Who somebody is by the claims of their token: a map in the settings says which tell what."""

from __future__ import annotations

from collections.abc import Mapping

from legato.queries.rights import ALL, ROLES, User
from legato.serving.pages.oidc.refused import NO_PART, SignInRefused
from legato.settings import OidcSettings, SettingsError

PREFIX = "oidc:"
"""What the ids of such users begin with; those of local users have no colon."""
NAMES_MOST, NAME_MOST = 1_000, 200


def user_of(claims: Mapping[str, object], settings: OidcSettings) -> User:
    """Read who it is, and their rights; raises SignInRefused for somebody without a role.

    Groups that are no role are passed over, and so is what is no name.
    """
    groups = names_at(claims, settings.roles_claim)
    roles = {role for group in groups if (role := settings.roles.get(group)) is not None}
    if not roles:
        raise SignInRefused(NO_PART)
    subject = str(claims["sub"])
    called = names_at(claims, settings.name_claim)
    return User(
        id=f"{PREFIX}{subject}",
        name=called[0] if called else subject,
        roles=tuple(each for each in ROLES if each in roles),
        brands=names_at(claims, settings.brands_claim) if settings.brands_claim else (ALL,),
        venues=names_at(claims, settings.venues_claim),
        queues=names_at(claims, settings.queues_claim),
        language=next(iter(names_at(claims, "locale")), "").partition("-")[0],
    )


def names_at(claims: object, path: str) -> tuple[str, ...]:
    """Read names at a path: a list of them, or one; empty where there are none."""
    match claim_at(claims, path):
        case str(name):
            told = [name]
        case list(names):
            told = [each for each in names[:NAMES_MOST] if isinstance(each, str)]
        case _:
            told = []
    return tuple(each.strip() for each in told if 0 < len(each.strip()) <= NAME_MOST)


def claim_at(claims: object, path: str) -> object:
    """Find a claim by its name, or by those on the way to it with dots between; else None.

    A name may have dots itself, as `https://shop.example/roles` has.
    """
    if not isinstance(claims, Mapping) or not path:
        return None
    if path in claims:
        return claims[path]
    for at, letter in enumerate(path):
        if letter == "." and path[:at] in claims:
            found = claim_at(claims[path[:at]], path[at + 1 :])
            if found is not None:
                return found
    return None


def see_roles(settings: OidcSettings) -> None:
    """See that the map leads to roles; raises SettingsError for what is none."""
    for role in settings.roles.values():
        if role not in ROLES:
            known = "`, `".join(ROLES)
            raise SettingsError(f"`oidc.roles` has `{role}`, no role; write one of `{known}`")
