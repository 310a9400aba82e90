"""A review by a chat model, against a scripted service on this machine."""

from __future__ import annotations

import json
import threading
import time
import traceback
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.client.critique import METHOD, critique
from realtime_nb.client.endpoints.endpoint import url_endpoint
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.errors import (
    CallTimeout,
    ConnectionFailed,
    EndpointError,
    RealtimeError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "sk-planted-0123456789abcdef"
REVIEW = '# Issues\n1. "soon" is no time.\n# Improvements\n1. Say within two days.'


def reply(text: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


class Service(ThreadingHTTPServer):
    """Answers every POST as it is told, and remembers what was asked."""

    daemon_threads = True

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        service: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        service.asked.append((self.path, headers, json.loads(body)))
        service.answer(self)

    def log_message(self, *_: Any) -> None:
        pass


def answers(
    body: bytes, status: int = 200, headers: dict[str, str] | None = None
) -> Callable[[Any], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def serving(answer: Callable[[Any], None]) -> Iterator[Service]:
    service = Service(answer)
    thread = threading.Thread(target=service.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        service.server_close()
        thread.join()


def test_the_prompt_goes_with_the_method_and_the_review_comes_back() -> None:
    with serving(answers(reply(f"\n{REVIEW}\n"))) as service:
        said = critique(
            "Answer soon.", model="a-model", base_url=service.url, api_key=KEY, tools=["get_time"]
        )
    assert said == REVIEW
    ((path, headers, body),) = service.asked
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body["model"] == "a-model"
    system, user = body["messages"]
    assert system == {"role": "system", "content": METHOD}
    assert "Answer soon." in user["content"]
    assert "get_time" in user["content"]


def test_the_method_asks_for_the_four_kinds_and_two_headings() -> None:
    for word in ("Ambiguity", "definitions", "Conflicts", "assumptions", "# Issues", "# Improve"):
        assert word in METHOD


def test_no_key_and_no_account_go_to_a_service_they_do_not_belong_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-planted")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-planted")
    with serving(answers(reply(REVIEW))) as service:
        critique("Hi", model="m", base_url=service.url)
    ((_, headers, _),) = service.asked
    assert "authorization" not in headers
    assert "planted" not in json.dumps(headers)


def test_an_endpoint_brings_its_own_headers() -> None:
    with serving(answers(reply(REVIEW))) as service:
        endpoint = url_endpoint(service.url, api_key=KEY).with_extras({"X-Team": "a"}, {"v": "1"})
        critique("Hi", model="m", endpoint=endpoint)
    ((path, headers, _),) = service.asked
    assert path.endswith("?v=1")
    assert headers["x-team"] == "a"
    assert headers["authorization"] == f"Bearer {KEY}"


def test_a_key_in_a_header_of_its_own_goes_alone() -> None:
    with serving(answers(reply(REVIEW))) as service:
        endpoint = url_endpoint(service.url).with_extras({"api-key": KEY}, {})
        critique("Hi", model="m", endpoint=endpoint)
    ((_, headers, _),) = service.asked
    assert headers["api-key"] == KEY
    assert "authorization" not in headers


def test_a_key_that_comes_back_is_not_shown() -> None:
    with serving(answers(reply(f"{REVIEW} {KEY}"))) as service:
        assert KEY not in critique("Hi", model="m", base_url=service.url, api_key=KEY)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (
            answers(
                b'{"error": {"message": "Incorrect API key provided: ' + KEY.encode() + b'"}}', 401
            ),
            ConnectionFailed,
            "401",
        ),
        (
            answers(b'{"error": {"message": "no such\\nmodel"}}', 404),
            ConnectionFailed,
            "no such model",
        ),
        (answers(b"<html>down</html>", 503), ConnectionFailed, "503"),
        (answers(b"", 307, {"Location": "http://127.0.0.1:9/v1"}), ConnectionFailed, "307"),
        (answers(b"not JSON"), ConnectionFailed, "no review"),
        (answers(b"[]"), ConnectionFailed, "no review"),
        (answers(b'{"choices": []}'), ConnectionFailed, "no review"),
        (answers(reply(None)), ConnectionFailed, "no review"),
        (answers(reply(" ")), ConnectionFailed, "no review"),
        (answers(reply([{"text": "x"}])), ConnectionFailed, "no review"),
        (answers(reply("x" * 5_000_000)), ConnectionFailed, "no review"),
    ],
)
def test_what_goes_wrong_is_one_line_without_the_key(
    answer: Callable[[Any], None], kind: type[RealtimeError], said: str
) -> None:
    with serving(answer) as service, pytest.raises(kind) as caught:
        critique("Hi", model="m", base_url=service.url, api_key=KEY)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(service.asked) == 1
    trace = "".join(traceback.format_exception(caught.value))
    assert KEY not in trace
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_service_that_stays_silent_or_trickles_is_given_up() -> None:
    over = threading.Event()

    def silent(_: BaseHTTPRequestHandler) -> None:
        over.wait(20)

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.05):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return

    for answer in (silent, trickle):
        over.clear()
        started = time.monotonic()
        with serving(answer) as service:
            with pytest.raises(CallTimeout, match=r"within 0\.5 s"):
                critique("Hi", model="m", base_url=service.url, api_key=KEY, timeout_s=0.5)
            assert time.monotonic() - started < 10
            over.set()


def test_nobody_there() -> None:
    with pytest.raises(ConnectionFailed, match="was not reached"):
        critique("Hi", model="m", base_url="http://127.0.0.1:9/v1", api_key=KEY)


def test_what_cannot_be_asked() -> None:
    practice = Endpoint("http://127.0.0.1:9/v1", "local-demo", "local", practice=True)
    with pytest.raises(EndpointError, match="no chat model"):
        critique("Hi", model="m", endpoint=practice)
    with pytest.raises(UsageError, match="no prompt"):
        critique(" \n", model="m", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(UsageError, match="name the chat model"):
        critique("Hi", model="", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(UsageError, match="either"):
        critique("Hi", model="m")
    with pytest.raises(UsageError, match="either"):
        critique("Hi", model="m", base_url="http://127.0.0.1:9/v1", endpoint=practice)
    with pytest.raises(EndpointError, match="https://host/v1"):
        critique("Hi", model="m", base_url="nonsense")
