"""Why a candidate lost, as a sentence for a person."""

from __future__ import annotations

from legato.core.decisions.handoff_text import in_plain
from legato.core.values.outputs import Candidate

WORDS = {
    "won": "worth most",
    "not_eligible": "its conditions do not hold",
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
    "frequency_cap": "enough was sent already ({})",
    "quiet_hours": "it would be stale when the quiet hours end",
    "expired": "it came too late",
    "holdout": "it won, and is held out to compare ({})",
    "lost_arbitration": "{} is worth more",
}


def why(candidate: Candidate) -> str:
    """Say why a candidate won or lost; an unknown code is told as it is."""
    words = WORDS.get(candidate.reason, in_plain(candidate.reason))
    if "{}" in words:
        return words.format(candidate.detail or "another").replace(" (another)", "")
    return f"{words}: {candidate.detail}" if candidate.detail else words
