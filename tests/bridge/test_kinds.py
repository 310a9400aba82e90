"""Transcriptions and translations on their way to a page, and turns ended by hand."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from realtime_nb.bridge import Bridge
from realtime_nb.bridge.frames import MICROPHONE, Frame
from realtime_nb.errors import ServerError
from tests.bridge.fakes import FakeLoop, FakeSession, FakeView


class Room:
    """A bridge of one page, for a session of one kind."""

    def __init__(self, kind: str, told: dict[str, Any] | None = None) -> None:
        self.session, self.view = FakeSession(), FakeView()
        self.session.asked_kind = kind
        self.bridge = Bridge(self.session, self.view, loop=FakeLoop())
        self.bridge.start()
        if told is not None:
            self.tell(told)

    def tell(self, told: dict[str, Any]) -> None:
        self.session.receive({"type": "session.updated", "session": told})

    async def settle(self, seconds: float = 0.0) -> None:
        await asyncio.sleep(seconds)
        await asyncio.sleep(0)

    async def open_page(self, client: str = "page") -> None:
        self.view.page_says("hello", client=client, version=1)
        await self.settle()

    @property
    def state(self) -> dict[str, Any]:
        return self.view.of_kind("state")[-1]

    @property
    def frames(self) -> list[Frame]:
        return [Frame.unpack(b[0]) for m, b in self.view.sent if m["kind"] == "audio"]

    def speak(self, pcm: bytes, **fields: Any) -> None:
        delta = base64.b64encode(pcm).decode()
        self.session.receive({"type": "session.output_audio.delta", "delta": delta, **fields})


def transcription(turn_detection: Any, model: str = "gpt-live-transcribe") -> dict[str, Any]:
    heard = {"transcription": {"model": model}, "turn_detection": turn_detection}
    return {"type": "transcription", "audio": {"input": heard}}


def translation(language: str = "fr") -> dict[str, Any]:
    audio = {"input": {"transcription": None}, "output": {"language": language}}
    return {"type": "translation", "model": "gpt-realtime-translate", "audio": audio}


async def test_a_page_is_told_what_kind_of_session_it_shows() -> None:
    room = Room("transcription")
    await room.open_page()
    welcome = room.view.of_kind("welcome")[0]
    assert (welcome["session"], welcome["manual"]) == ("transcription", False)
    room.tell(transcription(None))
    assert room.state["manual"] is True
    assert room.state["model"] == "gpt-live-transcribe"
    room.tell(transcription({"type": "server_vad"}, "gpt-transcribe"))
    assert (room.state["manual"], room.state["model"]) == (False, "gpt-transcribe")


async def test_a_translation_names_its_language_and_is_never_manual() -> None:
    room = Room("translation", translation())
    await room.open_page()
    assert (room.state["session"], room.state["language"]) == ("translation", "fr")
    assert room.state["model"] == "gpt-realtime-translate"
    assert room.state["manual"] is False
    room.tell(translation("de"))
    assert room.state["language"] == "de"


async def test_what_is_billed_says_so() -> None:
    room = Room("realtime", {"type": "realtime"})
    assert room.state["costs"] is False
    room.session.endpoint.costs = True
    room.tell({"type": "realtime"})
    assert room.state["costs"] is True
    await room.open_page()
    assert room.view.of_kind("welcome")[0]["costs"] is True


async def test_a_changed_voice_reaches_the_header() -> None:
    room = Room("realtime", {"type": "realtime", "audio": {"output": {"voice": "marin"}}})
    assert room.state["voice"] == "marin"
    room.tell({"type": "realtime", "audio": {"output": {"voice": {"id": "voice_1"}}}})
    assert room.state["voice"] == "voice_1"


@pytest.mark.parametrize(
    "told", [{"audio": None}, {"audio": {"input": "x", "output": []}}, {"model": []}]
)
async def test_odd_sessions_are_shown_as_far_as_they_go(told: dict[str, Any]) -> None:
    room = Room("realtime", told)
    assert room.state["session"] == "realtime"
    assert room.state["model"] == "local-demo"


async def test_an_update_that_keeps_the_format_keeps_the_encoder() -> None:
    law = {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcmu"}}}}
    room = Room("realtime", law)
    encoder = room.bridge._capture.encoder
    room.tell({**law, "instructions": "Be brief."})
    assert room.bridge._capture.encoder is encoder
    room.tell({"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcma"}}}})
    assert room.bridge._capture.encoder is not encoder


async def test_finish_in_a_transcription_commits_and_asks_for_nothing() -> None:
    room = Room("transcription", transcription(None))
    await room.open_page()
    room.view.page_says("commit")
    await room.settle()
    room.session.commits[0].end()
    await room.settle()
    assert room.session.did == [("commit",)]


async def test_finish_in_a_conversation_commits_and_then_has_it_answered() -> None:
    room = Room("realtime", {"type": "realtime", "audio": {"input": {"turn_detection": None}}})
    await room.open_page()
    assert room.state["manual"] is True
    room.view.page_says("commit")
    await room.settle()
    assert room.session.did == [("commit",)]
    room.session.commits[0].end()
    await room.settle()
    assert room.session.did == [("commit",), ("respond",)]


async def test_finish_without_a_word_is_told_and_not_answered() -> None:
    room = Room("realtime", {"type": "realtime", "audio": {"input": {"turn_detection": None}}})
    await room.open_page()
    room.view.page_says("commit")
    await room.settle()
    room.session.commits[0].end(
        ServerError("buffer too small", code="input_audio_buffer_commit_empty")
    )
    await room.settle()
    assert room.session.did == [("commit",)]
    assert "Nothing was said yet" in room.view.of_kind("notice")[0]["text"]


async def test_finish_goes_nowhere_in_a_translation_or_a_closed_session() -> None:
    room = Room("translation", translation())
    await room.open_page()
    room.view.page_says("commit")
    room.session.become("closed")
    room.view.page_says("commit")
    await room.settle()
    assert room.session.did == []
    assert "closed" in room.view.of_kind("notice")[0]["text"]


async def test_what_is_typed_to_a_transcription_is_not_lost_without_a_word() -> None:
    room = Room("transcription", transcription(None))
    await room.open_page()
    room.view.page_says("text", text="hello")
    await room.settle()
    assert room.session.did == []
    assert "hello" in room.view.of_kind("notice")[0]["text"]


async def test_captions_stream_in_and_say_when_they_are_final() -> None:
    room = Room("transcription", transcription(None))
    kind = "conversation.item.input_audio_transcription"
    words = {"item_id": "u", "content_index": 0}
    room.session.receive({"type": f"{kind}.delta", **words, "delta": "Good mor"})
    await room.settle(0.08)
    item = room.view.of_kind("items")[-1]["items"][0]
    assert (item["text"], item["final"], item["role"]) == ("Good mor", False, "user")
    room.session.receive({"type": f"{kind}.completed", **words, "transcript": "Good morning."})
    await room.settle(0.08)
    item = room.view.of_kind("items")[-1]["items"][0]
    assert (item["text"], item["final"]) == ("Good morning.", True)


async def test_words_that_could_not_be_written_say_why() -> None:
    room = Room("transcription", transcription({"type": "server_vad"}))
    kind = "conversation.item.input_audio_transcription.failed"
    room.session.receive({"type": kind, "item_id": "u", "error": {"message": "too noisy"}})
    await room.settle(0.08)
    item = room.view.of_kind("items")[-1]["items"][0]
    assert (item["status"], item["note"]) == ("failed", "not transcribed: too noisy")


async def test_a_caption_that_nobody_ends_is_sent_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("realtime_nb.bridge.feed.CHARS_PER_S", 50_000)
    room = Room("transcription", transcription(None))
    kind = "conversation.item.input_audio_transcription.delta"
    room.session.receive({"type": kind, "item_id": "u", "delta": "word " * 3000})
    await room.settle(0.1)
    assert len(room.view.of_kind("items")) == 1
    room.session.receive({"type": kind, "item_id": "u", "delta": "more"})
    await room.settle(0.1)
    assert len(room.view.of_kind("items")) == 1
    await room.settle(0.4)
    assert room.view.of_kind("items")[-1]["items"][0]["text"].endswith("word more")


async def test_speech_in_a_transcription_stops_nothing() -> None:
    room = Room("transcription", transcription({"type": "server_vad"}))
    await room.open_page()
    room.session.receive({"type": "input_audio_buffer.speech_started", "item_id": "u"})
    room.view.page_says("stop")
    await room.settle()
    assert room.session.did == []


async def test_a_translation_is_heard_as_one_stream_until_it_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("realtime_nb.bridge.playing.flow.PAUSE_S", 0.05)
    room = Room("translation", translation())
    await room.open_page()
    for elapsed_ms in (200, 400, 600):
        room.speak(bytes(9600), elapsed_ms=elapsed_ms, sample_rate=24_000, channels=1)
    await room.settle(0.03)
    assert room.view.of_kind("end") == []
    assert {frame.stream for frame in room.frames} == {1}
    assert sum(frame.samples for frame in room.frames) == 3 * 4800
    await room.settle(0.05)
    assert [end["stream"] for end in room.view.of_kind("end")] == [1]
    room.speak(bytes(9600))
    assert room.frames[-1].stream == 2
    room.session.receive({"type": "session.closed"})
    assert [end["stream"] for end in room.view.of_kind("end")] == [1, 2]


async def test_a_translation_is_never_cut() -> None:
    room = Room("translation", translation())
    await room.open_page()
    room.view.page_says("mic", on=True)
    room.speak(bytes(9600))
    room.view.page_says("audio", Frame(MICROPHONE, 1, 0, 0, 1000.0, bytes(1920)).pack())
    room.view.page_says("played", streams=[{"stream": 1, "samples": 480}])
    await room.settle()
    assert room.session.did == [("append", bytes(1920))]
    assert room.view.of_kind("clear") == []


async def test_a_page_that_closes_is_silenced_and_the_next_one_hears_again() -> None:
    room = Room("translation", translation())
    await room.open_page()
    room.speak(bytes(9600))
    room.view.page_says("stop")
    await room.settle()
    assert room.session.did == []
    assert room.view.of_kind("clear")[0]["to"] == "page"
    await room.open_page("reloaded")
    room.speak(bytes(9600))
    assert [message["to"] for message in room.view.of_kind("audio")] == ["page", "reloaded"]


async def test_a_translation_that_is_interrupted_goes_on_with_what_comes_next() -> None:
    room = Room("translation", translation())
    await room.open_page()
    room.speak(bytes(9600))
    room.view.page_says("played", streams=[{"stream": 1, "samples": 480}])
    room.bridge.interrupt()
    await room.settle()
    room.speak(bytes(9600))
    await room.settle()
    assert [frame.stream for frame in room.frames] == [1, 2]
    assert room.session.did == []


async def test_other_rates_and_channels_become_the_page_s() -> None:
    room = Room("translation", translation())
    await room.open_page()
    left, right = (100).to_bytes(2, "little"), (300).to_bytes(2, "little")
    room.speak((left + right) * 480 + left, channels=2, sample_rate=24_000)
    room.speak(right + (left + right) * 479, channels=2, sample_rate=24_000)
    await room.settle(0.05)
    pcm = b"".join(frame.pcm for frame in room.frames)
    assert pcm == (200).to_bytes(2, "little") * 960
    room.speak(bytes(2 * 1600), channels=1, sample_rate=16_000)
    await room.settle(0.05)
    assert abs(sum(frame.duration_ms for frame in room.frames) - 140) < 5


async def test_a_translation_goes_on_after_the_microphone_is_switched_off() -> None:
    room = Room("translation", translation())
    await room.open_page()
    room.view.page_says("mic", on=True)
    room.view.page_says("mic", on=False)
    await room.settle()
    assert room.session.did == [("append", bytes(9600))]
    room.view.page_says("mic", on=True)
    await room.settle(0.3)
    assert len(room.session.did) == 1


async def test_a_sentence_left_open_by_the_microphone_gets_its_silence() -> None:
    room = Room("transcription", transcription({"type": "server_vad"}))
    await room.open_page()
    room.view.page_says("mic", on=True)
    room.view.page_says("mic", on=False)
    await room.settle()
    assert room.session.did == []
    room.session.receive({"type": "input_audio_buffer.speech_started", "item_id": "u"})
    room.view.page_says("mic", on=True)
    room.view.page_says("mic", on=False)
    await room.settle()
    assert room.session.did == [("append", bytes(9600))]
    room.bridge.stop()
    await room.settle()


async def test_silence_comes_in_the_session_s_format() -> None:
    law = {"format": {"type": "audio/pcmu"}}
    room = Room("translation", {"type": "translation", "audio": {"input": law}})
    await room.open_page()
    room.view.page_says("mic", on=True)
    room.view.page_says("mic", on=False)
    await room.settle()
    kind, sound = room.session.did[0]
    assert kind == "append"
    assert 1500 < len(sound) <= 1600
    assert set(sound) == {0xFF}
    room.bridge.stop()
    await room.settle()
