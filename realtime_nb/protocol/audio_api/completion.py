"""Requests of Chat Completions with sound, as the wire has them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import UsageError
from realtime_nb.protocol.config.check_tools import check_tools
from realtime_nb.protocol.config.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FORMATS: Final = ("wav", "mp3", "flac", "opus", "aac", "pcm16")
"""What an answer's sound may come as."""

STREAM_FORMAT: Final = "pcm16"
"""What the sound of a stream comes as, and nothing else: 24 kHz, little-endian, one channel."""

ENCODINGS: Final = ("wav", "mp3")
"""What sound may be sent as."""

RATE: Final = 24_000
"""Hz of ``pcm16``."""

LARGEST_SOUND: Final = 25_000_000
"""Bytes of encoded sound in one request: what the audio endpoints of the same API take."""


def check_format(name: str, known: Sequence[str] = FORMATS) -> str:
    """Return a format's name as the wire has it; raises `UsageError` for one that is none."""
    wanted = {"pcm": "pcm16"}.get(name, name)
    if wanted not in known:
        raise UsageError(
            f"{name!r} is no format of this API{nearest(name, frozenset(known))}; there are"
            f" {', '.join(known)}"
        )
    return wanted


def user_message(prompt: str, sounds: Iterable[tuple[bytes, str]] = ()) -> dict[str, Any]:
    """Return what a person says: a text, and sound beside it.

    Parameters
    ----------
    prompt
        The text; may be empty where there is sound.
    sounds
        Whole files and their formats, of `ENCODINGS`.
    """
    parts: list[dict[str, Any]] = [{"type": "text", "text": prompt}] if prompt else []
    for data, encoding in sounds:
        sound = {"data": base64.b64encode(data).decode(), "format": encoding}
        parts.append({"type": "input_audio", "input_audio": sound})
    plain = len(parts) == 1 and parts[0]["type"] == "text"
    return {"role": "user", "content": prompt if plain else parts}


def completion_request(  # noqa: PLR0913 -- the wire's fields
    messages: Sequence[Mapping[str, Any]],
    *,
    model: str,
    voice: str | Mapping[str, Any],
    format: str,  # noqa: A002 -- the wire's own name
    text_only: bool = False,
    stream: bool = False,
    tools: Sequence[Mapping[str, Any]] = (),
    overrides: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a request's body.

    Parameters
    ----------
    messages
        The conversation so far, the system's message first.
    model
        Name of the model.
    voice
        Name of a voice, or ``{"id": …}`` of a custom one.
    format
        One of `FORMATS`; ``pcm16`` for a stream.
    text_only
        Whether the answer is to be without sound.
    stream
        Whether it is to come in pieces.
    tools
        Definitions in the shape of Chat Completions; see `chat_tools`.
    overrides
        Further fields, which win over these; None takes a field out.
    """
    body: dict[str, Any] = {"model": model, "messages": list(messages)}
    if text_only:
        body["modalities"] = ["text"]
    else:
        body |= {"modalities": ["text", "audio"], "audio": {"voice": voice, "format": format}}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if tools:
        body["tools"] = list(tools)
    body |= overrides or {}
    return {name: value for name, value in body.items() if value is not None}


def chat_tools(definitions: Sequence[Mapping[str, Any] | str]) -> list[dict[str, Any]]:
    """Return definitions of tools in the shape of Chat Completions.

    Parameters
    ----------
    definitions
        In that shape, or flat as a realtime session has them. A name alone defines nothing.

    Raises
    ------
    UsageError
        For one that could not be called.
    """
    problem = next(check_tools({"tools": [_flat(tool) for tool in definitions]}, {}), None)
    if problem is not None:
        raise UsageError(str(problem))
    return [_nested(tool) for tool in definitions if not isinstance(tool, str)]


def _flat(tool: Mapping[str, Any] | str) -> dict[str, Any] | str:
    if isinstance(tool, str):
        return tool
    inner = tool.get("function")
    if isinstance(inner, dict):
        return {"type": "function", **cast("dict[str, Any]", inner)}
    return dict(tool)


def _nested(tool: Mapping[str, Any]) -> dict[str, Any]:
    if tool.get("type", "function") != "function" or isinstance(tool.get("function"), dict):
        return dict(tool)
    inner = {name: value for name, value in tool.items() if name != "type"}
    return {"type": "function", "function": inner}
