"""The session object: its defaults, what may stand in it, and how an update merges.

An update is checked whole before anything changes: one bad field and the service throws
the entire update away, and so do we. Only the keys present change; objects under `audio`
merge; everything else is replaced as it is given.
"""

from __future__ import annotations

import copy
from typing import Any, Literal, TypeAlias, cast

from realtime_nb.server.audio_format import WireFormat
from realtime_nb.server.session_fields import (
    SEMANTIC_VAD_DEFAULTS,
    SERVER_VAD_DEFAULTS,
    SESSION_FIELDS,
    SESSION_TYPES,
    TRANSCRIPTION_FIELDS,
    TRANSCRIPTION_VAD_DEFAULTS,
)
from realtime_nb.server.stored_prompts import resolve_prompt
from realtime_nb.server.transcribers import merge_transcription, streams
from realtime_nb.server.wire_errors import (
    WireError,
    invalid_type,
    missing_parameter,
    unsupported_value,
)

Json = dict[str, Any]

SessionKind: TypeAlias = Literal["realtime", "transcription"]

MODEL = "local-demo"
DEFAULT_INSTRUCTIONS = (
    "You are the practice voice of realtime_nb: a small program on this computer, not a "
    "model. Answer what stands on your card, and say so when something does not."
)


def default_session(session_id: str, expires_at: int) -> Json:
    """Return the session object of `session.created`, keys in the wire's order.

    Parameters
    ----------
    session_id
        ``sess_...``.
    expires_at
        Unix time in seconds.
    """
    pcm = {"type": "audio/pcm", "rate": 24000}
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": MODEL,
        "output_modalities": ["audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": expires_at,
        "audio": {
            "input": {
                "format": dict(pcm),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(SERVER_VAD_DEFAULTS),
            },
            "output": {"format": dict(pcm), "voice": "alloy", "speed": 1.0},
        },
        "include": None,
    }


def default_transcription_session(session_id: str, expires_at: int) -> Json:
    """Return the session object of a transcription session; see `default_session`."""
    return {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "id": session_id,
        "expires_at": expires_at,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(TRANSCRIPTION_VAD_DEFAULTS),
            }
        },
        "include": None,
    }


