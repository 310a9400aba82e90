"""Recordings of a request: decoded, cut into phrases, recognised; all in one job of a worker."""

from __future__ import annotations

import asyncio
import binascii
import io
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.audio.codec_reading import read_sound
from realtime_nb.audio.level import SILENCE_DBFS, rms_dbfs
from realtime_nb.audio.pcm import float_to_int16
from realtime_nb.audio.sniff import HEAD_BYTES, sniff
from realtime_nb.errors import UsageError
from realtime_nb.server.brain.interface import Recording
from realtime_nb.server.completions.remembered import Listened, digest_of
from realtime_nb.server.ears.hearing import RATE, Understood
from realtime_nb.server.ears.phrases import Phrase, PhraseEar
from realtime_nb.server.ears.whole_hearing import hear_whole
from realtime_nb.server.http.errors import Refusal, bad_request
from realtime_nb.server.workers import why_deaf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from realtime_nb.server.completions.remembered import Remembered
    from realtime_nb.server.workers import Workers
    from realtime_nb.speech.interfaces import Recogniser

Json = dict[str, Any]

LONGEST_S: Final = 30 * 60.0
"""Longer recordings are refused: decoded, half an hour takes some 120 MB."""


class RecordingEar:
    """Hears the recordings of one request, one after the other.

    Parameters
    ----------
    workers
        Of the request; their speaking worker does the work, since nobody speaks yet.
    expected
        Phrases that are likely said, in the notation of `speech`'s grammar.
    remembered
        What was heard before is not heard again.
    """

    def __init__(self, workers: Workers, expected: Sequence[str], remembered: Remembered) -> None:
        self._workers = workers
        self._expected = tuple(expected)
        self._remembered = remembered
        self._stopped = threading.Event()

    async def hear(self, part: Json, path: str) -> Listened:
        """Return what is in an `input_audio` part that was checked.

        Parameters
        ----------
        part
            The part.
        path
            Where it stands, for messages.

        Raises
        ------
        Refusal
            When it is no sound of the format it claims to be.
        """
        loop = asyncio.get_running_loop()
        sound: Json = part["input_audio"]
        try:
            return await loop.run_in_executor(self._workers.speaking, self._hear, sound, path)
        except asyncio.CancelledError:
            self._stopped.set()
            raise

    def _hear(self, sound: Json, path: str) -> Listened:
        digest = digest_of(sound["data"], sound["format"], self._expected)
        listened = self._remembered.recall(digest)
        if listened is not None:
            return listened
        listened = self._listen(sound, path)
        # What was broken off is not what it says, and a failure need not come again.
        if not self._stopped.is_set() and not listened.failure:
            self._remembered.keep(digest, listened)
        return listened

    def _listen(self, sound: Json, path: str) -> Listened:
        samples = read_recording(sound, path)
        duration_s = len(samples) / RATE
        level = rms_dbfs(samples)
        silent = level <= SILENCE_DBFS
        words, failure = ("", "") if silent else self._words(samples)
        return Listened(Recording(words, duration_s, level, silent), failure)

    def _words(self, samples: NDArray[np.float32]) -> tuple[str, str]:
        engines = self._workers.engines
        if engines.recogniser is None:
            return "", why_deaf(engines)
        ears = _Ears(engines.recogniser, self._stopped.is_set)
        ear = PhraseEar(ears, engines.voice_activity(), RATE, lambda: (self._expected, ""))
        phrases: list[Phrase] = []
        # In seconds, so that an abandoned request ends within a fraction of one.
        for first in range(0, len(samples), RATE):
            if self._stopped.is_set():
                return "", "the request is over"
            phrases += ear.hear(float_to_int16(samples[first : first + RATE]))
        last = ear.finish()
        phrases += [last] if last is not None else []
        understood = [phrase.understood.result() for phrase in phrases]
        failures = [one.failure for one in understood if one.failure]
        text = " ".join(one.text for one in understood if one.text)
        return text, failures[0] if failures and not text else ""


def read_recording(sound: Json, path: str) -> NDArray[np.float32]:
    """Return the samples of a checked `input_audio` object, shape (n,), at 16 kHz.

    Raises
    ------
    Refusal
        When it is not base64, not of its format, too long, or empty.
    """
    try:
        data = binascii.a2b_base64(sound["data"], strict_mode=True)
    except (binascii.Error, ValueError):
        raise _bad_data(path, "expected base64-encoded audio bytes.") from None
    if sniff(data[:HEAD_BYTES]) != sound["format"]:
        raise _not_valid(sound["format"], path)
    try:
        decoded = read_sound(io.BytesIO(data), "the recording", rate=RATE, max_s=LONGEST_S)
    except UsageError as error:
        # A true file of its kind may be too long; all else is no such file.
        if "holds more than" in str(error):
            raise _bad_data(path, f"it holds more than {LONGEST_S:.0f} s of sound.") from None
        raise _not_valid(sound["format"], path) from None
    if not len(decoded.samples):
        raise _bad_data(path, "it holds no sound.")
    return decoded.samples


def _not_valid(form: str, path: str) -> Refusal:
    return bad_request(
        f"The data provided for 'input_audio' is not of valid {form} format.",
        param=path,
        code="invalid_value",
    )


def _bad_data(path: str, why: str) -> Refusal:
    return bad_request(f"Invalid '{path}': {why}", param=path, code="invalid_value")


class _Ears:
    """What a `PhraseEar` listens with when it runs in a worker: at once, in its own thread."""

    def __init__(self, recogniser: Recogniser, stopped: Callable[[], bool]) -> None:
        self._recogniser = recogniser
        self._stopped = stopped

    def start(self, phrases: Sequence[str] = (), prompt: str = "") -> Any:
        del prompt  # a message has none
        return _Utterance(self._recogniser, phrases, self._stopped)

    async def room(self) -> None:
        return

    def refusal(self, transcription: Json) -> str:
        del transcription
        return ""

    def close(self) -> None:
        return


class _Utterance:
    def __init__(
        self, recogniser: Recogniser, phrases: Sequence[str], stopped: Callable[[], bool]
    ) -> None:
        self._recogniser = recogniser
        self._phrases = phrases
        self._stopped = stopped
        self._sound: list[NDArray[np.int16]] = []

    def feed(self, pcm: NDArray[np.int16]) -> None:
        self._sound.append(pcm)

    def finish(self) -> Future[Understood]:
        done: Future[Understood] = Future()
        sound = np.concatenate(self._sound)
        heard = hear_whole(self._recogniser, sound, self._phrases, self._stopped)
        done.set_result(Understood(heard.text))
        return done

    def drop(self) -> None:
        self._sound.clear()
