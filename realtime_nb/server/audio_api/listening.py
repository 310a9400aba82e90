"""Speech of any length cut at its pauses and written down, phrase after phrase.

A file is decoded, cut and heard in one go, block by block, on a worker's thread: memory does
not grow with its length, and who stops reading stops the work within a tenth of a second.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.audio.pcm import float_to_int16
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.server.ears.turn_detection import START_FRAMES, TurnDetector
from realtime_nb.server.ears.whole_hearing import hear_whole
from realtime_nb.speech.grammar import phrases_of
from realtime_nb.speech.interfaces import HeardWord

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray

    from realtime_nb.speech.interfaces import Recogniser, VoiceActivity

RATE: Final = 16_000
# Who speaks without a pause is cut here all the same, which may cost a word.
LONGEST_MS: Final = 20_000.0
# A grammar is made anew for each prompt, which takes longer the more it holds.
_MOST_SENTENCES: Final = 100


@dataclass(frozen=True, slots=True)
class Cutting:
    """Where speech is cut.

    Parameters
    ----------
    threshold
        Probability from which a frame counts as voice, 0..1.
    padding_ms
        Heard before the voice begins.
    pause_ms
        A silence that ends a phrase.
    """

    threshold: float = 0.5
    padding_ms: int = 300
    pause_ms: int = 200


@dataclass(frozen=True, slots=True)
class Phrase:
    """What was said between two pauses.

    Parameters
    ----------
    start_s, end_s
        Where it lies in the sound.
    text
        Never empty.
    words
        When each was said, from the start of the sound.
    voice
        How likely its frames were speech on average, 0..1.
    """

    start_s: float
    end_s: float
    text: str
    words: tuple[HeardWord, ...]
    voice: float


def expected_phrases(prompt: str) -> tuple[str, ...]:
    """Return what may stand between two pauses of speech that follows a prompt.

    Its sentences, two or three of them without a pause, and what its commas part; in the
    notation of `realtime_nb.speech.grammar`.
    """
    sentences = phrases_of(prompt)[:_MOST_SENTENCES]
    joined = [
        " ".join(sentences[first : first + count])
        for count in (1, 2, 3)
        for first in range(len(sentences) - count + 1)
    ]
    parts = [part.strip() for sentence in sentences for part in sentence.split(",")]
    return tuple(dict.fromkeys(phrase for phrase in (*joined, *parts) if phrase))


class _Watched:
    """Passes a detector's answers on and keeps the last one."""

    def __init__(self, activity: VoiceActivity) -> None:
        self._activity = activity
        self.frame, self.rate, self.name = activity.frame, activity.rate, activity.name
        self.last = 0.0

    def probability(self, frame: NDArray[np.int16]) -> float:
        self.last = self._activity.probability(frame)
        return self.last

    def reset(self) -> None:
        self._activity.reset()


class Listener:
    """Hears one stream of sound; every method but `stop` is called on one thread.

    Parameters
    ----------
    recogniser
        Hears.
    activity
        Finds the pauses; takes 16 kHz.
    prompt
        Its sentences are likely said.
    cutting
        Where to cut.

    Attributes
    ----------
    heard_s : float
        How much was heard so far.
    """

    def __init__(
        self, recogniser: Recogniser, activity: VoiceActivity, prompt: str, cutting: Cutting
    ) -> None:
        self._recogniser = recogniser
        self._activity = _Watched(activity)
        self._expected = expected_phrases(prompt)
        self._detector = TurnDetector(
            self._activity,
            threshold=cutting.threshold,
            patience_ms=lambda: float(cutting.pause_ms),
        )
        self._pause_ms = cutting.pause_ms
        frame_ms = activity.frame * 1000.0 / RATE
        most = math.ceil(cutting.padding_ms / frame_ms) + START_FRAMES - 1
        self._padding: deque[NDArray[np.int16]] = deque(maxlen=most)
        self._sound: list[NDArray[np.int16]] | None = None  # of the phrase under way
        self._begun_s = 0.0  # where its sound begins
        self._start_s = 0.0
        self._voices: list[float] = []
        self._stopped = False
        self.heard_s = 0.0

    def stop(self) -> None:
        """End soon; may be called from any thread."""
        self._stopped = True

    def phrases(self, blocks: Iterator[NDArray[np.float32]], rate: int) -> Generator[Phrase]:
        """Yield what is said, as soon as it is said.

        Parameters
        ----------
        blocks
            Arrays of shape (n,) or (n, channels); channels are mixed.
        rate
            Of the sound, in Hz.
        """
        rest = np.zeros(0, np.int16)
        for pcm in _at_16k(blocks, rate):
            rest = np.concatenate((rest, pcm))
            whole = len(rest) // self._activity.frame * self._activity.frame
            for first in range(0, whole, self._activity.frame):
                yield from self._step(rest[first : first + self._activity.frame])
                if self._stopped:
                    return
            rest = rest[whole:]
        self.heard_s += len(rest) / RATE
        self._feed(rest)
        yield from self._end(self.heard_s)

    def _step(self, frame: NDArray[np.int16]) -> Iterator[Phrase]:
        edge = self._detector.step(frame)
        before_s = self.heard_s
        self.heard_s += len(frame) / RATE
        if edge is not None and edge.kind == "started":
            self._begin(edge.at_ms / 1000.0, before_s - sum(map(len, self._padding)) / RATE)
            for earlier in self._padding:
                self._feed(earlier)
            self._padding.clear()
        if self._sound is None:
            self._padding.append(frame)
            return
        self._voices.append(self._activity.last)
        self._feed(frame)
        if edge is not None and edge.kind == "stopped":
            yield from self._end(self.heard_s - self._pause_ms / 1000.0)
        elif (self.heard_s - self._start_s) * 1000.0 >= LONGEST_MS:
            yield from self._end(self.heard_s)
            self._begin(self.heard_s, self.heard_s)

    def _begin(self, start_s: float, begun_s: float) -> None:
        self._sound = []
        self._start_s, self._begun_s = start_s, begun_s
        self._voices = []

    def _feed(self, pcm: NDArray[np.int16]) -> None:
        if self._sound is not None:
            self._sound.append(pcm)

    def _end(self, end_s: float) -> Iterator[Phrase]:
        sound, self._sound = self._sound, None
        if sound is None:
            return
        heard = hear_whole(
            self._recogniser, np.concatenate(sound), self._expected, lambda: self._stopped
        )
        if heard.text:
            words = tuple(
                HeardWord(word.text, self._begun_s + word.start_s, self._begun_s + word.end_s)
                for word in heard.words
            )
            start_s = min(self._start_s, words[0].start_s) if words else self._start_s
            end_s = max(end_s, words[-1].end_s) if words else end_s
            voice = float(np.mean(self._voices)) if self._voices else 0.0
            yield Phrase(start_s, min(end_s, self.heard_s), heard.text, words, voice)


def _at_16k(blocks: Iterator[NDArray[np.float32]], rate: int) -> Iterator[NDArray[np.int16]]:
    """Yield the sound as one channel at the recogniser's rate, in pieces of a second or less."""
    resampler = StreamResampler(rate, RATE)
    for block in blocks:
        mono = block if block.ndim == 1 else block.mean(axis=1, dtype=np.float32)
        for first in range(0, len(mono), rate):
            yield float_to_int16(resampler.feed(np.nan_to_num(mono[first : first + rate])))
    yield float_to_int16(resampler.flush())
