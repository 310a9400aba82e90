"""What differs between a conversation, a transcription session and a translation session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import UsageError
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.config.problem import SessionKind

APPEND: Final = "input_audio_buffer.append"
TRANSLATION_APPEND: Final = "session.input_audio_buffer.append"
APPENDS: Final = frozenset({APPEND, TRANSLATION_APPEND})
"""Events that carry sound up; there may be fifty a second."""

_WHAT_IT_DOES: Final[Mapping[SessionKind, str]] = {
    "realtime": "holds a conversation",
    "transcription": "only writes down what is said; send it sound",
    "translation": "only translates what is said; send it sound",
}
_CALLS: Final[Mapping[SessionKind, frozenset[str]]] = {
    "realtime": frozenset(
        {"say", "respond", "create_item", "commit", "clear_input", "cancel", "truncate"}
        | {"insert", "delete", "retrieve", "seed"}
    ),
    "transcription": frozenset({"commit", "clear_input"}),
    "translation": frozenset(),
}


def kind_of(session: Mapping[str, Any] | None) -> SessionKind:
    """Return the kind that a session object names; a conversation when it names none."""
    match (session or {}).get("type"):
        case "transcription":
            return "transcription"
        case "translation":
            return "translation"
        case _:
            return "realtime"


def append_type(kind: SessionKind) -> str:
    """Return the type of the event that carries sound up."""
    return TRANSLATION_APPEND if kind == "translation" else APPEND


def require_call(kind: SessionKind, call: str) -> None:
    """Raise `UsageError` when a session of this kind cannot do what is asked."""
    if call not in _CALLS[kind]:
        raise UsageError(f"{call}() is not for a {kind} session: it {_WHAT_IT_DOES[kind]}")


def update_of(config: Mapping[str, Any], kind: SessionKind) -> dict[str, Any]:
    """Return the `session.update` that asks for `config`.

    In a translation session it may name neither `type` nor, since the URL does, the model;
    in the others it must name the `type`.
    """
    if kind == "translation":
        session = {name: value for name, value in config.items() if name not in ("type", "model")}
    else:
        session = {"type": kind, **config}
    return {"type": "session.update", "session": session}


def finds_turns(session: Mapping[str, Any] | None) -> bool:
    """Whether the service finds the ends of turns itself; a session that says nothing does."""
    audio = as_object((session or {}).get("audio"))
    return bool(as_object(audio.get("input")).get("turn_detection", True))


def creates_response(session: Mapping[str, Any] | None) -> bool:
    """Whether the service answers by itself what its voice activity detection has heard."""
    audio = as_object((session or {}).get("audio"))
    detection = as_object(as_object(audio.get("input")).get("turn_detection"))
    return bool(detection) and detection.get("create_response") is not False
