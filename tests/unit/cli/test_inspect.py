"""`legato inspect` shows a customer as the core knows them."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from legato.cli.format.context import context_panels
from legato.harness import Harness, default_playbook
from tests.unit.core.stories import at, event


def shown(harness: Harness) -> str:
    """All panels of the one customer, as text."""
    (context,) = harness.contexts.values()
    page = StringIO()
    Console(file=page, width=120).print(*context_panels(context, default_playbook(), at(60)))
    return page.getvalue()


def test_the_stage_is_support_while_a_case_is_open() -> None:
    harness = Harness().feed(event(0, "product.viewed"))
    assert "acquisition" in shown(harness)
    harness.feed(event(1, "contact.started", "chat", reason="refund"))
    page = shown(harness)
    assert "support" in page
    assert "acquisition" not in page


def test_who_asked_to_be_forgotten_is_shown_so() -> None:
    asked = event(1, "privacy.erasure_requested", "desk", proof="DSR-17", source="crm")
    page = shown(Harness().feed(event(0, "page.viewed"), asked))
    assert "asked to be forgotten, 2026-03-02 12:01:00 (crm, DSR-17)" in page
    assert "forgotten" not in shown(Harness().feed(event(0, "page.viewed")))
