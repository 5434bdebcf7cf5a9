"""Actions to look at content with, before there is a real one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from legato.core.playbook.definition import ActionDefinition, Playbook
from legato.core.values.handoff import Handoff, HandoffItem
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Action, Factors
from legato.core.values.time import DAY, HOUR, Instant

AT: Instant = 1_772_442_000_000
"""2026-03-02T09:00:00Z."""
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze “Ada & Söhne” <XL> in Übergröße"
_ITEMS = (
    HandoffItem("SHOE-42", 1, "Runner", "42", 89.0, "EUR", None, "https://shop.example/runner"),
    HandoffItem(
        "SOCK-3", 3, "Wool socks", None, 9.9, "EUR", None, "https://shop.example/socks"
    ),
)
_MANY = tuple(
    HandoffItem(f"SKU-{n}", n % 3 + 1, f"Article {n}", None, 10.0 * n + 0.99, "EUR")
    for n in range(1, 11)
)
_ODD = (
    HandoffItem("SKU-1", 2.5, LONG, "XXXL", 123_456.78, "EUR", None, "https://shop.example/x"),
    HandoffItem("SKU-2-" + "X" * 60, 1),
    HandoffItem("SKU-3", 12, "Umbrella", None, 1_290.0, "JPY"),
)
_TOLD = {
    "order": "A-1042",
    "shop": "Berlin Mitte",
    "points": "1250",
    "queue": "orders",
    "score": "4",
    "percent": "10",
    "article": "SHOE-42",
    "until": "2026-03-02T18:30:00Z",
    "promised": "2026-03-04T16:00:00Z",
    "price": "69.9",
    "before": "89",
    "currency": "EUR",
}


class ContentExample(Struct, frozen=True):
    """An action, and what is special about it."""

    name: str
    action: Action


def examples_of(playbook: Playbook, ref: str, language: str = "") -> list[ContentExample]:
    """Make examples of all actions of a playbook that go out with this content."""
    plans = [plan for plan in _plans(playbook) if plan.content_ref == ref]
    return [
        each
        for plan in plans or [_stranger(ref)]
        for each in _of(plan, _forms(playbook, plan), language)
    ]


def pushed_refs(playbook: Playbook) -> dict[str, tuple[str, ...]]:
    """List what is pushed to customers: `content:` -> the channels that it goes out on."""
    found: dict[str, set[str]] = {}
    for plan in _plans(playbook):
        channel = playbook.channels.get(plan.channel)
        if channel is None or not channel.pull:
            found.setdefault(plan.content_ref, set()).add(plan.channel)
    return {ref: tuple(sorted(channels)) for ref, channels in sorted(found.items())}


def _plans(playbook: Playbook) -> Iterator[ActionDefinition]:
    for plans in playbook.actions.values():
        yield from plans


def _stranger(ref: str) -> ActionDefinition:
    """What stands for an action where the playbook has none with this content."""
    return ActionDefinition("example", "example", "email", "promotion", ref)


def _forms(playbook: Playbook, plan: ActionDefinition) -> tuple[str, ...]:
    """The variants in which an action goes out; one without a name where there is no choice."""
    drawn = (each.shares for each in playbook.rules.variants if each.action == plan.name)
    return tuple(next(drawn, {"": 100}))


def _of(
    plan: ActionDefinition, forms: tuple[str, ...], language: str
) -> Iterator[ContentExample]:
    names = (*plan.params, *plan.templates)
    told = {name: plan.params.get(name) or _TOLD.get(name, name) for name in names}
    full = replace(_action(plan, language, told), variant=forms[0])
    yield ContentExample("as usual", full)
    yield ContentExample("many articles", replace(full, items=_MANY))
    yield ContentExample("odd articles", replace(full, items=_ODD))
    unknown = {**plan.params, **dict.fromkeys(plan.templates, "")}
    yield ContentExample("nothing known", replace(full, items=(), params=unknown))
    for form in forms[1:]:
        yield ContentExample(f"variant {form}", replace(full, variant=form))


def _action(plan: ActionDefinition, language: str, params: Mapping[str, str]) -> Action:
    handoff = Handoff(
        "The customer wants to buy 1 × Runner in size 42.", AT, _ITEMS, 89.0, "EUR"
    )
    return Action(
        customer_id="1-9f2c7a1e0b4d5c6f7a8b9c0d",
        action_id=derive_id("example", plan.name),
        occurrence_id=derive_id("example"),
        journey_id="",
        situation=plan.situation,
        action=plan.name,
        purpose=plan.purpose,
        channel=plan.channel,
        address="ada@example.org",
        content_ref=plan.content_ref,
        time=AT,
        not_before=AT,
        expires_at=AT + plan.expires if plan.expires < DAY * 30 else AT + HOUR,
        factors=Factors(plan.propensity, 1.0, plan.value, plan.lever),
        params=dict(params),
        handoff=handoff if plan.handoff else None,
        offer=plan.offer,
        items=_ITEMS,
        language=language,
    )
