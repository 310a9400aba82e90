"""Recognition on its own thread: in order, in step, and gone when the session is."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.ears import hearing as module
from realtime_nb.server.ears.hearing import Hearing, Understood
from realtime_nb.server.session import Session
from realtime_nb.server.workers import Settings
from tests.server.fakes import LoudnessActivity, TalkBrain, ToneSpeaker, tone

if TYPE_CHECKING:
    import pytest


class SlowRecogniser:
    """Takes its time, and knows the words only when it has heard them."""

    rate, name = 16_000, "slow"

    def __init__(self) -> None:
        self.threads: set[str] = set()
        self.fed: list[int] = []

    def start(self, _phrases: Any = (), *, prompt: str = "") -> Any:
        assert prompt == ""
        fed = self.fed

        def feed(pcm: np.ndarray) -> str:
            self.threads.add(threading.current_thread().name)
            time.sleep(0.002)
            fed.append(pcm.shape[0])
            return "what is seven plus"

        return SimpleNamespace(feed=feed, finish=lambda: SimpleNamespace(text=str(sum(fed))))


async def test_jobs_run_beside_the_loop_and_in_order():
    recogniser = SlowRecogniser()
    hearing = Hearing(recogniser)
    utterance = hearing.start()
    utterance.feed(np.zeros(16_000, np.int16))
    finishing = utterance.finish()
    # The work takes a while, and none of it was waited for.
    assert not finishing.done()
    assert sum(recogniser.fed) < 16_000
    assert await finishing == Understood("16000")
    assert max(recogniser.fed) <= 512
    assert all(name.startswith("hearing") for name in recogniser.threads)
    hearing.close()


async def test_a_processor_stays_for_the_loop_however_many_speak(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_AT_A_TIME", threading.BoundedSemaphore(1))
    at_once, most, lock = 0, 0, threading.Lock()

    class Counting:
        def start(self, *_: Any, **__: Any) -> Counting:
            return self

        def feed(self, _pcm: Any) -> str:
            nonlocal at_once, most
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.005)
            with lock:
                at_once -= 1
            return "words"

        def finish(self) -> Any:
            return SimpleNamespace(text="words")

    sessions: list[Any] = [Hearing(Counting()) for _ in range(4)]
    utterances = [one.start() for one in sessions]
    for utterance in utterances:
        utterance.feed(np.zeros(8 * 512, np.int16))
    heard = await asyncio.gather(*(one.finish() for one in utterances))
    assert [one.text for one in heard] == ["words"] * 4
    assert most == 1
    for one in sessions:
        one.close()


async def test_after_the_end_nothing_is_understood_and_no_thread_is_left():
    recogniser = SlowRecogniser()
    hearing = Hearing(recogniser)
    utterance = hearing.start()
    utterance.feed(np.zeros(160_000, np.int16))
    hearing.close()
    assert await utterance.finish() == Understood("", "the session is over")
    for _ in range(200):
        if not any(t.name.startswith("hearing") for t in threading.enumerate()):
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError("the thread goes on")
    # What was still queued was skipped.
    assert sum(recogniser.fed) < 160_000


async def test_words_keep_step_with_sound_that_comes_faster_than_it_is_spoken():
    events: list[dict[str, Any]] = []
    engines: Any = SimpleNamespace(
        voice_activity=LoudnessActivity,
        recogniser=SlowRecogniser(),
        speaker=ToneSpeaker(),
        missing=(),
    )
    session = Session(events.append, brain=TalkBrain(), engines=engines, settings=Settings(Pace(0)))
    session.start()
    rules = {"type": "semantic_vad", "eagerness": "high"}
    update = {"type": "realtime", "audio": {"input": {"turn_detection": rules}}}
    await session.handle(_event("session.update", session=update))
    sound = np.concatenate([tone(600), tone(1500, 0)]).tobytes()
    for first in range(0, len(sound), 960):
        audio = base64.b64encode(sound[first : first + 960]).decode()
        await session.handle(_event("input_audio_buffer.append", audio=audio))
    # After "plus" a pause of 1.5 s ends nothing, though a wordless one would.
    assert [event["type"] for event in events] == [
        "session.created",
        "session.updated",
        "input_audio_buffer.speech_started",
    ]
    await session.close()


def _event(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, **fields})


async def test_sound_that_comes_too_fast_waits_with_the_client(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_WAITING", 8_000)
    most = 0

    class Watched(Hearing):
        def submit(self, job: Any) -> None:
            nonlocal most
            super().submit(job)
            most = max(most, self.fed - self.heard)

    recogniser = SlowRecogniser()
    monkeypatch.setattr("realtime_nb.server.workers.Hearing", Watched)
    engines: Any = SimpleNamespace(
        voice_activity=LoudnessActivity, recogniser=recogniser, speaker=ToneSpeaker(), missing=()
    )
    session = Session(
        lambda _event: None, brain=TalkBrain(), engines=engines, settings=Settings(Pace(0))
    )
    session.start()
    manual = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
    await session.handle(json.dumps({"type": "session.update", "session": manual}))
    sound = base64.b64encode(tone(5_000).tobytes()).decode()
    append = json.dumps({"type": "input_audio_buffer.append", "audio": sound})
    for _ in range(2):
        await session.handle(append)
    # One slice of an append may come on top.
    assert 8_000 < most <= 8_000 + 16 * 96 + 512
    assert sum(recogniser.fed) >= 140_000
    await session.close()
