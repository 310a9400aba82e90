"""A realtime or a transcription session: client events in, server events out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.answers.responding import Responding
from realtime_nb.server.config.config import SessionConfig
from realtime_nb.server.config.schema import AnyObject, Integer, Nullable, Text
from realtime_nb.server.core import Core
from realtime_nb.server.dialogue import Dialogue
from realtime_nb.server.ears.listening import Listening
from realtime_nb.server.emitter import Emitter
from realtime_nb.server.mcp.definition import uses_mcp
from realtime_nb.server.session_base import BaseSession, event_fields
from realtime_nb.server.wire_errors import WireError
from realtime_nb.server.workers import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_nb.server.brain.interface import Brain
    from realtime_nb.server.config.config import SessionKind
    from realtime_nb.server.parts import Parts
    from realtime_nb.speech.interfaces import Engines

Json = dict[str, Any]

_ITEM_ID: Final = Text(512)
_EVENTS: Final = {
    "session.update": event_fields({"session": AnyObject()}),
    "input_audio_buffer.append": event_fields({"audio": Text()}),
    "input_audio_buffer.commit": event_fields(),
    "input_audio_buffer.clear": event_fields(),
    "conversation.item.create": event_fields(
        {"item": AnyObject()}, previous_item_id=Nullable(_ITEM_ID)
    ),
    "conversation.item.retrieve": event_fields({"item_id": _ITEM_ID}),
    "conversation.item.truncate": event_fields(
        {"item_id": _ITEM_ID, "content_index": Integer(0), "audio_end_ms": Integer(0)}
    ),
    "conversation.item.delete": event_fields({"item_id": _ITEM_ID}),
    "response.create": event_fields(response=Nullable(AnyObject())),
    "response.cancel": event_fields(response_id=Nullable(_ITEM_ID)),
}


class Session(BaseSession):
    """One session on one event loop.

    Parameters
    ----------
    sink
        Takes each server event; must neither block nor raise.
    brain
        Answers in this session.
    engines
        Hear, speak, find voices.
    settings
        Of the server.
    gate
        Awaited before each piece of an answer: returns when the reader keeps up.
    kind
        ``realtime`` or ``transcription``.
    on_over
        Called after the session's last event, with the code and reason of the close frame.
    config
        A checked update that takes force before `session.created`.
    parts
        What is not the practice server's own.
    on_interrupt
        As in `Core`; for whoever plays the answers in the server itself.
    """

    def __init__(  # noqa: PLR0913 -- what a session needs, each by name
        self,
        sink: Callable[[Json], None],
        *,
        brain: Brain,
        engines: Engines,
        settings: Settings | None = None,
        gate: Callable[[], Awaitable[None]] | None = None,
        kind: SessionKind = "realtime",
        on_over: Callable[[int, str], None] | None = None,
        config: Json | None = None,
        parts: Parts | None = None,
        on_interrupt: Callable[[], None] | None = None,
    ) -> None:
        settings = settings or Settings()
        emit = Emitter(sink)
        super().__init__(emit, settings.max_session_s, on_over)
        expires_at = int(time.time() + settings.max_session_s)
        in_force = parts.config if parts else SessionConfig(new_id("sess"), expires_at, kind)
        if config is not None:
            in_force.update(config)
        self._core = Core(
            emit=emit,
            config=in_force,
            brain=brain,
            engines=engines,
            settings=settings,
            gate=gate,
            parts=parts,
            on_interrupt=on_interrupt,
        )
        self._responding = Responding(self._core, self._on_spoken)
        self._listening = Listening(self._core, self._responding)
        self._dialogue = Dialogue(self._core)
        self._events = _EVENTS
        self._handlers = {
            "session.update": self._update,
            "input_audio_buffer.append": lambda event: self._listening.append(event["audio"]),
            "input_audio_buffer.commit": lambda _: self._listening.commit(),
            "input_audio_buffer.clear": lambda _: self._listening.clear(),
            "conversation.item.create": self._dialogue.create,
            "conversation.item.retrieve": self._dialogue.retrieve,
            "conversation.item.truncate": self._dialogue.truncate,
            "conversation.item.delete": self._dialogue.delete,
            "response.create": lambda event: self._responding.create(event.get("response")),
            "response.cancel": lambda event: self._responding.cancel(event.get("response_id")),
        }

    def to_wire(self) -> Json:
        """Return the session object."""
        return self._core.config.to_wire()

    def start(self) -> None:
        """Emit `session.created` and let the session's time begin."""
        super().start()
        self._list_mcp()

    async def close(self) -> None:
        """End everything the session runs."""
        await super().close()
        self._listening.close()
        await self._core.close()

    def refuse_event(self, kind: str) -> None:
        """Raise `WireError` for a response wanted of a transcription session."""
        if self._core.config.kind == "transcription" and kind.startswith("response."):
            raise WireError(
                f"A transcription session has no responses: '{kind}' is not available in it.",
                code="invalid_value",
                param="type",
            )

    def _update(self, event: Json) -> None:
        core = self._core
        before = core.config.turn_detection
        core.config.update(
            event["session"],
            assistant_spoke=core.conversation.has_assistant_audio,
            answering=self._responding.active_id is not None,
            refuse_mcp=core.mcp.refusal,
        )
        self._listening.reconfigure(before)
        core.emit("session.updated", session=self.to_wire())
        self._list_mcp()

    def _list_mcp(self) -> None:
        config = self._core.config
        if config.kind == "realtime":
            self._core.mcp.sync(config.mcp[label] for label in uses_mcp(config.tools))

    def _on_spoken(self, heard_s: float) -> None:
        self._listening.arm_idle(heard_s)
