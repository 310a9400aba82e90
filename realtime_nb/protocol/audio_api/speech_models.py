"""What each model that reads aloud can be asked for, checked before anything is sent.

A model that is not here is asked for anything: it may well exist.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from realtime_nb.errors import UsageError
from realtime_nb.protocol.config.models import find_model

Voice: TypeAlias = str | Mapping[str, str]
"""A voice's name, or a custom one as ``{"id": "voice_1234"}``."""

FORMATS: Final = ("mp3", "opus", "aac", "flac", "wav", "pcm")
"""What sound can come as; ``pcm`` is 24 kHz, little-endian 16 bit, one channel."""

LONGEST_TEXT: Final = 4_096
"""Characters that the service reads at once."""

# Some models read 2,000 tokens at once; of scripts other than Latin a character may be one and
# a half.
_LONGEST_DENSE: Final = 1_300
_DENSE: Final = 0.3

LONGEST_INSTRUCTIONS: Final = 4_096
SLOWEST: Final = 0.25
FASTEST: Final = 4.0

_EVERYWHERE: Final = ("alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a model can be asked for.

    Attributes
    ----------
    name
        As the service calls it.
    voices
        The names of its voices.
    instructions
        Whether it can be told how to read.
    events
        Whether sound can come as events, which tell the usage.
    by_characters
        Whether it is paid by characters.
    by_tokens
        Whether 2,000 tokens are all that it reads at once.
    """

    name: str
    voices: tuple[str, ...] = (*_EVERYWHERE, "ballad", "cedar", "marin", "verse")
    instructions: bool = True
    events: bool = True
    by_characters: bool = False
    by_tokens: bool = True


_PLAIN: Final = Reader(
    name="tts-1",
    voices=_EVERYWHERE,
    instructions=False,
    events=False,
    by_characters=True,
    by_tokens=False,
)

READERS: Final[Mapping[str, Reader]] = {
    row.name: row
    for row in (Reader(name="gpt-4o-mini-tts"), _PLAIN, replace(_PLAIN, name="tts-1-hd"))
}
"""Every model known, by name."""


def find_reader(name: str) -> Reader | None:
    """Return what is known of a model, dated ones as their undated; None for others."""
    return READERS.get(name) or READERS.get(re.sub(r"-\d{4}-\d{2}-\d{2}$", "", name))


def longest_text(text: str, model: str) -> int:
    """Return how many characters of a text are read at once."""
    known = find_reader(model)
    dense = sum(not sign.isascii() for sign in text) > _DENSE * len(text)
    return _LONGEST_DENSE if dense and known is not None and known.by_tokens else LONGEST_TEXT


def check_speech(  # noqa: PLR0913 -- what a request is made of
    text: str,
    *,
    model: str,
    voice: Voice,
    instructions: str = "",
    speed: float = 1.0,
    format: str = "mp3",  # noqa: A002 -- what everybody calls it
) -> str:
    """Refuse what the model is known not to do; return a hint where it may not.

    Raises
    ------
    UsageError
        In one line, with what to write instead.
    """
    if not text.strip():
        raise UsageError("there is nothing to read: give some text.")
    if format not in FORMATS:
        raise UsageError(f"no format {format!r} of speech: take one of {', '.join(FORMATS)}.")
    if isinstance(speed, bool) or not SLOWEST <= speed <= FASTEST:
        raise UsageError(
            f"speed {speed:g} is out of range: {SLOWEST:g} to {FASTEST:g}, 1 as it is."
        )
    if len(instructions) > LONGEST_INSTRUCTIONS:
        raise UsageError(
            f"the instructions have {len(instructions):,} characters: the service takes "
            f"{LONGEST_INSTRUCTIONS:,}."
        )
    known = find_reader(model)
    if known is None:
        _check_use(model)
    elif instructions and not known.instructions:
        raise UsageError(f"{model} takes no instructions: 'gpt-4o-mini-tts' does.")
    return _check_voice(voice, model, known)


def _check_voice(voice: Voice, model: str, known: Reader | None) -> str:
    """Return a hint on a voice that nobody knows; refuse one that only other models have."""
    if not isinstance(voice, str):
        if not voice.get("id"):
            raise UsageError('a custom voice is {"id": "voice_…"}: this one has no id.')
        return ""
    if not voice.strip():
        raise UsageError("the voice has no name: 'alloy', for instance.")
    if known is None or voice in known.voices or voice.startswith("voice_"):
        return ""
    others = [one.name for one in READERS.values() if voice in one.voices]
    if others:
        raise UsageError(
            f"{model} has no voice {voice!r}, {others[0]} has: choose one of "
            f"{', '.join(known.voices)}."
        )
    near = difflib.get_close_matches(voice.lower(), known.voices, 1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return f"{voice!r} is none of the voices known of {model}{meant}"


def _check_use(model: str) -> None:
    known = find_model(model)
    if known is not None and known.use != "speech" and model != "local-demo":
        raise UsageError(f"{model} does not read aloud: choose 'gpt-4o-mini-tts'.")


def wire_voice(voice: Voice) -> str | dict[str, str]:
    """Return a voice as the wire has it: an id stands in an object of its own."""
    if not isinstance(voice, str):
        return dict(voice)
    return {"id": voice} if voice.startswith("voice_") else voice


def voice_name(voice: Voice) -> str:
    """Return what a voice is called."""
    return voice if isinstance(voice, str) else str(voice.get("id", ""))


def speech_fields(  # noqa: PLR0913 -- what a request is made of
    text: str,
    *,
    model: str,
    voice: Voice,
    instructions: str,
    speed: float,
    wire_format: str,
) -> dict[str, Any]:
    """Return the fields of a request; what is as the service would have it is left out."""
    known = find_reader(model)
    fields: dict[str, Any] = {
        "model": model,
        "input": text,
        "voice": wire_voice(voice),
        "response_format": wire_format,
    }
    if instructions:
        fields["instructions"] = instructions
    if speed != 1:
        fields["speed"] = speed
    if known is not None and known.events:
        fields["stream_format"] = "sse"
    return fields
