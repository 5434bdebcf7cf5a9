"""Who a customer is made of, laid out for programs."""

from __future__ import annotations

import msgspec

from legato.core.values.time import MINUTE
from legato.queries.identity_cluster import identity_view
from tests.unit.queries.stories import EMAIL, T0, cluster_of, kim


def test_for_programs_each_field_has_a_name() -> None:
    cluster = cluster_of(kim(), EMAIL)
    told = msgspec.to_builtins(identity_view(cluster.asked, cluster.found, cluster.identifiers))
    assert (told["forwarded"], told["pending"]) == (True, None)
    cookie = told["identifiers"][-1]
    assert (cookie["value"], cookie["blocked"]) == ("c-1", False)
    assert cookie["claims"] == [{"time": T0 + 5 * MINUTE, "by": cluster.customer_id}]
