"""What a practice server of ours tells beyond the protocol.

Its card of phrases and its missing engines are a help, not a need: whatever goes wrong in
asking for them gives nothing, and the session goes on.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from realtime_nb.protocol.told import as_list

if TYPE_CHECKING:
    from realtime_nb.client.endpoints.endpoint import Endpoint

_TIMEOUT_S: Final = 3.0


def fetch_card(endpoint: Endpoint) -> list[str]:
    """Return the phrases that may be said to a practice server."""
    base = urlsplit(endpoint.base_url).path.rstrip("/")
    return [str(phrase) for phrase in _list(_get(endpoint, f"{base}/practice/card"), "phrases")]


def fetch_missing(endpoint: Endpoint) -> list[str]:
    """Return a line for each engine that a practice server does without."""
    lines: list[str] = []
    for part in _list(_get(endpoint, "/health"), "missing"):
        if isinstance(part, dict):
            told = cast("dict[str, Any]", part)
            lines.append(
                f"No {told.get('name')} ({told.get('why')}); in its place:"
                f" {told.get('fallback')}. To mend it: {told.get('install')}"
            )
    return lines


def _list(answer: Any, field: str) -> list[Any]:
    value = cast("dict[str, Any]", answer).get(field) if isinstance(answer, dict) else None
    return as_list(value)


def _get(endpoint: Endpoint, path: str) -> Any:
    connection = http.client.HTTPConnection(urlsplit(endpoint.base_url).netloc, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", path, headers=endpoint.headers())
        response = connection.getresponse()
        return json.loads(response.read()) if response.status == http.HTTPStatus.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
