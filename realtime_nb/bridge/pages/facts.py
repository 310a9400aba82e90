"""What a page said of itself in its hello: what ways of sound it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from realtime_nb.protocol.shown_text import plain

if TYPE_CHECKING:
    from typing import Self

_LONGEST: Final = 200
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page can do.

    Attributes
    ----------
    origin
        Where it came from, such as ``http://localhost:8888``; as the page says it.
    secure
        Whether it is a secure context: browsers give a microphone to no other.
    microphone
        Whether the browser has a way to ask for one.
    webrtc
        Whether it can make peer connections.
    fast
        Whether it is on the fast path now.
    """

    origin: str
    secure: bool
    microphone: bool
    webrtc: bool
    fast: bool = False

    @classmethod
    def read(cls, told: Any) -> Self | None:
        """Return what a hello tells; None where it tells nothing, as an older page's."""
        if not isinstance(told, Mapping):
            return None
        facts = cast("Mapping[str, Any]", told)
        return cls(
            origin=plain(str(facts.get("origin", "")), _LONGEST),
            secure=facts.get("secure") is True,
            microphone=facts.get("microphone") is True,
            webrtc=facts.get("webrtc") is True,
        )

    @property
    def on_loopback(self) -> bool:
        """Whether it was served by a program on the browser's own computer, or through a tunnel."""
        try:
            return urlsplit(self.origin).hostname in _LOOPBACK
        except ValueError:
            return False
