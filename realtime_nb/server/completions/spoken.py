"""Spoken answers that may be named in a later turn, until they expire."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.http.errors import Refusal, bad_request
from realtime_nb.server.wire_errors import shown

if TYPE_CHECKING:
    from collections.abc import Callable

LIFE_S: Final = 3_600
# Words and lengths only: the sound itself is not kept, since nothing here would hear it.
MOST: Final = 1_000
MOST_CHARACTERS: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class SpokenAnswer:
    """A spoken answer.

    Parameters
    ----------
    transcript
        Its words.
    audio_ms
        How long it is.
    expires_at
        Unix time in seconds.
    """

    transcript: str
    audio_ms: float
    expires_at: int


class SpokenAnswers:
    """The spoken answers of one server: at most `MOST`, the oldest are let go first.

    Parameters
    ----------
    clock
        Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: dict[str, SpokenAnswer] = {}
        self._characters = 0

    @staticmethod
    def new_id() -> str:
        """Return an id for an answer that begins; it names nothing until `keep`."""
        return new_id("audio")

    def keep(self, audio_id: str, transcript: str, audio_ms: float) -> int:
        """Remember an answer; return when it expires, in Unix seconds."""
        expires_at = int(self._clock()) + LIFE_S
        self._kept[audio_id] = SpokenAnswer(transcript, audio_ms, expires_at)
        self._characters += len(transcript)
        while len(self._kept) > MOST or self._characters > MOST_CHARACTERS:
            oldest = self._kept.pop(next(iter(self._kept)))
            self._characters -= len(oldest.transcript)
        return expires_at

    def find(self, audio_id: str, path: str) -> SpokenAnswer:
        """Return an answer that has not expired.

        Parameters
        ----------
        audio_id
            As the client names it.
        path
            Where it names it.

        Raises
        ------
        Refusal
            When there is none. What the service says is not known: code and words are ours.
        """
        found = self._kept.get(audio_id)
        if found is None:
            raise _no_audio(
                path, f"Audio with id '{shown(audio_id)}' not found.", "audio_not_found"
            )
        if self._clock() >= found.expires_at:
            message = f"Audio with id '{shown(audio_id)}' has expired."
            raise _no_audio(path, message, "audio_expired")
        return found


def _no_audio(path: str, message: str, code: str) -> Refusal:
    return bad_request(f"{message} Send its transcript as text instead.", param=path, code=code)
