"""A phone line against the real application of the practice server, its engines faked."""

from __future__ import annotations

import asyncio
import json
import stat
import threading
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_core.paths import jupyter_runtime_dir
from tornado.httpclient import AsyncHTTPClient

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.transport.call_control import accept_call, call_session
from realtime_nb.client.transport.call_control import hang_up_call as hang_up
from realtime_nb.errors import ConfigError, ConnectionFailed, RealtimeError, UsageError
from realtime_nb.notebook.agents import find_chat, open_agents
from realtime_nb.notebook.cell.request import Options, read_request
from realtime_nb.notebook.phone import line as line_module
from realtime_nb.notebook.phone.answering import CallChat
from realtime_nb.notebook.phone.cell import answer_with
from realtime_nb.notebook.phone.line import PhoneLine
from realtime_nb.server.brain.interface import FunctionCall
from tests.client.phone.webhooks import incoming, signed
from tests.server.fakes import TalkBrain, tone
from tests.server.serving import TOKEN, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from realtime_nb.client.loop import Call
    from realtime_nb.notebook.phone.call import PhoneCall

PATIENCE_S = 30.0
SPEECH = (tone(600), 24_000)
SECRET = "whsec_c2VjcmV0IG9mIGEgdGVzdCwgbG9uZyBlbm91Z2g="  # noqa: S105 -- planted
QUIET = {
    "turn_detection": {"type": "server_vad", "silence_duration_ms": 200},
    "instructions": "Be brief.",
}


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give Jupyter a runtime folder of its own, and end the lines of a test behind it."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    yield tmp_path / "runtime"
    assert Path(jupyter_runtime_dir()) == tmp_path / "runtime"
    assert open_agents() == []  # a line that is closed leaves no chat behind


def published(runtime: Path) -> list[Path]:
    return list(runtime.glob("realtime-nb-phone-*.json"))


