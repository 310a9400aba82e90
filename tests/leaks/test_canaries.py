"""Canaries planted where keys enter are found nowhere that anybody looks."""

from __future__ import annotations

import asyncio
import http.server
import json
import logging
import pickle
import sys
import threading
import traceback
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import realtime_nb
from realtime_nb.client import RealtimeSession, connect
from realtime_nb.client.endpoints.endpoint import Endpoint, resolve_endpoint, url_endpoint
from realtime_nb.client.endpoints.ephemeral import create_client_secret
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    close,
    error,
    expect,
    refuse,
    send,
    session_created,
    session_updated,
)
from realtime_nb.errors import RealtimeError
from realtime_nb.inspection.archive.secrets import without_secrets
from realtime_nb.inspection.realtime_log import RealtimeLog
from realtime_nb.inspection.report.html import Report
from realtime_nb.protocol.event_view import event_json, event_python
from realtime_nb.protocol.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "sk-planted-key-of-the-endpoint-0123456789"
HEADER = "planted-header-of-the-endpoint"
QUERY = "planted-query-of-the-endpoint"
BEARER = "planted-authorization-of-a-tool"
TOOL_KEY = "planted-header-of-a-tool"
RAW = "planted-api-key-in-a-raw-event"
PROXY = "planted-password-of-a-proxy"
CANARIES = (KEY, HEADER, QUERY, BEARER, TOOL_KEY, RAW, PROXY)
TOOL = {
    "type": "mcp",
    "server_label": "docs",
    "server_url": "https://mcp.example/sse",
    "authorization": BEARER,
    "headers": {"X-Api-Key": TOOL_KEY},
}


@pytest.fixture
def loop() -> Iterator[BackgroundLoop]:
    loop = BackgroundLoop()
    yield loop
    loop.stop()


def told(failure: BaseException) -> str:
    """Return all that a debugger shows of an error: chain, frames and what they hold.

    The frames of this file are its author's, who may look at the own keys.
    """
    shown = traceback.TracebackException.from_exception(failure, capture_locals=True)
    found: list[str] = []
    waiting: list[traceback.TracebackException | None] = [shown]
    while waiting:
        if (one := waiting.pop()) is None:
            continue
        waiting += [one.__cause__, one.__context__, *(one.exceptions or ())]
        frames = [frame for frame in one.stack if frame.filename != __file__]
        found += [f"{one}", *(f"{frame.name}: {frame.locals}" for frame in frames)]
    return "\n".join(found)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return what all libraries wrote to their logs; not the service's, which is this test's."""
    return "\n".join(
        f"{record.name}: {record.getMessage()} {record.exc_text or ''}"
        for record in caplog.records
        if record.name != "websockets.server"
    )


def clean(found: dict[str, Any], canaries: tuple[str, ...] = CANARIES) -> None:
    """Hold that no canary is in any text."""
    for place, value in found.items():
        text = value if isinstance(value, str) else repr(value)
        for canary in canaries:
            assert canary not in text, (
                place,
                canary,
                text[max(0, text.index(canary) - 200) :][:500],
            )


def endpoint_of(peer: ScriptedPeer) -> Endpoint:
    return Endpoint(
        peer.url,
        "m",
        "the peer",
        api_key=Secret(KEY),
        extra_headers={"X-Api-Key": HEADER},
        extra_query={"api-token": QUERY},
    )


def quotes(_event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a service might say that repeats all it was ever told."""
    said = f"I was told {' and '.join(CANARIES)}."
    item = {"type": "message", "role": "assistant", "id": "item_1", "status": "completed",
            "content": [{"type": "output_text", "text": said}]}  # fmt: skip
    failed = {"id": "resp_1", "object": "realtime.response", "status": "failed", "output": [item],
              "status_details": {"error": {"code": "x", "message": said}}}  # fmt: skip
    call = {"type": "mcp_call", "id": "item_2", "name": "f", "server_label": "docs",
            "arguments": "{}", "error": {"message": said}}  # fmt: skip
    return [
        error(said, "invalid_value"),
        {"type": "conversation.item.added", "previous_item_id": None, "item": item},
        {"type": "conversation.item.added", "previous_item_id": None, "item": call},
        {"type": "response.done", "response": failed},
        {"type": "of.tomorrow", "deep": [{"words": said, said: 1}]},
    ]


