"""What pages say in numbers of lost connections, ends and strangers is what the code does."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from realtime_nb.audio.whole_file import ABANDONED_S
from realtime_nb.client.restoring.heartbeat import ANSWER_S, EVERY_S
from realtime_nb.client.restoring.policy import RestorePolicy
from realtime_nb.server import dialogue, ending
from realtime_nb.server.answers import responding
from realtime_nb.server.connection import INBOX_LIMIT
from realtime_nb.server.door import port, web, websocket
from realtime_nb.server.door.app import PING_S
from realtime_nb.server.ears.input_buffer import MAX_SESSION_MS
from realtime_nb.server.http import body, multipart, sse
from realtime_nb.server.http.bounded import STRANGERS_TIMEOUT_S
from realtime_nb.server.mcp import hub

ROOT = Path(__file__).parents[1]
POLICY = RestorePolicy()
KIB, MIB, GIB = 2**10, 2**20, 2**30
WORDS = {3: "three", 4: "four", 5: "five"}


def _inner(module: str, name: str) -> Any:
    """Return a constant that its module keeps to itself."""
    return getattr(importlib.import_module(f"realtime_nb.{module}"), name)


BROKEN = _inner("client.restoring.retrying", "_BROKEN")
AGAIN_S = _inner("client.restoring.renewal", "_AGAIN_S")
PLAIN_BODY = _inner("server.door.port", "_MAX_BODY")
DROPPED = _inner("server.http.bounded", "_MOST_DROPPED")
STRANGERS_DROPPED = _inner("server.http.bounded", "_MOST_DROPPED_OF_STRANGERS")
STRANGERS_FRAME = _inner("server.door.websocket", "_MAX_FRAME_OF_STRANGERS")
FRAME_COST = _inner("server.connection", "_FRAME_COST")


WAITS = ", ".join(f"{wait_s:g}" for wait_s in POLICY.delays_s[:-1])
LOST = [
    f"by a ping every {EVERY_S:g} s",
    f"not a byte has come within {ANSWER_S:g} s",
    f"**{EVERY_S + ANSWER_S:g} s** after the last sign of life",
    f"`WebSocketTransport(pings=({EVERY_S:g}, {ANSWER_S:g}))`",
    f"The tries wait {WAITS} and then {POLICY.delays_s[-1]:g} s each, {POLICY.jitter:.0%}".replace(
        "%", " %"
    ),
    f"for {POLICY.away_s / 60:g} minutes in all",
    f"{WORDS[POLICY.brief_most].title()} sessions in a row that end within {POLICY.brief_s:g} s",
    f"**{POLICY.hour_most} sessions lost within an hour**",
    f"the newest {POLICY.held_s:g} s of it",
    f"among the last {POLICY.held_s:g} s",
    f"**more than {POLICY.held_s:g} s** away only the last half second",
    f"after {POLICY.session_s / 60:g} minutes (`expires_at`",
    f"From {POLICY.renew_s / 60:g} minutes before",
    f"is looked for, {WORDS[round(1 / POLICY.look_s)]} times a second",
    f"is tried again after {AGAIN_S:g} s",
    "(1005, 1006), 1001, 1011, 1012, 1013, 1015;",
]
STRANGERS = [
    f"| connections | {port.MOST_CONNECTIONS} at a time",
    f"{websocket.MOST_SESSIONS} WebSocket clients",
    f"{port.MAX_HEADER // KIB} KiB, within {port.HEADER_TIMEOUT_S:g} s",
    f"within {port.BODY_TIMEOUT_S:g} s: {PLAIN_BODY // MIB} MiB, {body.MAX_JSON // MIB} MiB of",
    f"of JSON, {multipart.MAX_UPLOAD // MIB} MiB of a form",
    f"up to {DROPPED // GIB} GiB, dropped",
    f"{STRANGERS_DROPPED // MIB} MiB and {STRANGERS_TIMEOUT_S:g} s at most",
    f"a WebSocket frame has {STRANGERS_FRAME // KIB} KiB",
    f"frames of {web.MAX_FRAME // MIB} MiB, not compressed; {INBOX_LIMIT // MIB} MiB read",
    f"counts {FRAME_COST} bytes more",
    f"a ping every {PING_S:g} s",
    f"{dialogue.MOST_ITEMS:,} items that a client created, {dialogue.MOST_BYTES // MIB} MiB",
    f"{WORDS[round(MAX_SESSION_MS / 3_600_000)]} hours of sound",
    f"{responding.MOST_BESIDE} responses beside the talk; {hub.MOST_SERVERS} MCP servers",
    f"MCP servers, {hub.MOST_WAITING} calls that wait",
    f"within {sse.STALLED_S:g} s, a whole answer within {web.READ_TIMEOUT_S:g} s",
]
ENDS = [
    f"stuck | it is cut off | {ending.GIVE_UP_S:g} s |",
    f"written it for {'an hour' if ABANDONED_S == 3600 else ABANDONED_S}",
]
TOLD = [
    *(("docs/connection.md", words) for words in LOST),
    *(("docs/practice-server.md", words) for words in STRANGERS),
    *(("docs/ending.md", words) for words in ENDS),
    ("README.md", f"is noticed within {EVERY_S + ANSWER_S:g} s"),
    ("README.md", f"is kept, {POLICY.held_s:g} s of it"),
    ("docs/talking.md", f"is kept for {POLICY.held_s:g} s and sent"),
]


@pytest.mark.parametrize(("page", "words"), TOLD, ids=[words for _, words in TOLD])
def test_a_page_says_what_the_code_does(page: str, words: str) -> None:
    assert words in " ".join((ROOT / page).read_text("utf-8").split())


def test_half_a_second_and_the_codes_are_meant() -> None:
    assert POLICY.tail_ms == 500
    assert {1001, 1005, 1006, 1011, 1012, 1013, 1015, None} == BROKEN
