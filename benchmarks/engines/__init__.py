"""All engines of the benchmark, in the order in which a round runs them."""

from __future__ import annotations

from benchmarks.engines.engine import Engine
from benchmarks.engines.flink import FLINKS, FLINKS_BY_FULL_RULES
from benchmarks.engines.kafka_streams import KAFKA_STREAMS, KAFKA_STREAMS_BY_FULL_RULES
from benchmarks.engines.legato import LEGATO, LEGATO_BY_FULL_RULES
from benchmarks.engines.limit import LIMITS
from benchmarks.engines.python_peers import FAUST, QUIX

ENGINES: tuple[Engine, ...] = (
    *(*LIMITS, *LEGATO, *FLINKS, *KAFKA_STREAMS, FAUST, QUIX),
    *(*LEGATO_BY_FULL_RULES, *FLINKS_BY_FULL_RULES, *KAFKA_STREAMS_BY_FULL_RULES),
)
NAMES = tuple(dict.fromkeys(engine.name for engine in ENGINES))
USUAL_NAMES = tuple(name for name in NAMES if name != QUIX.name)