class SessionConfig:
    """The session object in force.

    Parameters
    ----------
    session_id, expires_at
        As in `default_session`.
    kind
        ``realtime`` or ``transcription``; fixed at connect.
    """

    def __init__(self, session_id: str, expires_at: int, kind: SessionKind = "realtime") -> None:
        make = default_session if kind == "realtime" else default_transcription_session
        self.kind: SessionKind = kind
        self._asked = make(session_id, expires_at)  # without what the stored prompt brings
        self._named: frozenset[str] = frozenset()  # dotted paths that the client ever gave
        self._from_prompt: Json = {}
        self._session = self._asked

    def to_wire(self) -> Json:
        """Return the full object, a copy of its own."""
        return copy.deepcopy(self._session)

    def update(
        self, update: Any, *, assistant_spoke: bool = False, answering: bool = False
    ) -> None:
        """Check an update and let it take force as a whole.

        Parameters
        ----------
        update
            The `session` of a `session.update`, as parsed.
        assistant_spoke
            Whether the conversation holds assistant audio: then the voice stays.
        answering
            Whether a response is in progress: then the speed stays.

        Raises
        ------
        WireError
            When any field is refused; then nothing has changed.
        """
        checked = self._checked(update)
        asked = copy.deepcopy(self._asked)
        from_prompt = self._from_prompt
        if "prompt" in checked:
            checked["prompt"], from_prompt = resolve_prompt(checked["prompt"], "session.prompt")
        _merge(asked, checked)
        named = self._named | _paths(checked)
        merged = _under(asked, from_prompt, named)
        if self.kind == "transcription":
            _check_transcriber(merged)
        else:
            self._check_fixed(merged, assistant_spoke=assistant_spoke, answering=answering)
        self._asked, self._named, self._from_prompt = asked, named, from_prompt
        self._session = merged

    def _check_fixed(self, merged: Json, *, assistant_spoke: bool, answering: bool) -> None:
        """Raise `WireError` for a change of what cannot change now."""
        output: Json = merged["audio"]["output"]
        if assistant_spoke and output["voice"] != self.voice:
            raise voice_is_fixed("session.audio.output.voice")
        if answering and output["speed"] != self.speed:
            raise WireError(
                "Cannot update the speed while a response is in progress.",
                code="invalid_value",
                param="session.audio.output.speed",
            )
        tracing = self._session["tracing"]
        if tracing is not None and merged["tracing"] != tracing:
            raise WireError(
                "Cannot update tracing once it is enabled.",
                code="invalid_value",
                param="session.tracing",
            )

    def _checked(self, update: Any) -> Json:
        if not isinstance(update, dict):
            raise invalid_type("session", "an object", update)
        given = cast("Json", update)
        if "type" not in given:
            raise missing_parameter("session.type")
        if given["type"] not in SESSION_TYPES:
            raise unsupported_value("session.type", given["type"], SESSION_TYPES)
        if given["type"] != self.kind:
            raise WireError(
                f"Passing a {given['type']} session update to a {self.kind} session is not allowed."
            )
        fields = SESSION_FIELDS if self.kind == "realtime" else TRANSCRIPTION_FIELDS
        checked: Json = fields.check(given, "session")
        checked.pop("model", None)  # fixed at connect: this server is `local-demo`
        return checked

    @property
    def instructions(self) -> str:
        """The session's instructions."""
        return self._session["instructions"]

    @property
    def tools(self) -> list[Json]:
        """The session's tools."""
        return self._session["tools"]

    @property
    def voice(self) -> str:
        """The session's output voice."""
        return self._session["audio"]["output"]["voice"]

    @property
    def speed(self) -> float:
        """The session's output speed, 1.0 is normal."""
        return self._session["audio"]["output"]["speed"]

    @property
    def input_format(self) -> WireFormat:
        """How the client's audio is encoded."""
        return WireFormat.from_wire(self._session["audio"]["input"]["format"])

    @property
    def output_format(self) -> WireFormat:
        """How assistant audio is encoded."""
        return WireFormat.from_wire(self._session["audio"]["output"]["format"])

    @property
    def turn_detection(self) -> Json | None:
        """The turn detection in force, None for manual turns."""
        return self._session["audio"]["input"]["turn_detection"]

    @property
    def transcription(self) -> Json | None:
        """The input transcription in force, None when none is wanted."""
        return self._session["audio"]["input"]["transcription"]

    def get(self, key: str) -> Any:
        """Return a top-level field of the session object, None when absent."""
        return self._session.get(key)


def voice_is_fixed(path: str) -> WireError:
    """Return the refusal to change the voice of a conversation that has spoken."""
    return WireError(
        "Cannot update a conversation's voice if assistant audio is present.",
        code="cannot_update_voice",
        param=path,
    )


def _paths(update: Json) -> frozenset[str]:
    """Return the dotted paths of the fields that a checked update gives."""
    audio: Json = update.get("audio", {})
    own = (key for key in update if key != "audio")
    return frozenset((*own, *(f"audio.{way}.{key}" for way in audio for key in audio[way])))


def _under(asked: Json, from_prompt: Json, named: frozenset[str]) -> Json:
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


def _merge(session: Json, update: Json) -> None:
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


def _check_transcriber(session: Json) -> None:
    """Refuse turn detection with a model that streams.

    Raises
    ------
    WireError
        Where both are wanted; the session must set turn detection to null.
    """
    audio_input: Json = session["audio"]["input"]
    if streams(audio_input["transcription"]) and audio_input["turn_detection"] is not None:
        raise WireError(
            "Turn detection is not supported for this transcription model.",
            code="invalid_value",
            param="session.audio.input.turn_detection",
        )


def merge_noise_reduction(current: Json | None, given: Json) -> Json:
    """Return the `noise_reduction` object in force after an update that holds one."""
    return {"type": "near_field", "strength": 1, **(current or {}), **given}
