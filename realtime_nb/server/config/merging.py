"""How an update merges into a session object, and a stored prompt beneath it.

Only the keys present change; objects under `audio` merge; everything else is replaced as
it is given.
"""

from __future__ import annotations

import copy
from typing import Any

from realtime_nb.server.config.session_fields import SEMANTIC_VAD_DEFAULTS, SERVER_VAD_DEFAULTS
from realtime_nb.server.ears.transcribers import merge_transcription

Json = dict[str, Any]


def named_paths(update: Json) -> frozenset[str]:
    """Return the dotted paths of the fields that a checked update gives."""
    audio: Json = update.get("audio", {})
    own = (key for key in update if key != "audio")
    return frozenset((*own, *(f"audio.{way}.{key}" for way in audio for key in audio[way])))


def under(asked: Json, from_prompt: Json, named: frozenset[str]) -> Json:
    """Return a session object with a prompt's fields where the client gave none of its own."""
    session = copy.deepcopy(asked)
    for path, value in from_prompt.items():
        if path not in named:
            *way, last = path.split(".")
            holder = session
            for key in way:
                holder = holder[key]
            holder[last] = value
    return session


def merge(session: Json, update: Json) -> None:
    """Put a checked update into a full session object, in place."""
    audio: Json = update.get("audio", {})
    for key, value in update.items():
        if key != "audio":
            session[key] = value
    given_input: Json = audio.get("input", {})
    current: Json = session["audio"]["input"]
    mergers = {
        "format": _merge_format,
        "turn_detection": _merge_turn_detection,
        "transcription": merge_transcription,
        "noise_reduction": merge_noise_reduction,
    }
    for key, value in given_input.items():
        current[key] = None if value is None else mergers[key](current[key], value)
    if session["type"] == "transcription":
        _drop_answering(current["turn_detection"], given_input.get("turn_detection"))
    given_output: Json = audio.get("output", {})
    output: Json = session["audio"].get("output", {})
    for key, value in given_output.items():
        output[key] = _merge_format(output[key], value) if key == "format" else value


def _merge_format(_current: Json, given: Json) -> Json:
    if given["type"] == "audio/pcm":
        return {"type": "audio/pcm", "rate": given.get("rate", 24000)}
    return {"type": given["type"]}


def _merge_turn_detection(current: Json | None, given: Json) -> Json:
    defaults = SERVER_VAD_DEFAULTS if given["type"] == "server_vad" else SEMANTIC_VAD_DEFAULTS
    kept = current if current is not None and current["type"] == given["type"] else {}
    return {**defaults, **kept, **given}


def _drop_answering(turn_detection: Json | None, given: Json | None) -> None:
    """Take out of a transcription session's turn detection what concerns answers."""
    for key in ("idle_timeout_ms", "create_response", "interrupt_response"):
        if turn_detection is not None and key not in (given or {}):
            turn_detection.pop(key, None)


def merge_noise_reduction(current: Json | None, given: Json) -> Json:
    """Return the `noise_reduction` object in force after an update that holds one."""
    return {"type": "near_field", "strength": 1, **(current or {}), **given}
