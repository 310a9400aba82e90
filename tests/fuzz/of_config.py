"""What authors write: cells, their lines, configs, and files of endpoints."""

# ruff: noqa: E501 -- inputs stand as they are written

from __future__ import annotations

import contextlib
import datetime as dt
import json
import tempfile
from typing import Any

from realtime_nb.client.endpoints.named import find_named, named_endpoints
from realtime_nb.errors import ConfigError, RealtimeError
from realtime_nb.notebook.cell.migrating import rewrite_cell
from realtime_nb.notebook.cell.pasted_keys import refuse_keys
from realtime_nb.notebook.cell.reading import read_cell
from realtime_nb.notebook.cell.request import Options, read_request
from realtime_nb.notebook.magics.realtime import RealtimeMagics, _parsed
from realtime_nb.protocol.config.check import check_config
from realtime_nb.protocol.config.migrate import migrate
from realtime_nb.protocol.config.read import read_config
from realtime_nb.protocol.config.review import review_event
from realtime_nb.protocol.config.units import units
from realtime_nb.protocol.config.write import request_of, write_config
from realtime_nb.protocol.tools.arguments import BadArguments, read_arguments
from tests.fuzz.of_server import _FRAMES
from tests.fuzz.running import Target

_TODAY = dt.date(2026, 11, 21)
_NAMES: dict[str, Any] = {"name": "Ann", "n": 3, "tools": [{"type": "function", "name": "f"}]}


def _value(code: str) -> Any:
    return _NAMES[code.strip()]


def one_line(told: str) -> None:
    """What is told to people is one line."""
    assert "\n" not in told, told
    assert len(told) < 20_000, len(told)


def take_cell(data: bytes) -> None:
    """Read a cell; what is wrong with it is one line."""
    text = data.decode("utf-8", "replace")
    try:
        refuse_keys("", text)
        read_cell(text, _value)
        request = read_request(Options(), text, evaluate=_value, names={})
        for problem in check_config(request.config, today=_TODAY):
            one_line(str(problem.message))
            request.where(problem.path)
        json.dumps(write_config(request.config), default=str)
        rewrite_cell("", text)
    except RealtimeError as error:
        one_line(str(error))
        raise


def take_line(data: bytes) -> None:
    """Read the line of a cell."""
    text = data.decode("utf-8", "replace").replace("\n", " ")
    try:
        _parsed(RealtimeMagics.realtime, text)
    except RealtimeError as error:
        one_line(str(error))
        raise


def take_config(data: bytes) -> None:
    """Read a config as an object, check it, migrate it and write it back."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict) and isinstance(value.get("session"), dict):
        value = value["session"]
    if not isinstance(value, dict):
        return
    draft = read_config(value)
    for problem in (*draft.problems, *check_config(draft.config, today=_TODAY)):
        one_line(problem.message)
    check_config(value, today=_TODAY)
    with contextlib.suppress(ConfigError):
        migrate(value)
    write_config(draft.config)
    list(units(request_of(draft.config)))


def take_review(data: bytes) -> None:
    """Review an event before it is sent."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        for problem in review_event(value, today=_TODAY):
            one_line(problem.message)


def _tool(city: str, days: int = 3, *, units: list[str] | None = None) -> None:
    """Tell the weather."""


def take_arguments(data: bytes) -> None:
    """Read the arguments that a model wrote."""
    try:
        read_arguments(_tool, data.decode("utf-8", "replace"))
    except BadArguments as error:
        str(error).encode()
        raise


def take_endpoints(data: bytes) -> None:
    """Read a file of endpoints."""
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(data)
        file.flush()
        try:
            for name in named_endpoints(file.name):
                find_named(name, file.name)
        except RealtimeError as error:
            one_line(str(error))
            raise


_CELLS = [
    b"---\nmodel: gpt-realtime-2.1\nvoice: ash\nturn_detection: semantic_vad\nspeed: 1.1\n---\nYou are kind to {{name}}.\n",
    b"---\ntype: transcription\nlanguage: en\nmodel: gpt-transcribe\nbudget: 0.5\n---\n",
    b'{"type": "session.update", "session": {"instructions": "x", "audio": {"output": {"voice": "ash"}}}}',
    b"---\ntools: {{tools}}\nturn_detection: {type: server_vad, threshold: 0.5, idle_timeout_ms: 6000}\nmetadata: &a {a: b}\nx: *a\n---\nSay \\{{ hi }}.",
    b"---\nmodalities: [text]\nturn_detection: none\ninput_audio_transcription: {model: whisper-1}\ntemperature: 0.8\n---\n# A heading\n- a list\n",
    b"---\ninstructions: |\n  two\n  lines\nmax_output_tokens: 4096\naudio:\n  input:\n    noise_reduction: near_field\n---",
    b"Just words.\n\nAnd --- more.\n",
]
_LINES = [
    b"chat --model gpt-realtime-2.1 --endpoint local --budget 0.50",
    b"--agent helper --restart --keep --no-check",
    b"talk --config 'a b.yaml' --instructions-from x.txt --transport webrtc --direct",
    b"--phone line --migrate",
]
_TOMLS = [
    b'[endpoints.team]\nurl = "https://example.com/v1"\nmodel = "m"\nkey_env = "TEAM_KEY"\n',
    b'[endpoints.a]\nurl = "https://x.openai.azure.com/openai/v1"\nmodel = "d"\nkeyring = "service/user"\nheaders = { X-Team = "t" }\n[endpoints.b]\nurl = "ws://127.0.0.1:1/v1"\nkey_header = "api-key"\n',
]
_ARGUMENTS = [b'{"city": "Ulm", "days": 2, "units": ["C"]}', b'{"city": "Ulm"}', b"null", b""]

TARGETS = (
    Target("cell", take_cell, _CELLS, "text", (RealtimeError,), share=20),
    Target("line", take_line, _LINES, "text", (RealtimeError,), share=20),
    Target("config", take_config, _FRAMES, "json", share=25),
    Target("review", take_review, _FRAMES, "json", (RealtimeError,), share=25),
    Target("arguments", take_arguments, _ARGUMENTS, "json", (BadArguments,), share=80),
    Target("endpoints", take_endpoints, _TOMLS, "text", (RealtimeError,), share=20),
)
