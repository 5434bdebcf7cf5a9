"""Why a candidate lost, as a sentence for a person."""

from __future__ import annotations

from legato.core.decisions.handoff_text import in_plain
from legato.core.decisions.history import HISTORY
from legato.core.decisions.policy import RATE
from legato.core.values.outputs import Candidate

WORDS = {
    "won": "worth most",
    "paused": "it is paused",
    "not_eligible": "its conditions do not hold",
    "erased": "the customer asked to be forgotten",
    "converted": "the same event finished what it is about",
    "duplicate": "it was done already",
    "no_consent": "the customer has not agreed to it",
    "unreachable": "no address is known for it",
    "muted_by_case": "an open service case mutes it ({})",
    "handled_elsewhere": "somebody on {} has it in hand",
    "existing_offer": "another offer holds ({})",
    "mutual_exclusion": "another was sent in its place ({})",
    "cooldown": "it is too soon after another ({})",
    "suppressed_after_rejections": "the customer has rejected too many ({})",
    "no_capacity": "nobody has time for it just now ({})",
    "frequency_cap": "enough was sent already ({})",
    "quiet_hours": "it would be stale when the quiet hours end",
    "expired": "it came too late",
    "holdout": "it won, and is held out to compare ({})",
    "lost_arbitration": "{} is worth more",
}


def why_in_general(reason: str) -> str:
    """Say what a reason code means, whatever its detail; an unknown one as it is."""
    words = WORDS.get(reason, in_plain(reason))
    return words.replace(" ({})", "").replace("on {}", "elsewhere").replace("{}", "another")


SENTENCES = {
    "won": "It was worth most of all that was allowed.",
    "paused": "It, or its situation, is paused (`legato playbook pause`).",
    "not_eligible": "Its conditions (`when`) did not hold.",
    "erased": "The customer asked to be forgotten, so nothing is sent to them.",
    "converted": "The event that showed the situation also finished what it is about.",
    "duplicate": "The same had been decided already.",
    "no_consent": "The customer has not agreed to be contacted for this on {channel}, or took "
    "it back.",
    "unreachable": "Nobody knows an address for {channel}, or where the customer is just now.",
    "muted_by_case": "The customer has an open service case, which silences this purpose.",
    "handled_elsewhere": "Somebody on {detail} is taking care of it already.",
    "existing_offer": "An offer that was made before still stands.",
    "mutual_exclusion": "Another action excludes it.",
    "cooldown": "It rests for a while after what was sent last.",
    "suppressed_after_rejections": "The customer turned it down too often lately.",
    "no_capacity": "Nobody has time for it just now.",
    "frequency_cap": "Enough was sent already: `{detail}` allows no more.",
    "quiet_hours": "By the end of the quiet hours it would be stale.",
    "expired": "It came too late: a later stage was due as well, or its time was over.",
    "lost_arbitration": "`{detail}` was worth more.",
    "holdout": "The customer is in the group that gets nothing, to measure what it brings.",
}
"""What a code means to whoever wrote the playbook: one sentence."""
_TOLD = frozenset(("handled_elsewhere", "frequency_cap", "lost_arbitration"))
"""Sentences that have the detail in them."""


def sentence(candidate: Candidate) -> str:
    """Say why a candidate won or lost in a sentence, with the detail that is known."""
    words = SENTENCES.get(candidate.reason)
    if words is None:
        return f"{why(candidate).capitalize()}."
    if candidate.reason == "unreachable" and candidate.detail == "bounced":
        return f"Messages to the address for {candidate.channel} came back."
    if candidate.reason == "expired" and candidate.detail == RATE:
        return f"It would be too late by the next free slot on {candidate.channel} (`rate`)."
    if candidate.reason == "expired" and candidate.detail == HISTORY:
        return "It belongs to the past: history was read that late (`legato ingest`)."
    told = words.format(channel=candidate.channel, detail=candidate.detail or "another")
    if candidate.by:
        told += " Whoever the address belongs to says so."
    more = candidate.detail if candidate.reason not in _TOLD else ""
    return f"{told} ({more})" if more else told


def why(candidate: Candidate) -> str:
    """Say why a candidate won or lost; an unknown code is told as it is."""
    words = WORDS.get(candidate.reason, in_plain(candidate.reason))
    if candidate.reason == "expired" and candidate.detail == HISTORY:
        return "it belongs to the past"
    if "{}" in words:
        return words.format(candidate.detail or "another").replace(" (another)", "")
    return f"{words}: {candidate.detail}" if candidate.detail else words
