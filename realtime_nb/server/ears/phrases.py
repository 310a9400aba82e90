"""Speech cut into phrases at its pauses, each recognised as soon as it is over.

For sessions that tell words while one speaks and know no turns: streaming transcription
and translation. Voice activity here is only a knife; nobody hears of it on the wire.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.audio.pcm import float_to_int16, int16_to_float
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.server.ears.hearing import RATE
from realtime_nb.server.ears.turn_detection import START_FRAMES, TurnDetector

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from realtime_nb.server.ears.hearing import Understood
    from realtime_nb.server.parts import Ears, Utterance
    from realtime_nb.speech.interfaces import VoiceActivity

PAUSE_MS: Final = 400.0
# Who speaks without a pause must not wait for ever; a cut may then cost a word.
LONGEST_MS: Final = 12_000.0
_PADDING_MS: Final = 300.0
_THRESHOLD: Final = 0.5


@dataclass(frozen=True, slots=True)
class Phrase:
    """What was said between two pauses.

    Parameters
    ----------
    start_ms, end_ms
        Where it lies in all the sound fed.
    understood
        Its words, as soon as they are known.
    """

    start_ms: float
    end_ms: float
    understood: asyncio.Future[Understood]


class PhraseEar:
    """Phrases from a stream of sound.

    Parameters
    ----------
    hearing
        Recognises.
    activity
        Finds the pauses.
    rate
        Of the sound, in Hz.
    expected
        Asked when a phrase begins: phrases and prompt for the recogniser.
    """

    def __init__(
        self,
        hearing: Ears,
        activity: VoiceActivity,
        rate: int,
        expected: Callable[[], tuple[Sequence[str], str]],
    ) -> None:
        self._hearing = hearing
        self._expected = expected
        self._resampler = StreamResampler(rate, RATE)
        self._frame = activity.frame
        self._frame_ms = activity.frame * 1000.0 / RATE
        self._detector = TurnDetector(activity, threshold=_THRESHOLD, patience_ms=lambda: PAUSE_MS)
        most = math.ceil(_PADDING_MS / self._frame_ms) + START_FRAMES - 1
        self._padding: deque[NDArray[np.int16]] = deque(maxlen=most)
        self._rest = np.zeros(0, np.int16)
        self._utterance: Utterance | None = None
        self._start_ms = 0.0

    def hear(self, samples: NDArray[np.int16]) -> list[Phrase]:
        """Take samples (n,); return the phrases that end in them."""
        pcm = float_to_int16(self._resampler.feed(int16_to_float(samples)))
        pcm = np.concatenate((self._rest, pcm))
        whole = pcm.shape[0] // self._frame * self._frame
        self._rest = pcm[whole:]
        ended = [
            self._step(pcm[first : first + self._frame]) for first in range(0, whole, self._frame)
        ]
        return [phrase for phrase in ended if phrase is not None]

    def finish(self) -> Phrase | None:
        """End the phrase under way as far as it came; None when nobody is speaking."""
        self._feed(self._rest)
        self._rest = self._rest[:0]
        phrase = self._end()
        self._detector.reset()
        self._padding.clear()
        return phrase

    def drop(self) -> None:
        """Forget the phrase under way."""
        if self._utterance is not None:
            self._utterance.drop()
            self._utterance = None
        self._detector.reset()
        self._padding.clear()

    def _step(self, frame: NDArray[np.int16]) -> Phrase | None:
        edge = self._detector.step(frame)
        if edge is not None and edge.kind == "started":
            self._begin(edge.at_ms)
            for earlier in self._padding:
                self._feed(earlier)
            self._padding.clear()
        if self._utterance is None:
            self._padding.append(frame)
            return None
        self._feed(frame)
        if edge is not None and edge.kind == "stopped":
            return self._end(PAUSE_MS)
        if self._detector.position_ms - self._start_ms >= LONGEST_MS:
            phrase = self._end()
            self._begin(self._detector.position_ms)
            return phrase
        return None

    def _begin(self, at_ms: float) -> None:
        self._utterance = self._hearing.start(*self._expected())
        self._start_ms = at_ms

    def _feed(self, frame: NDArray[np.int16]) -> None:
        if self._utterance is not None:
            self._utterance.feed(frame)

    def _end(self, silence_ms: float = 0.0) -> Phrase | None:
        utterance, self._utterance = self._utterance, None
        if utterance is None:
            return None
        end_ms = max(self._start_ms, self._detector.position_ms - silence_ms)
        return Phrase(self._start_ms, end_ms, utterance.finish())
