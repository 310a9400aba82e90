"""What a session object says of sound: formats, transcription, how turns are found."""

from __future__ import annotations

from typing import Any, TypeAlias

from realtime_nb.protocol.told import as_object

Session: TypeAlias = dict[str, Any] | None


def audio_format(session: Session, side: str) -> dict[str, Any] | None:
    """Return the format of the sound of ``input`` or ``output``, None where none is told."""
    told = as_object(_side(session, side).get("format"))
    # What is no object with a type in words tells no format.
    return told if told and isinstance(told.get("type", ""), str) else None


def transcribes(session: Session) -> bool:
    """Return whether the user's words are transcribed."""
    return _side(session, "input").get("transcription") is not None


def hearing(session: Session) -> tuple[Any, ...]:
    """Return what cannot change without the service hearing anew, a begun turn forgotten."""
    detection = as_object(_side(session, "input").get("turn_detection"))
    return detection.get("type"), detection.get("threshold"), audio_format(session, "input")


def _side(session: Session, side: str) -> dict[str, Any]:
    return as_object(as_object(as_object(session).get("audio")).get(side))
