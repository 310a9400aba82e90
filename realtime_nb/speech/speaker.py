"""Voices: espeak-ng's, or tones where that is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.speech.espeak import Espeak
from realtime_nb.speech.interfaces import Spoken, WordTime
from realtime_nb.speech.stretch import stretch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

PIECE_MS: Final = 60

_NORMAL_WPM: Final = 165
# The library ends at 80 and 450 words a minute, and keeps less and less to the rate asked for
# above 330; beyond this its speech is stretched.
_SLOWEST, _QUICKEST = 0.5, 2.0

# The service's voices, each as a voice, variant and pitch that can be told from the others.
VOICES: Final[Mapping[str, tuple[str, int]]] = {
    "alloy": ("en-us", 50),
    "ash": ("en-us+m3", 40),
    "ballad": ("gmw/en+m2", 45),
    "cedar": ("en-us+m7", 35),
    "coral": ("en-us+f2", 55),
    "echo": ("en-us+m1", 45),
    "fable": ("gmw/en", 55),
    "marin": ("en-us+f3", 50),
    "nova": ("en-us+f4", 55),
    "onyx": ("en-us+m4", 25),
    "sage": ("en-us+f1", 45),
    "shimmer": ("en-us+f5", 60),
    "verse": ("en-us+m5", 55),
}


class EspeakSpeaker:
    """espeak-ng: robotic and quick; tells when each word begins.

    An utterance is made in one go, which takes under a thousandth of its length, and given out
    in pieces of 60 ms.

    Raises
    ------
    ImportError, OSError
        When the library is not there or does not load.
    """

    name = "espeak-ng"

    def __init__(self) -> None:
        self._espeak = Espeak.shared()
        self.rate = self._espeak.rate

    def say(self, text: str, *, voice: str = "alloy", speed: float = 1.0) -> Iterator[Spoken]:
        """Speak `text` piece by piece; see `Speaker.say`."""
        name, pitch = VOICES.get(voice, VOICES["alloy"])
        spoken_at = min(max(speed, _SLOWEST), _QUICKEST)
        made = self._espeak.speak(text, voice=name, wpm=round(_NORMAL_WPM * spoken_at), pitch=pitch)
        rest = speed / spoken_at
        if rest == 1.0:
            return pieces(made.pcm, made.words, self.rate)
        words = tuple(replace(word, audio_ms=word.audio_ms / rest) for word in made.words)
        return pieces(stretch(made.pcm, self.rate, rest), words, self.rate)


class ToneSpeaker:
    """A tone for each word, as long as the word: not speech, but it can be heard and timed."""

    rate = 24_000
    name = "tones"

    def say(self, text: str, *, voice: str = "alloy", speed: float = 1.0) -> Iterator[Spoken]:
        """Sound one tone a word, piece by piece; see `Speaker.say`."""
        lowest = 180.0 + 20.0 * (list(VOICES).index(voice) if voice in VOICES else 0)
        sounds: list[NDArray[np.int16]] = []
        words: list[WordTime] = []
        at = 0
        offset = 0
        for word in text.split():
            offset = text.index(word, offset)
            sound = self._tone(word, lowest, speed)
            words.append(WordTime(offset, len(word), at * 1000 / self.rate))
            sounds.append(sound)
            at += len(sound)
            offset += len(word)
        pcm = np.concatenate(sounds) if sounds else np.zeros(0, np.int16)
        return pieces(pcm, tuple(words), self.rate)

    def _tone(self, word: str, lowest: float, speed: float) -> NDArray[np.int16]:
        sounding = round(self.rate * (0.08 + 0.05 * len(word)) / speed)
        hz = lowest * 2 ** (sum(map(ord, word)) % 12 / 12)
        ticks = np.arange(sounding) / self.rate
        edge = np.minimum(1.0, np.minimum(ticks, ticks[::-1]) / 0.01)
        tone = 8000 * edge * np.sin(2 * np.pi * hz * ticks)
        gap = np.zeros(round(self.rate * 0.06 / speed))
        return np.concatenate([tone, gap]).astype(np.int16)


def pieces(pcm: NDArray[np.int16], words: tuple[WordTime, ...], rate: int) -> Iterator[Spoken]:
    """Yield speech in pieces of 60 ms, each with the words that begin in it."""
    step = rate * PIECE_MS // 1000
    given = 0
    for start in range(0, len(pcm), step):
        end_ms = (start + step) * 1000 / rate
        last = start + step >= len(pcm)
        upto = given
        while upto < len(words) and (last or words[upto].audio_ms < end_ms):
            upto += 1
        yield Spoken(pcm[start : start + step], words[given:upto])
        given = upto
