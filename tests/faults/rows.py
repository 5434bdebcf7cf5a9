"""All rows, by hand."""

from __future__ import annotations

from tests.faults import alerts, cluster, neighbours, network, one_broker, storage, workers
from tests.faults.row import Row

FAMILIES: dict[str, tuple[Row, ...]] = {
    "one broker": (*one_broker.ROWS, *alerts.ROWS),
    "three brokers": cluster.ROWS,
    "network": network.ROWS,
    "storage": storage.ROWS,
    "neighbours": neighbours.ROWS,
    "workers": workers.ROWS,
}
ROWS: dict[str, Row] = {row.name: row for rows in FAMILIES.values() for row in rows}
