"""The session of a call: it hears what the leg brings, and cuts what the leg did not play."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from realtime_nb.audio.pcm import float_to_int16, int16_to_float, pcm16_to_int16
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.server.audio_format import DEFAULT_RATE, PCM_24K
from realtime_nb.server.session import Session
from realtime_nb.server.session_base import event_fields
from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]


class CallSession(Session):
    """A session whose sound runs on a media leg.

    Parameters are those of `Session`; two more:

    Parameters
    ----------
    on_clear
        Called for a client's `output_audio_buffer.clear`.
    **settings
        As `Session` takes them.
    """

    def __init__(self, *args: Any, on_clear: Callable[[], None], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._input: StreamResampler | None = None
        self._events = {**self._events, "output_audio_buffer.clear": event_fields()}
        self._handlers["output_audio_buffer.clear"] = lambda _: on_clear()

    def emit(self, kind: str, **fields: Any) -> None:
        """Emit an event of the session."""
        self._core.emit(kind, **fields)

    def configure(self, update: Json) -> None:
        """Let a checked update take force before the session starts."""
        before = self._core.config.turn_detection
        self._core.config.update(update)
        self._listening.reconfigure(before)

    async def hear(self, pcm: bytes) -> None:
        """Take the caller's sound.

        Parameters
        ----------
        pcm
            PCM16 24 kHz mono; becomes what the session's input format says.
        """
        wire_format = self._core.config.input_format
        if wire_format != PCM_24K:
            pcm = wire_format.encode(
                float_to_int16(
                    self._resampled(wire_format.rate, int16_to_float(pcm16_to_int16(pcm)))
                )
            )
        with contextlib.suppress(WireError):  # the buffer is full: 60 minutes without a commit
            await self._listening.hear(pcm)

    def cut(self, item_id: str, content_index: int, heard_ms: int) -> None:
        """Truncate an answer to what was heard of it, and say so.

        Parameters
        ----------
        item_id, content_index
            Where the sound stands; an answer beside the talk stands nowhere.
        heard_ms
            How much of it sounded.
        """
        item = self._core.conversation.get(item_id)
        if item is None:
            return
        part = item.parts[content_index]
        end_ms = min(heard_ms, int(part.audio_ms))
        with contextlib.suppress(WireError):  # the client was first
            item.truncate(content_index, end_ms)
            self.emit(
                "conversation.item.truncated",
                item_id=item_id,
                content_index=content_index,
                audio_end_ms=end_ms,
            )

    def _resampled(self, rate: int, samples: Any) -> Any:
        if self._input is None or self._input.to_rate != rate:
            self._input = StreamResampler(DEFAULT_RATE, rate)
        return self._input.feed(samples)
