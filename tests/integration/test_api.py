"""The API against a real Kafka: what it promises is there, and what it refuses is not."""

from __future__ import annotations

import gzip
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import msgspec
import pytest
import segment.analytics as analytics

from legato.local import wait_until
from legato.settings import KafkaSettings, Settings, WorkerSettings
from tests.integration.api_process import ApiProcess, running_api
from tests.integration.said import create, create_topics, records

EVENT = {
    "type": "page.viewed",
    "channel": "web",
    "time": "2026-03-02T09:00:00Z",
    "identifiers": {"user_id": "7"},
}


@pytest.fixture(scope="module")
def running(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    prefix = f"api.{uuid.uuid4().hex[:8]}."
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=prefix),
        worker=WorkerSettings(group=prefix),
    )
    create_topics(settings)
    create(settings, f"{prefix}site.calls", f"{prefix}access.log")
    with running_api(settings, tmp_path_factory.mktemp("api")) as api:
        yield api


class Api:
    """The API as one test sees it: what others had written before is not there."""

    def __init__(self, process: ApiProcess) -> None:
        self.process, self.http = process, process.http
        self._before = {
            topic: self._places(topic) for topic in ("channel.events", "site.calls")
        }

    def key(self, *words: str) -> dict[str, str]:
        return self.process.key(*words)

    def written(self, topic: str = "channel.events") -> list[dict[str, Any]]:
        """What has been written since the test began."""
        found = records(self.process.legato.settings, topic)
        return [
            msgspec.json.decode(record.value or b"null")
            for record in found
            if record.coordinate not in self._before[topic]
        ]

    def _places(self, topic: str) -> set[str]:
        return {each.coordinate for each in records(self.process.legato.settings, topic)}


@pytest.fixture
def api(running: ApiProcess) -> Api:
    return Api(running)


def test_what_is_promised_is_in_kafka_and_what_is_refused_is_not(api: Api) -> None:
    key = api.key()
    packed = gzip.compress(msgspec.json.encode([{**EVENT, "id": "2"}, {**EVENT, "id": "3"}]))
    one = api.http.post("/v1/events", json={**EVENT, "id": "1"}, headers=key)
    two = api.http.post(
        "/v1/events", content=packed, headers={**key, "Content-Encoding": "gzip"}
    )
    bad = api.http.post("/v1/events", json=[{**EVENT, "id": "4"}, {"id": "5"}], headers=key)
    named = api.http.post("/v1/events", json=EVENT, headers={**key, "Idempotency-Key": "r"})
    assert [one.status_code, two.status_code, named.status_code] == [202, 202, 202]
    assert one.json() == {"ids": ["1"]}
    assert two.json() == {"ids": ["2", "3"]}
    assert named.json() == {"ids": ["r#1"]}
    assert bad.status_code == 422
    assert bad.json()["errors"][0]["index"] == 1
    assert bad.headers["content-type"] == "application/problem+json"
    assert sorted(str(event["id"]) for event in api.written()) == ["1", "2", "3", "r#1"]


def test_cloudevents_are_taken_in_each_mode(api: Api) -> None:
    key = api.key()
    data = {"channel": "store", "identifiers": {"loyalty_id": "42"}}
    attributes = {"specversion": "1.0", "source": "/till", "type": "store.visited"}
    told = {**attributes, "id": "a", "time": "2026-03-02T09:00:00Z", "data": data}
    headers = {f"ce-{name}": value for name, value in attributes.items()}
    headers |= {"ce-id": "b", "ce-time": "2026-03-02T09:00:00Z"}
    kinds = ("application/cloudevents+json", "application/cloudevents-batch+json")
    answers = [
        api.http.post(
            "/v1/events",
            content=msgspec.json.encode(body),
            headers={**key, "Content-Type": kind},
        )
        for body, kind in zip((told, [{**told, "id": "c"}]), kinds, strict=True)
    ]
    answers.append(api.http.post("/v1/events", json=data, headers={**key, **headers}))
    assert [answer.json() for answer in answers] == [{"ids": [x]} for x in ("a", "c", "b")]
    assert len(api.written()) == 3


