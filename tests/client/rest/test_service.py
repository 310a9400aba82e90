from __future__ import annotations

import asyncio
import email.utils
import socket
import traceback

import pytest

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.rest.resolve import rest_endpoint
from realtime_nb.client.rest.retries import retry_after_s
from realtime_nb.client.rest.service import RestService
from realtime_nb.errors import (
    CallTimeout,
    ConnectionFailed,
    EndpointError,
    RealtimeError,
    RequestRefused,
)

WORDS = {"content": "Hello."}


async def ask(service: RestService):
    return await service.run(
        lambda client: client.chat.completions.create(model="m", messages=[], max_tokens=1)
    )


async def refusal(peer, script, **fields) -> RealtimeError:
    peer.says(script)
    with pytest.raises(RealtimeError) as caught:
        await ask(RestService(peer.endpoint(**fields), max_retries=0))
    error = caught.value
    assert "\n" not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


async def test_only_what_the_endpoint_has_goes_out(peer, wire, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-of-the-environment")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-environment")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-of-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: of-the-environment\nAuthorization: no")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    peer.says(wire.answering(wire.reply(WORDS)))
    endpoint = peer.endpoint(
        extra_headers={"OpenAI-Project": "proj_1", "X-Own": "yes"},
        extra_query={"api-version": "v1"},
    )

    answer = await ask(RestService(endpoint))

    assert answer.choices[0].message.content == "Hello."
    request = peer.requests[0]
    assert request.line == "POST /v1/chat/completions?api-version=v1 HTTP/1.1"
    assert request.headers["authorization"] == f"Bearer {wire.key}"
    assert request.headers["openai-project"] == "proj_1"
    assert request.headers["x-own"] == "yes"
    assert "openai-organization" not in request.headers
    assert "of-the-environment" not in str(request.headers)


@pytest.mark.parametrize(
    ("fields", "header", "value"),
    [
        ({"key_header": "api-key"}, "api-key", "sk-test-0123456789abcdef"),
        ({"api_key": Secret()}, "authorization", None),
        (
            {"api_key": Secret(), "extra_headers": {"Authorization": "Bearer own"}},
            "authorization",
            "Bearer own",
        ),
    ],
)
async def test_the_key_goes_in_the_endpoints_own_header(peer, wire, fields, header, value):
    peer.says(wire.answering(wire.reply(WORDS)))

    await ask(RestService(peer.endpoint(**fields)))

    assert peer.requests[0].headers.get(header) == value


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after-ms": "150"}, 0.15),
        ({"retry-after": "0.2"}, 0.2),
        ({"retry_after": "0.1", "x_request_id": "req_7"}, 0.1),
    ],
)
async def test_a_429_is_made_again_visibly_and_after_the_wait_it_asks_for(
    peer, wire, headers, wait
):
    busy = wire.refusing(
        "429 Too Many Requests", "Slow down.", code="rate_limit_exceeded", **headers
    )
    peer.says(busy, busy, wire.answering(wire.reply(WORDS)))
    told = []
    loop = asyncio.get_running_loop()
    began = loop.time()

    await ask(RestService(peer.endpoint(), on_notice=told.append))

    assert loop.time() - began >= 2 * wait
    assert [notice.kind for notice in told] == ["retry", "retry"]
    assert told[0].wait_s == pytest.approx(wait)
    why = "429: rate limited, or out of quota"
    assert told[0].text == f"{why}; trying again in {wait:.1f} s (1 of 2)"
    assert told[1].text.endswith("(2 of 2)")
    assert [request.headers["x-stainless-retry-count"] for request in peer.requests] == [
        "0",
        "1",
        "2",
    ]


async def test_without_a_wait_it_asks_for_the_one_told_is_the_one_waited(peer, wire):
    peer.says(wire.answering(b"<html>oops</html>", "502 Bad Gateway", "text/html"))
    peer.scripts.append(wire.answering(wire.reply(WORDS)))
    told = []
    loop = asyncio.get_running_loop()
    began = loop.time()

    await ask(RestService(peer.endpoint(), on_notice=told.append))

    assert loop.time() - began >= told[0].wait_s > 0.3
    assert told[0].text.startswith("502: the service failed; trying again in 0.")


