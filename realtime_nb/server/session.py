"""One session: client events in, server events out. No sockets, no threads of its own.

A refused event becomes an `error` event and the session goes on; a fault of ours becomes
an `error` of type `server_error`, is logged, and the session goes on as well.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.config import SessionConfig
from realtime_nb.server.core import Core, Settings
from realtime_nb.server.dialogue import Dialogue
from realtime_nb.server.emitter import Emitter
from realtime_nb.server.frames import event_id_of, event_type, parse_frame
from realtime_nb.server.listening import Listening
from realtime_nb.server.responding import Responding
from realtime_nb.server.schema import AnyObject, Check, Integer, Nullable, Record, Text
from realtime_nb.server.wire_errors import WireError, error_body, unsupported_value

if TYPE_CHECKING:
    from realtime_nb.server.brain.interface import Brain
    from realtime_nb.server.config import SessionKind
    from realtime_nb.speech.interfaces import Engines

Json = dict[str, Any]
Handler: TypeAlias = Callable[[Json], Awaitable[None] | None]

_log = logging.getLogger(__name__)

EXPIRED = "Your session hit the maximum duration of 60 minutes."
_ITEM_ID: Final = Text(512)


def _event(required: dict[str, Check] | None = None, /, **optional: Check) -> Record:
    """Return the checker of a client event; `type` and `event_id` may stand in each."""
    required = required or {}
    envelope: dict[str, Check] = {"type": Text(), "event_id": Nullable(Text())}
    return Record({**envelope, **required, **optional}, tuple(required))


_EVENTS: Final = {
    "session.update": _event({"session": AnyObject()}),
    "input_audio_buffer.append": _event({"audio": Text()}),
    "input_audio_buffer.commit": _event(),
    "input_audio_buffer.clear": _event(),
    "conversation.item.create": _event({"item": AnyObject()}, previous_item_id=Nullable(_ITEM_ID)),
    "conversation.item.retrieve": _event({"item_id": _ITEM_ID}),
    "conversation.item.truncate": _event(
        {"item_id": _ITEM_ID, "content_index": Integer(0), "audio_end_ms": Integer(0)}
    ),
    "conversation.item.delete": _event({"item_id": _ITEM_ID}),
    "response.create": _event(response=Nullable(AnyObject())),
    "response.cancel": _event(response_id=Nullable(_ITEM_ID)),
}


class Session:
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
    on_expired
        Called after the session's last event, when its time is over.
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
        on_expired: Callable[[], None] | None = None,
    ) -> None:
        settings = settings or Settings()
        emit = Emitter(sink)
        config = SessionConfig(new_id("sess"), int(time.time() + settings.max_session_s), kind)
        optional = {} if gate is None else {"gate": gate}
        self._core = Core(
            emit=emit,
            config=config,
            brain=brain,
            engines=engines,
            settings=settings,
            **optional,
        )
        self._responding = Responding(self._core, self._on_spoken)
        self._listening = Listening(self._core, self._responding)
        self._dialogue = Dialogue(self._core)
        self._on_expired = on_expired
        self._expiry: asyncio.TimerHandle | None = None
        self._over = False
        self._handlers: dict[str, Handler] = {
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

    def start(self) -> None:
        """Emit `session.created` and let the session's time begin."""
        core = self._core
        core.emit("session.created", session=core.config.to_wire())
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(core.settings.max_session_s, self._expire)

    async def handle(self, frame: str | bytes) -> None:
        """Take one frame of the client; never raises for what it holds.

        Parameters
        ----------
        frame
            `str` from a text frame, `bytes` from a binary one.
        """
        if self._over:
            return
        event_id: str | None = None
        try:
            event = parse_frame(frame)
            event_id = event_id_of(event)
            await self._dispatch(event)
        except WireError as error:
            self._core.emit("error", error=error.body(event_id))
        except Exception as error:  # noqa: BLE001 -- logged, and told to the client
            _log.exception("a client event failed")
            body = error_body(
                f"The server had an error while processing the event: {error}",
                event_id=event_id,
                kind="server_error",
            )
            self._core.emit("error", error=body)

    async def close(self) -> None:
        """End everything the session runs."""
        self._over = True
        if self._expiry is not None:
            self._expiry.cancel()
        self._listening.close()
        await self._core.close()

    async def _dispatch(self, event: Json) -> None:
        kind = event_type(event)
        handler = self._handlers.get(kind)
        if handler is None:
            raise unsupported_value("type", kind, tuple(self._handlers))
        _EVENTS[kind].check(event, "")
        if self._core.config.kind == "transcription" and kind.startswith("response."):
            raise WireError(
                f"A transcription session has no responses: '{kind}' is not available in it.",
                code="invalid_value",
                param="type",
            )
        waiting = handler(event)
        if waiting is not None:
            await waiting

    def _update(self, event: Json) -> None:
        core = self._core
        before = core.config.turn_detection
        spoke = core.conversation.has_assistant_audio
        core.config.update(event["session"], assistant_spoke=spoke)
        self._listening.reconfigure(before)
        core.emit("session.updated", session=core.config.to_wire())

    def _on_spoken(self, heard_s: float) -> None:
        self._listening.arm_idle(heard_s)

    def _expire(self) -> None:
        self._over = True
        body = error_body(EXPIRED, code="session_expired")
        self._core.emit("error", error=body)
        if self._on_expired is not None:
            self._on_expired()
