"""Ephemeral keys: made with a config, opening what they were made for, until they expire."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from openai import AsyncOpenAI, AuthenticationError, BadRequestError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime_nb.server.door import client_secrets
from realtime_nb.server.door.client_secrets import ClientSecrets
from realtime_nb.server.wire_errors import WireError
from tests.server.door.test_app import BEARER, open_socket, receive, send, until
from tests.server.fakes import TalkBrain
from tests.server.serving import TOKEN, Served, serving
from tests.server.test_fuzz import _JSON

PIRATE: dict[str, Any] = {
    "type": "realtime",
    "model": "gpt-realtime",
    "instructions": "Be a pirate.",
    "audio": {"output": {"voice": "marin"}},
}


class Clock:
    """A clock that stands still until it is set."""

    now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


def sdk(served: Served, key: str = TOKEN) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=served.url, api_key=key, max_retries=0)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def refusal(socket: Any) -> tuple[dict[str, Any], int]:
    """Return the one error event and the code of the close frame after it."""
    event = await receive(socket)
    assert event["type"] == "error", event
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd is not None
    return event["error"], closed.value.rcvd.code


async def test_a_key_carries_its_config_into_several_sessions():
    async with serving(TalkBrain("Arr.")) as served, sdk(served) as client:
        served.shared.client_secrets = ClientSecrets(clock := Clock())
        made = await client.realtime.client_secrets.create(session=PIRATE)
        assert made.value.startswith("ek_")
        assert made.expires_at == clock.now_s + 600
        assert made.session.type == "realtime"
        assert made.session.id is not None
        assert made.session.id.startswith("sess_")
        for _ in range(2):
            async with (
                sdk(served, made.value) as page,
                page.realtime.connect() as connection,
            ):
                session: Any = json.loads(await connection.recv_bytes())["session"]
                assert session["instructions"] == "Be a pirate."
                assert session["audio"]["output"]["voice"] == "marin"
                assert session["model"] == "local-demo"
                await connection.session.update(
                    session={"type": "realtime", "instructions": "Be a sailor."}
                )
                updated: Any = json.loads(await connection.recv_bytes())
                assert updated["session"]["instructions"] == "Be a sailor."
                assert updated["session"]["audio"]["output"]["voice"] == "marin"


async def test_the_answer_is_the_wires():
    async with serving() as served, httpx.AsyncClient(headers=BEARER) as client:
        url = f"{served.url}/realtime/client_secrets"
        made = (await client.post(url, json={"session": {"type": "transcription"}})).json()
        assert list(made) == ["value", "expires_at", "session"]
        assert made["session"]["object"] == "realtime.transcription_session"
        # Without a body the session is a realtime one with the defaults.
        made = (await client.post(url)).json()
        assert made["session"]["object"] == "realtime.session"
        assert made["session"]["audio"]["output"]["voice"] == "alloy"


async def test_a_key_for_transcription_needs_a_bare_url():
    async with serving() as served, sdk(served) as client:
        streaming: Any = {"transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": None}
        made = await client.realtime.client_secrets.create(
            session={"type": "transcription", "audio": {"input": streaming}}
        )
        for query in ("", "?intent=transcription"):
            async with open_socket(served, query, headers=bearer(made.value)) as socket:
                session = (await receive(socket))["session"]
                assert session["type"] == "transcription"
                assert session["audio"]["input"]["turn_detection"] is None
        async with open_socket(served, "?model=x", headers=bearer(made.value)) as socket:
            assert (await refusal(socket))[0]["code"] == "invalid_model"


async def test_a_browser_brings_its_key_as_a_subprotocol():
    async with serving() as served, sdk(served) as client:
        made = await client.realtime.client_secrets.create(session=PIRATE)
        protocols: Any = ["realtime", f"openai-insecure-api-key.{made.value}"]
        async with open_socket(
            served, "?model=gpt-realtime", headers={}, subprotocols=protocols
        ) as socket:
            assert (await receive(socket))["session"]["instructions"] == "Be a pirate."


async def test_a_session_outlives_its_key():
    async with serving(TalkBrain("Arr.")) as served, sdk(served) as client:
        served.shared.client_secrets = ClientSecrets(clock := Clock())
        made = await client.realtime.client_secrets.create(
            session=PIRATE, expires_after={"anchor": "created_at", "seconds": 10}
        )
        assert made.expires_at == clock.now_s + 10
        async with open_socket(served, "", headers=bearer(made.value)) as socket:
            await receive(socket)
            clock.now_s += 10
            await send(socket, "response.create")
            assert (await until(socket, "response.done"))["response"]["status"] == "completed"
        async with open_socket(served, "", headers=bearer(made.value)) as socket:
            error, code = await refusal(socket)
            assert (error["code"], code) == ("invalid_api_key", 3000)
            assert "expired" in error["message"]
            assert made.value not in json.dumps(error)


async def test_a_key_opens_only_what_it_was_made_for():
    async with serving() as served, sdk(served) as client:
        made = await client.realtime.client_secrets.create(session=PIRATE)
        ways = ["?intent=transcription", "?model=gpt-4o"]
        for query in ways:
            async with open_socket(served, query, headers=bearer(made.value)) as socket:
                assert (await refusal(socket))[0]["code"] in {"invalid_api_key", "invalid_model"}
        async with open_socket(served, "", headers=bearer("ek_" + "0" * 32)) as socket:
            assert (await refusal(socket))[0]["code"] == "invalid_api_key"
        # It opens sessions and nothing else: no list of models, no further keys.
        async with sdk(served, made.value) as page:
            with pytest.raises(AuthenticationError):
                await page.models.list()
            with pytest.raises(AuthenticationError):
                await page.realtime.client_secrets.create()


REFUSED: list[tuple[Any, str, str | None]] = [
    ({"session": {"instructions": "x"}}, "missing_required_parameter", "session.type"),
    ({"session": {"type": "translation"}}, "invalid_value", "session.type"),
    ({"session": {"type": "realtime", "voice": "ash"}}, "unknown_parameter", "session.voice"),
    ({"session": {"type": "realtime", "model": "gpt-4o"}}, "invalid_model", "session.model"),
    ({"session": {"type": "realtime", "model": "gpt-realtime-translate"}}, "invalid_model",
     "session.model"),
    ({"session": 5}, "invalid_type", "session"),
    ({"expires_after": {"seconds": 9}}, "integer_below_min_value", "expires_after.seconds"),
    ({"expires_after": {"seconds": 7201}}, "integer_above_max_value", "expires_after.seconds"),
    ({"expires_after": {"anchor": "now"}}, "invalid_value", "expires_after.anchor"),
    ({"client_secret": {}}, "unknown_parameter", "client_secret"),
    ([], "invalid_event", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "param"), REFUSED)
async def test_a_bad_request_makes_no_key(body: Any, code: str, param: str | None):
    async with serving() as served, httpx.AsyncClient(headers=BEARER) as client:
        answer = await client.post(f"{served.url}/realtime/client_secrets", json=body)
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert (error["code"], error["param"]) == (code, param)


async def test_the_package_raises_what_the_server_refuses():
    async with serving() as served, sdk(served) as client:
        with pytest.raises(BadRequestError) as raised:
            await client.realtime.client_secrets.create(
                expires_after={"anchor": "created_at", "seconds": 1}
            )
        assert raised.value.code == "integer_below_min_value"
        assert raised.value.param == "expires_after.seconds"


async def test_what_is_no_json_and_who_has_no_token():
    async with serving() as served, httpx.AsyncClient() as client:
        url = f"{served.url}/realtime/client_secrets"
        answer = await client.post(url, content=b"{", headers=BEARER)
        assert answer.json()["error"]["code"] == "invalid_json"
        assert (await client.post(url)).status_code == 401
        assert (await client.get(url, headers=BEARER)).status_code == 405


@pytest.mark.parametrize("path", ["sessions", "transcription_sessions"])
async def test_the_betas_way_says_where_it_went(path: str):
    async with serving() as served, httpx.AsyncClient(headers=BEARER) as client:
        answer = await client.post(f"{served.url}/realtime/{path}", json={})
        assert answer.status_code == 404
        assert "client_secrets" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["transcription", "transcription_sessions"])
async def test_what_is_no_place_for_a_websocket(path: str):
    async with serving() as served:
        url = f"ws://127.0.0.1:{served.port}/v1/realtime/{path}"
        with pytest.raises(InvalidStatus) as raised:
            async with connect(url, additional_headers=BEARER):
                pass
        assert raised.value.response.status_code == 403


@settings(max_examples=60, deadline=None)
@given(body=_JSON)
def test_any_body_is_answered(body: Any):
    async def scene() -> None:
        async with serving() as served, httpx.AsyncClient(headers=BEARER) as client:
            for way in ("realtime", "realtime/translations"):
                answer = await client.post(f"{served.url}/{way}/client_secrets", json=body)
                assert answer.status_code in {200, 400}, answer.text

    with suppress(ValueError):  # NaN is no JSON: httpx refuses to send it
        asyncio.run(scene())


async def test_a_body_too_deep_to_answer_is_refused():
    deep: Any = {}
    for _ in range(300):
        deep = {"a": deep}
    tool = {"type": "function", "name": "f", "parameters": deep}
    async with serving() as served, httpx.AsyncClient(headers=BEARER) as client:
        answer = await client.post(
            f"{served.url}/realtime/client_secrets",
            json={"session": {"type": "realtime", "tools": [tool]}},
        )
        assert answer.status_code == 400
        assert "nested" in answer.json()["error"]["message"]


def test_there_is_an_end_to_keys(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client_secrets, "MOST", 2)
    secrets = ClientSecrets(clock := Clock())
    first, _ = secrets.issue("realtime", {}, 10)
    secrets.issue("realtime", {}, 10)
    with pytest.raises(WireError, match="2 ephemeral keys"):
        secrets.issue("realtime", {}, 10)
    clock.now_s += 3_600 + 10
    secrets.issue("realtime", {}, 10)
    assert secrets.find(first) is None, "a key long expired is still remembered"


async def test_there_is_an_end_to_what_their_configs_hold(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client_secrets, "MOST_BYTES", 3_000)
    body = {"session": {"type": "realtime", "instructions": "x" * 1_000}}
    async with serving() as served, httpx.AsyncClient(headers=BEARER) as client:
        url = f"{served.url}/realtime/client_secrets"
        answers = [await client.post(url, json=body) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 400]
        assert "in all" in answers[-1].json()["error"]["message"]
