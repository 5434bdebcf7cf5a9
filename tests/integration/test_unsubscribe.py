"""One click: through a real API into a real Kafka, and what is written there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from legato.core.values.time import MINUTE
from legato.serving.unsubscribe import UnsubscribeLinks, Unsubscription
from legato.settings import KafkaSettings, Settings, UnsubscribeSettings, WorkerSettings
from tests.integration.api_process import SOURCES, ApiProcess, running_api
from tests.integration.said import create, create_topics, records

OLD, NEW = "an old secret of thirty-two signs", "a new secret of thirty-two signs."
SECRETS = f"""
[unsubscribe]
url = "https://api.example/v1/unsubscribe/{{{{token}}}}"
secret = "{NEW}"
previous_secrets = ["{OLD}"]
"""
CLICK = Unsubscription("email", "ada@example.org", "promotion", "email", "north", "5d41")
FORM = {"List-Unsubscribe": "One-Click"}
PERSON = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture(scope="module")
def running(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    prefix = f"unsubscribe.{uuid.uuid4().hex[:8]}."
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=prefix),
        worker=WorkerSettings(group=prefix),
    )
    create_topics(settings)
    create(settings, f"{prefix}site.calls", f"{prefix}access.log")
    with running_api(settings, tmp_path_factory.mktemp("api"), SECRETS + SOURCES) as api:
        yield api


def token(secret: str = NEW, **told: str) -> str:
    click = msgspec.structs.replace(CLICK, **told)
    return UnsubscribeLinks(UnsubscribeSettings(secret=secret)).seal(click)


def path(**told: str) -> str:
    return f"/v1/unsubscribe/{token(**told)}"


def written(api: ApiProcess, address: str) -> list[dict[str, Any]]:
    """The events about an address that the API has written."""
    found = records(api.legato.settings, "channel.events")
    told = [msgspec.json.decode(each.value or b"{}") for each in found]
    return [each for each in told if each["identifiers"].get("email") == address]


def test_a_mail_program_unsubscribes_by_one_post(running: ApiProcess) -> None:
    where = path(address="one@example.org")
    told = running.http.post(where, data=FORM)
    assert (told.status_code, told.json()) == (200, {})
    (event,) = written(running, "one@example.org")
    assert event["type"] == "consent.updated"
    assert event["brand"] == "north"
    assert event["data"] == {
        "purpose": "promotion",
        "channel": "email",
        "status": "revoked",
        "basis": "one_click",
        "proof": "5d41",
    }


def test_a_form_of_parts_is_taken_as_well(running: ApiProcess) -> None:
    where = path(address="parts@example.org")
    told = running.http.post(where, files={"List-Unsubscribe": (None, "One-Click")})
    assert told.status_code == 200
    assert len(written(running, "parts@example.org")) == 1


def test_looking_at_a_link_does_nothing_and_the_button_of_the_page_does(
    running: ApiProcess,
) -> None:
    where = path(address="page@example.org")
    german = {"Accept-Language": "de-AT,de;q=0.9"}
    asked, *_ = (running.http.get(where, headers=german) for _ in range(3))
    assert asked.status_code == 200
    assert 'lang="de"' in asked.text
    assert 'name="List-Unsubscribe" value="One-Click"' in asked.text
    assert "page@" not in asked.text
    assert asked.headers["referrer-policy"] == "no-referrer"
    assert asked.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in asked.headers["content-security-policy"]
    assert written(running, "page@example.org") == []
    done = running.http.post(where, data=FORM, headers=PERSON)
    assert (done.status_code, "That is done" in done.text) == (200, True)
    assert "<button" not in done.text
    assert len(written(running, "page@example.org")) == 1


def test_a_post_that_is_no_click_does_nothing(running: ApiProcess) -> None:
    where = path(address="none@example.org")
    for body in ({}, {"List-Unsubscribe": ""}, {"x": "One-Click"}):
        told = running.http.post(where, data=body)
        assert told.status_code == 400
        assert told.headers["content-type"] == "application/problem+json"
    assert running.http.post(where, content=b"x" * 600_000).status_code == 413
    assert written(running, "none@example.org") == []


@pytest.mark.parametrize("secret", ["another secret of thirty-two signs", OLD])
def test_a_token_counts_by_the_secrets_there_are(running: ApiProcess, secret: str) -> None:
    where = path(secret=secret, address="secret@example.org")
    expected = 200 if secret == OLD else 404
    assert running.http.get(where).status_code == expected
    assert running.http.post(where, data=FORM).status_code == expected
    assert running.http.post(where, data=FORM, headers=PERSON).status_code == expected


@pytest.mark.parametrize(
    "token", ["x", "gAAAAA", "%00", "a" * 5_000, "..%2f..", "%F0%9F%98%80"]
)
def test_what_is_no_token_is_404(running: ApiProcess, token: str) -> None:
    asked = running.http.get(f"/v1/unsubscribe/{token}")
    told = running.http.post(f"/v1/unsubscribe/{token}", data=FORM)
    assert (asked.status_code, told.status_code) == (404, 404)
    assert told.headers["content-type"] == "application/problem+json"


def test_a_click_that_is_repeated_is_the_same_event_and_too_many_are_told_to_wait(
    running: ApiProcess,
) -> None:
    where = path(address="often@example.org")
    told = [running.http.post(where, data=FORM).status_code for _ in range(20)]
    assert told[:2] == [200, 200]
    assert 429 in told
    events = written(running, "often@example.org")
    minutes = {event["time"] // MINUTE for event in events}
    assert len({event["id"] for event in events}) == len(minutes)
    other = running.http.post(path(address="other@example.org"), data=FORM)
    assert other.status_code == 200


def test_another_method_is_told_all_that_there_are(running: ApiProcess) -> None:
    told = running.http.put(path())
    assert (told.status_code, told.headers["allow"]) == (405, "GET, POST")


def test_no_page_of_another_origin_is_told_anything(running: ApiProcess) -> None:
    told = running.http.options(path(), headers={"Origin": "https://thief.example"})
    assert told.status_code == 403


def test_neither_log_nor_metrics_know_who_it_was(running: ApiProcess) -> None:
    where = path(address="quiet@example.org")
    assert running.http.post(where, data=FORM).status_code == 200
    metrics = httpx.get(running.metrics).text
    assert '"/v1/unsubscribe/{token}"' in metrics
    for told in (metrics, running.running.out.read_text()):
        assert "quiet@" not in told
        assert where.rpartition("/")[2] not in told
