"""What is known of one model: a row of the registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

Use: TypeAlias = Literal["realtime", "transcription", "translation", "chat", "speech"]
Modality: TypeAlias = Literal["text", "audio", "image"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What is known of one model.

    Attributes
    ----------
    name
        As the service calls it.
    use
        What it is for: a conversation, writing down or translating speech, Chat Completions,
        or reading aloud.
    input, output
        What goes in and what comes out.
    reasoning
        Whether it reasons; None where that is not known.
    turn_detection
        Whether a transcription session with it may find turns; where it is False, turn
        detection must be null.
    language
        The field in which it takes the spoken language, ``""`` for none.
    prompt, keywords, delay
        Whether it takes these as a transcriber; None for what transcribes nothing.
    context_tokens, max_output_tokens
        Its limits in tokens; None where they are not known.
    prices
        USD per million tokens under ``text_in``, ``text_cached``, ``text_out``, ``audio_in``,
        ``audio_cached``, ``audio_out``, ``image_in``, ``image_cached``; per minute of sound
        under ``per_minute``; per million characters under ``per_million_characters``.
    shutdown
        The day it is or was shut down; None where none is announced.
    replacement
        What to use instead of it.
    source, as_of
        Where the facts are from, and of what day or year they are.
    family
        Whether every name that begins with this one is meant.
    """

    name: str
    use: Use
    input: tuple[Modality, ...]
    output: tuple[Modality, ...]
    reasoning: bool | None = None
    turn_detection: bool = True
    language: Literal["language", "languages", ""] = ""
    prompt: bool | None = None
    keywords: bool | None = None
    delay: bool | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    prices: Mapping[str, float] = field(default_factory=dict[str, float])
    shutdown: date | None = None
    replacement: str = ""
    source: str
    as_of: str
    family: bool = False
