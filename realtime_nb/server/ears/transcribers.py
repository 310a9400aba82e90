"""What each transcription model takes: languages, a prompt, keywords, a delay, turn detection.

Here every one of them is the same local recogniser; the rules are the service's, so that
a config that works here works there. A name that is not in the table has no rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from realtime_nb.server.wire_errors import WireError, invalid_value

Json = dict[str, Any]

_PATH: Final = "session.audio.input.transcription"
_NOT_IN_KEYWORDS: Final = frozenset("<>\r\n")


@dataclass(frozen=True, slots=True)
class Transcriber:
    """What one model takes.

    Parameters
    ----------
    streams
        Transcribes while one speaks: no turn detection, `completed` only after a commit.
    plural
        Wants `languages`, a list, where others want `language`.
    prompt, keywords, delay
        Whether it takes them.
    echoes_languages
        Whether `languages` stands in the session object when nobody gave it.
    by_minute
        Whether its usage counts seconds of sound, not tokens. The streaming models and
        gpt-transcribe are priced by the minute; that their `usage` says so is a guess.
    """

    streams: bool = False
    plural: bool = False
    prompt: bool = True
    keywords: bool = False
    delay: bool = False
    echoes_languages: bool = False
    by_minute: bool = False


_GPT_4O: Final = Transcriber()
_UNKNOWN: Final = Transcriber(plural=True, keywords=True, delay=True)
TRANSCRIBERS: Final = {
    "gpt-live-transcribe": Transcriber(
        streams=True,
        plural=True,
        keywords=True,
        delay=True,
        echoes_languages=True,
        by_minute=True,
    ),
    "gpt-realtime-whisper": Transcriber(streams=True, prompt=False, delay=True, by_minute=True),
    "gpt-transcribe": Transcriber(plural=True, keywords=True, by_minute=True),
    "gpt-4o-transcribe": _GPT_4O,
    "gpt-4o-mini-transcribe": _GPT_4O,
    "gpt-4o-mini-transcribe-2025-12-15": _GPT_4O,
    "gpt-4o-transcribe-diarize": Transcriber(prompt=False),
    "whisper-1": Transcriber(by_minute=True),
}


def transcriber_of(transcription: Json | None) -> Transcriber:
    """Return the rules of a `transcription` object's model; of any model when it is unknown."""
    return TRANSCRIBERS.get((transcription or {}).get("model") or "", _UNKNOWN)


def streams(transcription: Json | None) -> bool:
    """Return whether a `transcription` object names a model that transcribes while one speaks."""
    return transcriber_of(transcription).streams


def unknown_language(wanted: Json) -> str:
    """Return why a `transcription` object's language cannot be heard, empty when it can."""
    languages: list[str | None] = [wanted.get("language"), *(wanted.get("languages") or [])]
    named = [language.lower() for language in languages if language]
    if not named or any(re.match(r"en(g|glish)?\b", language) for language in named):
        return ""
    return f"The local recogniser hears English only, not '{named[0]}'."


def merge_transcription(current: Json | None, given: Json) -> Json:
    """Return the `transcription` object in force after an update, as the service shows it.

    Parameters
    ----------
    current
        The one in force; another model begins anew.
    given
        What the update holds.

    Raises
    ------
    WireError
        When the model does not take what is given to it.
    """
    changes_model = current is not None and given.get("model", current["model"]) != current["model"]
    kept: Json = {} if current is None or changes_model else current
    merged: Json = {"model": None, "language": None, "prompt": None, **kept, **given}
    rules = transcriber_of(merged)
    _check(merged, rules)
    if rules.echoes_languages:
        merged.setdefault("languages", None)
    merged.pop("delay", None)  # the service does not echo it
    return merged


def _check(merged: Json, rules: Transcriber) -> None:
    model = merged["model"]
    if merged["model"] not in TRANSCRIBERS:
        _check_keywords(merged)
        return
    if merged["language"] is not None and rules.plural:
        raise _not_taken(model, "language", "Use 'languages', a list.")
    allowed = {
        "languages": rules.plural,
        "keywords": rules.keywords,
        "prompt": rules.prompt,
        "delay": rules.delay,
    }
    for key, taken in allowed.items():
        if merged.get(key) is not None and not taken:
            raise _not_taken(model, key, "Use 'language'." if key == "languages" else "")
    _check_keywords(merged)


def _check_keywords(merged: Json) -> None:
    keywords: list[str] = merged.get("keywords") or []
    for index, keyword in enumerate(keywords):
        if not _NOT_IN_KEYWORDS.isdisjoint(keyword):
            raise invalid_value(
                f"{_PATH}.keywords[{index}]",
                "a keyword must not hold '<', '>' or line breaks.",
            )


def _not_taken(model: str, key: str, advice: str) -> WireError:
    message = f"'{key}' is not supported for the transcription model '{model}'. {advice}"
    return WireError(message.rstrip(), code="invalid_value", param=f"{_PATH}.{key}")
