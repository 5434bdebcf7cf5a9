"""Users for tests of the pages, with passwords that cost little."""

from __future__ import annotations

from argon2 import PasswordHasher

from legato.serving.pages.passwords import Passwords
from legato.serving.pages.users import LocalUser

NOW = 1_772_438_400_000
PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DEARER = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
HASH = Passwords(CHEAP).hash(PASSWORD)


def a_user(name: str = "maria", **told: object) -> LocalUser:
    """An associate of Berlin."""
    plain: dict[str, object] = {
        "password": HASH,
        "password_since": NOW,
        "roles": ("associate",),
        "brands": ("north",),
        "venues": ("berlin",),
    }
    return LocalUser(name=name, **{**plain, **told})  # type: ignore[arg-type]
