"""A translation session: sound in, words and sound out, no turns, no items, no responses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.audio_format import PCM_24K
from realtime_nb.server.config.item_fields import decode_audio
from realtime_nb.server.config.schema import AnyObject, Text
from realtime_nb.server.config.translation_config import TranslationConfig
from realtime_nb.server.ears.input_buffer import check_append_size
from realtime_nb.server.ears.interpreter import Interpreter
from realtime_nb.server.emitter import Emitter
from realtime_nb.server.session_base import BaseSession, event_fields
from realtime_nb.server.wire_errors import WireError
from realtime_nb.server.workers import Settings, Workers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from realtime_nb.speech.interfaces import Engines

Json = dict[str, Any]

_EVENTS: Final = {
    "session.update": event_fields({"session": AnyObject()}),
    "session.input_audio_buffer.append": event_fields({"audio": Text()}),
    "session.close": event_fields(),
}
_NORMAL: Final = 1000


class TranslationSession(BaseSession):
    """One translation session on one event loop.

    Parameters
    ----------
    sink
        Takes each server event; must neither block nor raise.
    engines
        Hear, speak, find pauses.
    settings
        Of the server.
    gate
        Awaited before each piece of sound: returns when the reader keeps up.
    on_over
        Called after the session's last event, with the code and reason of the close frame.
    config
        What its client secret was made with.
    expected
        Phrases that are likely said, in the notation of `speech`'s grammar.
    """

    def __init__(  # noqa: PLR0913 -- what a session needs, each by name
        self,
        sink: Callable[[Json], None],
        *,
        engines: Engines,
        settings: Settings | None = None,
        gate: Callable[[], Awaitable[None]] | None = None,
        on_over: Callable[[int, str], None] | None = None,
        config: Json | None = None,
        expected: Sequence[str] = (),
    ) -> None:
        settings = settings or Settings()
        emit = Emitter(sink)
        super().__init__(emit, settings.max_session_s, on_over)
        expires_at = int(time.time() + settings.max_session_s)
        self._config = TranslationConfig(new_id("sess"), expires_at)
        if config is not None:
            self._config.create(config)
        self._workers = Workers(emit, engines, settings, gate)
        self._interpreter = Interpreter(self._workers, self._config, expected)
        self._closing = False
        self._events = _EVENTS
        self._handlers = {
            "session.update": self._update,
            "session.input_audio_buffer.append": self._append,
            "session.close": self._begin_to_close,
        }

    def to_wire(self) -> Json:
        """Return the session object."""
        return self._config.to_wire()

    async def close(self) -> None:
        """End everything the session runs."""
        await super().close()
        await self._workers.close()

    def refuse_event(self, kind: str) -> None:
        """Raise `WireError` for whatever comes after `session.close`."""
        if self._closing:
            raise WireError(
                f"The session is closing: '{kind}' comes too late.",
                code="invalid_value",
                param="type",
            )

    def _update(self, event: Json) -> None:
        self._config.update(event["session"])
        self._emit("session.updated", session=self.to_wire())

    async def _append(self, event: Json) -> None:
        audio = decode_audio(event["audio"], PCM_24K, "audio")
        check_append_size(audio)
        await self._interpreter.hear(audio)

    def _begin_to_close(self, _event: Json) -> None:
        self._closing = True
        self._workers.spawn(self._close_politely())

    async def _close_politely(self) -> None:
        await self._interpreter.finish()
        self._emit("session.closed")
        self.end(_NORMAL)
