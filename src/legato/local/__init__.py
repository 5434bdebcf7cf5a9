"""Servers of our own on this machine, for the demo, the tests and the benchmarks.

Each is a child process on a free port of 127.0.0.1, started ready and always stopped:

    with RealKafka.start() as kafka, RedisServer.start() as redis:
        run(kafka.bootstrap, redis.url)
"""

from legato.local.child import Child
from legato.local.embedded_kafka import EmbeddedKafka
from legato.local.kafka_cluster import ClusterPlan, KafkaCluster
from legato.local.kafka_kind import KafkaKind, start_kafka
from legato.local.mail_catcher import MailCatcher
from legato.local.ports import free_port, is_free, port_or_free
from legato.local.processes import Processes, ProcessGone
from legato.local.prometheus import Prometheus
from legato.local.real_kafka import RealKafka, real_kafka_obstacle
from legato.local.redis_server import RedisServer
from legato.local.service import Service
from legato.local.unavailable import ServiceUnavailable
from legato.local.waiting import wait_until

__all__ = [
    "Child",
    "ClusterPlan",
    "EmbeddedKafka",
    "KafkaCluster",
    "KafkaKind",
    "MailCatcher",
    "ProcessGone",
    "Processes",
    "Prometheus",
    "RealKafka",
    "RedisServer",
    "Service",
    "ServiceUnavailable",
    "free_port",
    "is_free",
    "port_or_free",
    "real_kafka_obstacle",
    "start_kafka",
    "wait_until",
]
