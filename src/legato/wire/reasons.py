"""Why a record goes to dead.letters instead of down the line: one word each, no others."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "empty": "the record has no value",
    "too_large": "the value is larger than a source may send",
    "not_utf8": "a text is not UTF-8",
    "not_json": "the value is not JSON, or is cut short",
    "not_command": "a record of customer.events without key that Legato did not write",
    "too_deep": "the value is nested deeper than can be read",
    "bad_magic": "the first byte names no wire format that can be read here",
    "unknown_schema": "the registry does not know the schema id",
    "bad_avro": "the bytes do not fit the schema that they name",
    "bad_cloudevent": "a CloudEvent of a content type or version that cannot be read here",
    "no_ce_id": "a CloudEvent without id",
    "bad_envelope": "a field of the envelope is missing, empty, too long or of a wrong type",
    "bad_time": "`time` is no point in time from 2000 on; perhaps it counts another unit",
    "bad_key": "a trusted record whose key is not its customer_id",
    "no_identifier": "no identifier points at a customer",
    "bad_payload": "`data` is not what the event's type calls for",
    "bad_reference": "a reference whose kind, key, time or value is not as it should be",
    "bad_playbook": "a version of a playbook whose key, number or time is not as it should be",
    "unknown_word": "`data` has a word that is on no list; a refusal is followed all the same",
    "context_full": "the customer's context has no room for more",
    "unexpected": "Legato itself failed on the record; its log has the traceback",
    "adapter_failed": "an adapter failed, or ended, on the action each time; its log says how",
    "bad_outcome": "an outcome of an unknown status, or of a customer or action not known",
}
