"""Signatures of webhooks as the service makes them: standard-webhooks, HMAC-SHA256."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

from realtime_nb.errors import UsageError

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 -- how a secret begins, none itself
_MOST: Final = 256


def read_secret(secret: str) -> bytes:
    """Return the bytes that sign.

    Parameters
    ----------
    secret
        ``whsec_`` and base64, or any other text, which then is itself the key.

    Raises
    ------
    UsageError
        For an empty one, one that is too long, or base64 that is none; the text does not
        repeat it.
    """
    advice = "write whsec_ and the base64 of 24 random bytes or more"
    if not secret or len(secret) > _MOST:
        raise UsageError(f"a webhook's secret has 1 to {_MOST} characters; {advice}")
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode("utf-8", "replace")
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise UsageError(f"what follows whsec_ in the webhook's secret is no base64; {advice}")
    return key


def signed_headers(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a delivery.

    Parameters
    ----------
    key
        What `read_secret` returned.
    webhook_id
        Of the event, the same in each attempt to deliver it.
    timestamp
        Of this attempt, in seconds of Unix time.
    body
        What is posted, byte for byte.
    """
    content = f"{webhook_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