def test_segments_own_client_works_by_being_told_the_host(api: Api) -> None:
    client = analytics.Client(
        api.key()["Authorization"].removeprefix("Bearer "),
        host=str(api.http.base_url).rstrip("/"),
        gzip=True,
        sync_mode=True,
    )
    client.identify("7", {"email": "ada@example.org"})
    client.track("7", "Product Viewed", {"sku": "SHOE-42"})
    calls = {str(call["type"]): call for call in api.written("site.calls")}
    assert set(calls) == {"identify", "track"}
    assert calls["track"]["event"] == "Product Viewed"


def test_a_key_that_is_revoked_is_refused_within_ten_seconds(api: Api) -> None:
    key = api.key()
    assert api.http.post("/v1/events", json=EVENT, headers=key).status_code == 202
    name = key["Authorization"].split("_")[1]
    assert api.process.legato("keys", "revoke", name).code == 0
    wait_until(
        lambda: api.http.post("/v1/events", json=EVENT, headers=key).status_code == 401,
        "the key to be refused",
        deadline_s=10,
    )


def test_no_key_another_scope_and_another_source_are_refused(api: Api) -> None:
    reader = api.key("--scope", "read")
    other = api.key("--scope", "ingest", "--source", "site")
    none = api.http.post("/v1/events", json=EVENT)
    assert none.status_code == 401
    assert "Bearer" in none.headers["www-authenticate"]
    assert api.http.post("/v1/events", json=EVENT, headers=reader).status_code == 403
    assert api.http.post("/v1/events", json=EVENT, headers=other).status_code == 403
    assert api.written() == []


def test_a_key_that_sends_too_fast_is_told_when_to_go_on(api: Api) -> None:
    key = api.key("--scope", "ingest", "--rate", "2")
    answers = [api.http.post("/v1/events", json=[EVENT] * 4, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]
    assert int(answers[1].headers["retry-after"]) >= 1


def test_pages_of_a_keys_origins_may_send_and_others_not(api: Api) -> None:
    shop = {"Origin": "https://shop.example"}
    public = api.key("--scope", "ingest", "--origin", "https://shop.example")
    wait_until(lambda: api.http.options("/v1/t", headers=shop).status_code == 204, "the origin")
    allowed = api.http.post("/v1/events", json=EVENT, headers={**public, **shop})
    assert allowed.status_code == 202
    assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
    thief = {"Origin": "https://thief.example"}
    assert api.http.options("/v1/t", headers=thief).status_code == 403
    assert api.http.post("/v1/events", json=EVENT, headers=public | thief).status_code == 403


def test_a_page_may_send_again_and_read_when(api: Api) -> None:
    shop = {"Origin": "https://shop.example"}
    words = ("--scope", "ingest", "--origin", "https://shop.example", "--rate", "1")
    slow = api.key(*words) | shop
    asked = api.http.options("/v1/t", headers=shop).headers["access-control-allow-headers"]
    assert "X-Retry-Count" in asked.split(", ")
    answers = [api.http.post("/v1/b", json={"batch": [{}, {}]}, headers=slow) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].headers["access-control-expose-headers"] == "Retry-After"
    assert int(answers[1].headers["retry-after"]) >= 1


def test_analytics_js_is_told_to_send_all_of_its_words_here(api: Api) -> None:
    host = f"{api.http.base_url.netloc.decode()}/v1"
    told = api.http.get("/v1/projects/KEY/settings").json()
    sender = {"apiKey": "KEY", "apiHost": host, "protocol": "http"}
    assert told["integrations"] == {"Segment.io": sender}
    assert told["metrics"] == {"host": host, "sampleRate": 0}
    counted = {"Content-Type": "text/plain"}
    assert api.http.post("/v1/m", content=b'{"series":[]}', headers=counted).status_code == 204
    assert api.written("site.calls") == []


def test_a_route_or_a_method_that_is_none_says_so_as_a_problem(api: Api) -> None:
    missing, wrong = api.http.get("/v1/nothing"), api.http.get("/v1/events")
    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert {answer.headers["content-type"] for answer in (missing, wrong)} == {
        "application/problem+json"
    }


def test_who_asks_for_a_websocket_is_answered_as_if_they_had_not(api: Api) -> None:
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    assert api.http.get("/v1/nothing", headers=asked).status_code == 404
    assert api.http.get("/v1/stream?venue=V", headers=asked).status_code == 401
    assert "Traceback" not in api.process.running.out.read_text()


def test_a_body_that_stops_is_not_waited_for(api: Api) -> None:
    port = api.http.base_url.port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port)) as slow:
        token = api.key()["Authorization"]
        wait_until(lambda: api.http.get("/v1/openapi.json").status_code == 200, "an answer")
        head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
        slow.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        slow.settimeout(20)
        assert b" 408 " in slow.recv(100)


