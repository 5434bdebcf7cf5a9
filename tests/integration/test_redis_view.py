"""The Redis view on a real Kafka and a real Redis."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import redis
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from legato import settings as of
from legato.local import RealKafka, RedisServer, real_kafka_obstacle, wait_until
from legato.serving.redis_view.view import run
from legato.serving.redis_view.view_feed import MissingTopic
from legato.settings import Settings, SettingsError
from tests.integration.conftest import Kafka
from tests.integration.context_topic import ContextTopic, a_context, a_forwarder, a_pending
from tests.integration.shelf import Shelf
from tests.integration.view_process import ViewProcess, rebuild, running_view

ANNA = "0-" + "a" * 24
BERT = "0-" + "b" * 24
CLEO = "7-" + "c" * 24


@pytest.fixture
def settings(real_kafka: Kafka, redis_url: str, topic_prefix: str) -> Settings:
    return Settings(
        kafka=of.KafkaSettings(bootstrap=real_kafka.bootstrap, prefix=topic_prefix),
        redis=of.RedisSettings(url=redis_url, prefix=topic_prefix),
        view=of.ViewSettings(group=f"{topic_prefix}view"),
    )


@pytest.fixture
def topic(settings: Settings) -> ContextTopic:
    return ContextTopic(settings)


@pytest.fixture
def client(settings: Settings) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.redis.url) as client:
        yield client


@pytest.fixture
def shelf(settings: Settings, client: redis.Redis) -> Shelf:
    return Shelf(settings, client)


def test_contexts_and_their_identifiers_come_to_redis(
    settings: Settings, topic: ContextTopic, shelf: Shelf, client: redis.Redis, tmp_path: Path
) -> None:
    ids = [f"0-{number:024x}" for number in range(300)]
    for revision in (1, 2):
        topic.write(a_context(id, revision, email=f"{id}@mail.example", phone=id) for id in ids)
    topic.write([a_context(ids[0], 3)], commit=False)

    with running_view(settings, tmp_path) as view:
        view.wait_ready()

        assert [shelf.revision(id) for id in ids] == [2] * 300
        assert [shelf.customer("email", f"{id}@mail.example") for id in ids] == ids
        names = shelf.names()
        assert len(names) == 300 * 3 + 4  # of three topics, how far each is; and how fresh
        assert not [name for name in names if "mail.example" in name]
        assert all(client.ttl(name) > 0 for name in names)
        assert view.page("/livez") == (200, "ok\n")


def test_contexts_go_on_coming(
    settings: Settings, topic: ContextTopic, shelf: Shelf, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path) as view:
        view.wait_ready()
        for revision in range(1, 4):
            topic.write([a_context(ANNA, revision)])
            shelf.wait_for(ANNA, revision)
        context = shelf.context(ANNA)
    assert context is not None
    assert context["customer_id"] == ANNA
    assert context["presence"] == {"channel": "web", "time": 1_000}


def test_an_older_revision_never_wins(
    settings: Settings, topic: ContextTopic, shelf: Shelf, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path) as view:
        topic.write([a_context(ANNA, 5)])
        shelf.wait_for(ANNA, 5)
        topic.write([a_context(ANNA, 3, email="old@mail.example"), a_context(BERT, 1)])
        shelf.wait_for(BERT, 1)

        assert shelf.revision(ANNA) == 5
        assert shelf.customer("email", "old@mail.example") is None
        assert view.metric("legato_view_stale_skipped_total") == 1


def test_an_erased_customer_leaves_a_tombstone(
    settings: Settings, topic: ContextTopic, shelf: Shelf, client: redis.Redis, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path) as view:
        topic.write([a_context(ANNA, 7, email="anna@mail.example"), a_context(BERT, 1)])
        shelf.wait_for(BERT, 1)
        topic.erase(ANNA)
        wait_until(lambda: view.metric("legato_view_tombstones_total") == 1, "the erasure")

        context = shelf.context(ANNA)
        assert context is not None
        assert set(context) == {"revision", "erased"}
        assert context["revision"] == 7
        assert client.ttl(shelf.keys.customer(ANNA)) > 0
        assert shelf.customer("email", "anna@mail.example") is None
        assert shelf.revision(BERT) == 1


def test_a_new_pepper_leaves_no_key_under_the_former_one(
    settings: Settings, topic: ContextTopic, shelf: Shelf, client: redis.Redis, tmp_path: Path
) -> None:
    topic.write([a_context(ANNA, 1, email="anna@mail.example"), a_context(BERT, 1, phone="1")])
    with running_view(settings, tmp_path) as view:
        view.wait_ready()
        assert shelf.customer("phone", "1") == BERT
    formers = {"0": settings.identity.pepper}
    peppered = of.IdentitySettings(pepper="new", key_id=1, previous_peppers=formers)
    renewed = msgspec.structs.replace(settings, identity=peppered)
    with running_view(renewed, tmp_path) as view:
        topic.erase(BERT)
        wait_until(lambda: view.metric("legato_view_tombstones_total") == 1, "the erasure")
        assert shelf.customer("phone", "1") is None
        assert shelf.customer("email", "anna@mail.example") == ANNA
        assert rebuild(renewed, tmp_path) == 0
    assert shelf.customer("email", "anna@mail.example") is None
    assert Shelf(renewed, client).customer("email", "anna@mail.example") == ANNA


def test_a_customer_may_return_after_an_erasure(
    settings: Settings, topic: ContextTopic, shelf: Shelf, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path) as view:
        topic.write([a_context(ANNA, 7)])
        shelf.wait_for(ANNA, 7)
        topic.erase(ANNA)
        topic.write([a_context(ANNA, 1, email="anna@mail.example")])
        wait_until(lambda: shelf.customer("email", "anna@mail.example"), "the new life")
        view.wait_ready()

        assert rebuild(settings, tmp_path) == 0
        assert shelf.revision(ANNA) == 1


def test_a_life_an_end_and_a_return_may_come_at_once(
    settings: Settings, topic: ContextTopic, shelf: Shelf, tmp_path: Path
) -> None:
    topic.write([a_context(ANNA, 7, phone="1"), a_context(BERT, 7)])
    with running_view(settings, tmp_path) as view:
        view.wait_ready()
        view.child.send(signal.SIGSTOP)
        topic.write([a_context(ANNA, 8), a_context(BERT, 8)])
        topic.erase(ANNA, BERT)
        topic.write([a_context(ANNA, 1, email="anna@mail.example")])
        view.child.send(signal.SIGCONT)
        shelf.wait_for(ANNA, 1)
        view.wait_ready()

    assert shelf.customer("phone", "1") is None
    assert shelf.customer("email", "anna@mail.example") == ANNA
    bert = shelf.context(BERT)
    assert bert is not None
    assert "erased" in bert


def test_an_identifier_that_a_sixth_pushes_out_leads_nowhere(
    settings: Settings, topic: ContextTopic, shelf: Shelf, tmp_path: Path
) -> None:
    numbers = [f"+49891000{number}" for number in range(6)]
    with running_view(settings, tmp_path) as view:
        topic.write([a_context(ANNA, 1, phone=numbers[:5])])
        shelf.wait_for(ANNA, 1)
        topic.write([a_context(ANNA, 2, phone=numbers[1:])])
        shelf.wait_for(ANNA, 2)
        assert [shelf.customer("phone", number) for number in numbers] == [None] + [ANNA] * 5

        topic.erase(ANNA)
        wait_until(lambda: view.metric("legato_view_tombstones_total") == 1, "the erasure")
        assert not [name for name in shelf.names() if ":id:" in name]


def test_a_word_of_another_alphabet_goes_as_it_came(
    settings: Settings, topic: ContextTopic, shelf: Shelf, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path):
        topic.write([a_context(ANNA, 1, **{"Kundenkärtchen": "Ä1", "почта": "а"})])
        shelf.wait_for(ANNA, 1)
        assert shelf.customer("Kundenkärtchen", "Ä1") == ANNA
        context = shelf.context(ANNA)
        assert context is not None
        assert context["identifiers"] == {"Kundenkärtchen": ["Ä1"], "почта": ["а"]}

        topic.write([a_context(ANNA, 2, **{"почта": "а"})])
        shelf.wait_for(ANNA, 2)
        assert shelf.customer("Kundenkärtchen", "Ä1") is None
        assert shelf.customer("почта", "а") == ANNA


def test_an_identifier_that_went_to_somebody_else_stays_with_them(
    settings: Settings, topic: ContextTopic, shelf: Shelf, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path):
        topic.write([a_context(CLEO, 1, device_id="tablet", phone="1")])
        shelf.wait_for(CLEO, 1)
        topic.write([a_context(ANNA, 1, device_id="tablet")])
        shelf.wait_for(ANNA, 1)
        topic.write([a_context(CLEO, 2)])
        shelf.wait_for(CLEO, 2)

    assert shelf.customer("device_id", "tablet") == ANNA
    assert shelf.customer("phone", "1") is None


def test_of_who_was_merged_only_the_forwarding_address_is_left(
    settings: Settings, topic: ContextTopic, shelf: Shelf, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path) as view:
        topic.write([a_context(CLEO, 4, device_id="tablet", phone="1")])
        shelf.wait_for(CLEO, 4)
        topic.write([a_context(ANNA, 9, device_id="tablet")])
        shelf.wait_for(ANNA, 9)
        topic.write([a_forwarder(CLEO, 6, to=ANNA)])
        shelf.wait_for(CLEO, 6)
        topic.write([a_context(CLEO, 5, phone="1"), a_context(BERT, 1)])
        shelf.wait_for(BERT, 1)
        view.wait_ready()

        assert shelf.context(CLEO) == {"revision": 6, "index": [], "forward": ANNA}
        assert shelf.customer("device_id", "tablet") == ANNA
        assert shelf.customer("phone", "1") is None

        topic.write([a_context(CLEO, 7, phone="1")])  # a split made it a customer again
        shelf.wait_for(CLEO, 7)
        assert shelf.customer("phone", "1") == CLEO


def test_who_asked_to_be_merged_stays_as_it_stood_until_the_answer(
    settings: Settings, topic: ContextTopic, shelf: Shelf, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path) as view:
        view.wait_ready()
        view.child.send(signal.SIGSTOP)
        topic.write([a_context(CLEO, 1), a_context(CLEO, 2, phone="1"), a_pending(CLEO, 3)])
        topic.write([a_pending(BERT, 1)])
        view.child.send(signal.SIGCONT)
        shelf.wait_for(CLEO, 2)
        view.wait_ready()

        assert shelf.revision(CLEO) == 2
        assert shelf.customer("phone", "1") == CLEO
        assert shelf.context(BERT) is None


def test_the_best_ranked_customer_keeps_an_identifier(
    settings: Settings, topic: ContextTopic, shelf: Shelf, client: redis.Redis, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path):
        topic.write([a_context(ANNA, 1, device_id="tablet")])
        shelf.wait_for(ANNA, 1)
        topic.write([a_context(CLEO, 1, device_id="tablet")])
        shelf.wait_for(CLEO, 1)
        assert shelf.customer("device_id", "tablet") == ANNA

        topic.write([a_context(BERT, 1, device_id="tablet")])
        shelf.wait_for(BERT, 1)
        assert shelf.customer("device_id", "tablet") == BERT

        client.delete(shelf.keys.customer(BERT))  # as its TTL would
        topic.write([a_context(CLEO, 2, device_id="tablet")])
        shelf.wait_for(CLEO, 2)
        assert shelf.customer("device_id", "tablet") == CLEO


def test_a_view_outlives_its_redis(
    settings: Settings, topic: ContextTopic, tmp_path: Path
) -> None:
    with RedisServer.start(tmp_path / "redis") as server:
        settings = _with_redis(settings, server.url)
        with running_view(settings, tmp_path) as view:
            topic.write([a_context(ANNA, 1)])
            view.wait_ready()

            server.kill()
            topic.write([a_context(BERT, 1)])
            view.wait("/readyz", 503)
            assert view.page("/livez")[0] == 200

            server.restart()
            view.wait_ready()
            with redis.Redis.from_url(server.url) as client:
                shelf = Shelf(settings, client)
                shelf.wait_for(BERT, 1)
                shelf.wait_for(ANNA, 1)  # the server had come back empty
            assert view.metric("legato_view_errors_total") > 0


@pytest.mark.long
def test_a_view_outlives_its_kafka(redis_url: str, topic_prefix: str, tmp_path: Path) -> None:
    if obstacle := real_kafka_obstacle():
        pytest.skip(f"the embedded broker forgets all when it is killed: {obstacle}")
    with RealKafka.start(tmp_path / "kafka", heap="512m") as kafka:
        settings = Settings(
            kafka=of.KafkaSettings(bootstrap=kafka.bootstrap),
            redis=of.RedisSettings(url=redis_url, prefix=topic_prefix),
        )
        topic = ContextTopic(settings)
        topic.write([a_context(ANNA, 1)])
        with running_view(settings, tmp_path) as view, redis.Redis.from_url(redis_url) as at:
            view.wait_ready()
            kafka.kill()
            assert view.page("/livez")[0] == 200
            kafka.restart()
            topic.write([a_context(ANNA, 2)])
            Shelf(settings, at).wait_for(ANNA, 2)
            view.wait_ready()


def test_a_frozen_redis_holds_nothing_up_for_good(
    settings: Settings, topic: ContextTopic, tmp_path: Path
) -> None:
    with RedisServer.start(tmp_path / "redis") as server:
        settings = _with_redis(settings, server.url)
        with running_view(settings, tmp_path) as view, redis.Redis.from_url(server.url) as at:
            view.wait_ready()
            server.pause()
            topic.write([a_context(ANNA, 1)])
            view.wait("/readyz", 503)
            wait_until(lambda: view.metric("legato_view_lag_records") > 0, "the lag to show")
            server.resume()
            Shelf(settings, at).wait_for(ANNA, 1)
            view.wait_ready()


def test_what_a_flush_took_comes_back(
    settings: Settings, topic: ContextTopic, tmp_path: Path
) -> None:
    with RedisServer.start(tmp_path / "redis") as server:
        settings = _with_redis(settings, server.url)
        with running_view(settings, tmp_path) as view, redis.Redis.from_url(server.url) as at:
            topic.write([a_context(ANNA, 1)])
            view.wait_ready()
            at.flushall()
            Shelf(settings, at).wait_for(ANNA, 1)
            assert view.metric("legato_view_rewinds_total") > 0


def test_a_rebuild_writes_all_once_more_beside_a_running_view(
    settings: Settings, topic: ContextTopic, shelf: Shelf, client: redis.Redis, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path) as view:
        topic.write([a_context(ANNA, 2), a_context(BERT, 1)])
        topic.erase(BERT)
        view.wait_ready()
        client.set(shelf.keys.customer(ANNA), b'{"revision":2,"spoilt":true}')

        assert rebuild(settings, tmp_path) == 0
        context = shelf.context(ANNA)
        assert context is not None
        assert context["customer_id"] == ANNA
        assert shelf.context(BERT) is not None
        assert view.page("/readyz")[0] == 200


@pytest.mark.long
def test_two_views_share_the_partitions(
    settings: Settings, topic: ContextTopic, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path) as one:
        one.wait_ready()
        with running_view(settings, tmp_path) as other:
            other.wait_ready()
            wait_until(lambda: _partitions(one) == _partitions(other) == 2, "two each")
            topic.write(a_context(f"0-{number:024x}") for number in range(200))
            views = (one, other)
            wait_until(lambda: sum(map(_written, views)) == 200, "all contexts")
            assert all(_written(view) > 0 for view in views)
        wait_until(lambda: _partitions(one) == 4, "all for who stays")


def test_sigterm_ends_a_view_with_nothing_to_do_twice(
    settings: Settings, topic: ContextTopic, tmp_path: Path
) -> None:
    topic.write(a_context(f"0-{number:024x}") for number in range(200))
    with running_view(settings, tmp_path) as view:
        view.wait_ready()
        view.child.send(signal.SIGTERM)
        assert view.child.exited.wait(20)
        assert view.child.returncode == 0
    assert _committed(settings, topic) > 200

    with running_view(settings, tmp_path) as view:
        view.wait_ready()
        assert _written(view) == 0


def test_a_missing_topic_is_said_in_one_sentence(settings: Settings) -> None:
    with pytest.raises(MissingTopic, match=r"customer.contexts` is missing; create it with"):
        run(settings, rebuild=False)


def test_a_taken_port_names_its_setting(settings: Settings, topic: ContextTopic) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = msgspec.structs.replace(settings, view=of.ViewSettings(port=port))
        with pytest.raises(SettingsError, match=r"set `view.port` to another, or to 0$"):
            run(taken, rebuild=False)


def _with_redis(settings: Settings, url: str) -> Settings:
    return msgspec.structs.replace(settings, redis=of.RedisSettings(url=url))


def _written(view: ViewProcess) -> float:
    return view.metric("legato_view_contexts_written_total")


def _partitions(view: ViewProcess) -> int:
    return view.page("/metrics")[1].count("legato_view_lag_records{")


def _committed(settings: Settings, topic: ContextTopic) -> int:
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap})
    asked = ConsumerGroupTopicPartitions(settings.view.group)
    found = admin.list_consumer_group_offsets([asked])[settings.view.group].result(30)
    return sum(
        place.offset for place in found.topic_partitions or [] if place.topic == topic.name
    )
