"""What a call plays, and how far: `output_audio_buffer.*` and the truncation of what was cut off.

Answers are made faster than they are heard. The sound of each goes to the media leg in order;
this remembers where in the leg's time each item lies, so that an interruption can say exactly
how much of it was heard.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.pcm import float_to_int16, int16_to_float, int16_to_pcm16
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.protocol.bounded import BoundedDict
from realtime_nb.server.audio_format import DEFAULT_RATE, PCM_24K, WireFormat

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.server.calls.leg import MediaLeg

Json = dict[str, Any]

# So much may wait to be heard; then the answer waits. A minute is 2.9 MB.
MOST_WAITING_MS: Final = 60_000.0
_ROOM_S: Final = 0.25
_SHORTEST_WAIT_S: Final = 0.005
_ALMOST_MS: Final = 5.0  # a leg at another rate may keep so little back for ever
# Formats of responses under way; those beside the talk may be many.
_MOST_FORMATS: Final = 64


@dataclass(slots=True)
class _Piece:
    """One item's sound, in ms of all that the leg was given."""

    item_id: str
    content_index: int
    start_ms: float
    end_ms: float


@dataclass(slots=True, eq=False)
class _Sounding:
    """One response's sound."""

    response_id: str
    started: bool = False
    done: bool = False
    pieces: list[_Piece] = field(default_factory=list[_Piece])

    @property
    def end_ms(self) -> float:
        return self.pieces[-1].end_ms


class _Voice:
    """From one response's format to the leg's."""

    def __init__(self, wire_format: WireFormat) -> None:
        self.format = wire_format
        same = wire_format.rate == DEFAULT_RATE
        self._resampler = None if same else StreamResampler(wire_format.rate, DEFAULT_RATE)

    def to_leg(self, data: bytes) -> bytes:
        """Return sound as PCM16 24 kHz."""
        samples = self.format.decode(data)
        if self._resampler is not None:
            samples = float_to_int16(self._resampler.feed(int16_to_float(samples)))
        return int16_to_pcm16(samples)

    def rest(self) -> bytes:
        """Return what is still on its way to 24 kHz."""
        if self._resampler is None:
            return b""
        return int16_to_pcm16(float_to_int16(self._resampler.flush()))


class Playback:
    """The sound of a call's answers.

    Parameters
    ----------
    leg
        Plays it.
    emit
        Sends an event of the session: its type and its fields.
    cut
        Truncates an item: its id, its part's index, the ms that were heard.
    """

    def __init__(
        self,
        leg: MediaLeg,
        emit: Callable[..., None],
        cut: Callable[[str, int, int], None],
    ) -> None:
        self._leg = leg
        self._emit = emit
        self._cut = cut
        self._given_ms = 0.0
        self._queue: list[_Sounding] = []
        self._voices: BoundedDict[str, _Voice] = BoundedDict(_MOST_FORMATS)
        self._muted: set[str] = set()  # responses cleared while they were made
        self._last_id: str | None = None
        self._news = asyncio.Event()

    def take(self, event: Json) -> bool:
        """Look at an event of the session; return whether the call's links shall see it.

        Parameters
        ----------
        event
            As the session emits it. The bytes of answers stay on the leg.
        """
        kind = event["type"]
        if kind == "response.output_audio.delta":
            self._sound(event)
            return False
        if kind == "response.created":
            self._open(event["response"])
        elif kind == "response.done":
            self._done(event["response"]["id"])
        return True

    async def run(self) -> None:
        """Tell when each response begins and ends to sound; until cancelled."""
        while True:
            self._news.clear()
            wait_s = self._step()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news.wait()

    async def room(self) -> None:
        """Return when little enough sound waits to be heard."""
        # A leg plays by the clock and has nothing to tell.
        while self._given_ms - self._leg.played_ms > MOST_WAITING_MS:  # noqa: ASYNC110
            await asyncio.sleep(_ROOM_S)

    def interrupt(self) -> None:
        """Stop what sounds, because the caller began to speak."""
        if self._queue:
            self._stop()

    def clear(self) -> None:
        """Stop what sounds, on a client's wish; say so also when nothing did."""
        if self._queue:
            self._stop()
        elif self._last_id is not None:
            self._emit("output_audio_buffer.cleared", response_id=self._last_id)

    def _open(self, response: Json) -> None:
        output: Json = response["audio"]["output"]
        self._voices[response["id"]] = _Voice(WireFormat.from_wire(output["format"]))

    def _sound(self, event: Json) -> None:
        response_id: str = event["response_id"]
        voice = self._voices.get(response_id)
        if voice is None or response_id in self._muted:
            return
        pcm = voice.to_leg(base64.b64decode(event["delta"]))
        sounding = self._sounding(response_id)
        start_ms = self._given_ms
        self._given_ms += PCM_24K.ms(len(pcm))
        last = sounding.pieces[-1] if sounding.pieces else None
        place = (event["item_id"], event["content_index"])
        if last is not None and (last.item_id, last.content_index) == place:
            last.end_ms = self._given_ms
        else:
            sounding.pieces.append(_Piece(*place, start_ms, self._given_ms))
        self._leg.play(pcm)
        if sounding is self._queue[0]:
            self._start(sounding)

    def _sounding(self, response_id: str) -> _Sounding:
        for sounding in self._queue:
            if sounding.response_id == response_id:
                return sounding
        sounding = _Sounding(response_id)
        self._queue.append(sounding)
        return sounding

    def _start(self, sounding: _Sounding) -> None:
        if not sounding.started:
            sounding.started = True
            self._last_id = sounding.response_id
            self._emit("output_audio_buffer.started", response_id=sounding.response_id)

    def _done(self, response_id: str) -> None:
        voice = self._voices.pop(response_id, None)
        self._muted.discard(response_id)
        for sounding in self._queue:
            if sounding.response_id == response_id:
                sounding.done = True
                rest = voice.rest() if voice is not None else b""
                self._given_ms += PCM_24K.ms(len(rest))
                sounding.pieces[-1].end_ms += PCM_24K.ms(len(rest))
                self._leg.play(rest)
        self._news.set()

    def _step(self) -> float | None:
        """Tell what is due; return the seconds until more may be, None for no known time."""
        while self._queue:
            first = self._queue[0]
            self._start(first)
            if not first.done:
                return None
            rest_ms = first.end_ms - self._leg.played_ms
            if rest_ms > _ALMOST_MS:
                return max(rest_ms / 1000.0, _SHORTEST_WAIT_S)
            self._end(first)
        return None

    def _end(self, sounding: _Sounding) -> None:
        self._queue.remove(sounding)
        self._emit("output_audio_buffer.stopped", response_id=sounding.response_id)

    def _stop(self) -> None:
        heard_ms = self._leg.played_ms
        first = self._queue[0]
        if first.done and first.end_ms <= heard_ms:
            # All of it was heard; only nobody has said so yet.
            self._end(first)
        self._leg.clear()
        stopped, self._queue = self._queue, []
        self._muted.update(sounding.response_id for sounding in stopped if not sounding.done)
        for sounding in stopped:
            if sounding.started:
                self._emit("output_audio_buffer.cleared", response_id=sounding.response_id)
            for piece in sounding.pieces:
                self._cut_piece(piece, heard_ms, whole=sounding.done)
        self._given_ms = heard_ms
        self._news.set()

    def _cut_piece(self, piece: _Piece, heard_ms: float, *, whole: bool) -> None:
        if whole and piece.end_ms <= heard_ms:
            return
        heard = min(heard_ms, piece.end_ms) - piece.start_ms
        self._cut(piece.item_id, piece.content_index, max(0, int(heard)))
