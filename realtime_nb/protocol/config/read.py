"""Reading a session config as people write it, into the shape the service takes.

Two spellings may be mixed: the GA shape (``audio: {output: {voice: marin}}``) and a flat
short form (``voice: marin``, ``turn_detection: semantic_vad``). Names of the beta API, gone
since 2026-05-12, are refused with their place in the GA shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final, cast

from realtime_nb.errors import ConfigError
from realtime_nb.protocol.config.shapes import check_names, nearest, session_keys

SHORT_FORMS: Final[Mapping[str, str]] = {
    "voice": "audio.output.voice",
    "speed": "audio.output.speed",
    "output_format": "audio.output.format",
    "input_format": "audio.input.format",
    "transcription": "audio.input.transcription",
    "noise_reduction": "audio.input.noise_reduction",
    "turn_detection": "audio.input.turn_detection",
}
"""Flat names and the GA places they stand for."""

BETA_NAMES: Final[Mapping[str, str]] = {
    "modalities": "output_modalities: [audio] or [text]",
    "input_audio_format": "input_format, e.g. {type: audio/pcm, rate: 24000}",
    "output_audio_format": "output_format, e.g. {type: audio/pcm, rate: 24000}",
    "input_audio_transcription": "transcription",
    "input_audio_noise_reduction": "noise_reduction",
    "max_response_output_tokens": "max_output_tokens",
    "temperature": "nothing: it was removed",
}
"""Names of the beta API and what to write instead (the GA name, or its short form)."""

_OFF: Final = frozenset({"none", "off", "manual", "null"})

# A bare word where the service wants an object: which key of the object it is.
_WORD_KEYS: Final[Mapping[str, str]] = {
    "audio.input.turn_detection": "type",
    "audio.input.transcription": "model",
    "audio.input.noise_reduction": "type",
    "audio.input.format": "type",
    "audio.output.format": "type",
}

_PCM_RATE: Final = 24_000


def read_config(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the GA session object that `written` means, with ``type: realtime``.

    Parameters
    ----------
    written
        GA names, flat short names, or both; see `SHORT_FORMS`. A bare word stands for an
        object where the service wants one (``turn_detection: semantic_vad``), and ``none``,
        ``off`` or ``manual`` switch turn detection, transcription or noise reduction off.

    Raises
    ------
    ConfigError
        On a name that does not exist, with the nearest right one; on a beta name, with what
        to write instead; when one field is given twice.
    """
    config: dict[str, Any] = {"type": "realtime"}
    for name, value in written.items():
        if name in BETA_NAMES:
            raise ConfigError(
                f"{name!r} is a name of the beta API, gone since 2026-05-12;"
                f" write {BETA_NAMES[name]}."
            )
        if name in SHORT_FORMS:
            _put(config, SHORT_FORMS[name], value)
        elif name in session_keys():
            _merge(config, {name: deepcopy(value)}, "")
        else:
            known = session_keys() | frozenset(SHORT_FORMS)
            hint = nearest(name, known) or f"; there are: {', '.join(sorted(known))}."
            raise ConfigError(f"a session has no field {name!r}{hint}")
    for path in _WORD_KEYS:
        _expand_word(config, path)
    check_names(config)
    return config


def _put(config: dict[str, Any], path: str, value: Any) -> None:
    nested: Any = deepcopy(value)
    for name in reversed(path.split(".")):
        nested = {name: nested}
    _merge(config, nested, "")


def _merge(config: dict[str, Any], over: Mapping[str, Any], path: str) -> None:
    for name, value in over.items():
        where = f"{path}.{name}" if path else name
        old = config.get(name)
        if isinstance(old, dict) and isinstance(value, Mapping):
            _merge(cast("dict[str, Any]", old), cast("Mapping[str, Any]", value), where)
        elif name in config and where != "type" and old != value:
            raise ConfigError(f"{where!r} is given twice, as {old!r} and {value!r}; keep one.")
        else:
            config[name] = value


def _expand_word(config: dict[str, Any], path: str) -> None:
    *parents, name = path.split(".")
    place: Any = config
    for parent in parents:
        place = cast("dict[str, Any]", place).get(parent)
        if not isinstance(place, dict):
            return
    holder = cast("dict[str, Any]", place)
    word = holder.get(name)
    if word is False or (isinstance(word, str) and word.lower() in _OFF):
        holder[name] = None
    elif isinstance(word, str):
        holder[name] = _object_of(path, word)


def _object_of(path: str, word: str) -> dict[str, Any]:
    if path.endswith(".format"):
        kind = word if word.startswith("audio/") else f"audio/{word}"
        return {"type": kind, "rate": _PCM_RATE} if kind == "audio/pcm" else {"type": kind}
    return {_WORD_KEYS[path]: word}
