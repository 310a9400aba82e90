"""Where an answer ends before its end: at a stop sequence, or at a number of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.server.answers.context import (
    ASSISTANT_AUDIO_TOKEN_MS,
    CHARACTERS_PER_TOKEN,
    Tokens,
    audio_tokens,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


class StopFilter:
    """Passes text on until a stop sequence, which is left out.

    Parameters
    ----------
    stops
        The sequences, none of them empty.

    Attributes
    ----------
    stopped : bool
        Whether one was found; then nothing more is passed on.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._waiting = ""
        self.stopped = False

    def feed(self, text: str) -> str:
        """Return what of all text so far can be passed on: no stop may begin in it."""
        if self.stopped or not self._stops:
            return "" if self.stopped else text
        self._waiting += text
        found = [at for stop in self._stops if (at := self._waiting.find(stop)) >= 0]
        if found:
            self.stopped = True
            passed, self._waiting = self._waiting[: min(found)], ""
            return passed
        held = max(self._begun(stop) for stop in self._stops)
        passed = self._waiting[: len(self._waiting) - held]
        self._waiting = self._waiting[len(passed) :]
        return passed

    def flush(self) -> str:
        """Return what was held back, at the end of the text."""
        rest, self._waiting = self._waiting, ""
        return rest

    def _begun(self, stop: str) -> int:
        """Return how many characters at the end may be the beginning of a stop sequence."""
        longest = min(len(stop) - 1, len(self._waiting))
        return next(
            (size for size in range(longest, 0, -1) if self._waiting.endswith(stop[:size])), 0
        )


class OutputMeter:
    """Counts what an answer has put out, up to a limit.

    Parameters
    ----------
    limit
        Tokens of text and sound together.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._characters = 0
        self._audio_ms = 0.0

    @property
    def tokens(self) -> Tokens:
        """What was counted so far."""
        return _count(self._characters, self._audio_ms)

    def take_text(self, text: str) -> bool:
        """Count a piece of text; false, and not counted, when it is too much."""
        if not self._fits(self._characters + len(text), self._audio_ms):
            return False
        self._characters += len(text)
        return True

    def take_audio(self, ms: float) -> bool:
        """Count a piece of sound; false, and not counted, when it is too much."""
        if not self._fits(self._characters, self._audio_ms + ms):
            return False
        self._audio_ms += ms
        return True

    def _fits(self, characters: int, audio_ms: float) -> bool:
        return _count(characters, audio_ms).total <= self._limit


def _count(characters: int, audio_ms: float) -> Tokens:
    return Tokens(
        text=-(-characters // CHARACTERS_PER_TOKEN),
        audio=audio_tokens(audio_ms, ASSISTANT_AUDIO_TOKEN_MS),
    )
