"""Which model of the audio API takes what.

Here every one of them is the same local voice and the same local recogniser; the rules are
the service's, so that a request that works here works there. `local-demo` takes all there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from realtime_nb.server.config.config import MODEL
from realtime_nb.server.http.errors import Refusal, model_not_found
from realtime_nb.server.wire_errors import shown

ALL_VOICES: Final = (
    "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar",
    "fable", "onyx", "nova",
)  # fmt: skip
_OLD_VOICES: Final = (
    "alloy", "ash", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """What a model that reads aloud takes.

    Parameters
    ----------
    voices
        Its voices.
    streams_events
        Whether it takes ``stream_format: sse``.
    """

    voices: tuple[str, ...] = ALL_VOICES
    streams_events: bool = True


@dataclass(frozen=True, slots=True)
class TranscriptionModel:
    """What a model that writes down takes.

    Parameters
    ----------
    formats
        Its response formats, the default first.
    prompt, language, plural, granularities, keywords
        Whether it takes `prompt`, `language`, `languages[]`, `timestamp_granularities[]` and
        `keywords[]`.
    streams
        Whether `stream` does anything; where not, it is ignored.
    diarizes
        Whether it needs a `chunking_strategy` for more than 30 s, as the model that tells
        speakers apart does.
    detects
        Whether its answers hold `languages`.
    """

    formats: tuple[str, ...] = ("json", "text")
    prompt: bool = True
    language: bool = True
    plural: bool = False
    granularities: bool = False
    keywords: bool = False
    streams: bool = True
    diarizes: bool = False
    detects: bool = False


SPEECH_MODELS: Final = {
    MODEL: SpeechModel(),
    "gpt-4o-mini-tts": SpeechModel(),
    "gpt-4o-mini-tts-2025-12-15": SpeechModel(),
    "tts-1": SpeechModel(_OLD_VOICES, streams_events=False),
    "tts-1-hd": SpeechModel(_OLD_VOICES, streams_events=False),
}

_SUBTITLES: Final = ("json", "text", "srt", "verbose_json", "vtt")
_WHISPER: Final = TranscriptionModel(_SUBTITLES, granularities=True, streams=False)

TRANSCRIPTION_MODELS: Final = {
    MODEL: TranscriptionModel(
        (*_SUBTITLES, "diarized_json"), plural=True, granularities=True, keywords=True
    ),
    "gpt-transcribe": TranscriptionModel(plural=True, keywords=True, detects=True),
    "gpt-4o-transcribe": TranscriptionModel(),
    "gpt-4o-mini-transcribe": TranscriptionModel(),
    "gpt-4o-mini-transcribe-2025-12-15": TranscriptionModel(),
    "gpt-4o-transcribe-diarize": TranscriptionModel(
        ("json", "text", "diarized_json"), prompt=False, diarizes=True
    ),
    "whisper-1": _WHISPER,
}

TRANSLATION_MODELS: Final = {MODEL: _WHISPER, "whisper-1": _WHISPER}

_ELSEWHERE: Final = {
    **dict.fromkeys(SPEECH_MODELS, "/v1/audio/speech"),
    **dict.fromkeys(TRANSCRIPTION_MODELS, "/v1/audio/transcriptions"),
}


def wrong_model(model: str, models: tuple[str, ...], place: str) -> Refusal:
    """Return the refusal of a model that does not serve at `place`, a path.

    A model of another part of the audio API is told where it belongs, in our words; of any
    other the service says that it does not exist.
    """
    at_home = _ELSEWHERE.get(model)
    if at_home is None:
        return model_not_found(model)
    return Refusal(
        HTTPStatus.BAD_REQUEST,
        f"The model '{shown(model)}' is not supported at {place}: it serves {at_home}. "
        f"Supported here are: {', '.join(models)}.",
        code="invalid_value",
        param="model",
    )
