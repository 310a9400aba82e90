"""Events under the names of the beta, which ended in May 2026; old logs are full of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.events import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

BETA_TYPES: Final[Mapping[str, str]] = {
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
    "transcription_session.update": "session.update",
    "transcription_session.created": "session.created",
    "transcription_session.updated": "session.updated",
}
"""What each type is called now."""

CLIENT_BETA_TYPES: Final = frozenset({"transcription_session.update"})


def in_ga(event: Event) -> Event:
    """Return an event under the name it has now; itself where it has that already."""
    name = BETA_TYPES.get(event.type)
    return event if name is None else Event({**event.data, "type": name})
