"""Content and actions for tests of content."""

from __future__ import annotations

from pathlib import Path

import msgspec

from legato.content.catalog import catalog_of
from legato.content.templates import Templates
from legato.core.values.handoff import HandoffItem
from legato.core.values.outputs import Action

AT = 1_772_442_000_000
"""2026-03-02T09:00:00Z."""
SHOE = HandoffItem("SHOE-42", 1, "Runner", "42", 1289.5, "EUR", None, "https://shop.example/r")


def an_action(**told: object) -> Action:
    """An action of a customer in Austria, with one shoe in the cart."""
    usual: dict[str, object] = {
        "customer_id": "1-9f2c7a1e0b4d5c6f7a8b9c0d",
        "action_id": "5d41402abc4b2a76",
        "occurrence_id": "o",
        "journey_id": "",
        "situation": "cart_abandoned",
        "action": "remind_by_email",
        "purpose": "promotion",
        "channel": "email",
        "address": "ada@example.org",
        "content_ref": "reminder",
        "time": AT,
        "not_before": AT,
        "expires_at": AT + 3_600_000,
        "factors": {"propensity": 1, "context": 1, "value": 1, "lever": 1},
        "items": (SHOE,),
        "language": "de-AT",
    }
    return msgspec.convert(usual | told, Action)


def templates(texts: dict[str, str], language: str = "en", zone: str = "UTC") -> Templates:
    """Compile these texts."""
    return Templates(catalog_of(texts), language, zone)


def rendered(text: str, kind: str = "txt", **told: object) -> str:
    """Render one part with an action."""
    made = templates({f"reminder/de/part.{kind}": text}, zone="Europe/Berlin")
    return made.render(an_action(**told))["part"]


def write(folder: Path, texts: dict[str, str]) -> None:
    """Write texts where they belong in a folder."""
    for place, text in texts.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
