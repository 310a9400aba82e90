"""What was heard, in the formats of the service's answers."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.config.config import MODEL
from realtime_nb.server.ears.transcription import transcription_usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.server.audio_api.listening import Phrase
    from realtime_nb.server.audio_api.transcription_request import TranscriptionRequest

Json = dict[str, Any]

SPEAKER: Final = "A"
"""Whoever speaks: nobody here can tell voices apart."""

_ENGLISH: Final = "english"


class Transcript:
    """All that was heard of one file.

    Parameters
    ----------
    request
        What was asked for.
    phrases
        In order.
    duration_s
        Of the sound.
    mark
        Stands before what ought to have been translated.
    """

    def __init__(
        self,
        request: TranscriptionRequest,
        phrases: Sequence[Phrase],
        duration_s: float,
        mark: str = "",
    ) -> None:
        self._request = request
        self._phrases = [replace(phrase, text=mark + phrase.text) for phrase in phrases]
        self._duration_s = round(duration_s, 3)
        self._is_translated = bool(mark)
        heard = " ".join(phrase.text for phrase in phrases)
        self.text = mark + heard if heard else ""

    @property
    def usage(self) -> Json:
        """What the model would count: seconds or tokens."""
        wanted = {"model": self._request.model, "prompt": self._request.prompt}
        if self._request.format == "verbose_json":
            return {"type": "duration", "seconds": math.ceil(self._duration_s)}
        return transcription_usage(wanted, self._duration_s * 1000.0, self.text)

    @property
    def languages(self) -> Json:
        """The field `languages`, for the model that has it; empty when nothing was said."""
        if not self._request.rules.detects:
            return {}
        return {"languages": [{"code": "en"}] if self.text else []}

    def body(self) -> Json | str:
        """Return the answer: a JSON object, or text."""
        match self._request.format:
            case "text":
                return self.text + "\n"
            case "srt":
                return self._srt()
            case "vtt":
                return self._vtt()
            case "verbose_json":
                return self._verbose()
            case "diarized_json":
                return self._diarized()
            case _:
                return self._json()

    def _json(self) -> Json:
        if self._is_translated:
            return {"text": self.text, "model": MODEL}
        return {"text": self.text, **self.languages, "usage": self.usage, "model": MODEL}

    def _verbose(self) -> Json:
        body: Json = {
            "task": "translate" if self._is_translated else "transcribe",
            "language": _ENGLISH,
            "duration": self._duration_s,
            "text": self.text,
        }
        if "segment" in self._request.granularities:
            body["segments"] = [self._segment(i, one) for i, one in enumerate(self._phrases)]
        if "word" in self._request.granularities:
            body["words"] = [
                {"word": word.text, "start": round(word.start_s, 2), "end": round(word.end_s, 2)}
                for phrase in self._phrases
                for word in phrase.words
            ]
        if not self._is_translated:
            body["usage"] = self.usage
        return {**body, "model": MODEL}

    def _segment(self, index: int, phrase: Phrase) -> Json:
        data = phrase.text.encode()
        return {
            "id": index,
            "seek": 0,
            "start": round(phrase.start_s, 2),
            "end": round(phrase.end_s, 2),
            "text": phrase.text,
            # The recogniser has no tokens, and tells no probability of its words.
            "tokens": [],
            "temperature": 0.0,
            "avg_logprob": 0.0,
            "compression_ratio": round(len(data) / len(zlib.compress(data)), 3),
            "no_speech_prob": round(1.0 - phrase.voice, 3),
        }

    def _diarized(self) -> Json:
        return {
            "task": "transcribe",
            "duration": self._duration_s,
            "text": self.text,
            "segments": [
                diarized_segment(index, phrase) for index, phrase in enumerate(self._phrases)
            ],
            "usage": self.usage,
            "model": MODEL,
        }

    def _srt(self) -> str:
        return "".join(
            f"{number}\n{_clock(one.start_s, ',')} --> {_clock(one.end_s, ',')}\n{one.text}\n\n"
            for number, one in enumerate(self._phrases, 1)
        )

    def _vtt(self) -> str:
        return "WEBVTT\n\n" + "".join(
            f"{_clock(one.start_s, '.')} --> {_clock(one.end_s, '.')}\n{one.text}\n\n"
            for one in self._phrases
        )


def diarized_segment(index: int, phrase: Phrase) -> Json:
    """Return a phrase as the segment of a diarized transcript, also as its event."""
    return {
        "type": "transcript.text.segment",
        "id": segment_id(index),
        "start": round(phrase.start_s, 3),
        "end": round(phrase.end_s, 3),
        "speaker": SPEAKER,
        "text": phrase.text,
    }


def segment_id(index: int) -> str:
    """Return the id of the segment with this place."""
    return f"seg_{index:03d}"


def _clock(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    rest, ms = divmod(ms, 1000)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{point}{ms:03d}"
