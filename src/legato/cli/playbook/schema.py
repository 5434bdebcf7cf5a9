"""The JSON Schema of a playbook: for editors, and for whoever looks a key up.

It is made of the types that read a playbook, so that it cannot fall behind them; what a key
means stands here, once, and docs/playbook.md shows it as well.
"""

from __future__ import annotations

from typing import Any

import msgspec

from legato.core.playbook.schema import PlaybookText, situation_text
from legato.core.situations.primitives import PRIMITIVES
from legato.testing.playbook_file import PlaybookTestText

ADDRESS = "https://json-schema.org/draft/2020-12/schema"
FILE = "playbook.schema.json"
"""What it is called among the schemas that Legato ships."""
_REF = "#/$defs/{name}"

_AMONG = {
    "action": "Only of this action.",
    "situation": "Only about this situation.",
    "channel": "Only on this channel.",
    "purpose": "Only of this purpose.",
}
_BY = "A value of the event (event.cart_id): each has a run of its own."

ABOUT: dict[str, dict[str, str]] = {
    "PlaybookText": {
        "version": "Which way of writing a playbook this is: 1.",
        "time_zone": "The zone of dates, where the customer's own is not known.",
        "events": "Event types of your own, with what their data hold: {score: number}.",
        "segments": "Customers of whom something holds, by names that conditions may ask for.",
        "situations": "What to look for: a name of yours, and how it is found.",
        "actions": "What may be done about a situation, by names of yours.",
        "channels": "Where actions go, and how a customer is reached there.",
        "caps": "At most so many actions in any span, by names of yours.",
        "rate": "At most so many actions of a channel an hour, such as 2000/h; others wait.",
        "cooldowns": "None of some actions within a span of another, by names of yours.",
        "exclusions": "Of some actions one kind alone, by names of yours.",
        "suppress": "Silence after so many that were rejected, by names of yours.",
        "holdouts": "Customers who get nothing, to measure what it brings, by names of yours.",
        "variants": "In which form an action goes out: shares of 100, and a `salt`.",
        "capacity": "What must be below before a channel is taken, by names of channels.",
        "quiet_hours": "When nothing goes out, by the customer's own clock.",
        "muted_by_case": "The purposes that an open service case silences; none: [].",
        "forget": "After how long without a touch an open cart or case is nobody's.",
        "attribution": "How long after an action a purchase is put down to it: a span.",
        "learning": "Let propensities be learned of what became of actions (docs/learning.md).",
    },
    "SituationText": {
        "absence": "Something came, or is open, and nothing followed for a while, in stages.",
        "switch": "The customer goes on elsewhere with something still open.",
        "repeat": "So many events of a kind within a span.",
        "sequence": "Events in this order within a span.",
        "match": "An event for which something holds.",
        "calendar": "A date of the customer comes round.",
        "change": "What holds of the customer turns, by an event or as time goes on.",
        "about": "What it is for, in your words.",
        "goal": "What it is about: cart, case, order …; the value of `by` names which.",
        "ends": "What ends it: events by which its open actions are taken back.",
        "entry": "How often a customer enters it: always, once, or {after: 30d}.",
        "owner": "Whose it is.",
    },
    "AbsenceText": {
        "after": "What came: an event, a glob, a list. With `of`: spans, each a stage.",
        "of": "What is left alone: an open cart, an open case, or the customer as a whole.",
        "unless": "What may not have come since.",
        "for": "How long: a span, or growing spans, each a stage, or an expression.",
        "until": "In place of `for`: an expression of the instant by which it is due.",
        "restart": "false: another event of `after` does not begin it anew.",
        "by": _BY,
    },
    "RepeatText": {
        "of": "Which events count: a type, a glob, a list, or {event: …, where: …}.",
        "times": "How many.",
        "within": "In any span of this length.",
        "by": _BY,
        "distinct": "Count different values of this expression.",
        "every": "true: those that were counted are used up, and counting begins anew.",
    },
    "SequenceText": {
        "steps": "The events, in their order.",
        "within": "From the first to the last at most.",
        "without": "What may not come between.",
        "by": _BY,
    },
    "MatchText": {
        "on": "Which events: a type, a glob, a list, or {event: …, where: …}.",
        "where": "What must hold for the event.",
        "once": "Not again within this span, or for the same value of an expression.",
        "by": _BY,
    },
    "MatchingText": {
        "event": "A type, a glob, or a list of them.",
        "where": "What must hold for the event; of a list, all of it.",
    },
    "CalendarText": {
        "on": "A date of the customer: customer.profile.traits.birthday.",
        "at": "At which time of their day.",
        "every": "year or month.",
    },
    "ChangeText": {
        "of": 'An expression about the customer: in_segment("vip").',
        "to": "The value to which it turns; any: to whatever other.",
    },
    "SegmentText": {
        "when": "What must hold of the customer; of a list, all of it.",
        "about": "Who they are, in your words.",
    },
    "EndText": {
        "event": "A type, a glob, or a list of them.",
        "where": "What must hold for the event; of a list, all of it.",
        "as": "The reason with which open actions are taken back.",
    },
    "AgainText": {"after": "Not again before so long."},
    "OwnerText": {
        "team": "The team that answers for it.",
        "kpi": "The figure by which it is measured.",
    },
    "SwitchText": {
        "within": "How long ago they were elsewhere at most: one span, or one for each goal.",
        "goal": "What is open: a goal, a list of them, any (cart, checkout, case), or none.",
    },
    "ActionText": {
        "situation": "The situation that it is about.",
        "channel": "The channel that it goes to.",
        "purpose": "promotion needs the customer's consent; service does not, unless refused.",
        "content": "What your channel shows: a template, a page, a script.",
        "when": "What must hold, a mapping or conditions; else it loses as `not_eligible`.",
        "propensity": "How likely it is that it works: 0 to 1, say.",
        "value": "What it is worth if it works.",
        "lever": "How much you want it: 1 is neutral.",
        "context": "So many percent more, or less, where something holds.",
        "expires": "After how long it is too late: a span.",
        "handoff": "true: it carries what the customer wants and how far they got.",
        "params": "Texts for your channel, also templates: {{ event.data.reason }}.",
        "offer": "What it offers: until that ends, no other offer is made anywhere.",
        "about": "What it is for, in your words.",
    },
    "WhenText": {
        "to": "The customer came to one of these channels.",
        "from": "The customer came from one of these channels, or began the cart there.",
        "goal": "One of these is open: cart, checkout, case, interest, reservation, order.",
        "stage": "The situation is at one of these stages; the first is 1.",
        "value_at_least": "The cart is worth so much: 100, or {EUR: 100}.",
    },
    "WeightText": {
        "when": "What must hold: a mapping, or conditions.",
        "percent": "So many percent more; -100 takes all away.",
    },
    "ChannelText": {
        "address": "The identifiers by which the customer is reached, the best first.",
        "pull": "true: the customer is there themselves, such as in a shop or on a page.",
    },
    "CapText": {
        "most": "So many at most.",
        "per": "In any span of this length.",
        "calendar": "In each day, week or month of the customer's own.",
        "purpose": "Only of this purpose.",
        "channel": "Only on this channel.",
        "situation": "Only about this situation.",
    },
    "CooldownText": {"per": "So long before or after another.", **_AMONG},
    "ExclusionText": {
        "actions": "Those of which one kind alone goes out; the same may go out again.",
        "per": "Within this span.",
    },
    "SuppressText": {
        "rejections": "So many that were rejected,",
        "within": "within this span,",
        "for": "bring silence for so long.",
        **_AMONG,
    },
    "HoldOutText": {
        "percent": "So many percent of customers get none of them.",
        "salt": "Any word; another draws anew.",
        **_AMONG,
    },
    "CapacityText": {
        "reference": "The kind of a reference: queue.",
        "key": "Its key: sales.",
        "below": "Each of these numbers of it must be below: {wait_s: 300}; unknown is not.",
    },
    "QuietText": {
        "from": 'When they begin: "21:00".',
        "to": 'When they end: "08:00".',
        "channels": "The channels that keep quiet.",
        "unknown_time_zone": "If the customer's zone is not known, all of these must be awake.",
    },
    "ForgetText": {
        "cart": "Of a cart and its checkout: a span.",
        "case": "Of a service case: a span.",
    },
    "LearningText": {
        "explore": "Of so many percent of situations, any that passed the checks is done.",
        "half_life": "After this span, what became of an action counts half.",
        "least": "Below so many tries the written propensity counts.",
        "segments": "The segments to tell apart, 64 at most; the first that holds is whose.",
    },
    "PlaybookTestText": {
        "name": "What the test shows, in your words.",
        "given": "The events of the story, and references between them.",
        "until": "Up to when time goes on: +SPAN after the last event, or a time as `at`.",
        "expect": "What must come of it.",
    },
    "ExpectedText": {
        "situations": "All of these are found: NAME, or NAME stage 2; [] for none.",
        "actions": "All of these are decided: NAME@CHANNEL, or NAME; [] for none.",
        "not": "None of these situations and actions comes.",
        "revoked": "All of these actions are taken back; [] for none.",
        "reasons": "Why actions lost, at least once: {NAME: REASON}.",
    },
}
"""What each key means, by the mapping that it stands in."""

