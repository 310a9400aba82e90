"""What a request to write speech down asks for, checked as the service checks it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.audio_api.listening import Cutting
from realtime_nb.server.audio_api.models import (
    TRANSCRIPTION_MODELS,
    TRANSLATION_MODELS,
    TranscriptionModel,
    wrong_model,
)
from realtime_nb.server.http.errors import bad_request, model_missing
from realtime_nb.server.schema import (
    Choice,
    Constant,
    Integer,
    Listing,
    Number,
    OneOfTypes,
    Record,
    Text,
)
from realtime_nb.server.transcribers import unknown_language
from realtime_nb.server.wire_errors import (
    WireError,
    invalid_type,
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

ALL_FORMATS: Final = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
_STREAMED: Final = ("json", "text", "diarized_json")
_LISTS: Final = frozenset(
    ("languages", "keywords", "timestamp_granularities", "include",
     "known_speaker_names", "known_speaker_references")
)  # fmt: skip
_CHUNKING: Final = "chunking_strategy"
_NESTED: Final = re.compile(r"(\w+)\[(\w+)\]")
_TRANSLATION: Final = {
    "model": Text(),
    "prompt": Text(),
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
_NUMBERS: Final = frozenset(
    ("temperature", "prefix_padding_ms", "silence_duration_ms", "threshold")
)


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
    values = _values(form)
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


def _values(form: Form) -> Json:
    """Return a form's fields as JSON would have them.

    Lists come as ``name[]`` or as a repeated ``name``, objects as JSON or as ``name[key]``.
    """
    values: Json = {}
    for name, given in form.fields.items():
        base = name.removesuffix("[]")
        if base in _LISTS:
            values.setdefault(base, []).extend(given)
        elif len(given) > 1:
            raise invalid_value(name, f"it was given {len(given)} times. Give it once.")
        else:
            _put(values, name, given[0])
    if "file" in values:
        raise invalid_type("file", "a file with a name", "")
    for name in form.files:
        if name != "file":
            raise invalid_type(name, "a string", {})
    return values


def _put(values: Json, name: str, text: str) -> None:
    """Add a field that was given once to `values`; an empty one is none."""
    nested = _NESTED.fullmatch(name)
    if nested is not None and nested[1] == _CHUNKING:
        parts = values.setdefault(_CHUNKING, {})
        if not isinstance(parts, dict):
            raise _given_twice()
        parts[nested[2]] = _plain(nested[2], text, name)
    elif name == _CHUNKING and name in values:
        raise _given_twice()
    elif name == _CHUNKING:
        values[name] = _object(text) if text.lstrip().startswith("{") else text
    elif name == "stream":
        values[name] = text.lower()
    elif text:
        values[name] = _plain(name, text, name)


def _given_twice() -> WireError:
    return invalid_value(_CHUNKING, "it was given in two ways. Give it in one.")


def _plain(key: str, text: str, path: str) -> Any:
    """Return a field's text, as a number where it is one."""
    if key not in _NUMBERS:
        return text
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        raise invalid_type(path, "a decimal", text) from None


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise invalid_value(
            "chunking_strategy", "it is neither 'auto' nor a JSON object."
        ) from None


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
