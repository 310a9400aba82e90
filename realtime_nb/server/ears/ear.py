"""The way of the client's sound: to 16 kHz, into frames, to turn detection and recogniser.

The ear knows turns and words, not items and events; `listening` makes those of them.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_nb.audio.pcm import float_to_int16, int16_to_float
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.server.ears.hearing import RATE, Understood
from realtime_nb.server.ears.patience import semantic_patience_ms
from realtime_nb.server.ears.turn_detection import START_FRAMES, TurnDetector, TurnEdge

if TYPE_CHECKING:
    import asyncio

    from numpy.typing import NDArray

    from realtime_nb.server.audio_format import WireFormat
    from realtime_nb.server.core import Core
    from realtime_nb.server.parts import Utterance

Json = dict[str, Any]

_SEMANTIC_PADDING_MS = 300.0
_SEMANTIC_THRESHOLD = 0.5


class Ear:
    """Hears one session's input audio.

    Parameters
    ----------
    core
        What the session shares.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._utterance: Utterance | None = None
        self._detector: TurnDetector | None = None
        self._frame = 0  # samples; 0 without turn detection
        self._padding: deque[NDArray[np.int16]] = deque()
        self._rest = np.zeros(0, np.int16)
        self.configure(core.config.input_format, core.config.turn_detection, 0.0)

    @property
    def in_turn(self) -> bool:
        """Whether turn detection has seen a turn begin and not end."""
        return self._detector is not None and self._detector.in_turn

    @property
    def padding_ms(self) -> float:
        """How much sound before the first voiced frame belongs to a turn."""
        settings = self._core.config.turn_detection or {}
        return float(settings.get("prefix_padding_ms", _SEMANTIC_PADDING_MS))

    def configure(
        self, wire_format: WireFormat, turn_detection: Json | None, position_ms: float
    ) -> None:
        """Begin anew with this format and turn detection; an open turn is forgotten.

        Parameters
        ----------
        wire_format, turn_detection
            As in force; `patience` and padding are read from the session's config anew
            whenever they matter, so a mere change of theirs needs no call.
        position_ms
            Position of the next sample that will be heard.
        """
        self.forget()
        self._resampler = StreamResampler(wire_format.rate, RATE)
        if turn_detection is None:
            self._detector = None
            self._frame = 0
            return
        activity = self._core.engines.voice_activity()
        self._frame = activity.frame
        self._detector = TurnDetector(
            activity,
            threshold=turn_detection.get("threshold", _SEMANTIC_THRESHOLD),
            patience_ms=self._patience_ms,
            origin_ms=position_ms,
        )

    def hear(self, samples: NDArray[np.int16]) -> list[TurnEdge]:
        """Take samples (n,) at the input format's rate; return the turn edges they bring."""
        pcm = float_to_int16(self._resampler.feed(int16_to_float(samples)))
        if self._detector is None:
            self._feed_manual(pcm)
            return []
        pcm = np.concatenate((self._rest, pcm))
        whole = pcm.shape[0] // self._frame * self._frame
        self._rest = pcm[whole:]
        edges = [
            self._step(self._detector, pcm[first : first + self._frame])
            for first in range(0, whole, self._frame)
        ]
        return [edge for edge in edges if edge is not None]

    async def follow(self) -> None:
        """Let the recogniser catch up where the words decide when the turn ends.

        Sound may come faster than it is spoken; then the words would lag behind the
        silence that they are to judge.
        """
        settings = self._core.config.turn_detection or {}
        if self.in_turn and self._utterance is not None and settings["type"] == "semantic_vad":
            await self._utterance.caught_up()

    def finish(self) -> asyncio.Future[Understood] | None:
        """End the utterance under way; None when nothing was being recognised."""
        utterance, self._utterance = self._utterance, None
        return utterance.finish() if utterance is not None else None

    def forget(self) -> None:
        """Drop the utterance under way and an open turn."""
        if self._utterance is not None:
            self._utterance.drop()
            self._utterance = None
        if self._detector is not None:
            self._detector.reset()
        self._padding.clear()

    def _feed_manual(self, pcm: NDArray[np.int16]) -> None:
        if self._utterance is None:
            self._utterance = self._core.hearing.start(*self._core.expected_words())
        self._utterance.feed(pcm)

    def _step(self, detector: TurnDetector, frame: NDArray[np.int16]) -> TurnEdge | None:
        edge = detector.step(frame)
        if edge is not None and edge.kind == "started":
            self._utterance = self._core.hearing.start(*self._core.expected_words())
            for earlier in self._padding:
                self._utterance.feed(earlier)
            self._padding.clear()
        if self._utterance is not None:
            self._utterance.feed(frame)
            return edge
        self._keep(frame)
        return edge

    def _keep(self, frame: NDArray[np.int16]) -> None:
        frame_ms = frame.shape[0] * 1000.0 / RATE
        self._padding.append(frame)
        most = math.ceil(self.padding_ms / frame_ms) + START_FRAMES - 1
        while len(self._padding) > most:
            self._padding.popleft()

    def _patience_ms(self) -> float:
        settings = self._core.config.turn_detection or {}
        if settings.get("type") == "semantic_vad":
            text = self._utterance.partial if self._utterance is not None else ""
            return semantic_patience_ms(settings["eagerness"], text)
        return float(settings.get("silence_duration_ms", 0))
