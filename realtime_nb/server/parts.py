"""What of a session can be another's: who hears, who speaks, and what it says of itself.

The practice server hears and speaks with engines on threads of their own. Whoever has these
things elsewhere gives a session a `Parts`; items, turns, responses and their events stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable, Sequence
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from realtime_nb.server.answers.response_events import ResponseSpec
    from realtime_nb.server.answers.speech_stream import Captions
    from realtime_nb.server.audio_format import WireFormat
    from realtime_nb.server.brain.interface import Piece
    from realtime_nb.server.config.config import SessionConfig
    from realtime_nb.server.ears.hearing import Understood

Json = dict[str, Any]


class Utterance(Protocol):
    """One utterance being heard. All calls return at once, but for `caught_up`."""

    @property
    def partial(self) -> str:
        """The words so far, as far as they are known."""
        ...

    def feed(self, pcm: NDArray[np.int16]) -> None:
        """Take samples of shape (n,) at 16 kHz."""
        ...

    def finish(self) -> asyncio.Future[Understood]:
        """End the utterance; the future resolves when all of it is heard."""
        ...

    async def caught_up(self) -> None:
        """Return when all that was fed so far is in `partial`."""
        ...

    def drop(self) -> None:
        """Forget the utterance."""
        ...


class Ears(Protocol):
    """Who hears, in one session."""

    def start(self, phrases: Sequence[str] = (), prompt: str = "") -> Utterance:
        """Begin an utterance; an earlier one may still be finishing.

        Parameters
        ----------
        phrases, prompt
            What is likely said; see `speech`'s `Recogniser.start`.
        """
        ...

    async def room(self) -> None:
        """Return when little enough sound waits to be heard."""
        ...

    def refusal(self, transcription: Json) -> str:
        """Return why a `transcription` object cannot be served, empty when it can."""
        ...

    def close(self) -> None:
        """Drop what is being heard; nothing is understood afterwards."""
        ...


class Speaking(Protocol):
    """A clause being spoken; the end of its ``with`` block abandons the rest.

    Attributes
    ----------
    captions
        Its words, given out as their sound comes near.
    """

    captions: Captions

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    async def block(self, ms: float) -> bytes | None:
        """Return the next `ms` of encoded sound, less at the end, None after it."""
        ...


class Mouth(Protocol):
    """Who speaks one response."""

    @property
    def format(self) -> WireFormat:
        """What the sound is encoded in."""
        ...

    def speak(self, clause: str) -> Speaking:
        """Begin to speak a clause, blanks around it included."""
        ...

    def ahead(self, pieces: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
        """Return the brain's stream as it shall be spoken; what is to come may be read ahead.

        Closing what is returned closes the brain's stream.
        """
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one session that are not the practice server's own.

    Parameters
    ----------
    config
        The session object.
    ears
        Who hears.
    mouth
        Makes who speaks a response.
    """

    config: SessionConfig
    ears: Ears
    mouth: Callable[[ResponseSpec], Mouth]
