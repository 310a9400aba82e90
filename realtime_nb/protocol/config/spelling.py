"""The spellings a config may be written in: short names, and words for objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.migrate_names import BETA_FORMATS, PCM_RATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.config.problem import SessionKind

SHORT_FORMS: Final[Mapping[str, str]] = {
    "voice": "audio.output.voice",
    "speed": "audio.output.speed",
    "output_format": "audio.output.format",
    "input_format": "audio.input.format",
    "transcription": "audio.input.transcription",
    "noise_reduction": "audio.input.noise_reduction",
    "turn_detection": "audio.input.turn_detection",
}
"""Flat names of every kind of session, and the GA places they stand for."""

KIND_SHORT_FORMS: Final[Mapping[SessionKind, Mapping[str, str]]] = {
    "realtime": {},
    "transcription": {
        "model": "audio.input.transcription.model",
        "language": "audio.input.transcription.language",
        "languages": "audio.input.transcription.languages",
        "keywords": "audio.input.transcription.keywords",
        "prompt": "audio.input.transcription.prompt",
        "delay": "audio.input.transcription.delay",
    },
    "translation": {"language": "audio.output.language"},
}
"""Flat names that only one kind of session has: what a transcription session is given goes to
its transcriber, and a translation has the one language it speaks."""

PLURAL_LANGUAGE: Final = frozenset({"gpt-live-transcribe", "gpt-transcribe"})
"""Transcribers that take `languages`, a list, and refuse `language`."""

_OFF: Final = frozenset({"none", "off", "manual", "null"})

# Fields that null switches off; a word such as `none` is read as null there and only there:
# `tool_choice: none` is a value of its own.
_NULLABLE: Final = frozenset(
    {
        "audio.input.turn_detection",
        "audio.input.transcription",
        "audio.input.noise_reduction",
        "prompt",
        "tracing",
    }
)

# A bare word where the service wants an object: which key of the object it is.
_WORD_KEYS: Final[Mapping[str, str]] = {
    "audio.input.turn_detection": "type",
    "audio.input.transcription": "model",
    "audio.input.noise_reduction": "type",
    "prompt": "id",
    "reasoning": "effort",
}

_FORMATS: Final = frozenset({"audio.input.format", "audio.output.format"})

_LISTS: Final = frozenset(
    {
        "output_modalities",
        "tools",
        "include",
        "audio.input.transcription.languages",
        "audio.input.transcription.keywords",
    }
)


def expand_word(path: str, value: Any) -> Any:
    """Return what a bare word or number means where the service wants more than that.

    Parameters
    ----------
    path
        The GA place `value` was written for.
    value
        What was written; anything that stands for itself comes back as it is.
    """
    if path in _NULLABLE and (value is False or (isinstance(value, str) and value.lower() in _OFF)):
        return None
    if path == "truncation" and isinstance(value, int | float) and not isinstance(value, bool):
        return {"type": "retention_ratio", "retention_ratio": value}
    if value is True:
        return _switched_on(path)
    return _object_of(path, value) if isinstance(value, str) else value


def _switched_on(path: str) -> Any:
    if path == "audio.input.turn_detection":
        return {"type": "server_vad"}
    return "auto" if path == "tracing" else True


def _object_of(path: str, word: str) -> Any:
    if path in _FORMATS:
        return _format_of(word)
    if path in _LISTS:
        return [word]
    if path == "audio.output.voice" and word.startswith("voice_"):
        return {"id": word}
    return {_WORD_KEYS[path]: word} if path in _WORD_KEYS else word


def _format_of(word: str) -> dict[str, Any]:
    if word in BETA_FORMATS:
        return dict(BETA_FORMATS[word])
    kind = word if word.startswith("audio/") else f"audio/{word}"
    return {"type": kind, "rate": PCM_RATE} if kind == "audio/pcm" else {"type": kind}


COMPLETED: Final = (
    "audio.input.turn_detection",
    "audio.input.format",
    "audio.output.format",
    "truncation",
    "tool_choice",
)
"""Objects whose `type` may be left out; those of `tools` are the others."""


def complete_object(path: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return an object with the `type` its other keys imply, where it was left out."""
    if "type" in value:
        return value
    implied = _implied_type(path, value)
    return {"type": implied, **value} if implied else value


def _implied_type(path: str, value: Mapping[str, Any]) -> str:
    if path == "audio.input.turn_detection":
        return "semantic_vad" if "eagerness" in value else "server_vad"
    if path in _FORMATS and "rate" in value:
        return "audio/pcm"
    if path == "truncation" and "retention_ratio" in value:
        return "retention_ratio"
    if path == "tool_choice" or path.startswith("tools["):
        if "server_label" in value:
            return "mcp"
        return "function" if "name" in value else ""
    return ""


def shorten(path: str, value: Any) -> Any:
    """Return the shortest that `expand_word` reads as `value` again."""
    for word in _words_for(path, value):
        if expand_word(path, word) == value:
            return word
    return value


def _words_for(path: str, value: Any) -> list[Any]:
    """Return what might read as `value`, the likeliest first."""
    if value is None:
        return ["none"]
    if isinstance(value, list):
        return cast("list[Any]", value)[:1] if path != "tools" else []  # tools: [f] reads better
    if not isinstance(value, dict):
        return []
    fields = cast("dict[str, Any]", value)
    kind = fields.get("type")
    words = [kind.removeprefix("audio/")] if isinstance(kind, str) else []
    names = (_WORD_KEYS.get(path, ""), "id", "retention_ratio")
    return [*words, *(fields.get(name) for name in names)]
