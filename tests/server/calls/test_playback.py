"""What a call plays: when it begins and ends to sound, and what an interruption leaves of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime_nb.server.answers.pacing import Pace
from tests.server.calls.stage import CallStage
from tests.server.fakes import TalkBrain, virtual

TEN = "one two three four five six seven eight nine ten"  # 2.5 s of sound
DELTA = "response.output_audio_transcript.delta"
TAIL = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
]
DONE = ["response.done", "rate_limits.updated"]


def without_deltas(types: list[str]) -> list[str]:
    return [kind for kind in types if kind != DELTA]


@virtual
async def test_an_answer_sounds_from_its_first_part_until_it_is_drained() -> None:
    async with CallStage(TalkBrain(TEN)) as stage:
        begun_s = asyncio.get_running_loop().time()
        await stage.page.send("response.create")
        stopped = await stage.page.until("output_audio_buffer.stopped")
        took_s = asyncio.get_running_loop().time() - begun_s
        assert without_deltas(stage.page.types) == [
            "session.created",
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "output_audio_buffer.started",
            *TAIL,
            *DONE,
            "output_audio_buffer.stopped",
        ]
        assert took_s == pytest.approx(2.5, abs=0.1)
        assert len(stage.leg.given) == 2.5 * 48_000
        (started,) = stage.page.of("output_audio_buffer.started")
        (done,) = stage.page.of("response.done")
        assert started["response_id"] == stopped["response_id"] == done["response"]["id"]
        words = "".join(event["delta"] for event in stage.page.of(DELTA))
        assert words == TEN


@virtual
async def test_who_speaks_over_an_answer_that_is_made_cuts_it_where_it_sounded() -> None:
    async with CallStage(TalkBrain(TEN), pace=Pace(1.2, 400)) as stage:
        await stage.page.send("response.create")
        await stage.page.until("output_audio_buffer.started")
        await stage.speak(500, loud=False)
        before = len(stage.page.events)
        await stage.speak(300)
        await stage.page.until("response.done")
        assert [e for e in without_deltas(stage.page.types[before:]) if "committed" not in e] == [
            "input_audio_buffer.speech_started",
            "output_audio_buffer.cleared",
            "conversation.item.truncated",
            *TAIL,
            *DONE,
        ]
        (done,) = stage.page.of("response.done")
        assert done["response"]["status_details"] == {
            "type": "cancelled", "reason": "turn_detected",
        }  # fmt: skip
        (cut,) = stage.page.of("conversation.item.truncated")
        (item,) = done["response"]["output"]
        assert cut["item_id"] == item["id"]
        assert 500 <= cut["audio_end_ms"] <= 800
        assert item["content"][0]["transcript"] is None
        await stage.page.send("conversation.item.retrieve", item_id=item["id"])
        (whole,) = stage.page.of("conversation.item.retrieved")
        sound = whole["item"]["content"][0]["audio"]
        assert len(sound) * 3 // 4 == pytest.approx(cut["audio_end_ms"] * 48, abs=4)
        assert stage.leg.played_ms == pytest.approx(cut["audio_end_ms"], abs=1)


@virtual
async def test_an_answer_that_is_made_is_cut_while_it_sounds() -> None:
    async with CallStage(TalkBrain(TEN)) as stage:
        await stage.page.send("response.create")
        await stage.page.until("rate_limits.updated")
        await stage.speak(1_000, loud=False)
        before = len(stage.page.events)
        await stage.speak(300)
        assert stage.page.types[before:] == [
            "input_audio_buffer.speech_started",
            "output_audio_buffer.cleared",
            "conversation.item.truncated",
        ]
        (done,) = stage.page.of("response.done")
        assert done["response"]["status"] == "completed"
        (cut,) = stage.page.of("conversation.item.truncated")
        assert 1_000 <= cut["audio_end_ms"] <= 1_300
        # Nothing says later that the answer was played to its end.
        await asyncio.sleep(5)
        assert stage.page.of("output_audio_buffer.stopped") == []


@virtual
async def test_what_was_heard_to_its_end_is_not_cut() -> None:
    async with CallStage(TalkBrain("one two")) as stage:
        await stage.page.send("response.create")
        await stage.page.until("output_audio_buffer.stopped")
        await stage.speak(300)
        assert stage.page.types[-1] == "input_audio_buffer.speech_started"


@virtual
async def test_a_session_that_takes_no_interruption_plays_on() -> None:
    turns = {"type": "server_vad", "interrupt_response": False}
    config = {"type": "realtime", "audio": {"input": {"turn_detection": turns}}}
    async with CallStage(TalkBrain(TEN), session=config) as stage:
        await stage.page.send("response.create")
        await stage.page.until("rate_limits.updated")
        await stage.speak(300)
        assert stage.page.of("input_audio_buffer.speech_started")
        await stage.page.until("output_audio_buffer.stopped")
        assert stage.page.of("conversation.item.truncated") == []


@virtual
async def test_answers_sound_one_after_the_other() -> None:
    async with CallStage(TalkBrain("one two three four")) as stage:
        await stage.page.send("response.create")
        await stage.page.until("response.done")
        await stage.page.send("response.create")
        await stage.page.until("response.done", nth=2)
        await stage.page.until("output_audio_buffer.stopped", nth=2)
        kinds = [kind for kind in stage.page.types if kind.startswith("output_audio_buffer")]
        assert kinds == ["output_audio_buffer.started", "output_audio_buffer.stopped"] * 2
        ids = [e["response_id"] for e in stage.page.events if e["type"] in kinds]
        assert ids[0] == ids[1] != ids[2] == ids[3]


@virtual
async def test_an_interruption_cuts_what_sounds_and_what_waits_to() -> None:
    async with CallStage(TalkBrain("one two three four")) as stage:
        for nth in (1, 2):
            await stage.page.send("response.create")
            await stage.page.until("response.done", nth=nth)
        await stage.speak(400)
        first, second = stage.page.of("conversation.item.truncated")
        assert 0 < first["audio_end_ms"] < 1_000
        assert second["audio_end_ms"] == 0
        assert len(stage.page.of("output_audio_buffer.cleared")) == 1


@virtual
async def test_stop_is_cancel_and_clear() -> None:
    async with CallStage(TalkBrain(TEN), pace=Pace(1.2, 400)) as stage:
        await stage.page.send("response.create")
        await stage.page.until("output_audio_buffer.started")
        await asyncio.sleep(0.6)
        await stage.page.send("response.cancel")
        await stage.page.send("output_audio_buffer.clear")
        kinds = without_deltas(stage.page.types)
        assert kinds[-2:] == ["output_audio_buffer.cleared", "conversation.item.truncated"]
        (cut,) = stage.page.of("conversation.item.truncated")
        assert cut["audio_end_ms"] == pytest.approx(600, abs=30)
        # Once more: nothing sounds, and that is no error.
        await stage.page.send("output_audio_buffer.clear")
        assert stage.page.types[-1] == "output_audio_buffer.cleared"
        assert stage.page.of("error") == []


@virtual
async def test_an_answer_cleared_while_it_is_made_sounds_no_more() -> None:
    async with CallStage(TalkBrain(TEN), pace=Pace(1.2, 400)) as stage:
        await stage.page.send("response.create")
        await stage.page.until("output_audio_buffer.started")
        await asyncio.sleep(0.5)
        await stage.page.send("output_audio_buffer.clear")
        given = len(stage.leg.given)
        done = await stage.page.until("response.done")
        assert done["response"]["status"] == "completed"
        assert len(stage.leg.given) == given
        # The next one sounds again.
        await stage.page.send("response.create")
        await stage.page.until("output_audio_buffer.stopped")


@virtual
async def test_clear_before_anything_sounded_is_no_error() -> None:
    async with CallStage() as stage:
        await stage.page.send("output_audio_buffer.clear")
        assert stage.page.types == ["session.created"]


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma", "audio/pcm"])
@virtual
async def test_a_leg_gets_24_khz_whatever_the_session_speaks(kind: str) -> None:
    wire: dict[str, Any] = {"type": kind, **({"rate": 24_000} if kind == "audio/pcm" else {})}
    config = {"type": "realtime", "audio": {"input": {"format": wire}, "output": {"format": wire}}}
    async with CallStage(TalkBrain("one two three four"), session=config) as stage:
        await stage.speak(500)
        await stage.speak(600, loud=False)
        started = await stage.page.until("input_audio_buffer.speech_started")
        assert started["audio_start_ms"] < 300
        await stage.page.until("output_audio_buffer.stopped")
        assert len(stage.leg.given) / 48_000 == pytest.approx(1.0, abs=0.01)


@virtual
async def test_an_answer_waits_while_a_minute_of_it_is_unheard() -> None:
    async with CallStage(TalkBrain(" ".join(["word"] * 400) + ".")) as stage:
        await stage.page.send("response.create")
        await asyncio.sleep(5)
        # A block more may be on its way when the line is full.
        assert 60_000 <= len(stage.leg.given) / 48.0 <= 66_000
        assert stage.page.of("response.done") == []
        await stage.page.until("output_audio_buffer.stopped")
        assert len(stage.leg.given) / 48.0 == pytest.approx(100_000, abs=10)
