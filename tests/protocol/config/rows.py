"""Configs with one mistake each: what the check must name, and whether the service refuses it.

Plain data, a row per field of the three kinds of session and per rule among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A config that is wrong in one place.

    Attributes
    ----------
    name
        What is wrong.
    config
        As a cell's front matter may say it, without `type`; where `raw`, as code hands it to
        ``session.update``.
    path
        The field that must be named.
    words
        What its message and advice must say.
    kind
        Of the session.
    model
        Of the endpoint, ``""`` where it does not matter.
    severity
        What the check makes of it.
    server_refuses
        Whether the practice server refuses the update whole; False where it knows no better,
        as with models.
    raw
        Whether it is wrong only as it stands, because a cell may be written so.
    """

    name: str
    config: Json
    path: str
    words: tuple[str, ...] = ()
    kind: Literal["realtime", "transcription", "translation"] = "realtime"
    model: str = ""
    severity: Literal["error", "warning"] = "error"
    server_refuses: bool = True
    raw: bool = False


def put(path: str, value: Any) -> Json:
    """Return nested objects with `value` at a dotted path."""
    first, _, rest = path.partition(".")
    return {first: put(rest, value) if rest else value}


_HEARD = "audio.input.transcription"
_TURNS = "audio.input.turn_detection"
_QUIET = "audio.input.noise_reduction"
_VAD = {"type": "server_vad"}
_SEMANTIC = {"type": "semantic_vad"}
_BETA = ("beta", "2026-05-12")
_TOOL: Json = {"type": "function", "name": "f", "parameters": {"type": "object"}}
_MCP: Json = {"type": "mcp", "server_label": "docs", "server_url": "https://example.org/mcp"}

BETA_ROWS: Final = (
    Row("beta modalities", {"modalities": ["text", "audio"]}, "modalities",
        (*_BETA, "output_modalities: [audio]")),
    Row("beta voice", {"voice": "marin"}, "voice", (*_BETA, "audio: {output: {voice: marin}}"),
        raw=True),
    Row("beta input format", {"input_audio_format": "pcm16"}, "input_audio_format",
        (*_BETA, "audio: {input: {format: {type: audio/pcm, rate: 24000}}}")),
    Row("beta output format", {"output_audio_format": "g711_ulaw"}, "output_audio_format",
        (*_BETA, "audio: {output: {format: {type: audio/pcmu}}}")),
    Row("beta transcription", {"input_audio_transcription": {"model": "whisper-1"}},
        "input_audio_transcription", (*_BETA, "audio: {input: {transcription:")),
    Row("beta noise reduction", {"input_audio_noise_reduction": {"type": "near_field"}},
        "input_audio_noise_reduction", (*_BETA, "audio: {input: {noise_reduction:")),
    Row("beta turn detection", {"turn_detection": _VAD}, "turn_detection",
        (*_BETA, "audio: {input: {turn_detection:"), raw=True),
    Row("beta speed", {"speed": 1.2}, "speed", (*_BETA, "audio: {output: {speed: 1.2}}"), raw=True),
    Row("beta max tokens", {"max_response_output_tokens": 300}, "max_response_output_tokens",
        (*_BETA, "max_output_tokens: 300")),
    Row("beta temperature", {"temperature": 0.8}, "temperature", (*_BETA, "removed")),
)  # fmt: skip
"""The beta API's names of a session."""

