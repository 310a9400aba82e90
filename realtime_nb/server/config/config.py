"""The session object: its defaults, what is in force, and what may not change.

An update is checked whole before anything changes: one bad field and the service throws
the entire update away, and so do we.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from realtime_nb.server.audio_format import WireFormat
from realtime_nb.server.config.merging import merge, named_paths, under
from realtime_nb.server.config.session_fields import (
    SERVER_VAD_DEFAULTS,
    SESSION_FIELDS,
    SESSION_TYPES,
    TRANSCRIPTION_FIELDS,
    TRANSCRIPTION_VAD_DEFAULTS,
)
from realtime_nb.server.config.stored_prompts import resolve_prompt
from realtime_nb.server.ears.transcribers import streams
from realtime_nb.server.mcp.definition import McpDefinition, settle
from realtime_nb.server.wire_errors import (
    WireError,
    invalid_type,
    missing_parameter,
    unsupported_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    defaults
        Fields of the session object that are not as usual, merged into it.
    """

    def __init__(
        self,
        session_id: str,
        expires_at: int,
        kind: SessionKind = "realtime",
        defaults: Json | None = None,
    ) -> None:
        make = default_session if kind == "realtime" else default_transcription_session
        self.kind: SessionKind = kind
        self._asked = make(session_id, expires_at)  # without what the stored prompt brings
        merge(self._asked, defaults or {})
        self._named: frozenset[str] = frozenset()  # dotted paths that the client ever gave
        self._from_prompt: Json = {}
        self._session = self._asked
        self._mcp: Mapping[str, McpDefinition] = {}

    def to_wire(self) -> Json:
        """Return the full object, a copy of its own."""
        return copy.deepcopy(self._session)

    def update(
        self,
        update: Any,
        *,
        assistant_spoke: bool = False,
        answering: bool = False,
        refuse_mcp: Callable[[McpDefinition], str] | None = None,
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
        refuse_mcp
            Returns why an MCP server cannot be reached, empty when it can.

        Raises
        ------
        WireError
            When any field is refused; then nothing has changed.
        """
        checked = self._checked(update)
        mcp = self._mcp
        if "tools" in checked:
            checked["tools"], mcp = settle(checked["tools"], mcp, "session.tools", refuse_mcp)
        asked = copy.deepcopy(self._asked)
        from_prompt = self._from_prompt
        if "prompt" in checked:
            checked["prompt"], from_prompt = resolve_prompt(checked["prompt"], "session.prompt")
        merge(asked, checked)
        named = self._named | named_paths(checked)
        merged = under(asked, from_prompt, named)
        if self.kind == "transcription":
            _check_transcriber(merged)
        else:
            self._check_fixed(merged, assistant_spoke=assistant_spoke, answering=answering)
        self._asked, self._named, self._from_prompt = asked, named, from_prompt
        self._session, self._mcp = merged, mcp

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
    def mcp(self) -> Mapping[str, McpDefinition]:
        """Every MCP server that was ever defined in the session, by label."""
        return self._mcp

    def learn_mcp(self, definitions: Mapping[str, McpDefinition]) -> None:
        """Know from now on the MCP servers that one response has defined.

        Of one that was known what the session allows and approves stays.
        """
        known = {
            label: mine
            for label, mine in self._mcp.items()
            if label in definitions and mine.is_of_server(definitions[label])
        }
        self._mcp = {**definitions, **known}

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
