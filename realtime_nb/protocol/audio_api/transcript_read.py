"""What a service answers to a recording, read into a `Transcript`: whole, or as it streams.

Fields that are missing, unknown or of another kind do no harm: what can be read is.
"""

from __future__ import annotations

from typing import Any, Final, cast

import orjson

from realtime_nb.protocol.audio_api.subtitle_read import read_subtitles
from realtime_nb.protocol.audio_api.transcript import Transcript
from realtime_nb.protocol.audio_api.transcript_times import (
    Segment,
    read_seconds,
    read_segment,
    read_segments,
    read_words,
)
from realtime_nb.protocol.audio_api.word_cues import joined

_CUT_OFF: Final = "the stream ended before the transcript was whole"


def read_transcript(body: str, content_type: str = "") -> Transcript:
    """Return what an answer says: JSON of any of the API's shapes, subtitles, or bare text.

    Parameters
    ----------
    body
        The answer.
    content_type
        What its head says it is; JSON and WebVTT are recognised without.
    """
    told = _loads(body)
    if told is not None:
        return _of_object(told)
    if body.lstrip("\ufeff \r\n").startswith("WEBVTT") or " --> " in body:
        segments = read_subtitles(body)
        if segments or "text/" not in content_type:
            return Transcript(text=joined([one.text for one in segments]), segments=segments)
    return Transcript(text=body.strip())


def read_error(body: str) -> dict[str, Any] | None:
    """Return the error that some services answer with HTTP 200; None where there is none."""
    told = _loads(body)
    if told is None or "error" not in told or "text" in told:
        return None
    error = told["error"]
    return cast("dict[str, Any]", error) if isinstance(error, dict) else {"message": str(error)}


def _loads(body: str) -> dict[str, Any] | None:
    try:
        told: Any = orjson.loads(body)
    except ValueError:
        return None
    if isinstance(told, str):
        return {"text": told}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else None


def _of_object(told: dict[str, Any]) -> Transcript:
    segments = read_segments(told.get("segments"))
    text = _text(told.get("text")) or joined([one.text for one in segments])
    return Transcript(
        text=text.strip(),
        language=_text(told.get("language")),
        languages=_languages(told.get("languages")),
        duration_s=read_seconds(told.get("duration")),
        segments=segments,
        words=read_words(told.get("words")),
        logprobs=_objects(told.get("logprobs")),
        usage=_object(told.get("usage")),
    )


class TranscriptStream:
    """Gathers the events of a transcript that streams."""

    def __init__(self) -> None:
        self._deltas: list[str] = []
        self._logprobs: list[dict[str, Any]] = []
        self._segments: list[Segment] = []
        self._done: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether the service said that it was all."""
        return self._done is not None

    @property
    def text(self) -> str:
        """All words so far."""
        if self._done is not None and isinstance(self._done.get("text"), str):
            return self._done["text"]
        said = "".join(self._deltas)
        return said or joined([one.text for one in self._segments])

    def add(self, event: dict[str, Any]) -> bool:
        """Take in an event; return whether there are more words now."""
        match event.get("type"):
            case "transcript.text.delta":
                delta = _text(event.get("delta"))
                self._deltas.append(delta)
                self._logprobs += _objects(event.get("logprobs"))
                return bool(delta)
            case "transcript.text.segment":
                segment = read_segment({k: v for k, v in event.items() if k != "type"})
                if segment is not None:
                    self._segments.append(segment)
                return segment is not None
            case "transcript.text.done":
                self._done = event
                return True
            case _:
                return False

    def transcript(self) -> Transcript:
        """Return what has come so far; partial unless it was all."""
        done = self._done or {}
        return Transcript(
            text=self.text.strip(),
            languages=_languages(done.get("languages")),
            duration_s=read_seconds(done.get("duration")),
            segments=tuple(sorted(self._segments, key=lambda one: one.start_s)),
            logprobs=_objects(done.get("logprobs")) or tuple(self._logprobs),
            usage=_object(done.get("usage")),
            partial=not self.ended,
            problem="" if self.ended else _CUT_OFF,
        )


def _languages(value: Any) -> tuple[str, ...]:
    """Return codes of languages: objects with a code on the wire, bare codes elsewhere."""
    if not isinstance(value, list):
        return ()
    codes = (_object(one) or {"code": one} for one in cast("list[Any]", value))
    return tuple(told["code"] for told in codes if isinstance(told.get("code"), str))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _object(value: Any) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _objects(value: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list):
        return ()
    items = cast("list[Any]", value)
    return tuple(cast("dict[str, Any]", one) for one in items if isinstance(one, dict))
