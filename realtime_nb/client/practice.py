"""What a practice server of ours tells beyond the protocol: the card of phrases it knows."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from realtime_nb.client.endpoint import Endpoint

_TIMEOUT_S: Final = 3.0


def fetch_card(endpoint: Endpoint) -> list[str]:
    """Return the phrases that may be said to a practice server.

    The card is a help, not a need: any failure to get it gives an empty list.
    """
    url = urlsplit(endpoint.base_url)
    connection = http.client.HTTPConnection(url.netloc, timeout=_TIMEOUT_S)
    try:
        path = f"{url.path.rstrip('/')}/practice/card"
        connection.request("GET", path, headers=endpoint.headers())
        response = connection.getresponse()
        card: Any = json.loads(response.read()) if response.status == http.HTTPStatus.OK else {}
    except (OSError, http.client.HTTPException, ValueError):
        return []
    finally:
        connection.close()
    phrases = cast("dict[str, Any]", card).get("phrases") if isinstance(card, dict) else None
    return [str(p) for p in cast("list[Any]", phrases)] if isinstance(phrases, list) else []