GIVEN: dict[str, Any] = {
    "type": "object",
    "anyOf": [{"required": ["type"]}, {"required": ["reference", "key", "value"]}],
    "properties": {
        "at": {
            "type": ["string", "integer"],
            "description": 'When: "10:00" on 2 March 2026 UTC, +1h from 10:00, or RFC 3339.',
        },
        "type": {"type": "string", "description": "The type of the event (docs/contracts.md)."},
        "channel": {"type": "string", "description": "Where it happened; web."},
        "as": {
            "type": "object",
            "description": "Whose it is: {email: kim@example.org}; else one and the same.",
        },
        "received": {
            "type": ["string", "integer"],
            "description": "When the log took it, if it came late; written as `at`.",
        },
        "data": {"type": "object", "description": "What it tells besides, if a name is taken."},
        "reference": {"type": "string", "description": "In place of `type`: a kind, as price."},
        "key": {"type": ["string", "integer"], "description": "Of which key it is told."},
        "value": {
            "type": ["object", "null"],
            "description": "What it is from `at` on; null once it is gone.",
        },
    },
    "description": "An event, its own fields beside the envelope's; or a reference.",
}


def playbook_schema() -> dict[str, Any]:
    """Make the schema of a file: of a playbook, or of a document of tests behind one."""
    situation = situation_text(PRIMITIVES)
    kinds = (PlaybookText, situation, PlaybookTestText)
    _, parts = msgspec.json.schema_components(kinds, ref_template=_REF)
    for name, part in parts.items():
        for key, words in ABOUT.get(name, {}).items():
            if key in part["properties"]:
                part["properties"][key]["description"] = words
    _refine(parts, situation.__name__)
    tests = {"type": "array", "items": {"$ref": _REF.format(name="PlaybookTestText")}}
    return {
        "$schema": ADDRESS,
        "title": "Legato playbook",
        "if": {"required": ["tests"]},
        "then": {"properties": {"tests": tests}, "additionalProperties": False},
        "else": {"$ref": _REF.format(name="PlaybookText")},
        "$defs": dict(sorted(parts.items())),
    }