class Desk:
    """A line and what a test does with it; all that blocks runs beside the server's loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.line: PhoneLine

    async def do(self, what: Callable[..., Any], *args: Any, **fields: Any) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.to_thread(what, *args, **fields)

    async def open(self, **options: Any) -> PhoneLine:
        given: dict[str, Any] = {"endpoint": self.endpoint, "webhook_secret": SECRET, **options}
        given.setdefault("config", QUIET)
        self.line = await self.do(PhoneLine, **given)
        return self.line

    async def ring(self, **fields: Any) -> tuple[Call[Any], PhoneCall]:
        """Ring the line; return the caller's side and ours."""
        before = len(self.line)
        placed = self.line.ring(SPEECH, **{"quiet_s": 20.0, **fields})
        await self.until(lambda: len(self.line) > before)
        return placed, self.line[-1]

    async def until(self, what: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not what():  # noqa: ASYNC110 -- what happens, happens on other threads
                await asyncio.sleep(0.01)

    async def refused(self, what: Callable[..., Any], *args: Any, **fields: Any) -> str:
        with pytest.raises(RealtimeError) as caught:
            await self.do(what, *args, **fields)
        assert "\n" not in str(caught.value)
        return str(caught.value)


@asynccontextmanager
async def desk(brain: Any = None, **settings: Any) -> AsyncIterator[Desk]:
    async with serving(brain, **settings) as served:
        endpoint = Endpoint(
            served.url, "local-demo", "practice", practice=True, api_key=Secret(TOKEN)
        )
        try:
            yield Desk(endpoint)
        finally:
            await asyncio.to_thread(line_module.end_lines)


async def test_a_call_is_accepted_answered_and_hung_up() -> None:
    async with desk(TalkBrain("Hello caller."), texts=["what time is it"]) as one:
        line = await one.open()
        placed, call = await one.ring(
            caller="+15550123", dtmf="1#", headers=[("X-Note", "<b>\u202e")]
        )
        assert (call.state, call.caller, call.chat) == ("ringing", "+15550123", None)
        assert ("X-Note", "<b>\u202e") in call.headers
        chat = await one.do(call.accept)
        assert call.chat is chat
        assert call.state == "active"
        assert chat.call_id == call.id
        assert chat.name == "line_1"
        assert chat.session.effective["instructions"] == "Be brief."
        # It was accepted with the config: nothing is asked for again.
        assert "session.update" not in [record.event.type for record in chat.session.log]
        await one.until(lambda: "Hello caller." in [item.text for item in chat.items])
        await one.until(lambda: call.dtmf == "1#")
        # Words come before their sound; the caller has heard it once it is over.
        over = "output_audio_buffer.stopped"
        await one.until(lambda: over in [record.event.type for record in chat.session.log])
        assert "already" in await one.refused(call.accept)
        assert "already" in await one.refused(call.reject)
        await one.do(call.hang_up)
        assert call.state == "ended"
        assert call.talked_s > 0
        result = await one.do(placed.result, PATIENCE_S)
        assert result.state == "ended"
        assert abs(result.heard.samples.astype(float)).max() > 0
        await one.until(lambda: chat.state == "closed")
        assert "it has ended" in await one.refused(call.hang_up)
        row = line.calls.df.iloc[0]
        assert (row["caller"], row["state"], row["dtmf"]) == ("+15550123", "ended", "1#")
        assert "\u202e" not in call._repr_html_()
        assert "<b>" not in call._repr_html_()


async def test_a_call_is_rejected_with_a_status() -> None:
    async with desk() as one:
        await one.open()
        placed, call = await one.ring()
        assert "300 to 699" in await one.refused(call.reject, 200)
        assert call.state == "ringing"
        await one.do(call.reject, 486)
        assert call.state == "rejected"
        result = await one.do(placed.result, PATIENCE_S)
        assert result.state == "rejected"
        assert "486" in result.detail
        for action in (call.accept, call.hang_up, call.reject):
            assert "it was rejected" in await one.refused(action)


async def test_a_call_is_referred() -> None:
    async with desk() as one:
        await one.open()
        placed, call = await one.ring()
        assert "rings still" in await one.refused(call.refer, "tel:+1")
        await one.do(call.accept)
        assert "tel:" in await one.refused(call.refer, "http://example.com")
        assert call.state == "active"
        await one.do(call.refer, "tel:+15550199")
        assert call.state == "referred"
        assert (await one.do(placed.result, PATIENCE_S)).state == "referred"


async def test_a_caller_who_gives_up_rings_no_more() -> None:
    async with desk() as one:
        await one.open()
        placed, call = await one.ring()
        placed.cancel()
        await one.until(lambda: call.state == "ended")
        assert call.problem
        assert "it has ended" in await one.refused(call.accept)


async def test_a_call_that_the_service_does_not_have() -> None:
    async with desk() as one:
        line = await one.open()
        body, headers = signed(incoming("rtc_unknown"), secret=SECRET)
        client = AsyncHTTPClient(force_instance=True)
        for _ in range(2):
            answer = await client.fetch(line.url, method="POST", body=body, headers=headers)
            assert answer.code == 200
        client.close()
        assert [call.id for call in line.calls] == ["rtc_unknown"]
        assert "rtc_unknown" in await one.refused(line[0].accept)
        assert line[0].state == "ended"
        assert line[0].chat is None


async def test_a_config_that_the_service_refuses_leaves_the_call_ringing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk() as one:
        await one.open()
        _, call = await one.ring()
        assert await one.refused(call.accept, {"temperature": 9})
        assert call.state == "ringing"
        # What our own check does not know, the service says.
        monkeypatch.setattr("realtime_nb.notebook.phone.answering.refuse", lambda *_: None)
        said = await one.refused(call.accept, {"output_modalities": ["smell"]})
        assert "output_modalities" in said
        assert (call.state, call.problem) == ("ringing", said)
        await one.do(call.accept)
        assert (call.state, call.problem) == ("active", "")


@pytest.mark.parametrize(
    ("stopped", "state"),
    [(KeyboardInterrupt(), "failed"), (ConnectionFailed("no answer in time"), "ringing")],
)
async def test_a_call_of_which_nobody_knows_whether_it_was_accepted_can_be_ended(
    stopped: BaseException, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def accept_and_stop(endpoint: Endpoint, call_id: str, session: Any) -> None:
        accept_call(endpoint, call_id, session)
        raise stopped

    def accept(call: PhoneCall) -> None:
        with pytest.raises(type(stopped)):
            call.accept()

    async with desk() as one:
        line = await one.open()
        monkeypatch.setattr("realtime_nb.notebook.phone.answering.accept_call", accept_and_stop)
        for end in ("hang_up", "close"):
            placed, call = await one.ring()
            await one.do(accept, call)
            assert call.state == state
            assert call.problem
            await one.do(call.hang_up if end == "hang_up" else line.close)
            assert call.state == "ended"
            assert (await one.do(placed.result, PATIENCE_S)).state == "ended"


async def test_hung_up_in_the_middle_of_a_tool() -> None:
    begun, released = threading.Event(), threading.Event()

    def look_up() -> str:
        """Look something up."""
        begun.set()
        released.wait(PATIENCE_S)
        return "found"

    brain = TalkBrain(FunctionCall("look_up", "{}"), "Found.")
    async with desk(brain, texts=["look it up"]) as one:
        await one.open(config={**QUIET, "tools": [look_up]})
        placed, call = await one.ring()
        chat = await one.do(call.accept)
        await one.until(begun.is_set)
        await one.do(call.hang_up)
        assert call.state == "ended"
        assert (await one.do(placed.result, PATIENCE_S)).state == "ended"
        released.set()
        await one.until(lambda: chat.state == "closed")
        assert call.problem == ""


async def test_a_chat_that_is_closed_leaves_the_call_where_it_is() -> None:
    async with desk() as one:
        await one.open()
        placed, call = await one.ring()
        chat = await one.do(call.accept)
        await one.do(chat.close)
        await one.until(lambda: call.problem)
        assert call.state == "active"
        assert not placed.done()
        await one.do(call.hang_up)
        assert (await one.do(placed.result, PATIENCE_S)).state == "ended"


async def test_the_chats_of_a_line_are_found_by_name_until_it_is_closed() -> None:
    async with desk() as one:
        line = await one.open()
        first, call = await one.ring()
        over = await one.do(call.accept)
        first.cancel()  # the caller hangs up
        await one.until(lambda: call.state == "ended")
        _, call = await one.ring()
        under_way = await one.do(call.accept)
        assert find_chat("line_1", {}) is over  # its timeline is wanted now
        assert open_agents() == [over, under_way]
        await one.ring()
        await one.do(line.close)
        assert open_agents() == []
        assert [call.chat for call in line.calls] == [over, under_way, None]
        assert "is closed" in await one.refused(line[2].accept)
        assert line[2].state == "ringing"
        await one.do(line[2].reject)


async def test_a_call_that_is_joined_while_its_line_closes_is_not_left_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk() as one:
        line = await one.open()
        placed, call = await one.ring()
        join = CallChat.join

        def close_and_join(chat: CallChat) -> None:
            join(chat)
            line.close()

        monkeypatch.setattr(CallChat, "join", close_and_join)
        chat = await one.do(call.accept)
        assert call.state == "ended"
        assert open_agents() == []
        await one.until(lambda: chat.state == "closed")
        assert (await one.do(placed.result, PATIENCE_S)).state == "ended"


async def test_a_call_is_accepted_with_no_turn_detection_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The service is said to refuse threshold and times of a telephone call's turn detection.
    asked: list[Any] = []

    def note(endpoint: Endpoint, call_id: str, session: Any) -> None:
        asked.append(call_session(endpoint, session))
        accept_call(endpoint, call_id, session)

    monkeypatch.setattr("realtime_nb.notebook.phone.answering.accept_call", note)
    async with desk() as one:
        line = await one.open(config=None)
        _, call = await one.ring()
        chat = await one.do(call.accept)
        answer_with("line", read_request(Options(), "Be kind.", names={}), {"line": line})
        _, call = await one.ring()
        await one.do(call.accept)
        transcribed = {"audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
        plain = {"type": "realtime", "model": one.endpoint.model, **transcribed}
        assert asked == [plain, {**plain, "instructions": "Be kind."}]
        assert "session.update" not in [record.event.type for record in chat.session.log]


async def test_on_call_may_accept() -> None:
    async with desk() as one:
        line = await one.open(on_call=lambda call: call.accept())
        _, call = await one.ring()
        await one.until(lambda: call.state == "active")
        line.on_call = lambda _call: 1 / 0
        await one.ring()
        await one.until(lambda: line.notices)
        assert "ZeroDivisionError" in line.notices[-1]


async def test_a_line_of_the_same_name_takes_calls_and_port_over() -> None:
    async with desk() as one:
        first = await one.open()
        _, call = await one.ring()
        port = int(first.url.rpartition(":")[2].partition("/")[0])
        second = await one.open(port=port, config={"instructions": "Second."})
        assert first.closed
        assert second.url == first.url
        assert second[call.id] is call
        chat = await one.do(call.accept)
        assert chat.session.effective["instructions"] == "Second."
        await one.do(second.close)
        assert call.state == "ended"
        assert "closed" in await one.refused(second.ring, SPEECH)


async def test_a_cell_says_what_calls_are_accepted_with() -> None:
    async with desk() as one:
        line = await one.open()
        request = read_request(Options(), "---\nvoice: cedar\n---\nBe kind.", names={})
        assert answer_with("line", request, {}, transcriber="") is line
        _, call = await one.ring()
        chat = await one.do(call.accept)
        assert chat.session.effective["instructions"] == "Be kind."
        assert chat.session.effective["audio"]["output"]["voice"] == "cedar"
        wrong = read_request(Options(), "---\nvoice: 7\n---\nBe kind.", names={})
        with pytest.raises(ConfigError):
            answer_with("line", wrong, {})
        other = read_request(Options(), "---\ntype: transcription\n---\n", names={})
        with pytest.raises(UsageError, match="type: realtime"):
            answer_with("line", other, {})
        with pytest.raises(UsageError, match="there is line"):
            answer_with("nobody", request, {})
        await one.do(line.close)
        with pytest.raises(UsageError, match="closed"):
            answer_with("line", request, {"line": line})


async def test_what_is_published_is_private_and_holds_no_secret(runtime: Path) -> None:
    async with desk() as one:
        line = await one.open()
        (file,) = published(runtime)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        text = file.read_text()
        assert json.loads(text)["url"] == line.url
        for secret in (SECRET, SECRET.removeprefix("whsec_"), TOKEN):
            assert secret not in text
            assert secret not in repr(vars(line)) + repr(line)
            assert secret not in json.dumps(line._repr_mimebundle_(), default=str)
        await one.do(line.close)
        assert published(runtime) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mount": "ftp"}, "mount='ftp'"),
        ({"mount": "jupyter"}, "no Jupyter Server"),
        ({"port": -1}, "port=-1"),
        ({"port": "80"}, "port='80'"),
        ({"name": "a line"}, "name='a line'"),
        ({"on_call": 5}, "on_call=5"),
        ({"webhook_secret": "x"}, "webhook_secret is no webhook secret"),
        ({"config": 3}, "config=3"),
        ({"config": {"type": "translation"}}, "type: realtime"),
    ],
)
def test_what_can_be_no_line(options: dict[str, Any], said: str) -> None:
    endpoint = Endpoint("http://127.0.0.1:9/v1", "m", "practice", practice=True)
    given: dict[str, Any] = {"endpoint": endpoint, **options}
    with pytest.raises(RealtimeError) as caught:
        PhoneLine(**given)
    assert said in str(caught.value)


def test_a_line_of_a_real_service_rings_by_its_number_only() -> None:
    endpoint = Endpoint("http://127.0.0.1:9/v1", "m", "a service")
    with pytest.raises(UsageError, match="OPENAI_WEBHOOK_SECRET"):
        PhoneLine(endpoint=endpoint)
    line = PhoneLine(SECRET, endpoint=endpoint)
    try:
        with pytest.raises(UsageError, match="dial its number"):
            line.ring(SPEECH)
        with pytest.raises(UsageError, match="nobody has called"):
            _ = line["rtc_1"]
        with pytest.raises(UsageError, match="nobody has called"):
            _ = line[0]
        assert line.calls.df.empty
        body, headers = signed(incoming("rtc_1"), secret=SECRET)
        line._desk.take(body, headers)
        assert list(line) == [line[0]]
        with pytest.raises(ConnectionFailed):
            line[0].reject()
        assert line[0].state == "ringing"
    finally:
        line.close()


async def test_a_line_that_closes_hangs_up_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk() as one:
        line = await one.open()
        both = threading.Barrier(2, timeout=PATIENCE_S)

        def hang_up_call(endpoint: Endpoint, call_id: str) -> None:
            both.wait()
            hang_up(endpoint, call_id)

        monkeypatch.setattr("realtime_nb.notebook.phone.call.hang_up_call", hang_up_call)
        calls: list[PhoneCall] = []
        for _ in range(2):
            _, call = await one.ring()
            await one.do(call.accept)
            calls.append(call)
        await one.do(line.close)
        assert [call.state for call in calls] == ["ended", "ended"]
        assert not both.broken


async def test_forged_webhooks_do_not_flood_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk() as one:
        line = await one.open()
        told: list[dict[str, Any]] = []
        monkeypatch.setattr(line._pages._widget, "tell", told.append)
        body, headers = signed(incoming("rtc_1"), secret=SECRET)
        for _ in range(200):
            line._desk.take(b"x", headers)
        assert len(told) <= 20
        line._desk.take(body, headers)
        # What happened last is shown all the same.
        await one.until(lambda: told and told[-1]["calls"])
        assert [call["id"] for call in told[-1]["calls"]] == ["rtc_1"]
