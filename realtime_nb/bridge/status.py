"""What a page is told of a session: its kind, its state, and what is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.bridge.view import Message
    from realtime_nb.client.session import RealtimeSession

_Fields: TypeAlias = dict[str, Any]

_STATES: Final[Mapping[str, str]] = {"idle": "connecting", "closing": "closed"}


class Status:
    """Reads a session for its pages.

    What the service said last counts; what was asked for stands in until it has said anything.

    Parameters
    ----------
    session
        The session.
    """

    def __init__(self, session: RealtimeSession) -> None:
        self._session = session
        self._held: _Fields | None = None

    def hold(self) -> None:
        """Tell what is in force now until `release`.

        A session that takes this one's place begins with its service's defaults, and no page
        is to follow those: a microphone that a key opens would be open.
        """
        self._held = self._held or self._session.conversation.session

    def release(self) -> None:
        """Tell what is in force from now on."""
        self._held = None

    @property
    def kind(self) -> str:
        """``realtime``, ``transcription`` or ``translation``."""
        return self._session.kind

    @property
    def state(self) -> str:
        """``connecting``, ``open``, ``restoring``, ``closed`` or ``failed``."""
        return _STATES.get(self._session.state, self._session.state)

    @property
    def takes(self) -> bool:
        """Whether what is said and typed reaches the service, at once or when it is back."""
        return self._session.state in ("open", "restoring")

    @property
    def manual(self) -> bool:
        """Whether the service finds no ends of turns itself: somebody has to say so."""
        heard = self.audio("input")
        if self.kind == "translation" or "turn_detection" not in heard:
            return False
        return heard["turn_detection"] is None

    @property
    def model(self) -> str:
        """The model that answers or translates; of a transcription session its transcriber."""
        if self.kind == "transcription":
            return _text(as_object(self.audio("input").get("transcription")).get("model"))
        return _text(self._told.get("model")) or self._session.endpoint.model

    @property
    def language(self) -> str:
        """The language translated to, else ``""``."""
        return _text(self.audio("output").get("language")) if self.kind == "translation" else ""

    @property
    def costs(self) -> bool:
        """Whether its use is billed, as far as the endpoint knows."""
        return self._session.endpoint.costs

    @property
    def turn_detection(self) -> _Fields:
        """The turn detection in force; empty when there is none."""
        return as_object(self.audio("input").get("turn_detection"))

    def format(self, side: str) -> _Fields | None:
        """Return the format of a side's sound, None where the service names none."""
        return as_object(self.audio(side).get("format")) or None

    def audio(self, side: str) -> _Fields:
        """Return what is in force for ``input`` or ``output`` sound."""
        return as_object(as_object(self._told.get("audio")).get(side))

    def message(self) -> Message:
        """Return the fields of a page's `state` message."""
        failure = self._session.failure
        return {
            "state": self.state,
            "detail": str(failure) if failure is not None else "",
            "restoration": self._restoration(),
            "session": self.kind,
            "model": self.model,
            "voice": _voice(self.audio("output").get("voice")),
            "language": self.language,
            "manual": self.manual,
            "costs": self.costs,
            "transport": self._session.transport.name,
        }

    def _restoration(self) -> Message | None:
        told = self._session.restoration
        if told is None:
            return None
        away_ms = self._session.now_ms() - told.since_ms
        return {
            "reason": told.reason,
            "tries": told.tries,
            "next_s": told.next_try_s,
            "away_s": round(max(0.0, away_ms) / 1000, 1),
            "detail": told.detail,
        }

    @property
    def _told(self) -> _Fields:
        return self._held or self._session.conversation.session or {}


def _voice(value: Any) -> str:
    """Return a voice's name; a custom one is an object with an id."""
    return _text(value) or _text(as_object(value).get("id"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
