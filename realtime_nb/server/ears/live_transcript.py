"""Streaming transcription: words told while one speaks, under the id of the item to come.

Phrase by phrase, as pauses come, deltas go out; a commit ends the item, and its
`completed` follows when all of it was recognised.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.ears.phrases import PhraseEar
from realtime_nb.server.ears.transcribers import unknown_language
from realtime_nb.server.ears.transcription import Teller, transcription_usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from realtime_nb.server.core import Core
    from realtime_nb.server.ears.hearing import Understood
    from realtime_nb.server.items import Part

Json = dict[str, Any]


class LiveItem:
    """The words of one item, told as they come.

    Parameters
    ----------
    core
        What the session shares.
    """

    def __init__(self, core: Core) -> None:
        self.id = new_id("item")
        self.said_ms = 0.0  # all of it, of which the committed audio may be the end only
        self._core = core
        self._teller = Teller(core.emit, self.id)
        self._phrases: asyncio.Queue[asyncio.Future[Understood] | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._text = ""
        self._failed = False
        self._part: Part | None = None
        self._wanted: Json = {}

    def take(self, understood: asyncio.Future[Understood]) -> None:
        """Tell a phrase's words after those before it."""
        self._phrases.put_nowait(understood)
        if self._task is None:
            self._task = self._core.spawn(self._tell())

    def end(self, part: Part, wanted: Json) -> None:
        """Tell the whole transcript after the last phrase.

        Parameters
        ----------
        part
            The committed audio, which gets its transcript.
        wanted
            The `transcription` object in force.
        """
        self._part, self._wanted = part, wanted
        self._phrases.put_nowait(None)
        if self._task is None:
            self._task = self._core.spawn(self._tell())

    def drop(self) -> None:
        """Tell nothing more."""
        if self._task is not None:
            self._task.cancel()

    async def _tell(self) -> None:
        while (phrase := await self._phrases.get()) is not None:
            understood = await asyncio.shield(phrase)
            wanted = self._wanted or self._core.config.transcription or {}
            self._tell_phrase(understood, unknown_language(wanted))
        if self._part is None or self._failed:
            return
        if why := unknown_language(self._wanted):
            self._teller.failed(why)
            return
        self._part.transcript = self._text
        said_ms = max(self.said_ms, self._part.audio_ms)
        usage = transcription_usage(self._wanted, said_ms, self._text)
        self._teller.completed(self._text, usage)

    def _tell_phrase(self, understood: Understood, language_failure: str) -> None:
        failure = understood.failure or language_failure
        if failure and not self._failed:
            # At once: who only listens to deltas may never commit.
            self._failed = True
            self._teller.failed(failure)
        if self._failed or not understood.text:
            return
        text = f" {understood.text}" if self._text else understood.text
        self._text += text
        self._teller.words(text)


class LiveTranscript:
    """Hears one session's input and tells its words while it is spoken.

    Parameters
    ----------
    core
        What the session shares.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._rate = core.config.input_format.rate
        self._ear = PhraseEar(
            core.hearing,
            core.engines.voice_activity(),
            self._rate,
            core.expected_words,
        )
        self._item = LiveItem(core)

    def hear(self, samples: NDArray[np.int16]) -> None:
        """Take samples (n,) at the input format's rate."""
        self._item.said_ms += samples.shape[0] * 1000.0 / self._rate
        for phrase in self._ear.hear(samples):
            self._item.take(phrase.understood)

    def commit(self) -> LiveItem:
        """Return the item that the words so far belong to; those to come belong to another."""
        last = self._ear.finish()
        if last is not None:
            self._item.take(last.understood)
        item, self._item = self._item, LiveItem(self._core)
        return item

    def drop(self) -> None:
        """Forget the words so far."""
        self._ear.drop()
        self._item.drop()
        self._item = LiveItem(self._core)
