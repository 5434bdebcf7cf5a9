"""An event type: somebody said how likely they are to recommend us."""

from legato.core.events.vocabulary import KnownType

NPS = KnownType(
    "nps.given", "a recommendation score", phrase="told how happy they are", reach=2
)