def _refine(parts: dict[str, Any], situation: str) -> None:
    """Say what the types leave to be checked later."""
    file = parts["PlaybookText"]["properties"]
    file["version"]["const"] = 1
    file["situations"]["additionalProperties"] = {"$ref": _REF.format(name=situation)}
    file["rate"]["additionalProperties"]["pattern"] = "^[0-9]+/h$"
    words = [each.word for each in PRIMITIVES]
    parts[situation]["oneOf"] = [{"required": [word]} for word in dict.fromkeys(words)]
    parts["PlaybookTestText"]["properties"]["given"]["items"] = GIVEN
    for key in file.keys() - {*parts["PlaybookText"]["required"]}:
        file[key] = _or_empty(file[key])


def _or_empty(part: dict[str, Any]) -> dict[str, Any]:
    """Let a section be empty, which is as if it were left out."""
    words: dict[str, Any] = {
        name: part.pop(name) for name in ("default", "description") if name in part
    }
    choices = part.get("anyOf", [part])
    empty = [] if {"type": "null"} in choices else [{"type": "null"}]
    return {"anyOf": [*choices, *empty], **words}


def schema_text() -> str:
    """Write the schema as its file has it."""
    return msgspec.json.format(msgspec.json.encode(playbook_schema())).decode() + "\n"
