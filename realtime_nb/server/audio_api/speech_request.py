"""What a request to read text aloud asks for, checked as the service checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.codec import encoders
from realtime_nb.server.audio_api.models import SPEECH_MODELS, wrong_model
from realtime_nb.server.config.schema import Choice, NotHere, Number, OneOfTypes, Record, Text
from realtime_nb.server.http.errors import model_missing
from realtime_nb.server.wire_errors import (
    WireError,
    invalid_value,
    listed,
    unsupported_value,
)

if TYPE_CHECKING:
    from collections.abc import Collection

Json = dict[str, Any]

LONGEST: Final = 4_096
"""Characters of `input`, and of `instructions`."""

FORMATS: Final = ("mp3", "opus", "aac", "flac", "wav", "pcm")

_FIELDS: Final = Record(
    {
        "model": Text(),
        "input": Text(LONGEST),
        "voice": OneOfTypes(
            Text(), NotHere("custom voices are not here; use one of the voices by name.")
        ),
        "instructions": Text(LONGEST),
        "response_format": Choice(FORMATS),
        "speed": Number(0.25, 4.0),
        "stream_format": Choice(("audio", "sse")),
    },
    required=("input", "voice"),
)


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """Text to be read aloud.

    Parameters
    ----------
    text
        At most `LONGEST` characters.
    voice
        One of the service's names.
    format
        One of `FORMATS`, and one that can be made here.
    speed
        0.25 to 4.
    as_events
        Whether the sound goes out as server-sent events.
    """

    text: str
    voice: str
    format: str
    speed: float
    as_events: bool


def speech_request(body: Json, can_make: Collection[str] | None = None) -> SpeechRequest:
    """Return what a request's body asks for.

    Parameters
    ----------
    body
        Its JSON. `instructions` are checked and obeyed by nobody: the local voice has one manner.
    can_make
        The formats that can be made here; by default those of this machine's encoders.

    Raises
    ------
    Refusal, WireError
        When the service, or this server, would not do it.
    """
    if body.get("model") is None:
        raise model_missing()
    given = {key: value for key, value in body.items() if value is not None}
    asked: Json = _FIELDS.check(given, "")
    model = SPEECH_MODELS.get(asked["model"])
    if model is None:
        raise wrong_model(asked["model"], tuple(SPEECH_MODELS), "/v1/audio/speech")
    if not asked["input"]:
        raise WireError(
            "Invalid 'input': empty string. Expected a string with minimum length 1, but got an "
            "empty string instead.",
            code="empty_string",
            param="input",
        )
    if asked["voice"] not in model.voices:
        raise unsupported_value("voice", asked["voice"], model.voices)
    as_events = asked.get("stream_format") == "sse"
    if as_events and not model.streams_events:
        raise invalid_value(
            "stream_format", f"'sse' is not supported with the model '{asked['model']}'."
        )
    format_ = asked.get("response_format", "mp3")
    _check_format(format_, encoders() if can_make is None else can_make)
    return SpeechRequest(
        asked["input"], asked["voice"], format_, asked.get("speed", 1.0), as_events
    )


def _check_format(format_: str, can_make: Collection[str]) -> None:
    makes = [name for name in FORMATS if name in can_make]
    if format_ not in makes:
        raise WireError(
            f"Invalid value: '{format_}'. This computer has no encoder for it "
            "(pip install 'realtime_nb[formats]' brings one). "
            f"Supported values here are: {listed(makes)}.",
            code="invalid_value",
            param="response_format",
        )
