"""What there is to add to a verdict, in a clause."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.paths import get

if TYPE_CHECKING:
    from realtime_nb.protocol.config.units import Match

# What clears a field once it is no longer wanted, as a cell says it.
_CLEARS: Final[Mapping[str, str]] = {
    "instructions": 'write `instructions: ""` to be rid of them',
    "tools": "write `tools: []` to be rid of them",
    "prompt": "write `prompt: none` to be rid of it",
    "include": "write `include: []` to be rid of it",
    "audio.input.transcription": "write `transcription: none` to switch it off",
    "audio.input.noise_reduction": "write `noise_reduction: none` to switch it off",
    "audio.input.turn_detection": "write `turn_detection: none` to switch it off",
    "tracing": "it cannot be switched off in a live session: `--restart`",
}

_LONGEST_SHOWN: Final = 40


def differences(path: str, answer: Match) -> str:
    """Tell what of a field was asked for and is in force otherwise."""
    return "; ".join(
        f"`{part or path}`: {_shown(asked)} was asked for, {_shown(got)} is in force"
        for part, asked, got in answer.differing
    )


def additions(now: Any, was: Any, answer: Match) -> str:
    """Tell what of a field is in force without being asked for, and since when."""
    if not isinstance(now, Mapping):
        return ""
    fields = cast("Mapping[str, Any]", now)
    old = cast("Mapping[str, Any]", was if isinstance(was, Mapping) else {})
    parts = [part for part in answer.added if "[" not in part]
    kept = [part for part in parts if get(old, part) == get(fields, part)]
    told = [
        ("the service added", [part for part in parts if part not in kept]),
        ("kept from before", kept),
    ]
    return "; ".join(
        f"{what} {', '.join(f'{part} {_shown(get(fields, part))}' for part in some)}"
        for what, some in told
        if some
    )


def service_note(path: str, now: Any, *, first: bool) -> str:
    """Tell what a value means that nobody asked for; `first` in a session's first update."""
    if path == "instructions" and first:
        return "nobody wrote any: these are the service's own"
    if path == "audio.input.turn_detection" and isinstance(now, Mapping):
        silence = cast("Mapping[str, Any]", now).get("silence_duration_ms")
        return f"{silence} ms of silence end a turn" if silence is not None else ""
    if path == "audio.input.transcription" and now is None:
        return "what is heard is not written down"
    return ""


def clear(path: str) -> str:
    """Tell how to be rid of what is in force in a field."""
    return _CLEARS.get(path, "write the value wanted instead")


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
