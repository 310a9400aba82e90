"""Answers with HTTP 200 that are none: an error within a stream, a page in place of sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.junk import as_object
from realtime_nb.errors import ConnectionFailed, RequestRefused
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.service import Endpoint

_NEVER_SOUND: Final = frozenset({"application/json", "text/html", "text/plain"})
_LONGEST: Final = 300


def check_kind(kind: str, endpoint: Endpoint, *, wanted: str) -> None:
    """Refuse an answer that cannot be what was asked for.

    Parameters
    ----------
    kind
        Its media type.
    endpoint
        Who answered.
    wanted
        ``"sound"`` or ``"words"``.

    Raises
    ------
    ConnectionFailed
        In one line.
    """
    if kind == "text/html" or (wanted == "sound" and kind in _NEVER_SOUND):
        raise ConnectionFailed(
            f"{endpoint.name} answered with {kind} and no {wanted}; check the URL, which "
            "usually ends in /v1, and the model"
        )


def refused_event(told: Mapping[str, Any], endpoint: Endpoint) -> RequestRefused:
    """Return the error that stands for an `error` event or body; the key is taken out of it."""
    inner = as_object(told.get("error")) or told
    message = inner.get("message")
    said = message if isinstance(message, str) and message.strip() else "no reason was told"
    code, param = inner.get("code"), inner.get("param")
    line = "".join(
        sign if sign.isprintable() else "\u00b7" for sign in shorten(said, _LONGEST).rstrip(".")
    )
    return RequestRefused(
        f"{endpoint.name} broke off with an error: {endpoint.scrub(line)}; try again",
        code=code if isinstance(code, str) else None,
        param=param if isinstance(param, str) else None,
    )
