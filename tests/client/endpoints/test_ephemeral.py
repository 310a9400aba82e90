"""Ephemeral keys: how they are asked for, what is kept of them, and what can go wrong."""

from __future__ import annotations

import copy
import json
import pickle
import time
import traceback
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from realtime_nb.client import LocalServer, RealtimeSession, resolve_endpoint
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.ephemeral import EphemeralKey, create_client_secret
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.errors import ConnectionFailed, EndpointError, ServerError, UsageError

KEY = "sk-very-secret-123"
EK = "ek_0123456789abcdef3f9c"
MADE = {"value": EK, "expires_at": 1_800_000_000, "session": {"type": "realtime", "id": "sess_1"}}


@pytest.fixture
def _no_server_left():
    yield
    LocalServer.stop_shared()


@contextmanager
def service(status=200, answer=MADE, delay_s=0.0, **more):
    """A service of one answer; yields its base URL and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked.append((self.path, headers, json.loads(body)))
            time.sleep(delay_s)
            said = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.block_on_close = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def endpoint_at(url, model="gpt-realtime-2.1", key=KEY, **fields):
    return Endpoint(url, model, "the service", api_key=Secret(key), key_source="X_KEY", **fields)


def test_a_key_is_made_with_the_config_and_the_model():
    with service() as (url, asked):
        key = create_client_secret(endpoint_at(url), {"instructions": "Be brief."}, expires_s=60)
    ((path, headers, body),) = asked
    assert path == "/v1/realtime/client_secrets"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "session": {
            "type": "realtime",
            "instructions": "Be brief.",
            "model": "gpt-realtime-2.1",
        },
        "expires_after": {"anchor": "created_at", "seconds": 60},
    }
    assert (key.reveal(), key.expires_at, key.session["id"]) == (EK, 1_800_000_000, "sess_1")


def test_a_transcription_names_no_model_and_a_translation_no_type():
    hearing = {"type": "transcription", "audio": {"input": {"turn_detection": None}}}
    french = {"type": "translation", "model": "m", "audio": {"output": {"language": "fr"}}}
    with service() as (url, asked):
        create_client_secret(endpoint_at(url), hearing)
        create_client_secret(endpoint_at(url), french)
    assert asked[0][0] == "/v1/realtime/client_secrets"
    assert asked[0][2]["session"] == hearing
    assert asked[1][0] == "/v1/realtime/translations/client_secrets"
    assert asked[1][2]["session"] == {"model": "m", "audio": french["audio"]}


def test_headers_are_the_endpoints_own(monkeypatch):
    # A proxy for the world has no way to this machine.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_of_somebody")
    with service() as (url, asked):
        create_client_secret(endpoint_at(url, key_header="api-key", extra_headers={"X-Team": "s"}))
        create_client_secret(endpoint_at(url, key="", extra_query={"region": "eu"}))
    assert (asked[0][1]["api-key"], asked[0][1]["x-team"]) == (KEY, "s")
    assert "authorization" not in asked[0][1] | asked[1][1]
    assert "openai-project" not in asked[0][1] | asked[1][1]
    assert asked[1][0].endswith("?region=eu")


def test_no_text_copy_or_pickle_of_a_key_holds_it():
    key = EphemeralKey(Secret(EK), 1_800_000_000, {"id": "sess_1"})
    assert key.masked == "ek_…3f9c"
    assert "ek_…3f9c, opens sessions until " in repr(key)
    assert EK not in f"{key!r}{key}{vars(key)}{copy.deepcopy(key)}"
    assert EK.encode() not in pickle.dumps(key)
    assert EphemeralKey(Secret("ek_short"), 0).masked == "ek_…"


@pytest.mark.parametrize("seconds", [9, 7201, 0, -1, True])
def test_how_long_it_lives_is_checked(seconds):
    with pytest.raises(UsageError, match="lives 10 to 7200 s, not"):
        create_client_secret(endpoint_at("http://127.0.0.1:9/v1"), expires_s=seconds)


def test_an_ephemeral_key_makes_no_other():
    with pytest.raises(EndpointError, match="makes no other"):
        create_client_secret(endpoint_at("http://127.0.0.1:9/v1", key=EK))
    azure = endpoint_at("https://r.openai.azure.com/openai/v1")
    with pytest.raises(EndpointError, match="Azure has no translation sessions"):
        create_client_secret(azure, {"type": "translation"})


REFUSAL = {
    "message": "Unknown parameter: 'session.voice'.",
    "code": "unknown_parameter",
    "param": "session.voice",
    "type": "invalid_request_error",
}


@pytest.mark.parametrize(
    ("status", "answer", "kind", "message"),
    [
        (400, {"error": REFUSAL}, ServerError, r"Unknown parameter: 'session\.voice'"),
        (
            401,
            {"error": {"message": f"Incorrect API key provided: {KEY}."}},
            ConnectionFailed,
            r"the service refused with HTTP 401: Incorrect .*\[key\]; check X_KEY",
        ),
        (404, b"nothing", ConnectionFailed, "HTTP 404; check the URL"),
        (429, {"error": {"message": "Slow down."}}, ConnectionFailed, "429: Slow down; too many"),
        (503, b"", ConnectionFailed, "the fault is on its side"),
        (200, b"<html>", ConnectionFailed, "made no ephemeral key"),
        (200, {"client_secret": {"value": EK}}, ConnectionFailed, "made no ephemeral key"),
        (200, [], ConnectionFailed, "made no ephemeral key"),
    ],
)
def test_what_the_service_refuses_is_one_line_without_the_key(status, answer, kind, message):
    with service(status, answer) as (url, _), pytest.raises(kind, match=message) as caught:
        create_client_secret(endpoint_at(url))
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in trace.stack if "/tests/" not in frame.filename]
    assert KEY not in f"{caught.value} {[frame.locals for frame in ours]}"
    assert "\n" not in str(caught.value)
    if kind is ServerError:
        assert (caught.value.code, caught.value.param) == ("unknown_parameter", "session.voice")


def test_nobody_there_and_nobody_who_answers():
    with pytest.raises(ConnectionFailed, match="the service was not reached"):
        create_client_secret(endpoint_at("http://127.0.0.1:9/v1"))
    with service(delay_s=0.5) as (url, _), pytest.raises(ConnectionFailed, match="answer in time"):
        create_client_secret(endpoint_at(url), timeout_s=0.05)


@pytest.mark.parametrize(
    "config",
    [
        {"type": "realtime", "instructions": "Be brief.", "output_modalities": ["text"]},
        {
            "type": "transcription",
            "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}},
        },
        {"type": "translation", "audio": {"output": {"language": "fr"}}},
    ],
)
@pytest.mark.usefixtures("_no_server_left")
async def test_a_key_of_the_practice_server_opens_sessions_with_its_config(config):
    endpoint = resolve_endpoint("local", kind=config["type"])
    key = create_client_secret(endpoint, config, expires_s=60)
    assert 0 < key.expires_at - time.time() <= 61
    bound = endpoint.with_key(key.value, "the ephemeral key")
    asked = None if config["type"] != "translation" else {"type": "translation"}
    for _ in range(2):
        session = RealtimeSession(bound, asked)
        effective = await session.open()
        assert session.kind == config["type"]
        for name, value in config.items():
            if name == "instructions":
                assert effective[name] == value
        await session.close()


MCP = {"type": "mcp", "server_label": "d", "authorization": "mcp-planted-1"}


def test_a_redirect_takes_neither_key_nor_config_to_another_host():
    with (
        service() as (elsewhere, reached),
        service(307, Location=elsewhere) as (url, asked),
        pytest.raises(ConnectionFailed, match="HTTP 307"),
    ):
        create_client_secret(endpoint_at(url, key_header="api-key"), {"tools": [MCP]})
    assert (len(asked), reached) == (1, [])
    assert asked[0][2]["session"]["tools"] == [MCP]


def test_what_is_kept_of_the_config_holds_no_key():
    told = {"type": "realtime", "tools": [MCP], "client_secret": {"value": EK}}
    with service(answer={**MADE, "session": told}) as (url, _):
        key = create_client_secret(endpoint_at(url))
    assert key.session["tools"][0]["authorization"] is key.session["client_secret"] is None
    assert b"planted" not in pickle.dumps(key)


@pytest.mark.parametrize("when", [True, -1, 10**18, 1.5, "soon", None])
def test_a_time_that_is_none_is_no_key(when):
    with (
        service(answer={**MADE, "expires_at": when}) as (url, _),
        pytest.raises(ConnectionFailed, match="made no ephemeral key"),
    ):
        create_client_secret(endpoint_at(url))


def test_who_interrupts_sees_no_frame_that_holds_the_key(monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("openai.DefaultHttpxClient.send", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        create_client_secret(endpoint_at("http://127.0.0.1:9/v1"))
    assert caught.value.__cause__ is caught.value.__context__ is None
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert (
        KEY not in f"{[frame.locals for frame in trace.stack if '/tests/' not in frame.filename]}"
    )
