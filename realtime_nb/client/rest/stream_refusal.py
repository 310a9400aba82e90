"""Answers with HTTP 200 that are none: a page in place of sound or words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.errors import ConnectionFailed

if TYPE_CHECKING:
    from realtime_nb.client.endpoints.service import Endpoint

_NEVER_SOUND: Final = frozenset({"application/json", "text/html", "text/plain"})


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