async def test_what_asks_for_too_long_a_wait_is_refused_at_once(peer, wire):
    peer.says(wire.refusing("429 Too Many Requests", "Later.", retry_after="900"))
    told = []

    with pytest.raises(RequestRefused) as caught:
        await ask(RestService(peer.endpoint(), on_notice=told.append))

    assert len(peer.requests) == 1
    assert told == []
    assert caught.value.retry_after_s == 900
    assert str(caught.value) == ("the peer refused with HTTP 429: Later; wait 900 s and try again")


def test_a_wait_may_be_a_date():
    now = 1_700_000_000.0
    date = email.utils.formatdate(now + 30, usegmt=True)
    assert retry_after_s({"retry-after": date}, now) == pytest.approx(30)
    assert retry_after_s({"retry-after": date}, now + 60) is None
    assert retry_after_s({"retry-after": "soon"}, now) is None
    assert retry_after_s({"retry-after": "-4"}, now) is None
    assert retry_after_s({"retry-after": "inf"}, now) is None
    assert retry_after_s({}, now) is None


async def test_who_answers_nothing_is_asked_again_visibly():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    told = []
    service = RestService(Endpoint(url, "m", "the peer"), on_notice=told.append, max_retries=1)

    with pytest.raises(ConnectionFailed, match=r"nobody listens at the peer \(http://127.0.0.1:"):
        await ask(service)

    assert [notice.text for notice in told] == ["no answer; trying again now (1 of 1)"]


async def test_a_host_that_is_not_there_is_named():
    service = RestService(Endpoint("http://nowhere.invalid/v1", "m", "work"), max_retries=0)
    with pytest.raises(ConnectionFailed, match=r"work \(nowhere.invalid\) was not found"):
        await ask(service)


async def test_401_names_the_place_of_the_key_and_not_the_key(peer, wire):
    message = f"Incorrect API key provided: {wire.key}."
    error = await refusal(
        peer,
        wire.refusing("401 Unauthorized", message, code="invalid_api_key", x_request_id="req_1"),
    )

    assert isinstance(error, RequestRefused)
    assert str(error) == (
        "the peer refused with HTTP 401: Incorrect API key provided: [key]; check PEER_KEY"
    )
    assert (error.status, error.code, error.request_id) == (401, "invalid_api_key", "req_1")
    shown = "".join(traceback.format_exception(error)) + repr(error)
    assert wire.key not in shown


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (("403 Forbidden", "No.", {}), "HTTP 403: No; check PEER_KEY, and that the account"),
        (
            ("404 Not Found", "The model `x` does not exist", {"code": "model_not_found"}),
            "choose a model",
        ),
        (("404 Not Found", "Nothing here.", {}), "check the URL, which usually ends in /v1"),
        (
            ("400 Bad Request", "Invalid value: 'x'.", {"param": "audio.voice"}),
            "400: audio.voice: Invalid value: 'x'.",
        ),
        (("413 Payload Too Large", "Too big.", {}), "send less sound at once"),
        (
            ("429 Too Many Requests", "No quota.", {"code": "insufficient_quota"}),
            "check the plan and billing",
        ),
        (("500 Internal Server Error", "Sorry.", {}), "the fault is on its side; try again later"),
    ],
)
async def test_a_refusal_is_one_line_with_what_to_do(peer, wire, answer, said):
    status, message, fields = answer
    error = await refusal(peer, wire.refusing(status, message, **fields))

    assert isinstance(error, RequestRefused)
    assert said in str(error)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (
            b"<html><body>Bad gateway</body></html>",
            "text/html",
            "HTTP 502; the fault is on its side",
        ),
        (b"upstream \x1b[31mdown\n", "text/plain", "HTTP 502: upstream ·[31mdown; the fault"),
        (b'{"detail": "no such thing"}', "application/json", "HTTP 502: no such thing; the fault"),
        (b'{"error": "flat"}', "application/json", "HTTP 502"),
        (b"[]", "application/json", "HTTP 502"),
        (b"", "application/json", "HTTP 502"),
    ],
)
async def test_bodies_of_other_shapes_are_told_as_far_as_they_can_be(peer, wire, body, kind, said):
    error = await refusal(peer, wire.answering(body, "502 Bad Gateway", kind))

    assert said in str(error)
    assert "<" not in str(error)


