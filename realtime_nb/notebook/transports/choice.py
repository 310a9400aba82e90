"""Which transport a cell asks for, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from realtime_nb.errors import UsageError
from realtime_nb.protocol.config.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.config.problem import SessionKind

Name: TypeAlias = Literal["websocket", "webrtc", "webrtc-direct"]

WEBSOCKET: Final = "websocket"
WEBRTC: Final = "webrtc"
DIRECT: Final = "webrtc-direct"
CHOICES: Final = (WEBSOCKET, WEBRTC)
"""What ``--transport`` takes."""

SHOWN: Final[Mapping[str, str]] = {
    WEBSOCKET: "WebSocket",
    WEBRTC: "WebRTC",
    DIRECT: "WebRTC, direct",
    "sideband": "sideband",
}
"""What each is called before people."""


def asked_transport(transport: str | None, *, direct: bool, setting: str = "") -> Name | None:
    """Return the transport that a cell's line asks for; None where it says nothing of it.

    Parameters
    ----------
    transport
        What stands after ``--transport``.
    direct
        Whether ``--direct`` is there.
    setting
        What cells take that name none.

    Raises
    ------
    UsageError
        For a name there is none of, and for ``--direct`` without WebRTC.
    """
    if transport is not None and transport not in CHOICES:
        near = nearest(transport, CHOICES) or f"; write {' or '.join(CHOICES)}."
        raise UsageError(f"--transport {transport!r:.40} is none{near}")
    if not direct:
        return None if transport is None else _named(transport)
    if (transport or setting) != WEBRTC:
        raise UsageError(
            "--direct has the page call the service itself, which it does by WebRTC: write"
            " --transport webrtc --direct."
        )
    return DIRECT


def named_transport(name: object) -> Name:
    """Return a transport by its name, as `Chat` takes it.

    Raises
    ------
    UsageError
        When there is none of that name.
    """
    every: tuple[Name, ...] = (WEBSOCKET, WEBRTC, DIRECT)
    for one in every:
        if one == name:
            return one
    raise UsageError(f"transport={name!r:.40} is none; write one of {', '.join(every)}.")


def require_kind(name: Name, kind: SessionKind) -> None:
    """Refuse a transport that a kind of session has not.

    Raises
    ------
    UsageError
        For WebRTC where only a WebSocket is offered.
    """
    if name != WEBSOCKET and kind == "translation":
        raise UsageError(
            "a translation session goes over a WebSocket here: write --transport websocket."
        )


def _named(transport: str) -> Name:
    return WEBRTC if transport == WEBRTC else WEBSOCKET
