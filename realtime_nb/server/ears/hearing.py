"""Recognition beside the event loop: one worker thread a session, fed in order.

The recogniser holds the thread for milliseconds at a time, so it never runs on the loop.
Jobs of one session run one after the other in the order given; a partial text is read
without waiting. What could not be heard is a `Heard` too, with the reason in `failure`:
the turn goes on in any case.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.ears.transcribers import unknown_language

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from realtime_nb.speech.interfaces import Recogniser, Recognition

_log = logging.getLogger(__name__)

RATE = 16_000
_SLICE = 512  # samples fed at a time: the recogniser asks for at most 32 ms
# Sound that waits for the recogniser: half a minute, or 1 MB. Then the client waits.
MOST_WAITING = 30 * RATE


# However many sessions speak at once, a processor stays for the event loop, which answers pings.
_AT_A_TIME: Final = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) - 1))


@dataclass(frozen=True, slots=True)
class Understood:
    """What came of listening to one utterance.

    Parameters
    ----------
    text
        The words, empty for silence or when hearing failed.
    failure
        Why nothing could be recognised, one line; empty when it worked.
    usage
        What the transcriber counted, as on the wire; None where that is counted here.
    """

    text: str
    failure: str = ""
    usage: dict[str, Any] | None = None


class Overheard(asyncio.Future[Understood]):
    """What will be understood of an utterance, and its words as they become known.

    Attributes
    ----------
    words
        Those that came so far.
    item_id
        The item that the utterance became; ``""`` until that is there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.item_id = ""
        self.words = ""
        self._listener: Callable[[str], object] | None = None

    def hear(self, words: str) -> None:
        """Take more words, as they join to those before."""
        self.words += words
        if self._listener is not None:
            self._listener(words)

    def on_words(self, listener: Callable[[str], object]) -> None:
        """Have `listener` called with the words so far, if any, and with all to come."""
        if self.words:
            listener(self.words)
        self._listener = listener


class Utterance:
    """One recognition under way. All calls return at once.

    Parameters
    ----------
    hearing
        The worker this runs on.
    phrases, prompt
        What is likely to be said, see `speech`'s `Recogniser.start`.
    """

    def __init__(self, hearing: Hearing, phrases: Sequence[str], prompt: str) -> None:
        self._hearing = hearing
        self._recognition: Recognition | None = None
        self._failure = ""
        self._dropped = False
        self.partial = ""  # written by the worker, read by anybody
        hearing.live.add(self)
        hearing.submit(partial(self._start, tuple(phrases), prompt))

    def feed(self, pcm: NDArray[np.int16]) -> None:
        """Queue samples of shape (n,) at 16 kHz."""
        self._hearing.fed += pcm.shape[0]
        for first in range(0, pcm.shape[0], _SLICE):
            piece = pcm[first : first + _SLICE]
            self._hearing.submit(partial(self._feed, piece))

    def finish(self) -> asyncio.Future[Understood]:
        """End the utterance; the future resolves when all that was queued is heard."""
        self._hearing.live.discard(self)
        return self._hearing.run(self._finish)

    async def caught_up(self) -> None:
        """Return when all that was fed so far is in `partial`."""
        await self._hearing.run(lambda: Understood(self.partial))

    def drop(self) -> None:
        """Forget the utterance; what is still queued is skipped."""
        self._hearing.live.discard(self)
        self._dropped = True
        self._hearing.submit(self._release)

    def _start(self, phrases: Sequence[str], prompt: str) -> None:
        recogniser = self._hearing.recogniser
        if recogniser is None or self._dropped:
            return
        try:
            # Not one at a time: it may wait for an utterance that is being finished.
            self._recognition = recogniser.start(phrases, prompt=prompt)
        except Exception as error:  # noqa: BLE001 -- see `_fail`
            self._fail(error)

    def _feed(self, piece: NDArray[np.int16]) -> None:
        self._hearing.heard += piece.shape[0]
        if self._recognition is None or self._dropped:
            return
        try:
            with _AT_A_TIME:
                text = self._recognition.feed(piece)
        except Exception as error:  # noqa: BLE001 -- see `_fail`
            self._fail(error)
            return
        if text is not None:
            self.partial = text

    def _finish(self) -> Understood:
        if self._hearing.recogniser is None:
            return Understood("", self._hearing.why_not or "no recogniser is installed")
        if self._recognition is None:
            return Understood("", self._failure)
        try:
            with _AT_A_TIME:
                heard = self._recognition.finish()
        except Exception as error:  # noqa: BLE001 -- see `_fail`
            self._fail(error)
            return Understood("", self._failure)
        return Understood(heard.text)

    def _release(self) -> None:
        if self._recognition is not None:
            try:
                with _AT_A_TIME:
                    self._recognition.finish()
            except Exception:  # noqa: BLE001 -- logged; nobody waits for it
                _log.exception("a dropped recognition did not end")
        self._recognition = None

    def _fail(self, error: Exception) -> None:
        # An engine's fault must not take the conversation with it.
        _log.exception("recognition failed")
        self._recognition = None
        self._failure = f"the recogniser failed: {error}"


class Hearing:
    """The worker thread on which a session's utterances are recognised.

    Parameters
    ----------
    recogniser
        None when there is none: then every utterance fails with `why_not`.
    why_not
        One line for people.
    executor
        Runs the jobs one after the other; by default a thread of its own.
    """

    def __init__(
        self,
        recogniser: Recogniser | None,
        *,
        why_not: str = "",
        executor: Executor | None = None,
    ) -> None:
        self.recogniser = recogniser
        self.why_not = why_not
        self._executor = executor or ThreadPoolExecutor(1, thread_name_prefix="hearing")
        self._closed = False
        self.live: set[Utterance] = set()  # neither finished nor dropped
        # Samples queued and taken, each counted on one thread only.
        self.fed = 0
        self.heard = 0

    def start(self, phrases: Sequence[str] = (), prompt: str = "") -> Utterance:
        """Begin an utterance; an earlier one may still be finishing."""
        return Utterance(self, phrases, prompt)

    def submit(self, job: Callable[[], object]) -> None:
        """Queue a job; after `close` it is ignored."""
        if not self._closed:
            self._executor.submit(job)

    def refusal(self, transcription: dict[str, Any]) -> str:
        """Return why a `transcription` object cannot be served, empty when it can."""
        return unknown_language(transcription)

    async def room(self) -> None:
        """Return when little enough sound waits for the recogniser."""
        if self.fed - self.heard > MOST_WAITING:
            await self.run(lambda: Understood(""))

    def run(self, job: Callable[[], Understood]) -> asyncio.Future[Understood]:
        """Queue a job whose result is awaited; after `close` nothing was understood."""
        loop = asyncio.get_running_loop()
        if self._closed:
            closed: asyncio.Future[Understood] = loop.create_future()
            closed.set_result(Understood("", "the session is over"))
            return closed
        return loop.run_in_executor(self._executor, job)

    def close(self) -> None:
        """Drop what is being heard and let the thread go; engines are given back first."""
        for utterance in list(self.live):
            utterance.drop()
        self._closed = True
        self._executor.shutdown(wait=False)
