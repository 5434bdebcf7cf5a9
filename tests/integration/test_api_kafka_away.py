"""What the API promises while its Kafka dies under it: each 202 is found in the topic."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import httpx
import msgspec
import pytest

from legato.local import RealKafka, real_kafka_obstacle, wait_until
from legato.settings import KafkaSettings, Settings
from tests.integration.api_process import ApiProcess, running_api
from tests.integration.said import create, create_topics, records

BATCH = 20
TIME = "2026-03-02T09:00:00Z"


class Sender(threading.Thread):
    """Sends batches one after the other, each again until it is promised, as a client would."""

    def __init__(self, api: ApiProcess, name: str, header: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self.statuses: Counter[int] = Counter()
        self.promised: list[str] = []
        self._api, self._called, self._header = api, name, header
        self._over = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self._api.http.base_url, timeout=15) as http:
            number = 0
            while not self._over.is_set():
                number += 1
                ids = [f"{self._called}-{number}-{place}" for place in range(BATCH)]
                while not self._send(http, ids) and not self._over.is_set():
                    pass

    def end(self) -> None:
        self._over.set()
        self.join(20)

    def _send(self, http: httpx.Client, ids: list[str]) -> bool:
        events = [
            {
                "id": each,
                "type": "page.viewed",
                "channel": "web",
                "time": TIME,
                "identifiers": {"user_id": each},
            }
            for each in ids
        ]
        answer = http.post("/v1/events", json=events, headers=self._header)
        self.statuses[answer.status_code] += 1
        if answer.status_code != 202:
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            return False
        self.promised += answer.json()["ids"]
        return True


@pytest.mark.long
def test_each_promise_is_kept_though_the_broker_is_killed_in_mid_batch(tmp_path: Path) -> None:
    if obstacle := real_kafka_obstacle():
        pytest.skip(f"the embedded broker forgets all when it is killed: {obstacle}")
    with RealKafka.start(tmp_path / "kafka", heap="512m") as kafka:
        settings = Settings(kafka=KafkaSettings(bootstrap=kafka.bootstrap))
        create_topics(settings)
        create(settings, "legato.site.calls", "legato.access.log")
        folder = tmp_path / "api"
        folder.mkdir()
        with running_api(settings, folder) as api:
            header = api.key("--scope", "ingest", "--rate", "100000")
            senders = [Sender(api, f"s{number}", header) for number in range(3)]
            for each in senders:
                each.start()
            wait_until(lambda: all(len(each.promised) > 200 for each in senders), "promises")
            kafka.kill()
            wait_until(lambda: all(each.statuses[503] for each in senders), "refusals")
            kafka.restart()
            before = [len(each.promised) for each in senders]
            wait_until(
                lambda: all(
                    len(each.promised) > many + 200
                    for each, many in zip(senders, before, strict=True)
                ),
                "promises once more",
                deadline_s=60,
            )
            for each in senders:
                each.end()
        found = {
            msgspec.json.decode(record.value or b"")["id"]
            for record in records(settings, "channel.events")
        }
        promised = [event for each in senders for event in each.promised]
        assert len(promised) == len(set(promised))
        assert set(promised) <= found
