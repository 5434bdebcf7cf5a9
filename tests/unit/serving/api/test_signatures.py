"""What every scheme holds to: the vendor's own is taken, and nothing else, however near."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from legato.channels.webhook import fault_of_secret
from legato.serving.api.forms import read_form
from legato.serving.api.signatures.register import SIGNATURE_SCHEMES
from legato.serving.api.signatures.sendgrid import fault_of as fault_of_key
from legato.serving.api.signatures.signed import (
    TOLERANCE,
    UNTIMELY,
    WRONG,
    SignatureRefused,
    SignedRequest,
    VendorPing,
    VerifiedDelivery,
)
from legato.wire.source.webhook import BY_KEY, SCHEMES
from tests.unit.serving.api.goldens import (
    FORM,
    GOLDENS,
    OTHER_KEY,
    PUBLIC_KEY,
    STANDARD,
    STRIPE,
    TWILIO,
    TWILIO_JSON,
    TWILIO_URL,
    WOOCOMMERCE,
    GoldenWebhook,
)

each_golden = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
each_timed = pytest.mark.parametrize(
    "golden", [each for each in GOLDENS if each.signed], ids=lambda golden: golden.name
)

FORMAL = ("sendgrid", "standard")
"""Schemes whose secrets are no mere texts."""


def test_the_settings_name_the_schemes_that_there_are_and_each_has_an_example() -> None:
    assert {*SIGNATURE_SCHEMES, BY_KEY} == {*SCHEMES}
    assert {golden.scheme for golden in GOLDENS} == {*SIGNATURE_SCHEMES}


@each_golden
def test_the_vendors_own_is_taken_under_the_name_that_they_gave_it(
    golden: GoldenWebhook,
) -> None:
    assert golden.verdict() == VerifiedDelivery(golden.id)


@each_golden
def test_either_of_two_secrets_will_do_and_no_other(golden: GoldenWebhook) -> None:
    assert golden.verdict(golden.other, golden.secret) == VerifiedDelivery(golden.id)
    assert golden.verdict(golden.other) == WRONG
    assert golden.scheme in FORMAL or golden.verdict(golden.secret + "x") == WRONG


@each_golden
@given(data=st.data())
def test_no_byte_of_the_body_may_differ(golden: GoldenWebhook, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(golden.body) - 1))
    put = data.draw(st.binary(max_size=2))
    body = golden.body[:at] + put + golden.body[at + 1 :]
    form = golden.headers.get("content-type") == FORM
    assume((_signed_of(body) != _signed_of(golden.body)) if form else body != golden.body)
    assert isinstance(golden.verdict(body=body), SignatureRefused)


def _signed_of(form: bytes) -> str:
    """What Twilio signs of a form, which may be written in several ways."""
    return "".join(name + value for name, value in sorted(set(read_form(form) or ())))


@each_golden
@given(data=st.data())
def test_no_character_of_what_is_signed_by_may_differ(
    golden: GoldenWebhook, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from([each for each in golden.needs if each != "content-type"]))
    value = golden.headers[name]
    at = data.draw(st.integers(0, len(value) - 1))
    put = data.draw(st.text(st.characters(max_codepoint=255), max_size=2))
    other = value[:at] + put + value[at + 1 :]
    assume(other.strip() != value and "settings" not in name)
    headers = {**golden.headers, name: other}
    assert isinstance(golden.verdict(headers=headers), SignatureRefused)


@each_golden
def test_without_a_header_it_is_nobodys(golden: GoldenWebhook) -> None:
    for name in golden.needs:
        headers = {key: value for key, value in golden.headers.items() if key != name}
        assert isinstance(golden.verdict(headers=headers), SignatureRefused), name


@each_timed
def test_it_counts_for_five_minutes_before_and_after(golden: GoldenWebhook) -> None:
    for late in (-TOLERANCE, TOLERANCE):
        assert golden.verdict(now=golden.now + late) == VerifiedDelivery(golden.id)
        beyond = late + (1 if late > 0 else -1)
        assert golden.verdict(now=golden.now + beyond) == UNTIMELY


@each_golden
@given(
    st.dictionaries(
        st.sampled_from(sorted({name for each in GOLDENS for name in each.headers})),
        st.text(st.characters(max_codepoint=255)),
    ),
    st.binary(),
    st.text(),
)
def test_whatever_comes_is_refused_and_breaks_nothing(
    golden: GoldenWebhook, headers: dict[str, str], body: bytes, query: str
) -> None:
    url = f"{golden.url}&{query}" if golden.url else ""
    verdict = golden.verdict(body=body, headers={**golden.headers, **headers}, url=url)
    assert isinstance(verdict, SignatureRefused) or body == golden.body


def test_stripe_is_taken_by_any_of_its_signatures() -> None:
    rolled = "e68d9c7efbbbf57a0ccc2a549eff9a8144692e1c9d74b76a39187b5d274cf5d4"
    both = {"stripe-signature": f"{STRIPE.headers['stripe-signature']},v1={rolled},v0=00"}
    assert STRIPE.verdict("whsec_rolled", headers=both) == VerifiedDelivery("evt_1")
    assert STRIPE.verdict(headers=both) == VerifiedDelivery("evt_1")
    first = STRIPE.headers["stripe-signature"].replace("v1=", "v0=")
    assert isinstance(STRIPE.verdict(headers={"stripe-signature": first}), SignatureRefused)


def test_standard_webhooks_are_taken_by_any_of_their_signatures() -> None:
    given = f"v1a,AAAA nonsense v1,AAAA {STANDARD.headers['webhook-signature']}"
    headers = {**STANDARD.headers, "webhook-signature": given}
    assert STANDARD.verdict(headers=headers) == VerifiedDelivery(STANDARD.id)


@pytest.mark.parametrize("sent", ["01614265330", "1614265330.0", "1.6e9", "+1614265330", "²"])
def test_a_time_counts_only_as_it_was_signed(sent: str) -> None:
    headers = {**STANDARD.headers, "webhook-timestamp": sent}
    assert isinstance(STANDARD.verdict(headers=headers), SignatureRefused)


@pytest.mark.parametrize(
    "url",
    [TWILIO_URL.replace("mycompany.com", f"mycompany.com{port}") for port in ("", ":443")],
)
def test_twilio_is_taken_with_or_without_the_port(url: str) -> None:
    assert TWILIO.verdict(url=url) == VerifiedDelivery(TWILIO.id)
    assert TWILIO.verdict(url=url.replace("https", "http")) == WRONG


def test_what_twilio_did_not_hash_is_not_taken_for_its_own() -> None:
    """The address alone is signed, so that any body might come with it."""
    no_hash = TWILIO_JSON.verdict(url=TWILIO_URL)
    other = TWILIO_JSON.verdict(body=b'{"property": "other"}')
    as_form = TWILIO_JSON.verdict(
        body=b"", headers={**TWILIO_JSON.headers, "content-type": FORM}
    )
    assert all(isinstance(each, SignatureRefused) for each in (no_hash, other, as_form))


def test_twilio_signs_each_field_once_in_the_order_of_their_names() -> None:
    turned = b"&".join(reversed(TWILIO.body.split(b"&")))
    assert TWILIO.verdict(body=turned + b"&Digits=1234") == VerifiedDelivery(TWILIO.id)
    assert TWILIO.verdict(body=TWILIO.body + b"&Digits=") == WRONG


def test_woocommerce_tries_whether_somebody_answers() -> None:
    verify = SIGNATURE_SCHEMES["woocommerce"].verify
    assert verify(SignedRequest(b"webhook_id=12", {}), ("s",), 0) == VendorPing()
    for body in (b"webhook_id=", b"webhook_id=1&x=1", b" webhook_id=1", b""):
        assert isinstance(verify(SignedRequest(body, {}), ("s",), 0), SignatureRefused)
    signed = {"x-wc-webhook-signature": "AAAA"}
    assert verify(SignedRequest(b"webhook_id=12", signed), ("s",), 0) == WRONG


def test_what_woocommerce_sends_in_one_second_has_several_names() -> None:
    plain = {name: told for name, told in WOOCOMMERCE.headers.items() if "id" not in name}
    assert WOOCOMMERCE.verdict(headers=plain) == VerifiedDelivery("")
    assert WOOCOMMERCE.id.startswith(WOOCOMMERCE.headers["x-wc-webhook-delivery-id"])


def test_a_public_key_may_be_base64_or_pem() -> None:
    lines = ("-----BEGIN PUBLIC KEY-----", PUBLIC_KEY[:64], PUBLIC_KEY[64:])
    pem = "\n".join((*lines, "-----END PUBLIC KEY-----"))
    assert fault_of_key(PUBLIC_KEY) == fault_of_key(OTHER_KEY) == fault_of_key(pem) == ""
    for bad in ("", "x", PUBLIC_KEY[:-8], "AAAA", "-----BEGIN PUBLIC KEY-----"):
        assert "no public key on P-256" in fault_of_key(bad)


def test_a_secret_of_standard_webhooks_is_base64() -> None:
    assert fault_of_secret(STANDARD.secret) == fault_of_secret("MfKQ9r8GKYqrTwjUPD8ILPZI") == ""
    for bad in ("", "whsec_", "whsec_!", "ü"):
        assert "is no `whsec_` and base64" in fault_of_secret(bad)


def test_the_asymmetric_standard_webhooks_are_not_taken_and_their_keys_are_refused() -> None:
    signer = Ed25519PrivateKey.from_private_bytes(bytes(32))
    name, at = STANDARD.id, STANDARD.headers["webhook-timestamp"]
    signed = base64.b64encode(signer.sign(f"{name}.{at}.".encode() + STANDARD.body)).decode()
    headers = {**STANDARD.headers, "webhook-signature": f"v1a,{signed}"}
    assert STANDARD.verdict(headers=headers) == WRONG
    public = base64.b64encode(signer.public_key().public_bytes_raw()).decode()
    for key in (f"whpk_{public}", f"whsk_{public}"):
        assert "is a key of `v1a`, and only `v1` is spoken here" in fault_of_secret(key)