REALTIME_ROWS: Final = (
    Row("type unknown", {"type": "realtme"}, "type", ("did you mean 'realtime'",), raw=True),
    Row("model no text", {"model": 2}, "model", ("2", "name of a model")),
    Row("model shut down", {"model": "gpt-4o-realtime-preview"}, "model",
        ("2026-05-07", "gpt-realtime-2.1"), server_refuses=False),
    Row("mini shut down", {"model": "gpt-realtime-mini-2025-10-06"}, "model",
        ("2026-07-23", "gpt-realtime-2.1-mini"), server_refuses=False),
    Row("model of the endpoint shut down", {}, "model", ("2026-05-07",),
        model="gpt-4o-mini-realtime-preview-2024-12-17", server_refuses=False),
    Row("model ending", {"model": "gpt-realtime"}, "model", ("2027-01-20",),
        severity="warning", server_refuses=False),
    Row("model unknown", {"model": "gpt-realtime-2.1-mni"}, "model",
        ("did you mean 'gpt-realtime-2.1-mini'",), severity="warning", server_refuses=False),
    Row("model that transcribes", {"model": "gpt-transcribe"}, "model", ("transcription",),
        server_refuses=False),
    Row("unknown name", {"voise": "marin"}, "voise", ("did you mean 'voice'",)),
    Row("reply only", {"id": "sess_1"}, "id", ("service alone", "leave it out")),
    Row("instructions no text", {"instructions": ["Be brief."]}, "instructions", ("text",)),
    Row("instructions null", {"instructions": None}, "instructions", ('""',)),
    Row("both modalities", {"output_modalities": ["text", "audio"]}, "output_modalities",
        ("together", "[audio]", "[text]")),
    Row("no modality", {"output_modalities": []}, "output_modalities", ("[audio]",)),
    Row("unknown modality", {"output_modalities": ["video"]}, "output_modalities[0]",
        ("text or audio",)),
    Row("input format unknown", put("audio.input.format", {"type": "audio/mp3"}),
        "audio.input.format.type", ("audio/pcm, audio/pcmu or audio/pcma",)),
    Row("input rate too low", put("audio.input.format", {"type": "audio/pcm", "rate": 16000}),
        "audio.input.format.rate", ("16000", "24000")),
    Row("input rate not in the types", put("audio.input.format",
        {"type": "audio/pcm", "rate": 48000}), "audio.input.format.rate", ("24000",),
        server_refuses=False),
    Row("rate of G.711", put("audio.input.format", {"type": "audio/pcmu", "rate": 8000}),
        "audio.input.format.rate", ("audio/pcmu", "audio/pcm")),
    Row("format without type", put("audio.input.format", {"codec": "pcm"}),
        "audio.input.format.type", ("audio/pcm",)),
    Row("input format null", put("audio.input.format", None), "audio.input.format", ("null",)),
    Row("transcription unknown name", put(_HEARD, {"model": "gpt-transcribe", "lang": "en"}),
        f"{_HEARD}.lang", ("did you mean 'language",)),
    Row("transcription model no text", put(_HEARD, {"model": 1}), f"{_HEARD}.model", ("quotes",)),
    Row("noise reduction unknown", put(_QUIET, {"type": "near"}), f"{_QUIET}.type",
        ("near_field",)),
    Row("noise reduction too strong", put(_QUIET, {"type": "near_field", "strength": 2}),
        f"{_QUIET}.strength", ("above 1",)),
    Row("voice in its holder", put("audio.voice", "marin"), "audio.voice",
        ("its place is `audio.output.voice`",)),
    Row("voice unknown", put("audio.output.voice", "marvin"), "audio.output.voice",
        ("did you mean 'marin'",)),
    Row("voice of speech models", put("audio.output.voice", "onyx"), "audio.output.voice",
        ("alloy", "cedar")),
    Row("voice object without id", put("audio.output.voice", {"name": "me"}),
        "audio.output.voice.id", ("`id`",)),
    Row("output format unknown", put("audio.output.format", {"type": "audio/opus"}),
        "audio.output.format.type", ("audio/pcm",)),
    Row("output name unknown", put("audio.output", {"pitch": 2}), "audio.output.pitch",
        ("format, speed, voice",)),
    Row("too fast", put("audio.output.speed", 1.6), "audio.output.speed", ("above 1.5",)),
    Row("too slow", put("audio.output.speed", 0.2), "audio.output.speed", ("below 0.25",)),
    Row("speed no number", put("audio.output.speed", "fast"), "audio.output.speed",
        ("0.25 to 1.5",)),
    Row("tools no list", {"tools": "get_weather()"}, "tools[0]", ("registered",)),
    Row("tools null", {"tools": None}, "tools", ("[]",)),
    Row("tool not registered", {"tools": ["get_weather"]}, "tools[0]",
        ("no tool called 'get_weather' is registered",)),
    Row("tool without type", {"tools": [{"name": "f"}]}, "tools[0].type", ("function",), raw=True),
    Row("tool type unknown", {"tools": [{"type": "code_interpreter"}]}, "tools[0].type",
        ("function or mcp",)),
    Row("tool without name", {"tools": [{"type": "function"}]}, "tools[0].name", ("`name`",)),
    Row("tool as in Chat Completions",
        {"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools[0].function",
        ("flat",)),
    Row("tool name with a space", {"tools": [{**_TOOL, "name": "get weather"}]}, "tools[0].name",
        ("letters",)),
    Row("tool name too long", {"tools": [{**_TOOL, "name": "f" * 65}]}, "tools[0].name", ("64",)),
    Row("tool schema no object", {"tools": [{**_TOOL, "parameters": ["city"]}]},
        "tools[0].parameters", ("schema",)),
    Row("tool schema of a text", {"tools": [{**_TOOL, "parameters": {"type": "string"}}]},
        "tools[0].parameters.type", ("type: object",), server_refuses=False),
    Row("two tools of a name", {"tools": [_TOOL, _TOOL]}, "tools[1].name", ("tools[0]",),
        server_refuses=False),
    Row("MCP without label", {"tools": [{"type": "mcp", "server_url": "https://example.org"}]},
        "tools[0].server_label", ("`server_label`",)),
    Row("MCP without server", {"tools": [{"type": "mcp", "server_label": "docs"}]},
        "tools[0].server_url", ("connector_id", "tunnel_id")),
    Row("MCP with two servers", {"tools": [{**_MCP, "tunnel_id": "t"}]}, "tools[0].tunnel_id",
        ("keep one",)),
    Row("MCP connector unknown", {"tools": [{"type": "mcp", "server_label": "mail",
        "connector_id": "connector_mail"}]}, "tools[0].connector_id", ("connector_gmail",)),
    Row("MCP approval unknown", {"tools": [{**_MCP, "require_approval": "sometimes"}]},
        "tools[0].require_approval", ("always",)),
    Row("MCP callers unknown", {"tools": [{**_MCP, "allowed_callers": ["model"]}]},
        "tools[0].allowed_callers[0]", ("direct",)),
    Row("MCP label twice", {"tools": [_MCP, _MCP]}, "tools[1].server_label", ("tools[0]",)),
    Row("tool choice unknown", {"tool_choice": "any"}, "tool_choice", ("required",)),
    Row("tool choice of no tool", {"tools": [_TOOL], "tool_choice": {"type": "function",
        "name": "g"}}, "tool_choice.name", ("f",), server_refuses=False),
    Row("tool choice without name", {"tool_choice": {"type": "function"}}, "tool_choice.name",
        ("`name`",)),
    Row("tool choice of no MCP server", {"tool_choice": {"type": "mcp", "server_label": "x"}},
        "tool_choice.server_label", ("tools",), server_refuses=False),
    Row("parallel calls no flag", {"parallel_tool_calls": "yes"}, "parallel_tool_calls",
        ("true or false",)),
    Row("parallel calls without reasoning", {"parallel_tool_calls": True}, "parallel_tool_calls",
        ("gpt-realtime-1.5",), model="gpt-realtime-1.5", severity="warning",
        server_refuses=False),
    Row("effort unknown", {"reasoning": {"effort": "max"}}, "reasoning.effort", ("xhigh",)),
    Row("reasoning without it", {"reasoning": {"effort": "low"}}, "reasoning", ("gpt-realtime-2",),
        model="gpt-realtime-1.5", severity="warning", server_refuses=False),
    Row("too many tokens", {"max_output_tokens": 5000}, "max_output_tokens", ("4096", "inf")),
    Row("no tokens", {"max_output_tokens": 0}, "max_output_tokens", ("1 to 4096",)),
    Row("tokens no number", {"max_output_tokens": "many"}, "max_output_tokens", ("inf",)),
    Row("truncation unknown", {"truncation": "never"}, "truncation", ("disabled",)),
    Row("truncation without ratio", {"truncation": {"type": "retention_ratio"}},
        "truncation.retention_ratio", ("retention_ratio",)),
    Row("ratio too great", {"truncation": {"type": "retention_ratio", "retention_ratio": 1.5}},
        "truncation.retention_ratio", ("above 1",)),
    Row("limit below nothing", {"truncation": {"type": "retention_ratio", "retention_ratio": 0.5,
        "token_limits": {"post_instructions": -1}}},
        "truncation.token_limits.post_instructions", ("below 0",)),
    Row("prompt without id", {"prompt": {"version": "2"}}, "prompt.id", ("`id`",)),
    Row("prompt version no text", {"prompt": {"id": "pmpt_1", "version": 2}}, "prompt.version",
        ('"2"',)),
    Row("tracing unknown", {"tracing": "on"}, "tracing", ("auto", "workflow_name")),
    Row("tracing unknown name", {"tracing": {"workflow": "w"}}, "tracing.workflow",
        ("did you mean 'workflow_name'",)),
    Row("include unknown", {"include": ["logprobs"]}, "include[0]",
        ("item.input_audio_transcription.logprobs",)),
)  # fmt: skip
"""The fields of a realtime session."""

TURN_ROWS: Final = (
    Row("turn detection unknown", put(_TURNS, {"type": "servervad"}), f"{_TURNS}.type",
        ("did you mean 'server_vad'",)),
    Row("turn detection without type", put(_TURNS, {"create_response": False}), f"{_TURNS}.type",
        ("server_vad", "semantic_vad"), raw=True),
    Row("threshold too high", put(_TURNS, {**_VAD, "threshold": 1.5}), f"{_TURNS}.threshold",
        ("above 1",)),
    Row("threshold no number", put(_TURNS, {**_VAD, "threshold": "high"}), f"{_TURNS}.threshold",
        ("0 to 1",)),
    Row("padding below nothing", put(_TURNS, {**_VAD, "prefix_padding_ms": -1}),
        f"{_TURNS}.prefix_padding_ms", ("below 0",)),
    Row("silence below nothing", put(_TURNS, {**_VAD, "silence_duration_ms": -1}),
        f"{_TURNS}.silence_duration_ms", ("below 0",)),
    Row("silence not whole", put(_TURNS, {**_VAD, "silence_duration_ms": 0.5}),
        f"{_TURNS}.silence_duration_ms", ("milliseconds",)),
    Row("timeout too short", put(_TURNS, {**_VAD, "idle_timeout_ms": 1000}),
        f"{_TURNS}.idle_timeout_ms", ("5000",)),
    Row("timeout too long", put(_TURNS, {**_VAD, "idle_timeout_ms": 60000}),
        f"{_TURNS}.idle_timeout_ms", ("30000",)),
    Row("timeout with semantic VAD", put(_TURNS, {**_SEMANTIC, "idle_timeout_ms": 6000}),
        f"{_TURNS}.idle_timeout_ms", ("server_vad",)),
    Row("threshold with semantic VAD", put(_TURNS, {**_SEMANTIC, "threshold": 0.5}),
        f"{_TURNS}.threshold", ("server_vad",)),
    Row("eagerness unknown", put(_TURNS, {**_SEMANTIC, "eagerness": "max"}),
        f"{_TURNS}.eagerness", ("high",)),
    Row("eagerness with server VAD", put(_TURNS, {**_VAD, "eagerness": "low"}),
        f"{_TURNS}.eagerness", ("semantic_vad",)),
    Row("create response no flag", put(_TURNS, {**_VAD, "create_response": "no!"}),
        f"{_TURNS}.create_response", ("true or false",)),
    Row("interrupt response null", put(_TURNS, {**_VAD, "interrupt_response": None}),
        f"{_TURNS}.interrupt_response", ("null",)),
)  # fmt: skip
"""Turn detection."""


def heard(**transcription: Any) -> Json:
    """Return the `audio` of a transcription session without turn detection."""
    return {"audio": {"input": {"transcription": transcription, "turn_detection": None}}}


def _transcription(name: str, config: Json, path: str, *words: str, **known: Any) -> Row:
    return Row(name, config, path, words, kind="transcription", **known)


TRANSCRIPTION_ROWS: Final = (
    *(
        _transcription(f"{vad} with {model}",
            {"audio": {"input": {"transcription": {"model": model},
                                 "turn_detection": {"type": vad}}}},
            _TURNS, model, "turn_detection: none")
        for model in ("gpt-live-transcribe", "gpt-realtime-whisper")
        for vad in ("server_vad", "semantic_vad")
    ),
    *(
        _transcription(f"turn detection left out with {model}", put(_HEARD, {"model": model}),
            _TURNS, model, "left out")
        for model in ("gpt-live-transcribe", "gpt-realtime-whisper")
    ),
    *(
        _transcription(f"language beside languages with {model}",
            heard(model=model, language="fr", languages=["fr"]), f"{_HEARD}.language",
            "languages", "leave it out")
        for model in ("gpt-live-transcribe", "gpt-transcribe")
    ),
    *(
        _transcription(f"language with {model}", heard(model=model, language="fr"),
            f"{_HEARD}.language", "languages: [fr]", raw=True)
        for model in ("gpt-live-transcribe", "gpt-transcribe")
    ),
    *(
        _transcription(f"languages with {model}", heard(model=model, languages=["fr", "de"]),
            f"{_HEARD}.languages", "language: fr")
        for model in ("gpt-realtime-whisper", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
                      "gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-transcribe-diarize",
                      "whisper-1")
    ),
    *(
        _transcription(f"keywords with {model}", heard(model=model, keywords=["Ada"]),
            f"{_HEARD}.keywords", "gpt-transcribe")
        for model in ("gpt-realtime-whisper", "gpt-4o-transcribe", "gpt-4o-transcribe-diarize",
                      "whisper-1")
    ),
    *(
        _transcription(f"keyword with {mark!r}", heard(model="gpt-transcribe",
            keywords=["Ada", f"Love{mark}lace"]), f"{_HEARD}.keywords[1]", "<, >")
        for mark in "<>\r\n"
    ),
    *(
        _transcription(f"prompt with {model}", heard(model=model, prompt="ships"),
            f"{_HEARD}.prompt", model)
        for model in ("gpt-realtime-whisper", "gpt-4o-transcribe-diarize")
    ),
    *(
        _transcription(f"delay with {model}", heard(model=model, delay="low"),
            f"{_HEARD}.delay", "gpt-realtime-whisper")
        for model in ("gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
                      "gpt-4o-transcribe-diarize", "whisper-1")
    ),
    _transcription("delay unknown", heard(model="gpt-realtime-whisper", delay="none"),
        f"{_HEARD}.delay", "minimal"),
    *(
        _transcription(f"{model} ending", heard(model=model), f"{_HEARD}.model", "2027-02-26",
            "gpt-transcribe", severity="warning", server_refuses=False)
        for model in ("whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
                      "gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-transcribe-diarize")
    ),
    _transcription("transcriber unknown", heard(model="gpt-transcripe"), f"{_HEARD}.model",
        "did you mean 'gpt-transcribe'", severity="warning", server_refuses=False),
    _transcription("no transcriber", {}, f"{_HEARD}.model", "gpt-transcribe",
        severity="warning", server_refuses=False),
    _transcription("a conversation's model", heard(model="gpt-realtime-2.1"), f"{_HEARD}.model",
        "gpt-transcribe", server_refuses=False),
    _transcription("model at the top", {"model": "gpt-transcribe"}, "model",
        "its place is `audio.input.transcription.model`", raw=True),
    _transcription("output", put("audio.output", {"voice": "marin"}), "audio.output",
        "realtime"),
    _transcription("instructions", {"instructions": "Write it down."}, "instructions",
        "realtime"),
    _transcription("tools", {"tools": [_TOOL]}, "tools", "realtime"),
    _transcription("modalities", {"output_modalities": ["text"]}, "output_modalities",
        "realtime"),
    _transcription("include unknown", {"include": ["words"]}, "include[0]", "logprobs"),
    _transcription("rate too low", put("audio.input.format", {"type": "audio/pcm", "rate": 8000}),
        "audio.input.format.rate", "24000"),
)  # fmt: skip
"""Transcription sessions, and the rules of each transcriber."""


def _translation(name: str, config: Json, path: str, *words: str, **known: Any) -> Row:
    return Row(name, config, path, words, kind="translation", **known)


TRANSLATION_ROWS: Final = (
    _translation("turn detection", put(_TURNS, _VAD), _TURNS, "translation session"),
    _translation("voice", put("audio.output.voice", "marin"), "audio.output.voice", "realtime"),
    _translation("instructions", {"instructions": "Be polite."}, "instructions", "realtime"),
    _translation("tools", {"tools": []}, "tools", "realtime"),
    _translation("input format", put("audio.input.format", {"type": "audio/pcmu"}),
        "audio.input.format", "translation session"),
    _translation("language no text", put("audio.output.language", 33), "audio.output.language",
        '"33"'),
    _translation("language as a YAML word", put("audio.output.language", False),
        "audio.output.language", "quotes"),
    _translation("transcription without model", put(_HEARD, {}), f"{_HEARD}.model", "`model"),
    _translation("transcription with language", put(_HEARD, {"model": "gpt-transcribe",
        "language": "fr"}), f"{_HEARD}.language", "realtime and transcription"),
    _translation("noise reduction without type", put(_QUIET, {"strength": 0.5}),
        f"{_QUIET}.type", "near_field"),
    _translation("noise reduction too strong", put(_QUIET, {"type": "far_field",
        "strength": -1}), f"{_QUIET}.strength", "below 0"),
    _translation("a conversation's model", {"model": "gpt-realtime-2.1"}, "model",
        "gpt-realtime-translate", server_refuses=False),
)  # fmt: skip
"""Translation sessions."""


@dataclass(frozen=True, slots=True)
class LaterRow:
    """An update of a session under way that asks for what cannot change.

    Attributes
    ----------
    name
        What cannot change.
    before, config
        What was asked for at first, and what is asked for now; without `type`.
    path
        The field that must be named.
    spoke
        Whether the assistant has spoken between the two.
    kind, kind_now
        Of the session, and of the update.
    server_refuses
        Whether the practice server refuses the update whole; it takes any model's name, since
        it answers with its own.
    """

    name: str
    before: Json
    config: Json
    path: str
    spoke: bool = False
    kind: Literal["realtime", "transcription"] = "realtime"
    kind_now: Literal["realtime", "transcription"] = "realtime"
    server_refuses: bool = True


LATER_ROWS: Final = (
    LaterRow("voice after speech", {"voice": "marin"}, {"voice": "ash"}, "audio.output.voice",
        spoke=True),
    LaterRow("tracing off", {"tracing": "auto"}, {"tracing": None}, "tracing"),
    LaterRow("tracing changed", {"tracing": {"group_id": "a"}}, {"tracing": {"group_id": "b"}},
        "tracing"),
    LaterRow("type", {}, {}, "type", kind_now="transcription"),
    LaterRow("type the other way", {}, {}, "type", kind="transcription"),
    LaterRow("model", {"model": "gpt-realtime-2"}, {"model": "gpt-realtime-2.1"}, "model",
        server_refuses=False),
)  # fmt: skip
"""What may not change in a session under way."""

ROWS: Final = (*BETA_ROWS, *REALTIME_ROWS, *TURN_ROWS, *TRANSCRIPTION_ROWS, *TRANSLATION_ROWS)
"""Every row."""
