"""What pages that play a growing sound say, looked at before it is believed, and what they get."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from realtime_nb.bridge.stream_out.stream_out import Piece, StreamOut
    from realtime_nb.bridge.view import Message

_MAX_CLIENT: Final = 64
_MAX_COUNT: Final = 2**53


def page_message(content: Any) -> Message | None:
    """Return a message of a page that says which one it is; None for anything else."""
    if not isinstance(content, dict):
        return None
    message = cast("Message", content)
    client = message.get("client")
    known = isinstance(client, str) and 0 < len(client) <= _MAX_CLIENT
    return message if known else None


def count(message: Message, name: str) -> int:
    """Return a number of a message; 0 in place of what is none."""
    value = message.get(name)
    return value if isinstance(value, int) and 0 <= value < _MAX_COUNT else 0


def obey(out: StreamOut, message: Message) -> bool:
    """Do what a page says about the sound it plays; whether it was about that."""
    client, run = message["client"], count(message, "run")
    match message.get("kind"):
        case "want":
            out.want(client, run, count(message, "from"), count(message, "until"))
        case "ack":
            out.ack(client, run, count(message, "got"), count(message, "until"))
            playing = message.get("playing") is True
            out.hear(client, count(message, "played"), time.monotonic(), playing=playing)
        case "waits":
            played = count(message, "played")
            out.hear(client, played, time.monotonic(), playing=True, waits=True)
        case "leave":
            out.leave(client)
        case _:
            return False
    return True


def sound_message(piece: Piece) -> tuple[Message, list[bytes]]:
    """Return a piece as a message and its buffers."""
    message = {"kind": "sound", "to": piece.client, "run": piece.run, "offset": piece.offset}
    return message, [piece.pcm]
