"""What a request to write speech down asks for, checked as the service checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.audio_api.form_values import form_values
from realtime_nb.server.audio_api.listening import Cutting
from realtime_nb.server.audio_api.models import (
    TRANSCRIPTION_MODELS,
    TRANSLATION_MODELS,
    TranscriptionModel,
    wrong_model,
)
from realtime_nb.server.config.schema import (
    Choice,
    Constant,
    Integer,
    Listing,
    Number,
    OneOfTypes,
    Record,
    Text,
)
from realtime_nb.server.ears.transcribers import unknown_language
from realtime_nb.server.http.errors import bad_request, model_missing
from realtime_nb.server.wire_errors import (
    WireError,
    invalid_value,
    missing_parameter,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.server.http.errors import Refusal
    from realtime_nb.server.http.multipart import Form, Upload

Json = dict[str, Any]

NEEDS_CHUNKING_S: Final = 30.0
"""Sound longer than this needs a `chunking_strategy` with the model that diarizes."""

LONGEST_PROMPT: Final = 16_384
"""Characters; the service looks at the last few hundred tokens only, and says no limit."""

ALL_FORMATS: Final = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
_STREAMED: Final = ("json", "text", "diarized_json")
_TRANSLATION: Final = {
    "model": Text(),
    "prompt": Text(LONGEST_PROMPT),
    "response_format": Choice(ALL_FORMATS[:5]),
    "temperature": Number(0.0, 1.0),
}
_SERVER_VAD: Final = Record(
    {
        "type": Constant("server_vad"),
        "prefix_padding_ms": Integer(0, 10_000),
        "silence_duration_ms": Integer(0, 10_000),
        "threshold": Number(0.0, 1.0),
    },
    required=("type",),
)
_TRANSCRIPTION: Final = {
    **_TRANSLATION,
    "response_format": Choice(ALL_FORMATS),
    "language": Text(40),
    "languages": Listing(Text(40), most=100),
    "keywords": Listing(Text()),
    "timestamp_granularities": Listing(Choice(("word", "segment"))),
    "include": Listing(Choice(("logprobs",))),
    "stream": Choice(("true", "false")),
    "chunking_strategy": OneOfTypes(Choice(("auto",)), _SERVER_VAD),
    "known_speaker_names": Listing(Text()),
    "known_speaker_references": Listing(Text()),
}


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    """Speech to be written down.

    Parameters
    ----------
    upload
        The file.
    model
        Its name as asked for, and its rules.
    rules
        What the model takes.
    format
        One of `ALL_FORMATS`.
    prompt
        Its sentences are likely said.
    granularities
        ``segment`` and ``word`` as asked for.
    streams
        Whether the text goes out as events while it is written.
    cutting
        Where the speech is cut; None where nothing was said of it.
    """

    upload: Upload
    model: str
    rules: TranscriptionModel
    format: str
    prompt: str
    granularities: tuple[str, ...]
    streams: bool
    cutting: Cutting | None


def transcription_request(form: Form) -> TranscriptionRequest:
    """Return what a form sent to ``/v1/audio/transcriptions`` asks for.

    Raises
    ------
    Refusal, WireError
        When the service, or this server, would not do it.
    """
    asked, rules = _asked(form, _TRANSCRIPTION, TRANSCRIPTION_MODELS, "/v1/audio/transcriptions")
    format_: str = asked.get("response_format", "json")
    streams = asked.get("stream") == "true" and rules.streams
    _check_taken(asked, rules)
    _check_here(asked)
    if streams and format_ not in _STREAMED:
        raise invalid_value(
            "stream", f"response_format '{format_}' cannot be streamed. Use 'json' instead."
        )
    granularities = tuple(asked.get("timestamp_granularities") or ())
    if granularities and format_ != "verbose_json":
        raise invalid_value(
            "timestamp_granularities",
            f"response_format '{format_}' has no timestamps. Use 'verbose_json' instead.",
        )
    return TranscriptionRequest(
        _file(form),
        asked["model"],
        rules,
        format_,
        asked.get("prompt", ""),
        granularities or ("segment",),
        streams,
        _cutting(asked.get("chunking_strategy")),
    )


def translation_request(form: Form) -> TranscriptionRequest:
    """Return what a form sent to ``/v1/audio/translations`` asks for.

    Raises
    ------
    Refusal, WireError
        When the service, or this server, would not do it.
    """
    asked, rules = _asked(form, _TRANSLATION, TRANSLATION_MODELS, "/v1/audio/translations")
    return TranscriptionRequest(
        _file(form),
        asked["model"],
        rules,
        asked.get("response_format", "json"),
        asked.get("prompt", ""),
        ("segment",),
        streams=False,
        cutting=None,
    )


def _asked(
    form: Form, fields: Mapping[str, Any], models: Mapping[str, TranscriptionModel], place: str
) -> tuple[Json, TranscriptionModel]:
    """Return a form's fields, checked, and its model's rules."""
    values = form_values(form)
    if not values.get("model"):
        raise model_missing()
    asked: Json = Record(fields).check(values, "")
    rules = models.get(asked["model"])
    if rules is None:
        raise wrong_model(asked["model"], tuple(models), place)
    format_ = asked.get("response_format", "json")
    if format_ not in rules.formats:
        raise _incompatible(format_, asked["model"], rules)
    return asked, rules


def _incompatible(format_: str, model: str, rules: TranscriptionModel) -> Refusal:
    good = [f"'{name}'" for name in rules.formats]
    listed = f"{', '.join(good[:-1])} or {good[-1]}"
    return bad_request(
        f"response_format '{format_}' is not compatible with model '{model}'. "
        f"Use {listed} instead.",
        param="response_format",
        code="unsupported_value",
    )


def _file(form: Form) -> Upload:
    files = form.files.get("file", [])
    if not files:
        raise missing_parameter("file")
    if len(files) > 1:
        raise invalid_value("file", f"{len(files)} files were given. Give one.")
    return files[0]


def _check_taken(asked: Json, rules: TranscriptionModel) -> None:
    taken = {
        "prompt": rules.prompt,
        "language": rules.language,
        "languages": rules.plural,
        "keywords": rules.keywords,
        # The format, which only few models have, is what these depend on.
        "timestamp_granularities": rules.granularities,
    }
    for name, is_taken in taken.items():
        if asked.get(name) and not is_taken:
            raise invalid_value(name, f"it is not supported with the model '{asked['model']}'.")


def _check_here(asked: Json) -> None:
    """Refuse what this server cannot do, whatever the service does."""
    if asked.get("include"):
        raise invalid_value(
            "include", "the practice server's recogniser tells no 'logprobs'. Leave it out."
        )
    for name in ("known_speaker_names", "known_speaker_references"):
        if asked.get(name):
            raise invalid_value(
                name,
                "the practice server cannot tell voices apart: every speaker is 'A'. Leave it out.",
            )
    if why := unknown_language(asked):
        name = "language" if asked.get("language") else "languages"
        raise WireError(why, code="unsupported_language", param=name)


def _cutting(strategy: Any) -> Cutting | None:
    if strategy is None:
        return None
    if strategy == "auto":
        return Cutting()
    return Cutting(
        strategy.get("threshold", 0.5),
        strategy.get("prefix_padding_ms", 300),
        strategy.get("silence_duration_ms", 200),
    )