async def test_a_service_that_repeats_all_it_was_told_brings_nothing_into_what_is_kept(
    loop: BackgroundLoop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    script = [
        send(session_created()),
        expect("session.update"),
        answer(session_updated),
        expect("of.mine"),
        answer(quotes),
        expect("of.mine"),
        close(4001, f"bye {KEY} {HEADER}"),
    ]
    async with ScriptedPeer(script) as peer:
        endpoint = endpoint_of(peer)
        session = RealtimeSession(endpoint, {"tools": [TOOL]}, loop=loop, restore=False)
        await session.open()
        raw = {"type": "of.mine", "api_key": RAW, "text": f"mine are {KEY} and {BEARER}"}
        await session.send(raw)
        ended = asyncio.Event()
        here = asyncio.get_running_loop()
        session.on_state(lambda _: here.call_soon_threadsafe(ended.set))
        await session.send(raw)
        while session.failure is None:
            await ended.wait()
            ended.clear()
        log = RealtimeLog(session.log)
        talk = log.talk()
        lines = log.to_jsonl(tmp_path / "log.jsonl")
        table = realtime_nb.to_csv(log.df, tmp_path / "log.csv")
        found = {
            "log": [record.event.data for record in log],
            "views": [event_json(r.event, whole=True)[0] + event_python(r, "chat") for r in log],
            "html": log._repr_html_(),
            "frame": log.df.to_json(),
            "rows": log.rows(),
            "jsonl": lines.read_text(),
            "csv": table.read_text(),
            "conversation": [vars_of(item) for item in session.conversation.items],
            "report": Report().html(talk) + Report().text(talk),
            "check": log.check()._repr_html_(),
            "session": repr(session) + repr(endpoint) + repr(session.effective),
            "pickle": repr(pickle.dumps(endpoint)),
            "lost": told(session.failure),
            "logging": logged(caplog),
        }
        assert "docs" in str(found["log"])
        # The proxy's password and the query were never sent as this service's own.
        clean(found, (KEY, HEADER, QUERY, BEARER, TOOL_KEY))
        clean({"sent": [r.event.data for r in log if r.direction == "sent"]})


def vars_of(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in dir(value) if not name.startswith("_")}


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
async def test_a_refusal_that_quotes_the_key_does_not_show_it(
    status: int, loop: BackgroundLoop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = json.dumps({"error": {"message": f"no: {KEY}, {HEADER}, {QUERY}"}})
    async with ScriptedPeer([refuse(status, said)], [refuse(status, said)]) as peer:
        endpoint = endpoint_of(peer)
        session = RealtimeSession(endpoint, {"tools": [TOOL]}, loop=loop)
        with pytest.raises(RealtimeError) as by_session:
            await session.open()
        with pytest.raises(RealtimeError) as by_connection:
            async with connect(endpoint=endpoint, extra_headers={"X-Secret": RAW}):
                pass
    clean(
        {
            "session": told(by_session.value) + repr(session),
            "connection": "".join(traceback.format_exception(by_connection.value)),
            "logging": logged(caplog),
        }
    )


async def test_a_proxy_shows_no_password(
    loop: BackgroundLoop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for proxy in (f"http://me:{PROXY}@127.0.0.1:1", f"nonsense://me:{PROXY}@127.0.0.1:1"):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        endpoint = url_endpoint("https://service.invalid/v1", api_key=KEY, environ={})
        session = RealtimeSession(endpoint, {}, loop=loop)
        with pytest.raises(RealtimeError) as by_session:
            await session.open()
        with pytest.raises(RealtimeError) as by_rest:
            create_client_secret(endpoint, timeout_s=5)
        with pytest.raises(RealtimeError) as by_speech:
            await realtime_nb.speak("hello", endpoint=endpoint)
        clean(
            {
                "session": told(by_session.value),
                "rest": "".join(traceback.format_exception(by_rest.value)),
                "speech": "".join(traceback.format_exception(by_speech.value)),
                "logging": logged(caplog),
            }
        )


class _Quotes(http.server.BaseHTTPRequestHandler):
    """Answers every request with a refusal that repeats its head."""

    status = 401

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = f"no: {dict(self.headers)} {self.path}"
        body = json.dumps({"error": {"message": said, "code": "invalid_api_key"}}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Request-Id", self.headers.get("Authorization", ""))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
        """Say nothing."""


@contextmanager
def quoting_service(
    status: int, kind: type[http.server.BaseHTTPRequestHandler] = _Quotes
) -> Iterator[str]:
    handler = type("Handler", (kind,), {"status": status})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [400, 401])
async def test_rest_shows_no_key_either(status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    failed: dict[str, Any] = {}
    clip = realtime_nb.AudioClip.silence(300, 24_000)
    with quoting_service(status) as url:
        endpoint = Endpoint(
            url,
            "m",
            "quoting",
            api_key=Secret(KEY),
            extra_headers={"X-Api-Key": HEADER},
            extra_query={"api-token": QUERY},
        )
        chat = realtime_nb.AudioChat(endpoint=endpoint)
        for name, ask in {
            "speak": lambda: realtime_nb.speak("hello", endpoint=endpoint),
            "transcribe": lambda: realtime_nb.transcribe(clip, endpoint=endpoint),
            "chat": lambda: chat.ask("hello"),
        }.items():
            with pytest.raises(RealtimeError) as caught:
                await ask()
            failed[name] = "".join(traceback.format_exception(caught.value))
        with pytest.raises(RealtimeError) as caught:
            create_client_secret(endpoint)
        failed["secret"] = told(caught.value)
        failed["chat's repr"] = repr(chat) + repr(vars_of(chat))
    assert "quoting" in "".join(map(str, failed.values()))
    clean({**failed, "logging": logged(caplog)})


class _Tells(_Quotes):
    """Tells of the key in fields that are short elsewhere, and in signs that are escaped."""

    body = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)


ESCAPED = "".join(f"\\u{ord(sign):04x}" for sign in KEY)


@pytest.mark.parametrize("said", [KEY, ESCAPED])
async def test_no_field_of_a_refusal_shows_the_key(said: str) -> None:
    fields = ", ".join(f'"{name}": "{said}"' for name in ("code", "param", "type"))
    body = f'{{"error": {{"message": "no {said}", {fields}}}}}'.encode()
    failed: dict[str, Any] = {}
    with quoting_service(400, type("Handler", (_Tells,), {"body": body})) as url:
        endpoint = Endpoint(url, "m", "quoting", api_key=Secret(KEY))
        with pytest.raises(RealtimeError) as by_speech:
            await realtime_nb.speak("hello", endpoint=endpoint)
        with pytest.raises(RealtimeError) as by_secret:
            create_client_secret(endpoint)
        for name, caught in {"speech": by_speech, "secret": by_secret}.items():
            failed[name] = all_of(caught.value)
            assert "[key]" in failed[name]
    clean(failed)


def all_of(failure: BaseException) -> str:
    return told(failure) + repr(vars(failure))


@pytest.mark.parametrize("said", [KEY, ESCAPED])
async def test_no_answer_over_rest_holds_the_key(said: str) -> None:
    clip = realtime_nb.AudioClip.silence(300, 24_000)
    message = f'{{"role": "assistant", "content": "it is {said}."}}'
    choice = f'{{"message": {message}, "finish_reason": "stop"}}'
    body = f'{{"text": "it is {said}.", "choices": [{choice}]}}'.encode()
    with quoting_service(200, type("Handler", (_Tells,), {"body": body})) as url:
        endpoint = Endpoint(url, "m", "quoting", api_key=Secret(KEY))
        transcript = await realtime_nb.transcribe(clip, endpoint=endpoint)
        reply = await realtime_nb.AudioChat(endpoint=endpoint).ask("hello")
    assert transcript.text == reply.text == "it is [key]."
    clean({"transcript": vars_of(transcript), "reply": vars_of(reply)})


def test_every_way_in_leaves_no_trace_in_a_repr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = ModuleType("keyring")
    ring.__dict__["get_password"] = lambda service, user: f"planted-ring-{service}-{user}"
    monkeypatch.setitem(sys.modules, "keyring", ring)
    file = tmp_path / "endpoints.toml"
    file.write_text(
        '[endpoints.file]\nurl = "https://a.example/v1"\nkey_env = "FILE_KEY"\n'
        f'headers = {{ "X-Key" = "{HEADER}" }}\n'
        '[endpoints.ring]\nurl = "https://b.example/v1"\nkeyring = "team/me"\n'
    )
    environ = {"OPENAI_API_KEY": KEY, "FILE_KEY": KEY}
    typed = resolve_endpoint("openai", environ={}, ask=lambda _: KEY)
    ends = [
        typed,
        resolve_endpoint("openai", environ=environ),
        resolve_endpoint("file", environ=environ, file=file),
        resolve_endpoint("ring", environ={}, file=file),
        resolve_endpoint("https://c.example/v1", environ={}, api_key=KEY),
    ]
    assert "planted" in str([one.headers() for one in ends])
    for one in ends:
        manager = connect(endpoint=one, extra_headers={"Authorization": RAW})
        shown = f"{one!r}{one}{pickle.dumps(one)!r}{vars(one)!r}{manager!r}"
        shown += f"{RealtimeSession(one)!r}{SimpleNamespace(endpoint=one)!r}"
        clean({"endpoint": shown.replace(repr(one.extra_headers), "")}, ("planted",))


@pytest.mark.parametrize(
    "data",
    [
        {"type": "x", "api_key": RAW},
        {"type": "session.update", "session": {"tools": [TOOL]}},
        {"type": "session.created", "session": {"client_secret": {"value": RAW}}},
        {"type": "x", "item": {"Authorization": f"Bearer {RAW}"}},
        {"type": "response.create", "response": {"tools": [{**TOOL, "token": RAW}]}},
    ],
)
def test_what_was_read_from_elsewhere_is_shown_and_written_without(data: dict[str, Any]) -> None:
    shown = event_json(Event(data), whole=True)[0] + repr(without_secrets(data))
    assert "[not shown]" in shown
    clean({"view": shown})
