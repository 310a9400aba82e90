"""The names of the beta API, gone since 2026-05-12, and what GA calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

BETA_END: Final = "gone since 2026-05-12"

BETA_FIELDS: Final[Mapping[str, str]] = {
    "modalities": "output_modalities",
    "voice": "audio.output.voice",
    "input_audio_format": "audio.input.format",
    "output_audio_format": "audio.output.format",
    "input_audio_transcription": "audio.input.transcription",
    "input_audio_noise_reduction": "audio.input.noise_reduction",
    "turn_detection": "audio.input.turn_detection",
    "speed": "audio.output.speed",
    "max_response_output_tokens": "max_output_tokens",
    "temperature": "",
}
"""Beta names at a session's top level, and their GA places; ``""`` when there is none."""

BETA_RESPONSE_FIELDS: Final[Mapping[str, str]] = {
    "modalities": "output_modalities",
    "voice": "audio.output.voice",
    "output_audio_format": "audio.output.format",
    "max_response_output_tokens": "max_output_tokens",
    "temperature": "",
}
"""The same for the `response` of ``response.create`` and of the service's response events."""

BETA_CLIENT_EVENTS: Final[Mapping[str, str]] = {"transcription_session.update": "session.update"}
"""Beta types of events a client sends, and their GA types."""

BETA_SERVER_EVENTS: Final[Mapping[str, str]] = {
    "transcription_session.created": "session.created",
    "transcription_session.updated": "session.updated",
    "conversation.created": "",
    "conversation.item.created": "conversation.item.added",
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
}
"""Beta types of events the service sent, and their GA types; ``""`` where none is sent."""

BETA_EVENTS: Final[Mapping[str, str]] = {**BETA_CLIENT_EVENTS, **BETA_SERVER_EVENTS}
"""Beta types of events in both directions, and their GA types."""

BETA_CONTENT: Final[Mapping[str, str]] = {"text": "output_text", "audio": "output_audio"}
"""Beta types of an assistant message's content parts, and their GA types."""

PCM_RATE: Final = 24_000
"""Samples per second of ``audio/pcm``, the lowest rate the service takes."""

BETA_FORMATS: Final[Mapping[str, Mapping[str, Any]]] = {
    "pcm16": {"type": "audio/pcm", "rate": PCM_RATE},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
"""Beta words for audio formats, and the GA objects."""
