"""Over real sockets: who may come in, what is refused how, and what no client can break."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime_nb.server import outbox
from realtime_nb.server.config.stored_prompts import SHELF
from tests.server.fakes import TalkBrain, tone
from tests.server.serving import TOKEN, Served, serving
from tests.server.wire import check_event

BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def receive(socket: ClientConnection) -> dict[str, Any]:
    event = json.loads(await socket.recv())
    check_event(event)
    return event


async def until(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        event = await receive(socket)
        if event["type"] == kind:
            return event


async def send(socket: ClientConnection, kind: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


def open_socket(served: Served, query: str = "?model=local-demo", **more: Any) -> Any:
    return connect(served.socket_url(query), additional_headers=more.pop("headers", BEARER), **more)


async def gone(served: Served) -> None:
    """Wait until the server has forgotten every client and its workers."""
    for _ in range(500):
        workers = [t for t in threading.enumerate() if t.name.startswith(("hearing", "speaking"))]
        if not served.shared.connections and not workers:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("a client or its threads are still there")


REFUSED: list[tuple[str, dict[str, str], str | None, int, str]] = [
    ("?model=local-demo", {}, None, 3000, "invalid_request_error"),
    ("?model=local-demo", {"Authorization": "Bearer wrong"}, "invalid_api_key", 3000,
     "invalid_request_error.invalid_api_key"),
    ("?model=gpt-4o", BEARER, "invalid_model", 4000, "invalid_request_error.invalid_model"),
    ("?model=gpt-realtime-translate", BEARER, "invalid_model", 4000,
     "invalid_request_error.invalid_model"),
    ("?model=gpt-realtime-whisper", BEARER, "invalid_model", 4000,
     "invalid_request_error.invalid_model"),
    ("", BEARER, "missing_model", 4000, "invalid_request_error.missing_model"),
    ("?model=gpt-realtime", {**BEARER, "OpenAI-Beta": "realtime=v1"}, "beta_api_shape_disabled",
     4000, "invalid_request_error.beta_api_shape_disabled"),
    ("?model=gpt-realtime&intent=transcription", BEARER, "invalid_model", 4000,
     "invalid_request_error.invalid_model"),
    ("?call_id=rtc_1", BEARER, "call_id_not_found", 4000,
     "invalid_request_error.call_id_not_found"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "headers", "code", "close_code", "reason"), REFUSED)
async def test_refusals_come_after_the_upgrade(
    query: str, headers: dict[str, str], code: str | None, close_code: int, reason: str
):
    async with serving() as served, open_socket(served, query, headers=headers) as socket:
        event = await receive(socket)
        assert event["type"] == "error"
        assert event["error"]["type"] == "invalid_request_error"
        assert event["error"]["code"] == code
        assert TOKEN not in json.dumps(event)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (close_code, reason)


@pytest.mark.parametrize("model", ["local-demo", "gpt-realtime", "gpt-realtime-2.1-mini"])
async def test_the_session_says_what_it_is(model: str):
    async with serving() as served, open_socket(served, f"?model={model}") as socket:
        event = await receive(socket)
        assert event["type"] == "session.created"
        assert event["session"]["model"] == "local-demo"


async def test_a_browser_passes_its_key_as_a_subprotocol():
    protocols: Any = ["realtime", f"openai-insecure-api-key.{TOKEN}", "openai-project.p"]
    async with (
        serving() as served,
        open_socket(
            served, headers={}, subprotocols=protocols, origin="http://localhost:8888"
        ) as socket,
    ):
        assert socket.subprotocol == "realtime"
        assert (await receive(socket))["type"] == "session.created"


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
     {"Host": "127.0.0.1.evil.example"}, {"Host": "[::1"}],
)  # fmt: skip
async def test_requests_from_elsewhere_are_refused(headers: dict[str, str]):
    async with serving() as served, httpx.AsyncClient() as client:
        for path in ("/v1/models", "/health", "/v1/practice/card", "/v1/realtime", "/nothing"):
            url = f"http://127.0.0.1:{served.port}{path}"
            answer = await client.get(url, headers={**BEARER, **headers})
            assert answer.status_code == 403
        if "Origin" in headers:
            with pytest.raises(InvalidStatus):
                async with open_socket(served, headers={**BEARER, **headers}):
                    pass


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "127.1.2.3:99"])
async def test_every_name_of_this_computer_is_welcome(host: str):
    async with serving() as served, httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{served.port}/health"
        assert (await client.get(url, headers={**BEARER, "Host": host})).status_code == 200


async def test_http_answers():
    async with (
        serving() as served,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", headers=BEARER) as client,
    ):
        models = (await client.get("/v1/models")).json()
        assert [model["id"] for model in models["data"]] == ["local-demo"]
        card = (await client.get("/v1/practice/card")).json()
        assert card["phrases"] == ["hello"]
        assert card["about"]
        assert {prompt["id"] for prompt in card["prompts"]} == set(SHELF)
        assert card["prompts"][-1]["variables"] == ["place", "name"]
        health = (await client.get("/health")).json()
        assert (health["status"], health["sessions"], health["speaker"]) == ("ok", 0, "tone")
        lost = await client.get("/v1/nothing")
        assert lost.status_code == 404
        assert lost.json()["error"]["message"] == "There is no /v1/nothing here."
        assert (await client.post("/v1/models")).status_code == 405
        for path in ("/v1/models", "/v1/practice/card", "/health", "/v1/nothing"):
            answer = await client.get(path, headers={"Authorization": "Bearer no"})
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "invalid_api_key"


async def test_frames_that_are_no_events_leave_the_session_running():
    frames: list[tuple[str | bytes, str, str | None]] = [
        (b"\x00\x01", "invalid_event", None),
        (b'{"type":"response.create"}', "invalid_event", None),
        ("", "invalid_json", None),
        ("{", "invalid_json", None),
        ("[1]", "invalid_event", None),
        ("[" * 5000 + "]" * 5000, "invalid_json", None),
        ('{"a":' * 300 + "1" + "}" * 300, "invalid_event", None),
        ('{"type": "x", "n": 1e999}', "invalid_json", None),
        ("{}", "missing_required_parameter", "type"),
        ('{"type": 7}', "invalid_type", "type"),
        ('{"type": "x"}', "invalid_value", "type"),
        ('{"type": "output_audio_buffer.clear"}', "invalid_value", "type"),
        ('{"type": "transcription_session.update"}', "invalid_value", "type"),
        ('{"type": "response.create", "respnse": {}}', "unknown_parameter", "respnse"),
        ('{"type": "conversation.item.delete"}', "missing_required_parameter", "item_id"),
        ('{"type": "input_audio_buffer.append", "audio": 5}', "invalid_type", "audio"),
        ('{"type": "response.cancel", "event_id": 5}', "invalid_type", "event_id"),
        (json.dumps({"type": "response.cancel", "event_id": "x" * 513}),
         "string_above_max_length", "event_id"),
    ]  # fmt: skip
    async with serving() as served, open_socket(served) as socket:
        await receive(socket)
        for frame, code, param in frames:
            await socket.send(frame)
            event = await receive(socket)
            assert event["type"] == "error", frame[:40]
            assert event["error"]["code"] == code, event
            assert event["error"]["param"] == param
        await send(socket, "session.update", session={"type": "realtime"})
        assert (await receive(socket))["type"] == "session.updated"


async def test_an_unknown_type_is_answered_with_the_known_ones():
    async with serving() as served, open_socket(served) as socket:
        await receive(socket)
        await send(socket, "x", event_id="mine")
        error = (await receive(socket))["error"]
        assert error["message"].startswith(
            "Invalid value: 'x'. Supported values are: 'session.update', "
        )
        assert error["event_id"] == "mine"
        assert "output_audio_buffer.clear" not in error["message"]


async def test_a_huge_frame_closes_its_own_connection_only():
    async with serving() as served:
        async with open_socket(served) as other:
            await receive(other)
            async with open_socket(served) as socket:
                await receive(socket)
                with pytest.raises(ConnectionClosed):  # noqa: PT012 -- either may be too late
                    await socket.send("x" * (25 << 20))
                    await socket.recv()
            await send(other, "session.update", session={"type": "realtime"})
            assert (await receive(other))["type"] == "session.updated"
        await gone(served)


async def test_invalid_utf_8_closes_its_own_connection_only():
    async with serving() as served:
        async with open_socket(served) as socket:
            await receive(socket)
            await socket.send(b"\xff\xfe", text=True)
            with pytest.raises(ConnectionClosed):
                await socket.recv()
        async with open_socket(served) as socket:
            assert (await receive(socket))["type"] == "session.created"
        await gone(served)


async def test_a_client_that_vanishes_mid_answer_leaves_nothing_behind():
    brain = TalkBrain([*["word " * 40, 0.05] * 50])
    async with serving(brain) as served:
        async with open_socket(served) as socket:
            await receive(socket)
            await send(socket, "response.create")
            await until(socket, "response.output_audio.delta")
            socket.transport.abort()
        await gone(served)
        assert brain.closed == 1


async def test_a_client_that_reads_nothing_slows_down_only_itself(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(outbox, "HIGH_WATER", 1 << 16)
    monkeypatch.setattr(outbox, "LOW_WATER", 1 << 14)
    brain = TalkBrain("word " * 1000)
    async with serving(brain) as served:
        async with open_socket(served, max_queue=1) as socket:
            await send(socket, "response.create")
            await asyncio.sleep(0.5)
            (handler,) = served.shared.connections
            waiting = handler._connection._outbox.size
            assert waiting < (1 << 16) + 20_000, "the answer did not wait for its reader"
            async with open_socket(served) as other:
                assert (await receive(other))["type"] == "session.created"
            # It was held, not lost: now it is read to its end.
            deltas = 0
            while (event := await receive(socket))["type"] != "response.done":
                deltas += event["type"] == "response.output_audio.delta"
            assert event["response"]["status"] == "completed"
            assert deltas >= 1000 * 250 // 200
        await gone(served)


async def test_a_client_that_only_asks_and_never_reads_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
):
    async with serving() as served:
        monkeypatch.setattr(outbox.Outbox.__init__, "__defaults__", (4 << 20,))
        async with open_socket(served, max_queue=1) as socket:
            audio = base64.b64encode(tone(20_000).tobytes()).decode()
            item = {
                "id": "big",
                "type": "message",
                "role": "user",
                "content": [{"type": "input_audio", "audio": audio}],
            }
            await send(socket, "conversation.item.create", item=item)
            with pytest.raises(ConnectionClosed):  # noqa: PT012 -- sooner or later
                for _ in range(100):
                    await send(socket, "conversation.item.retrieve", item_id="big")
                    await asyncio.sleep(0.01)
        await gone(served)


async def test_an_expired_session_is_closed_with_1001():
    async with serving(max_session_s=0.2) as served, open_socket(served) as socket:
        assert (await receive(socket))["type"] == "session.created"
        event = await receive(socket)
        assert event["error"]["code"] == "session_expired"
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        assert closed.value.rcvd.reason == event["error"]["message"]


async def test_many_clients_at_once():
    async with serving(TalkBrain("Hello there.")) as served:

        async def talk() -> str:
            async with open_socket(served) as socket:
                await send(socket, "response.create")
                done = await until(socket, "response.done")
                return done["response"]["status"]

        assert await asyncio.gather(*(talk() for _ in range(20))) == ["completed"] * 20
        await gone(served)
