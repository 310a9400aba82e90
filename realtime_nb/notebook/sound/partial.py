"""What had come when a cell was stopped, as the result that it would have been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.client.endpoints.endpoint import PRACTICE_MODEL
from realtime_nb.protocol.audio_api.speech import Speech
from realtime_nb.protocol.audio_api.transcript import Transcript
from realtime_nb.protocol.cost.prices import Price

if TYPE_CHECKING:
    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.notebook.sound.live import Live
    from realtime_nb.protocol.audio_api.transcript import Sound

_UNTOLD = Price(None, reason="it was stopped before the service told its usage")


def stopped_speech(
    live: Live, endpoint: Endpoint, text: str, voice: str, why: str
) -> Speech | None:
    """Return what had come of a speech; None where that was nothing."""
    _, sound = _came(live)
    if not sound:
        return None
    return Speech(
        text=text,
        sound=sound.clip().wav(),
        format="wav",
        voice=voice,
        model=PRACTICE_MODEL if endpoint.practice else endpoint.model,
        spool=sound,
        price=Price(0.0) if endpoint.practice else _UNTOLD,
        partial=True,
        problem=why,
        practice=endpoint.practice,
    )


def stopped_transcript(live: Live, endpoint: Endpoint, sound: Sound, why: str) -> Transcript | None:
    """Return what had come of a transcript; None where that was nothing."""
    words, _ = _came(live)
    if not words:
        return None
    return Transcript(
        text=words,
        model=PRACTICE_MODEL if endpoint.practice else endpoint.model,
        sound=sound,
        price=Price(0.0) if endpoint.practice else _UNTOLD,
        partial=True,
        problem=why,
        practice=endpoint.practice,
    )


def _came(live: Live) -> tuple[str, Any]:
    """Return the words so far, and the sound where there is any."""
    progress = live.progress
    if progress is None:
        return "", None
    return progress.transcript, progress.sound if progress.sound and len(progress.sound) else None
