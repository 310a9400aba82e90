"""Webhooks as a service signs them (standard-webhooks), and as it does not."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
CALL_ID = "rtc_0123456789abcdefghijk"
HEADERS = [
    {"name": "From", "value": '"Ann" <sip:+15550100@trunk.example;user=phone>;tag=1'},
    {"name": "To", "value": "<sip:proj_1@sip.example>"},
]


def incoming(call_id: str = CALL_ID, **data: Any) -> dict[str, Any]:
    """Return the event of a call that rings."""
    return {
        "id": "evt_1",
        "object": "event",
        "created_at": 1,
        "type": "realtime.call.incoming",
        "data": {
            "call_id": call_id,
            "sip_headers": HEADERS,
            "sip_media_security": "rtp",
            **data,
        },
    }


def signed(
    event: Any,
    *,
    secret: str = SECRET,
    webhook_id: str = "wh_1",
    age_s: float = 0,
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a webhook; bytes are signed as they are."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    stamp = str(int(time.time() - age_s))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{webhook_id}.{stamp}.".encode() + body, "sha256")
    return body, {
        "Webhook-Id": webhook_id,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": f"v1,{base64.b64encode(digest).decode()}",
    }
