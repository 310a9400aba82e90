"""The input side of a session: the audio buffer, turns, and the items they become."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.config.item_fields import decode_audio
from realtime_nb.server.ears.ear import Ear
from realtime_nb.server.ears.hearing import Overheard, Understood
from realtime_nb.server.ears.input_buffer import InputBuffer
from realtime_nb.server.ears.live_transcript import LiveTranscript
from realtime_nb.server.ears.transcribers import streams
from realtime_nb.server.ears.transcription import tell_transcript
from realtime_nb.server.items import Item, Part
from realtime_nb.server.wire_errors import WireError, error_body

if TYPE_CHECKING:
    from realtime_nb.server.answers.responding import Responding
    from realtime_nb.server.core import Core
    from realtime_nb.server.ears.turn_detection import TurnEdge

Json = dict[str, Any]

# Voice activity runs on the loop, two or three frames at a time, with room in between.
_SLICE_MS = 96.0
# With turn detection on, older sound outside of a turn cannot become part of an item. With
# a model that streams, older sound was told already; who never commits would fill the memory.
_KEPT_MS = 60_000.0


class Listening:
    """Hears the user and makes items of it.

    Parameters
    ----------
    core
        What the session shares.
    responding
        Is told when the user begins to speak and when a turn wants an answer.
    """

    def __init__(self, core: Core, responding: Responding) -> None:
        self._core = core
        self._responding = responding
        self._buffer = InputBuffer(core.config.input_format)
        self._ear = Ear(core)
        self._live: LiveTranscript | None = None  # with a model that streams, instead of the ear
        self._turn_id: str | None = None  # the item that the open turn will become
        self._turn_start_ms = 0.0
        self._idle: asyncio.TimerHandle | None = None
        self._follow_transcriber()

    async def append(self, audio: str) -> None:
        """Take base64 audio; other work gets its turns while it is heard.

        Raises
        ------
        WireError
            When it cannot be read or taken.
        """
        await self.hear(decode_audio(audio, self._buffer.format, "audio"))

    async def hear(self, data: bytes) -> None:
        """Take sound in the session's input format; see `append`."""
        wire_format = self._buffer.format
        self._buffer.append(data)
        step = wire_format.size(_SLICE_MS)
        for first in range(0, len(data), step):
            if first:
                await asyncio.sleep(0)
            samples = wire_format.decode(data[first : first + step])
            await self._core.hearing.room()
            if self._live is not None:
                self._live.hear(samples)
                continue
            for edge in self._ear.hear(samples):
                self._on_edge(edge)
            await self._ear.follow()
        if self._live is not None:
            self._buffer.keep_last(_KEPT_MS)
        elif self._core.config.turn_detection is not None and self._turn_id is None:
            self._buffer.keep_last(_KEPT_MS + self._ear.padding_ms)

    def commit(self) -> None:
        """Make an item of what the buffer holds.

        Raises
        ------
        WireError
            When it holds less than 100 ms.
        """
        audio = self._buffer.commit()
        if self._live is not None:
            spoken = self._live.commit()
            item = self._add_item(spoken.id, audio)
            spoken.end(item.parts[0], self._core.config.transcription or {})
            return
        understood = self._ear.finish()
        self._ear.forget()
        self._hear_item(self._add_item(self._close_turn() or new_id("item"), audio), understood)

    def clear(self) -> None:
        """Drop what the buffer holds, and an open turn with it."""
        self._buffer.clear()
        self._ear.forget()
        if self._live is not None:
            self._live.drop()
        self._turn_id = None
        self._core.emit("input_audio_buffer.cleared")

    def reconfigure(self, before: Json | None) -> None:
        """Follow a session update; an open turn goes on unless its rules are gone.

        Parameters
        ----------
        before
            The turn detection that was in force.
        """
        config = self._core.config
        now = config.turn_detection
        changed = config.input_format != self._buffer.format
        self._buffer.change_format(config.input_format)
        if changed or _rules(before) != _rules(now):
            self._ear.configure(config.input_format, now, self._buffer.end_ms)
            self._turn_id = None
        self._follow_transcriber(changed=changed)
        if not (now or {}).get("idle_timeout_ms"):
            self._disarm()

    def arm_idle(self, heard_s: float) -> None:
        """Await the user's next words; after the idle timeout the assistant speaks up.

        Parameters
        ----------
        heard_s
            The session's clock when the last answer will have been heard.
        """
        self._disarm()
        timeout_ms = (self._core.config.turn_detection or {}).get("idle_timeout_ms")
        if timeout_ms and self._turn_id is None:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_at(heard_s + timeout_ms / 1000.0, self._on_idle)

    def close(self) -> None:
        """Stop waiting for anything."""
        self._disarm()

    def _on_edge(self, edge: TurnEdge) -> None:
        if edge.kind == "started":
            self._on_started(edge.at_ms)
        else:
            self._on_stopped(edge.at_ms)

    def _on_started(self, at_ms: float) -> None:
        self._disarm()
        self._turn_id = new_id("item")
        self._turn_start_ms = max(at_ms - self._ear.padding_ms, self._buffer.start_ms)
        self._core.emit(
            "input_audio_buffer.speech_started",
            audio_start_ms=round(self._turn_start_ms),
            item_id=self._turn_id,
        )
        if self._setting("interrupt_response"):
            self._core.interrupted()
            self._responding.interrupt()

    def _on_stopped(self, at_ms: float) -> None:
        understood = self._ear.finish()
        item_id = self._close_turn() or new_id("item")
        self._core.emit(
            "input_audio_buffer.speech_stopped", audio_end_ms=round(at_ms), item_id=item_id
        )
        audio = self._buffer.take(self._turn_start_ms, at_ms)
        self._hear_item(self._add_item(item_id, audio), understood)
        if self._setting("create_response"):
            self._answer()

    def _on_idle(self) -> None:
        self._idle = None
        if self._turn_id is not None or self._responding.active_id is not None:
            return
        start_ms, end_ms = self._buffer.start_ms, self._buffer.end_ms
        item_id = new_id("item")
        self._core.emit(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=round(start_ms),
            audio_end_ms=round(end_ms),
            item_id=item_id,
        )
        silence: asyncio.Future[Understood] = asyncio.get_running_loop().create_future()
        silence.set_result(Understood(""))
        self._hear_item(self._add_item(item_id, self._buffer.take(start_ms, end_ms)), silence)
        self._answer(idle=True)

    def _follow_transcriber(self, *, changed: bool = False) -> None:
        """Tell words while one speaks where the transcription model does."""
        config = self._core.config
        wanted = config.kind == "transcription" and streams(config.transcription)
        if self._live is not None and (changed or not wanted):
            self._live.drop()
            self._live = None
        if wanted and self._live is None:
            self._ear.forget()
            self._live = LiveTranscript(self._core)

    def _add_item(self, item_id: str, audio: bytes) -> Item:
        core = self._core
        part = Part("input_audio", audio=bytearray(audio), format=self._buffer.format)
        item = Item(item_id, "message", role="user", parts=[part], made_s=core.now_s())
        previous = core.conversation.add(item)
        core.emit("input_audio_buffer.committed", previous_item_id=previous, item_id=item_id)
        wire = item.to_wire()
        core.emit("conversation.item.added", previous_item_id=previous, item=wire)
        core.emit("conversation.item.done", previous_item_id=previous, item=wire)
        return item

    def _hear_item(self, item: Item, understood: asyncio.Future[Understood] | None) -> None:
        """Let an item's words be known, and told where the session wants that."""
        core = self._core
        (part,) = item.parts
        if understood is None:
            core.listen_to(item)
        else:
            part.understood = understood
        if isinstance(part.understood, Overheard):
            part.understood.item_id = item.id
        if core.config.transcription is not None:
            core.spawn(tell_transcript(core, item, part, core.config.transcription))

    def _answer(self, *, idle: bool = False) -> None:
        try:
            self._responding.create(idle=idle)
        except WireError as error:
            self._core.emit("error", error=error_body(error.message, code=error.code))

    def _close_turn(self) -> str | None:
        turn_id, self._turn_id = self._turn_id, None
        return turn_id

    def _setting(self, key: str) -> bool:
        return bool((self._core.config.turn_detection or {}).get(key))

    def _disarm(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None


def _rules(turn_detection: Json | None) -> tuple[Any, ...]:
    """Return what a running turn detection cannot change without beginning anew."""
    if turn_detection is None:
        return (None,)
    return turn_detection["type"], turn_detection.get("threshold")