def test_a_connection_that_is_idle_outlives_what_a_balancer_keeps_idle(api: Api) -> None:
    """uvicorn's own 5 s would close connections under the requests of a balancer."""
    with closing(HTTPConnection("127.0.0.1", api.http.base_url.port, timeout=6)) as idle:
        idle.request("GET", "/v1/nothing")
        assert idle.getresponse().read()
        with pytest.raises(TimeoutError):
            idle.sock.recv(1)
        idle.request("GET", "/v1/actions")
        assert idle.getresponse().status == 401


JSON = {"Content-Type": "application/json"}
GOOD = msgspec.json.encode(EVENT)
BAD: list[tuple[bytes, dict[str, str]]] = [
    (b"", {}),
    (b" ", {}),
    (b"{", {}),
    (b"}", {}),
    (b"null", {}),
    (b"true", {}),
    (b"7", {}),
    (b'"event"', {}),
    (b"{}", {}),
    (b"[{}]", {}),
    (b"[[]]", {}),
    (b"[null]", {}),
    (b"[1, 2]", {}),
    (GOOD[:-1], {}),
    (GOOD + b"}", {}),
    (GOOD + GOOD, {}),
    (b"\xff\xfe" + GOOD, {}),
    (GOOD.replace(b"page", b"p\xffge"), {}),
    (GOOD.replace(b"2026-03-02T09:00:00Z", b"tomorrow"), {}),
    (GOOD.replace(b"2026-03-02T09:00:00Z", b"2026-03-02T09:00:00"), {}),
    (GOOD.replace(b'"2026-03-02T09:00:00Z"', b"1e400"), {}),
    (GOOD.replace(b'{"user_id":"7"}', b"{}"), {}),
    (GOOD.replace(b'{"user_id":"7"}', b'{"user_id":{}}'), {}),
    (GOOD.replace(b'"web"', b"null"), {}),
    (b'{"events": {}}', {}),
    (b'{"events": [{"id": "x"}]}', {}),
    (b"[" * 50_000 + b"]" * 50_000, {}),
    (GOOD, {"Content-Encoding": "gzip"}),
    (GOOD, {"Content-Encoding": "br"}),
    (gzip.compress(b"[" + b" " * 5_000_000 + b"]"), {"Content-Encoding": "gzip"}),
    (GOOD, {"Content-Type": "application/cloudevents+json"}),
    (b"[" + GOOD + b"]", {"Content-Type": "application/cloudevents-batch+json"}),
    (GOOD, {"ce-specversion": "1.0"}),
    (GOOD, {"Idempotency-Key": "x" * 300}),
]


def test_malformed_bodies_are_refused_and_nothing_of_them_is_written(api: Api) -> None:
    key = api.key()
    for body, headers in BAD:
        told = {**JSON, **key, **headers}
        answer = api.http.post("/v1/events", content=body, headers=told)
        assert answer.status_code in (400, 413, 415, 422), (body[:80], answer.status_code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
    assert api.written() == []


def test_it_ends_on_sigterm_though_somebody_listens(api: Api) -> None:
    assert api.http.get("/v1/openapi.json").json()["info"]["title"] == "Legato"
    key = api.key("--scope", "read")
    with api.http.stream("GET", "/v1/stream", params={"venue": "V"}, headers=key) as told:
        lines = told.iter_lines()
        assert next(lines) == "retry: 2000"
        began = time.monotonic()
        assert api.process.running.ends(signal.SIGTERM) == 0
        assert time.monotonic() - began < 10
        assert list(lines)
    assert "what was promised is in kafka" in api.process.running.out.read_text()
