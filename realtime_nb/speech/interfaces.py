"""What the local server asks of an engine: is this speech, what was said, say this.

Three small protocols; anything that has these methods can be plugged in. An engine
object may be used from any thread and shared by sessions; what `start` and `say`
return belongs to one utterance and to one thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Engines",
    "Heard",
    "HeardWord",
    "MissingPart",
    "Recogniser",
    "Recognition",
    "Speaker",
    "Spoken",
    "VoiceActivity",
    "WordTime",
]


class VoiceActivity(Protocol):
    """Tells speech from everything else, frame by frame; one object per stream."""

    @property
    def frame(self) -> int:
        """Samples in a frame."""
        ...

    @property
    def rate(self) -> int:
        """Sampling rate it takes, in Hz."""
        ...

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    def probability(self, frame: NDArray[np.int16]) -> float:
        """Return how likely the next frame, of shape (`frame`,), is speech, 0..1."""
        ...

    def reset(self) -> None:
        """Forget what was heard: another stream begins."""
        ...


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word and when it was said.

    Parameters
    ----------
    text
        As it stands in the text heard.
    start_s, end_s
        From the start of the utterance, in s.
    """

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said.

    Parameters
    ----------
    text
        The words, lower case, numbers in words; empty when nothing was understood.
    source
        `grammar` for one of the phrases given, `open` for a guess from the general
        model, `none` for nothing understood.
    confidence
        0..1; comparable between results of one source only.
    words
        When each word of the text was said; empty for a recogniser that cannot tell.
    """

    text: str
    source: Literal["grammar", "open", "none"]
    confidence: float = 0.0
    words: tuple[HeardWord, ...] = field(default=(), compare=False)


class Recognition(Protocol):
    """One utterance on its way in."""

    def feed(self, pcm: NDArray[np.int16]) -> str | None:
        """Take the next samples, shape (n,); return the text so far if it changed."""
        ...

    def finish(self) -> Heard:
        """End the utterance and return what was said; nothing can be fed after it."""
        ...

    def close(self) -> None:
        """Drop the utterance; may follow `finish`, and may be called twice."""
        ...


class Recogniser(Protocol):
    """Turns speech into text."""

    @property
    def rate(self) -> int:
        """Sampling rate it takes, in Hz."""
        ...

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    def start(
        self,
        phrases: Sequence[str] = (),
        *,
        prompt: str = "",
        whole: NDArray[np.int16] | None = None,
    ) -> Recognition:
        """Begin an utterance.

        Parameters
        ----------
        phrases
            What is likely said, in the notation of `realtime_nb.speech.grammar`.
        prompt
            The session's `audio.input.transcription.prompt`: text whose sentences
            are likely said too.
        whole
            All that will be fed, shape (n,), where it is known already: then what is heard
            depends on nothing that was heard before, and changes nothing for what comes.
        """
        ...


@dataclass(frozen=True, slots=True)
class WordTime:
    """When a word begins.

    Parameters
    ----------
    text_offset, length
        Where the word stands in the text given, in characters.
    audio_ms
        When it begins, from the start of the utterance.
    """

    text_offset: int
    length: int
    audio_ms: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of an utterance, about 60 ms, and the words that begin in it.

    Parameters
    ----------
    pcm
        Shape (n,).
    words
        In the order of the text; every word comes once.
    """

    pcm: NDArray[np.int16]
    words: tuple[WordTime, ...]


class Speaker(Protocol):
    """Turns text into speech."""

    @property
    def rate(self) -> int:
        """Sampling rate it gives, in Hz."""
        ...

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    def say(self, text: str, *, voice: str = "alloy", speed: float = 1.0) -> Iterator[Spoken]:
        """Yield the utterance piece by piece; closing the generator cancels it.

        Parameters
        ----------
        text
            What to say.
        voice
            A voice's name as the service knows it, `alloy` to `cedar`; an unknown one
            is spoken by `alloy`.
        speed
            1.0 is usual; what the engine cannot do is brought to what it can.
        """
        ...


@dataclass(frozen=True, slots=True)
class MissingPart:
    """An engine that is not there, told in lines for people.

    Parameters
    ----------
    name
        What is missing: `speech recognition`.
    why
        Why: `No module named 'pocketsphinx'`.
    fallback
        What happens instead.
    install
        What to do about it.
    """

    name: str
    why: str
    fallback: str
    install: str

    def __str__(self) -> str:
        return f"{self.name}: {self.fallback} ({self.why}); to mend it: {self.install}"


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines found on this machine.

    Parameters
    ----------
    voice_activity
        Makes a detector; every stream needs its own.
    recogniser
        None when there is none: then nothing is understood.
    speaker
        Always one; the tone voice when there is no other.
    missing
        What was replaced by a fallback.
    """

    voice_activity: Callable[[], VoiceActivity]
    recogniser: Recogniser | None
    speaker: Speaker
    missing: tuple[MissingPart, ...]
