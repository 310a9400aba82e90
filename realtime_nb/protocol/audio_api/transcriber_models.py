"""What each model that writes speech down can be asked for, by REST.

A model that is not here is asked for anything: it may well exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMING_MODEL: Final = "whisper-1"
DIARIZING_MODEL: Final = "gpt-4o-transcribe-diarize"
TRANSLATING_MODEL: Final = "whisper-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcriber:
    """What a model can be asked for.

    Attributes
    ----------
    name
        As the service calls it.
    prompt, keywords, languages
        Whether it takes a prompt, words to expect, and several languages.
    times, diarize, logprobs
        Whether it tells the times of words and segments, the speakers, and how sure it is.
    stream
        Whether its words can come as it writes them.
    translate
        Whether it translates into English.
    longest_s
        Seconds of sound that it takes at once; None where no bound is known.
    """

    name: str
    prompt: bool = True
    keywords: bool = False
    languages: bool = False
    times: bool = False
    diarize: bool = False
    logprobs: bool = False
    stream: bool = True
    translate: bool = False
    longest_s: float | None = None


# The service refuses 1,400 s of these with a 400 that says so; encoders add a little.
_BOUNDED_S: Final = 1_390.0

_LISTENER: Final = Transcriber(name="gpt-4o-transcribe", logprobs=True, longest_s=_BOUNDED_S)

TRANSCRIBERS: Final[Mapping[str, Transcriber]] = {
    row.name: row
    for row in (
        Transcriber(name="gpt-transcribe", keywords=True, languages=True),
        _LISTENER,
        replace(_LISTENER, name="gpt-4o-mini-transcribe"),
        Transcriber(name=DIARIZING_MODEL, prompt=False, diarize=True, longest_s=_BOUNDED_S),
        Transcriber(name=TIMING_MODEL, times=True, stream=False, translate=True),
    )
}
"""Every model known, by name."""


def find_transcriber(name: str) -> Transcriber | None:
    """Return what is known of a model, dated ones as their undated; None for others."""
    return TRANSCRIBERS.get(name) or TRANSCRIBERS.get(re.sub(r"-\d{4}-\d{2}-\d{2}$", "", name))
