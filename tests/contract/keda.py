"""KEDA's kinds as its documentation tells them: which fields there are, and of what type."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_SECONDS: Schema = {"type": "integer", "minimum": 0, "maximum": 3600}
_TRUTH: Schema = {"enum": ["true", "false"]}
_NUMBER: Schema = {"type": "string", "pattern": "^[0-9]+$"}


def _object(required: str = "", **properties: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required.split(),
        "properties": properties,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": items}


def _kind(kind: str, spec: Schema) -> Schema:
    head = {"apiVersion": {"const": "keda.sh/v1alpha1"}, "kind": {"const": kind}}
    meta = {"type": "object", "required": ["name"]}
    return _object("apiVersion kind metadata spec", **head, metadata=meta, spec=spec)


_POLICY = _object(
    "type value periodSeconds",
    type={"enum": ["Pods", "Percent"]},
    value={"type": "integer", "minimum": 1},
    periodSeconds={"type": "integer", "minimum": 1, "maximum": 1800},
)
_RULES = _object(
    stabilizationWindowSeconds=_SECONDS,
    selectPolicy={"enum": ["Max", "Min", "Disabled"]},
    policies=_list(_POLICY),
)
_BEHAVIOR = _object(scaleUp=_RULES, scaleDown=_RULES)
KAFKA_TRIGGER = _object(
    "type metadata",
    type={"const": "kafka"},
    name=_TEXT,
    useCachedMetrics={"type": "boolean"},
    metricType={"enum": ["AverageValue", "Value"]},
    authenticationRef=_object(
        "name",
        name=_TEXT,
        kind={"enum": ["TriggerAuthentication", "ClusterTriggerAuthentication"]},
    ),
    # All of it is text, also numbers and truths.
    metadata=_object(
        "bootstrapServers consumerGroup topic",
        bootstrapServers=_TEXT,
        consumerGroup=_TEXT,
        topic=_TEXT,
        lagThreshold=_NUMBER,
        activationLagThreshold=_NUMBER,
        offsetResetPolicy={"enum": ["latest", "earliest"]},
        allowIdleConsumers=_TRUTH,
        scaleToZeroOnInvalidOffset=_TRUTH,
        excludePersistentLag=_TRUTH,
        limitToPartitionsWithLag=_TRUTH,
        version={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        partitionLimitation=_TEXT,
        sasl={
            "enum": [
                "none",
                "plaintext",
                "scram_sha256",
                "scram_sha512",
                "gssapi",
                "oauthbearer",
            ]
        },
        tls={"enum": ["enable", "disable"]},
        unsafeSsl=_TRUTH,
    ),
)
SCALED_OBJECT = _kind(
    "ScaledObject",
    _object(
        "scaleTargetRef triggers",
        scaleTargetRef=_object(
            "name", apiVersion=_TEXT, kind=_TEXT, name=_TEXT, envSourceContainerName=_TEXT
        ),
        pollingInterval=_COUNT,
        cooldownPeriod=_COUNT,
        initialCooldownPeriod=_COUNT,
        idleReplicaCount=_COUNT,
        minReplicaCount=_COUNT,
        maxReplicaCount=_COUNT,
        fallback=_object("failureThreshold replicas", failureThreshold=_COUNT, replicas=_COUNT),
        advanced=_object(
            restoreToOriginalReplicaCount={"type": "boolean"},
            horizontalPodAutoscalerConfig=_object(name=_TEXT, behavior=_BEHAVIOR),
        ),
        triggers=_list(KAFKA_TRIGGER),
    ),
)
TRIGGER_AUTHENTICATION = _kind(
    "TriggerAuthentication",
    _object(
        "secretTargetRef",
        secretTargetRef=_list(
            _object("parameter name key", parameter=_TEXT, name=_TEXT, key=_TEXT)
        ),
    ),
)
SCHEMAS = {"ScaledObject": SCALED_OBJECT, "TriggerAuthentication": TRIGGER_AUTHENTICATION}
