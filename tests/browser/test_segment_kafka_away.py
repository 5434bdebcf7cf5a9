"""What Kafka does not take is 503: Segment's clients send it again until it is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from legato.local import RealKafka, real_kafka_obstacle, wait_until
from legato.settings import KafkaSettings, Settings
from tests.browser.calls import calls_of, wait_for_calls
from tests.browser.conftest import address_of, bearer
from tests.browser.node_client import NodeClient
from tests.browser.shop import Shop, visit
from tests.integration.api_process import ApiProcess, running_api
from tests.integration.said import create, create_topics

pytestmark = pytest.mark.long

REFUSED = "kafka did not take a request"


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKafka]:
    if obstacle := real_kafka_obstacle():
        pytest.skip(f"the embedded broker forgets all when it is killed: {obstacle}")
    with RealKafka.start(tmp_path_factory.mktemp("kafka"), heap="512m") as kafka:
        yield kafka


@pytest.fixture(scope="module")
def api(own_kafka: RealKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    settings = Settings(kafka=KafkaSettings(bootstrap=own_kafka.bootstrap))
    create_topics(settings)
    create(settings, "legato.site.calls", "legato.access.log")
    with running_api(settings, tmp_path_factory.mktemp("api")) as api:
        yield api


def test_a_page_and_a_server_send_again_what_kafka_did_not_take(
    api: ApiProcess,
    own_kafka: RealKafka,
    shop: Shop,
    public_key: str,
    modules: Path,
    tmp_path: Path,
) -> None:
    host, key = address_of(api), bearer(api)
    own_kafka.kill()
    client = NodeClient(modules, host, key, user="node", count=1)
    page = shop.page("shop", api=host, key=public_key, way="settings", user="page")
    with visit(page, tmp_path):
        wait_until(
            lambda: api.running.out.read_text().count(REFUSED) >= 4,
            "three calls of the page and a batch to be refused",
        )
        own_kafka.restart()
        calls = wait_for_calls(api, "page", 3)
    assert {call["type"] for call in calls} == {"identify", "track", "page"}
    assert len({call["messageId"] for call in calls}) == 3
    report = client.ends()
    assert (report.statuses[0], report.statuses[-1], report.failed) == (503, 200, [])
    assert len({call["messageId"] for call in calls_of(api, "node")}) == 2
