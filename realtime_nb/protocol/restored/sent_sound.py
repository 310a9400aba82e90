"""Which of the sound that a log's events carry to the service is there for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.conversation.items import audio_ms
from realtime_nb.protocol.restored.input_clock import InputClock
from realtime_nb.protocol.restored.restored import SUCCESSOR, read_successor
from realtime_nb.protocol.session_sound import audio_format

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

APPENDS: Final = frozenset({"input_audio_buffer.append", "session.input_audio_buffer.append"})
"""What carries sound to the service."""

_SESSIONS: Final = frozenset({"session.created", "session.updated"})
_WORD: Final = 2


class SentSound:
    """Follows a log, each record once and in order.

    Attributes
    ----------
    clock
        Where in all the sound the session in force is.
    """

    def __init__(self) -> None:
        self.clock = InputClock()
        self._form: dict[str, Any] | None = None

    def take(self, record: Record) -> int:
        """Take in one record; return how many bytes of its sound, its last, are new.

        0 for all that carries no sound to the service, and for what was sent before.
        """
        event = record.event
        if record.direction == "received":
            self._received(event)
            return 0
        if event.type not in APPENDS:
            return 0
        size = event.audio_size or self._gone(record)
        again_ms = self.clock.again_ms
        ms = audio_ms(size, self._form)
        fresh_ms = self.clock.append(ms)
        if again_ms <= 0 or ms <= 0:
            return event.audio_size
        # Whole samples: a part of one would turn all that follows into noise.
        fresh = round(size * fresh_ms / ms / _WORD) * _WORD
        return min(fresh, event.audio_size)

    def _received(self, event: Event) -> None:
        if event.type in _SESSIONS:
            session = event.get("session")
            told = cast("dict[str, Any]", session) if isinstance(session, dict) else None
            self._form = audio_format(told, "input")
        elif event.type == SUCCESSOR and (told := read_successor(event)) is not None:
            self.clock.succeed(told)

    def _gone(self, record: Record) -> int:
        """Return how much sound an event carried before the log let go of it."""
        if self.clock.again_ms <= 0:
            return 0
        return max(0, record.size - len(record.event.to_json())) * 3 // 4
