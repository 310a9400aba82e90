"""REST requests in general: keys, sizes, types, half a body, forms; whatever the endpoint."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
import tornado.httpserver
import tornado.netutil
import tornado.web
from tornado.httputil import ParseBodyConfig, ParseMultipartConfig

from realtime_nb.server.http import sse
from realtime_nb.server.http.body import MAX_JSON
from realtime_nb.server.http.multipart import (
    MAX_PART_HEADER,
    MAX_UPLOAD,
    MOST_PARTS,
    FormHandler,
)
from realtime_nb.server.http.sse import ClientGone, EventStream
from realtime_nb.server.http.turns import Turns
from tests.server.fakes import TalkBrain
from tests.server.rest import BEARER, CHAT, Json, refusal, resting, user
from tests.server.serving import TOKEN

JSON_TYPE = {"Content-Type": "application/json"}
GOOD: Json = {"model": "local-demo", "messages": [user("Hello.")]}


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, None), ({"Authorization": "Basic x"}, None), ({"Authorization": "Bearer"}, None),
     ({"Authorization": "Bearer wrong-and-long"}, "invalid_api_key"),
     ({"Authorization": "Bearer ü".encode()}, "invalid_api_key")],
)  # fmt: skip
async def test_a_request_needs_the_token(headers: Any, code: str | None):
    brain = TalkBrain()
    async with resting(brain) as rest, httpx.AsyncClient() as http:
        answer = await http.post(rest.served.url + CHAT, json=GOOD, headers=headers)
        error = refusal(answer, 401)
        assert (error["type"], error["code"]) == ("invalid_request_error", code)
        assert "wrong-and" not in answer.text
        assert brain.requests == []


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
async def test_a_request_from_elsewhere_is_refused(headers: dict[str, str]):
    async with resting() as rest:
        answer = await rest.http.post(CHAT, json=GOOD, headers=headers)
        refusal(answer, 403)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded",
                                  "multipart/form-data; boundary=x", ""])  # fmt: skip
async def test_another_type_of_body_is_refused(kind: str):
    async with resting() as rest:
        answer = await rest.http.post(
            CHAT, content=json.dumps(GOOD).encode(), headers={"Content-Type": kind}
        )
        error = refusal(answer)
        assert error["code"] == "unsupported_content_type"
        assert "application/json" in error["message"]


async def test_a_charset_and_capitals_do_not_matter():
    async with resting() as rest:
        kind = "Application/JSON; charset=utf-8"
        answer = await rest.http.post(
            CHAT, content=json.dumps(GOOD).encode(), headers={"Content-Type": kind}
        )
        assert answer.status_code == 200
        assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_another_method_is_refused(method: str):
    async with resting() as rest:
        error = refusal(await rest.http.request(method, CHAT), 405)
        assert error["code"] == "method_not_supported"
        assert f"Not allowed to {method} on /v1/chat/completions" in error["message"]


@pytest.mark.parametrize("manner", ["whole", "chunked"])
async def test_a_body_that_is_too_large_is_told_after_it_was_sent(manner: str):
    brain = TalkBrain()
    size = MAX_JSON + 12_345

    async def pieces() -> Any:
        for _ in range(0, size - size % 4096, 4096):
            yield b" " * 4096
        yield b" " * (size % 4096)

    content: Any = pieces() if manner == "chunked" else b" " * size
    async with resting(brain) as rest:
        answer = await rest.http.post(CHAT, content=content, headers=JSON_TYPE)
        error = refusal(answer, 413)
        assert error["message"] == (
            f"Maximum content size limit ({MAX_JSON}) exceeded ({size} bytes read)"
        )
        # The connection lives on.
        assert (await rest.http.post(CHAT, json=GOOD)).status_code == 200
        assert len(brain.requests) == 1


async def test_half_a_body_leaves_nothing_behind():
    brain = TalkBrain()
    async with resting(brain) as rest:
        for sent in (b'{"model"', b""):
            _, writer = await asyncio.open_connection("127.0.0.1", rest.served.port)
            writer.write(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"
                b"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n" + sent
            )
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        assert (await rest.http.post(CHAT, json=GOOD)).status_code == 200
        assert len(brain.requests) == 1
        assert rest.served.shared.turns.working == 0


async def test_many_requests_at_once_take_turns():
    most = 0

    class Busy(TalkBrain):
        working = 0

        async def respond(self, request: Any) -> Any:
            nonlocal most
            self.working += 1
            most = max(most, self.working)
            try:
                async for piece in super().respond(request):
                    await asyncio.sleep(0.02)
                    yield piece
            finally:
                self.working -= 1

    async with resting(Busy("Hello.")) as rest:
        answers = await asyncio.gather(*[rest.http.post(CHAT, json=GOOD) for _ in range(20)])
        assert {answer.status_code for answer in answers} == {200}
        assert 1 < most <= 4


async def test_a_turn_is_given_back_whatever_happens():
    turns = Turns(at_once=1)
    with pytest.raises(RuntimeError):
        async with turns.turn():
            raise RuntimeError
    async with turns.turn():
        waiting = asyncio.create_task(_take(turns))
        await asyncio.sleep(0)
        assert (turns.working, turns.waiting) == (1, 1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert turns.waiting == 0
    await _take(turns)


async def _take(turns: Turns) -> None:
    async with turns.turn():
        pass


async def test_a_reader_that_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "STALLED_S", 0.2)
    outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    class Flood(tornado.web.RequestHandler):
        async def get(self) -> None:
            events = EventStream(self)
            try:
                while True:
                    await events.send({"text": "x" * 100_000})
            except ClientGone:
                outcome.set_result("gone")

    server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Flood)]))
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    port = sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert await asyncio.wait_for(outcome, 30) == "gone"
    writer.close()
    server.stop()
    await server.close_all_connections()


# ------------------------------------------------------------------ forms


class _Form(FormHandler):
    async def answer(self, *_parts: str) -> None:
        form = self.form()
        files = {
            name: [(one.name, len(one.data), one.media_type) for one in given]
            for name, given in form.files.items()
        }
        self.reply({"fields": form.fields, "files": files})


@pytest.fixture
async def forms() -> Any:
    """A server that says what is in a form."""
    async with resting() as rest:
        given: Json = {"shared": rest.served.shared}
        server = tornado.httpserver.HTTPServer(tornado.web.Application([("/form", _Form, given)]))
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        base = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        async with httpx.AsyncClient(base_url=base, headers=BEARER, timeout=60) as http:
            yield http
        server.stop()
        await server.close_all_connections()


async def test_a_form_with_a_file(forms: httpx.AsyncClient):
    answer = await forms.post(
        "/form",
        data={"model": "whisper-1", "include[]": ["a", "b"]},
        files={"file": ("../ü.wav", b"RIFF", "audio/wav")},
    )
    assert answer.json() == {
        "fields": {"model": ["whisper-1"], "include[]": ["a", "b"]},
        "files": {"file": [["../ü.wav", 4, "audio/wav"]]},
    }


FORM = {"Content-Type": "multipart/form-data; boundary=b"}
PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (FORM, b""),
        (FORM, b"--b\r\nnothing\r\n--b--\r\n"),
        (FORM, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'),
        (FORM, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--\r\n'),
        ({"Content-Type": "multipart/form-data"}, b"--b--\r\n"),
        (FORM, PART * (MOST_PARTS + 1) + b"--b--\r\n"),
        (FORM, b"--b\r\nX: " + b"y" * MAX_PART_HEADER + PART[3:] + b"--b--\r\n"),
    ],
)  # fmt: skip
async def test_a_form_that_is_none(forms: httpx.AsyncClient, headers: Any, body: bytes):
    error = refusal(await forms.post("/form", content=body, headers=headers))
    assert "form" in error["message"]


async def test_the_bounds_of_a_form_are_ours_and_not_tornados(
    forms: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    none = ParseBodyConfig(multipart=ParseMultipartConfig(enabled=False))
    monkeypatch.setattr("tornado.httputil._DEFAULT_PARSE_BODY_CONFIG", none)
    answer = await forms.post("/form", content=PART * MOST_PARTS + b"--b--\r\n", headers=FORM)
    assert answer.json()["fields"] == {"a": ["x"] * MOST_PARTS}


async def test_a_form_that_is_too_large(forms: httpx.AsyncClient):
    answer = await forms.post("/form", files={"file": ("a.wav", bytes(MAX_UPLOAD + 1))})
    error = refusal(answer, 413)
    assert f"({MAX_UPLOAD}) exceeded" in error["message"]
    assert error["type"] == "server_error"
    assert (await forms.post("/form", json={})).status_code == 400
