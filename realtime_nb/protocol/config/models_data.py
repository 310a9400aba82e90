"""The registry's rows: the models of the service, and the practice server's own.

Prices are USD; days of shutdown are those announced.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.config.model import Modality, Model

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where a fact is from. The pages with the prices show no day.
_LIFE: Final = "lifecycle: official guides and openai 3.52 types"
_PRICES: Final = "prices: model pages of developers.openai.com"
_LIMITS: Final = "limits: openai 3.52 types and official guides"
_HINTS: Final = "hints and turn detection: openai 3.52 types and the wire"
_REPORTED: Final = "reports in public issues"
_AS_OF: Final = "2026"

_SEEN: Final[tuple[Modality, ...]] = ("text", "audio", "image")
_SAID: Final[tuple[Modality, ...]] = ("text", "audio")
_SOUND: Final[tuple[Modality, ...]] = ("audio",)
_WORDS: Final[tuple[Modality, ...]] = ("text",)

_PREVIEW_END: Final = date(2026, 5, 7)
_OCTOBER_END: Final = date(2026, 7, 23)
_SPEECH_END: Final = date(2027, 1, 6)
_FIRST_END: Final = date(2027, 1, 20)
_TRANSCRIBE_END: Final = date(2027, 2, 26)

_BIG_PRICES: Final[Mapping[str, float]] = {
    "text_in": 4.0,
    "text_cached": 0.40,
    "text_out": 24.0,
    "audio_in": 32.0,
    "audio_cached": 0.40,
    "audio_out": 64.0,
    "image_in": 5.0,
    "image_cached": 0.50,
}
_MINI_PRICES: Final[Mapping[str, float]] = {
    "text_in": 0.60,
    "text_cached": 0.06,
    "text_out": 2.40,
    "audio_in": 10.0,
    "audio_cached": 0.30,
    "audio_out": 20.0,
    "image_in": 0.80,
    "image_cached": 0.08,
}

_REASONING: Final = Model(
    name="gpt-realtime-2.1",
    use="realtime",
    input=_SEEN,
    output=_SAID,
    reasoning=True,
    context_tokens=128_000,
    max_output_tokens=32_000,
    prices=_BIG_PRICES,
    source=f"{_LIFE}; {_LIMITS}; {_PRICES}",
    as_of=_AS_OF,
)
_FIRST: Final = replace(
    _REASONING,
    name="gpt-realtime",
    reasoning=False,
    context_tokens=32_000,
    max_output_tokens=4_096,
    prices={},  # not looked up; those of 1.5 are not known to hold for it
    shutdown=_FIRST_END,
    replacement="gpt-realtime-2.1",
    source=f"{_LIFE}; {_LIMITS}",
)
_MINI: Final = replace(
    _FIRST,
    name="gpt-realtime-mini",
    context_tokens=None,
    max_output_tokens=None,
    prices=_MINI_PRICES,
    replacement="gpt-realtime-2.1-mini",
    source=f"{_LIFE}; {_PRICES}",
)
_PREVIEW: Final = replace(
    _FIRST,
    name="gpt-4o-realtime-preview",
    input=_SAID,
    context_tokens=None,
    max_output_tokens=None,
    shutdown=_PREVIEW_END,
    source=_LIFE,
    family=True,
)
_CONVERSING: Final = (
    _REASONING,
    replace(_REASONING, name="gpt-realtime-2.1-mini", prices=_MINI_PRICES),
    replace(_REASONING, name="gpt-realtime-2"),
    replace(
        _FIRST,
        name="gpt-realtime-1.5",
        prices={**_BIG_PRICES, "text_out": 16.0},
        shutdown=None,
        replacement="",
        source=_REASONING.source,
    ),
    _FIRST,
    replace(_FIRST, name="gpt-realtime-2025-08-28"),
    _MINI,
    replace(_MINI, name="gpt-realtime-mini-2025-12-15"),
    replace(_MINI, name="gpt-realtime-mini-2025-10-06", shutdown=_OCTOBER_END),
    _PREVIEW,
    replace(_PREVIEW, name="gpt-4o-mini-realtime-preview", replacement="gpt-realtime-2.1-mini"),
    Model(
        name="local-demo",
        use="realtime",
        input=_SAID,
        output=_SAID,
        source="the practice server of this package",
        as_of=_AS_OF,
    ),
)

_LIVE_TRANSCRIBER: Final = Model(
    name="gpt-live-transcribe",
    use="transcription",
    input=_SOUND,
    output=_WORDS,
    reasoning=False,
    turn_detection=False,
    language="languages",
    prompt=True,
    keywords=True,
    delay=True,
    prices={"per_minute": 0.017},
    source=f"{_LIFE}; {_HINTS}; delay: {_REPORTED}; {_PRICES}",
    as_of=_AS_OF,
)
_OLD_TRANSCRIBER: Final = Model(
    name="gpt-4o-transcribe",
    use="transcription",
    input=_SOUND,
    output=_WORDS,
    reasoning=False,
    language="language",
    prompt=True,
    keywords=False,
    delay=False,
    context_tokens=16_000,
    max_output_tokens=2_000,
    prices={"audio_in": 2.50, "text_out": 10.0},
    shutdown=_TRANSCRIBE_END,
    replacement="gpt-transcribe",
    source=f"{_LIFE}; {_HINTS}; {_LIMITS}; {_PRICES}",
    as_of=_AS_OF,
)
_SMALL_TRANSCRIBER: Final = replace(
    _OLD_TRANSCRIBER, name="gpt-4o-mini-transcribe", prices={"audio_in": 1.25, "text_out": 5.0}
)
_TRANSCRIBING: Final = (
    replace(
        _LIVE_TRANSCRIBER,
        name="gpt-transcribe",
        turn_detection=True,
        delay=False,
        prices={"per_minute": 0.0045},
        source=f"{_LIFE}; {_HINTS}; {_PRICES}",
    ),
    _LIVE_TRANSCRIBER,
    replace(
        _LIVE_TRANSCRIBER,
        name="gpt-realtime-whisper",
        language="language",
        prompt=False,
        keywords=False,
        source=f"{_LIFE}; {_HINTS}; {_PRICES}",
    ),
    _OLD_TRANSCRIBER,
    _SMALL_TRANSCRIBER,
    replace(_SMALL_TRANSCRIBER, name="gpt-4o-mini-transcribe-2025-12-15"),
    replace(
        _OLD_TRANSCRIBER,
        name="gpt-4o-transcribe-diarize",
        prompt=False,
        prices={},
        source=f"{_LIFE}; {_HINTS}",
    ),
    replace(
        _OLD_TRANSCRIBER,
        name="whisper-1",
        context_tokens=None,
        max_output_tokens=None,
        prices={"per_minute": 0.006},
    ),
)

_TRANSLATING: Final = (
    Model(
        name="gpt-realtime-translate",
        use="translation",
        input=_SOUND,
        output=_SAID,
        prices={"per_minute": 0.034},
        source=f"{_LIFE}; {_PRICES}",
        as_of=_AS_OF,
    ),
)

_CHAT: Final = Model(
    name="gpt-audio-1.5",
    use="chat",
    input=_SAID,
    output=_SAID,
    context_tokens=128_000,
    max_output_tokens=16_384,
    prices={"text_in": 2.50, "text_out": 10.0, "audio_in": 32.0, "audio_out": 64.0},
    source=f"{_LIFE}; {_LIMITS}; {_PRICES}",
    as_of=_AS_OF,
)
_CHAT_MINI: Final = replace(
    _CHAT,
    name="gpt-audio-mini",
    context_tokens=None,
    max_output_tokens=None,
    prices={"text_in": 0.60, "text_out": 2.40},
    shutdown=_FIRST_END,
    replacement="gpt-audio-1.5",
    source=f"{_LIFE}; {_PRICES}",
)
_CHATTING: Final = (
    _CHAT,
    _CHAT_MINI,
    replace(_CHAT_MINI, name="gpt-audio-mini-2025-12-15"),
    replace(_CHAT_MINI, name="gpt-audio-mini-2025-10-06", shutdown=_OCTOBER_END),
    replace(
        _CHAT_MINI,
        name="gpt-4o-audio-preview",
        prices={},
        shutdown=_PREVIEW_END,
        source=_LIFE,
        family=True,
    ),
)

_READER: Final = Model(
    name="gpt-4o-mini-tts",
    use="speech",
    input=_WORDS,
    output=_SOUND,
    prices={"text_in": 0.60, "audio_out": 12.0},
    shutdown=_SPEECH_END,
    replacement="gpt-realtime-2.1-mini",
    source=f"{_LIFE}; {_PRICES}",
    as_of=_AS_OF,
)
_READING: Final = (
    _READER,
    replace(_READER, name="gpt-4o-mini-tts-2025-12-15"),
    replace(_READER, name="tts-1", prices={"per_million_characters": 15.0}),
    replace(_READER, name="tts-1-hd", prices={"per_million_characters": 30.0}),
)

ROWS: Final[tuple[Model, ...]] = (
    *_CONVERSING,
    *_TRANSCRIBING,
    *_TRANSLATING,
    *_CHATTING,
    *_READING,
)
"""Every row, the newest of its kind first."""
