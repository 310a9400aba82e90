"""A conversation brings its earlier recordings with every request: each is recognised once."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.server.brain.chat_messages import as_messages
from realtime_nb.server.brain.interface import Recording
from realtime_nb.server.completions import remembered
from realtime_nb.server.completions.remembered import Listened, Remembered, digest_of
from tests.server.fakes import ScriptedRecognition, TalkBrain
from tests.server.rest import CHAT, Json, Rest, recording, refusal, resting, user, wav

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


def listened(text: str) -> Listened:
    return Listened(Recording(text, 1.0, -12.0), "")


def recognitions(rest: Rest) -> int:
    recogniser: Any = rest.served.shared.engines.recogniser
    return len(recogniser.heard_samples)


async def test_every_recording_of_a_conversation_is_recognised_once():
    brain = TalkBrain("I see.")
    async with resting(brain, texts=[f"recording {number}" for number in range(5)]) as rest:
        messages: list[Json] = []
        for number in range(5):
            messages.append(
                {"role": "user", "content": [recording(wav(1_000, level=8_000 + number))]}
            )
            reply = await rest.said(*messages)
            assert recognitions(rest) == number + 1
            details = reply["usage"]["prompt_tokens_details"]
            assert details["audio_tokens"] == 10 * (number + 1)
            messages.append({"role": "assistant", "content": "I see."})
        asked = as_messages(brain.requests[-1])
        said = [message["content"] for message in asked if message["role"] == "user"]
        assert said == [f"recording {number}" for number in range(5)]


async def test_what_is_another_sound_or_expected_otherwise_is_heard_anew():
    brain = TalkBrain("I see.")
    async with resting(brain, texts=["one", "two", "three"]) as rest:
        sound = wav(1_000)
        await rest.said(user("What?", recording(sound)))
        await rest.said(user("And again?", recording(sound)))
        assert recognitions(rest) == 1
        await rest.said(user("What?", recording(wav(1_000, level=7_999))))
        assert recognitions(rest) == 2
        brain.phrases = ("something else",)
        await rest.said(user("What?", recording(sound)))
        assert recognitions(rest) == 3


async def test_what_was_refused_is_refused_again_and_not_remembered():
    async with resting() as rest:
        text = base64.b64encode(b"no sound at all").decode()
        part = {"type": "input_audio", "input_audio": {"data": text, "format": "wav"}}
        errors = [await rest.refused(user("What?", part)) for _ in range(2)]
        assert errors[0] == errors[1]
        # Half of a surrogate pair, as JSON can write it, is no text that could be encoded.
        asked = user("What?", {**part, "input_audio": {"data": "half", "format": "wav"}})
        body = json.dumps({"model": "local-demo", "messages": [asked]})
        headers = {"Content-Type": "application/json"}
        half = body.replace("half", r"\ud800")
        refusal(await rest.http.post(CHAT, content=half, headers=headers))


class _Slow(ScriptedRecognition):
    def feed(self, pcm: NDArray[np.int16]) -> str | None:
        time.sleep(0.002)
        return super().feed(pcm)


async def test_what_was_broken_off_is_heard_to_its_end_the_next_time():
    brain = TalkBrain("I see.")
    async with resting(brain, texts=[f"part {number}" for number in range(9)]) as rest:
        ears: Any = rest.served.shared.engines.recogniser
        ears.start = lambda _phrases, **_: _Slow(ears)
        minute = recording(wav(26_000))  # cut into three parts
        task = asyncio.create_task(rest.chat(user("What?", minute)))
        await until(lambda: recognitions(rest) > 0)
        task.cancel()
        await until(lambda: not rest.served.shared.turns.working)
        broken_off = recognitions(rest)
        assert broken_off < 3
        ears.texts[:] = [f"part {number}" for number in range(9)]
        ears.heard_samples.clear()
        await rest.said(user("What?", minute))
        asked, *_ = as_messages(brain.requests[-1])
        assert "part 0 part 1 part 2" in asked["content"]


async def until(true: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


def test_the_one_asked_for_longest_ago_is_let_go(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remembered, "MOST", 2)
    kept = Remembered()
    kept.keep(b"1", listened("one"))
    kept.keep(b"2", listened("two"))
    assert kept.recall(b"1") == listened("one")
    kept.keep(b"3", listened("three"))
    assert kept.recall(b"2") is None
    assert kept.recall(b"1") == listened("one")
    assert kept.recall(b"3") == listened("three")


def test_texts_are_bounded_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remembered, "MOST_CHARACTERS", 10)
    kept = Remembered()
    for number in range(50):
        kept.keep(b"same", listened("x" * (1 + number % 7)))
    kept.keep(b"1", listened("x" * 5))
    kept.keep(b"2", listened("x" * 5))
    assert kept.recall(b"same") is None
    assert kept.recall(b"1") == listened("x" * 5)
    kept.keep(b"3", listened("x" * 11))
    assert [kept.recall(name) for name in (b"1", b"2", b"3")] == [None, None, None]


@pytest.mark.parametrize(
    "other",
    [
        ("ab", "wav", ()),
        ("a", "mp3", ()),
        ("a", "wav", ("b",)),
        ("a", "", ("wav",)),
        ("awav", "", ()),
    ],
)
def test_digests_are_told_apart(other: tuple[str, str, tuple[str, ...]]):
    assert digest_of("a", "wav", ()) == digest_of("a", "wav", ())
    assert digest_of(*other) != digest_of("a", "wav", ())
