"""Which webhooks are believed; the answers never hold the secret."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.phone.signature import Signature, WebhookRefused, find_secret
from realtime_nb.errors import UsageError
from tests.client.phone.webhooks import CALL_ID, SECRET, incoming, signed

OTHER = "whsec_b3RoZXIgc2VjcmV0IG9mIHNvbWVib2R5IGVsc2U="


@pytest.fixture(scope="module")
def signature() -> Signature:
    return Signature(Secret(SECRET))


def refusal(signature: Signature, body: bytes, headers: dict[str, str]) -> WebhookRefused:
    with pytest.raises(WebhookRefused) as caught:
        signature.check(body, headers)
    text = "".join(traceback.format_exception(caught.value))
    for part in (SECRET, SECRET.removeprefix("whsec_")):
        assert part not in text
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_signed_webhook_is_believed(signature: Signature) -> None:
    found = signature.check(*signed(incoming()))
    assert found.id == "wh_1"
    assert found.event["data"]["call_id"] == CALL_ID


def test_one_signature_of_several_is_enough(signature: Signature) -> None:
    body, headers = signed(incoming())
    headers["Webhook-Signature"] = f"v1,AAAA {headers['Webhook-Signature']} v1a,zz"
    assert signature.check(body, headers).id == "wh_1"


@pytest.mark.parametrize(
    ("age_s", "said"), [(400, "older than 300 s"), (-400, "300 s ahead"), (290, None), (-290, None)]
)
def test_a_webhook_is_believed_for_five_minutes(
    signature: Signature, age_s: int, said: str | None
) -> None:
    body, headers = signed(incoming(), age_s=age_s)
    if said is None:
        assert signature.check(body, headers).id == "wh_1"
    else:
        assert said in str(refusal(signature, body, headers))


def test_forged_ones_are_refused(signature: Signature) -> None:
    body, headers = signed(incoming())
    assert "does not fit" in str(refusal(signature, body + b" ", headers))
    assert "does not fit" in str(refusal(signature, body, {**headers, "Webhook-Id": "wh_2"}))
    assert "does not fit" in str(refusal(signature, *signed(incoming(), secret=OTHER)))


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [
        ("Webhook-Signature", "ü", "does not fit"),  # compare_digest raises TypeError for it
        ("Webhook-Signature", "", "no header webhook-signature"),
        ("Webhook-Timestamp", "soon", "no number of seconds"),
        ("Webhook-Timestamp", "9" * 4000, "ahead"),
        ("Webhook-Id", "x" * 5000, "too long"),
    ],
)
def test_headers_that_are_none(signature: Signature, header: str, value: str, said: str) -> None:
    body, headers = signed(incoming())
    found = refusal(signature, body, {**headers, header: value})
    assert found.status == 400
    assert said in str(found) or "no number" in str(found)


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_each_header_is_needed(signature: Signature, name: str) -> None:
    body, headers = signed(incoming())
    del headers[name]
    assert name.lower() in str(refusal(signature, body, headers))


@pytest.mark.parametrize("body", [b"", b"no json", b"[" * 100_000, b'"text"', b"[1]", b"\xff\xfe"])
def test_signed_nonsense_is_refused(signature: Signature, body: bytes) -> None:
    assert refusal(signature, *signed(body)).status == 400


def test_where_the_secret_comes_from() -> None:
    assert find_secret(f" {SECRET} ", practice=False) == Secret(SECRET)
    environ: dict[str, str] = {"OPENAI_WEBHOOK_SECRET": SECRET}
    assert find_secret(None, practice=True, environ=environ) == Secret(SECRET)
    assert find_secret(Secret(OTHER), practice=False, environ=environ) == Secret(OTHER)
    fresh = {find_secret(None, practice=True, environ={}) for _ in range(2)}
    assert len(fresh) == 2
    body, headers = signed(incoming(), secret=next(iter(fresh)).reveal())
    assert Signature(next(iter(fresh))).check(body, headers).id == "wh_1"


@pytest.mark.parametrize("given", ["", "short", "whsec_", "whsec_a", "geheimnisvoll-ß"])
def test_what_can_be_no_secret(given: Any) -> None:
    with pytest.raises(UsageError) as caught:
        find_secret(given, practice=True, environ={})
    assert given not in str(caught.value) or given in {"", "whsec_"}


def test_without_a_secret_it_says_where_it_goes() -> None:
    with pytest.raises(UsageError, match="OPENAI_WEBHOOK_SECRET"):
        find_secret(None, practice=False, environ={})