async def test_a_redirect_is_not_followed(peer, wire):
    to = "http://127.0.0.1:9/v1/chat/completions"
    error = await refusal(peer, wire.answering(b"", "307 Temporary Redirect", location=to))

    assert "redirect (HTTP 307), which is not followed; check the URL" in str(error)
    assert len(peer.requests) == 1


async def test_silence_is_a_timeout(peer):
    async def silent(_request, _writer):
        await asyncio.sleep(5)

    peer.says(silent)
    with pytest.raises(CallTimeout, match=r"the peer was silent for 0\.2 s"):
        await ask(RestService(peer.endpoint(), timeout_s=0.2, max_retries=0))


async def test_a_page_in_place_of_an_answer_is_no_answer(peer, wire):
    peer.says(wire.answering(b"<html>Welcome</html>", kind="application/json"))
    with pytest.raises(ConnectionFailed, match="no answer of this API"):
        await ask(RestService(peer.endpoint(), max_retries=0))


async def test_the_client_itself_may_be_used(peer, wire):
    peer.says(wire.refusing("401 Unauthorized", f"Not {wire.key}"))
    service = RestService(peer.endpoint(), max_retries=0)

    with pytest.raises(RequestRefused, match=r"Not \[key\]") as caught:
        async with service.client() as client:
            await client.chat.completions.create(model="m", messages=[])

    before = caught.value.__context__
    assert caught.value.__suppress_context__
    # The frames behind the first error hold the key.
    assert before is None or before.__traceback__ is None


async def test_a_listener_that_fails_does_not_end_the_request(peer, wire):
    peer.says(
        wire.refusing("429 Busy", "Busy", retry_after_ms="1"), wire.answering(wire.reply(WORDS))
    )

    def fail(_notice):
        raise ValueError

    assert (await ask(RestService(peer.endpoint(), on_notice=fail))).id == "chatcmpl-1"


async def test_cancelled_it_closes_the_connection(peer):
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def silent(request, _writer):
        loop.call_soon_threadsafe(asked.set)
        # Ends with nothing once the other side has closed the socket.
        assert await request.reader.read() == b""
        peer.gone.set()

    peer.says(silent)
    task = asyncio.create_task(ask(RestService(peer.endpoint())))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await asyncio.to_thread(peer.gone.wait, 10)


def test_models_by_kind_and_endpoint(tmp_path):
    environ = {"OPENAI_API_KEY": "sk-0123456789"}
    kinds = ("audio_chat", "speech", "transcription", "translation")
    models = [rest_endpoint("openai", kind=kind, environ=environ).model for kind in kinds]
    assert models == ["gpt-audio-1.5", "gpt-4o-mini-tts", "gpt-transcribe", "whisper-1"]

    file = tmp_path / "endpoints.toml"
    file.write_text(
        '[endpoints.work]\nurl = "https://work.example/v1"\nmodel = "gpt-realtime-2.1"\n'
        '[endpoints.router]\nurl = "https://router.example/v1"\nmodel = "openai/gpt-audio"\n'
    )
    work = rest_endpoint("work", kind="audio_chat", environ={}, file=file)
    assert work.model == "gpt-audio-1.5"
    router = rest_endpoint("router", kind="audio_chat", environ={}, file=file)
    assert router.model == "openai/gpt-audio"
    assert rest_endpoint("router", "own", kind="speech", environ={}, file=file).model == "own"
    with pytest.raises(EndpointError, match="no endpoint is called"):
        rest_endpoint("wrok", kind="speech", environ={}, file=file)


def test_an_endpoint_keeps_its_model_unless_that_is_for_something_else():
    endpoint = Endpoint("https://h.example/v1", "gpt-realtime-2.1", "h")
    assert rest_endpoint(endpoint, kind="audio_chat").model == "gpt-audio-1.5"
    assert rest_endpoint(endpoint, "x", kind="audio_chat").model == "x"
    unknown = Endpoint("https://h.example/v1", "new-model", "h")
    assert rest_endpoint(unknown, kind="speech").model == "new-model"
    practice = Endpoint("http://127.0.0.1:1/v1", "local-demo", "p", practice=True)
    assert rest_endpoint(practice, kind="transcription").model == "local-demo"
    named = Endpoint("http://127.0.0.1:1/v1", "nope", "p", practice=True)
    assert rest_endpoint(named, kind="transcription").model == "nope"
