"""Which pages may post an offer: those of this computer, and with an ephemeral key a file's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from realtime_nb.server.door.admission import presented_key
from realtime_nb.server.door.client_secrets import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_ORIGIN: Final = "null"
_NAMES: Final = re.compile(r"[A-Za-z0-9, _-]{0,1000}")
_OLD_S: Final = "600"  # so long a browser may remember what it was allowed


def reply_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that let a page read an answer; none for who is no page.

    Parameters
    ----------
    headers
        Of a request that is a local one.
    """
    origin = headers.get("Origin")
    if origin is None:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Location",
        "Vary": "Origin",
    }


def preflight_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that let a page send its request."""
    asked = headers.get("Access-Control-Request-Headers", "")
    allowed = {
        "Access-Control-Allow-Methods": "POST, OPTIONS",
        "Access-Control-Allow-Headers": asked if _NAMES.fullmatch(asked) else "",
        "Access-Control-Max-Age": _OLD_S,
    }
    if headers.get("Access-Control-Request-Private-Network") == "true":
        allowed["Access-Control-Allow-Private-Network"] = "true"
    return {**reply_headers(headers), **allowed}


def may_read(headers: Mapping[str, str]) -> bool:
    """Return whether a page's request is one that it may make.

    A file's page has no origin that could be told from a sandboxed stranger's, so it must bring
    an ephemeral key, which somebody gave it; the server's token is not taken from it.
    """
    key = presented_key(headers, ())
    return headers.get("Origin") != FILE_ORIGIN or (key is not None and key.startswith(PREFIX))
