"""The first whole path: a person, a microphone, a notebook, an answer."""

from __future__ import annotations

import base64
import re
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.pcm import float_to_int16
from realtime_nb.speech.engines import load_engines
from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import LOAD, PLAIN_MICROPHONE, TALK, ChatPage, until
from tests.browser.harness import make_mic_wav
from tests.browser.played import LAST_CUT, heard_ms, played_ms

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.harness import Heard, OpenNotebook

pytestmark = pytest.mark.timeout(300)


def recognised(heard: Heard, phrases: list[str]) -> str:
    """Return what the recogniser makes of what the page played."""
    recogniser = load_engines().recogniser
    assert recogniser is not None
    clip = AudioClip(heard.samples.astype(np.float32), heard.rate).resample(16_000)
    recognition = recogniser.start(phrases)
    samples = float_to_int16(clip.samples)
    for start in range(0, len(samples), 512):
        recognition.feed(samples[start : start + 512])
    return recognition.finish().text


@pytest.mark.alone
def test_three_phrases_are_understood_and_answered(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    said = ["what is seven plus five", "what time is it", "goodbye"]
    segments: list[Any] = [1.0]
    for phrase in said:
        segments += [say_as_user(phrase), 7.0]
    notebook = open_notebook(
        [LOAD, TALK, PLAIN_MICROPHONE, "chat.events.df['type'].tolist()"],
        mic=make_mic_wav(tmp_path / "mic.wav", segments),
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    assert "not a model" in notebook.page.locator(".rnb-header").inner_text()
    chat.press_microphone()
    started_ms = notebook.page.evaluate("performance.timeOrigin + performance.now()")
    until(
        lambda: all(phrase in chat.transcript.lower() for phrase in said),
        seconds=60,
        message=f"not all of {said} in {chat.transcript!r}",
    )
    until(lambda: "12" in chat.transcript)
    time.sleep(4)
    heard = notebook.ears.heard()
    # Nobody speaks before the first phrase has been said; its answer comes before the second.
    first_words = 1_000 + say_as_user(said[0]).duration_ms
    loud = np.abs(heard.between(started_ms, started_ms + first_words - 200)).max(initial=0.0)
    assert loud < 0.01
    answer = heard.between(started_ms + first_words, started_ms + first_words + 6_500)
    assert np.abs(answer).max(initial=0.0) > 0.05
    assert "response.output_audio.delta" in chat.events
    notebook.run_cell(3)
    types = notebook.text(3)
    assert types.count("'response.done'") >= 3
    assert "'error'" not in types
    assert notebook.page_errors == []


def test_the_answer_s_words_are_heard(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LOAD, TALK])
    chat = ChatPage(notebook).start(0, 1)
    chat.type("what is seven plus five")
    until(lambda: "12" in chat.transcript)
    until(lambda: heard_ms(notebook) > 300, message="the page plays nothing")
    notebook.wait_until("() => document.querySelector('.rnb-stop').disabled")
    candidates = [f"seven plus five is {n}" for n in ("ten", "eleven", "twelve", "thirteen", "two")]
    assert "twelve" in recognised(notebook.ears.heard(), candidates)


CUTS = """\
for kind in ("truncate", "truncated"):
    print([(r.event.item_id, r.event.audio_end_ms)
           for r in chat.events if r.event.type == f"conversation.item.{kind}"])"""


@pytest.mark.alone
def test_talking_over_the_answer_silences_the_page(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    story = say_as_user("tell me a story")
    over = say_as_user("what time is it")
    notebook = open_notebook(
        [LOAD, TALK, PLAIN_MICROPHONE, CUTS, LAST_CUT],
        mic=make_mic_wav(tmp_path / "mic.wav", [1.0, story, 5.0, over, 8.0]),
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    chat.press_microphone()
    until(
        lambda: "conversation.item.truncated" in chat.events,
        seconds=40,
        message="nothing was truncated",
    )
    until(lambda: re.search(r"[Ii]t is \d+:\d\d", chat.transcript), message=chat.transcript)
    notebook.run_cell(3)
    sent, confirmed = notebook.text(3).strip().splitlines()
    found = re.findall(r"\('(item_\w+)', (\d+)\)", sent)
    assert len(found) == 1, sent
    assert sent == confirmed
    # What the page played of the story: from its first sample to the silence of the barge-in.
    heard = notebook.ears.heard()
    sounded_ms = first_sound_ms(heard)
    cut_ms = int(found[0][1])
    assert abs(sounded_ms - heard.output_latency_ms - cut_ms) <= 50, (sounded_ms, cut_ms)
    # And by the samples themselves, to within 20 ms.
    notebook.run_cell(4)
    _, cut_text, sound = notebook.text(4).split()
    assert int(cut_text) == cut_ms
    earliest, latest = played_ms(notebook, np.frombuffer(base64.b64decode(sound), "<i2"))
    reached_ms = cut_ms + heard.output_latency_ms
    assert earliest - 20 <= reached_ms <= latest + 20, (earliest, latest, reached_ms)
    struck = notebook.page.get_by_role("log", name="Transcript").locator("s, del")
    assert struck.count() >= 1
    assert notebook.page_errors == []


def first_sound_ms(heard: Heard, *, gap_s: float = 1.0) -> float:
    """Return how long the first stretch of sound lasted, pauses under `gap_s` included."""
    loud = np.flatnonzero(np.abs(heard.samples) > 1e-4)
    breaks = np.flatnonzero(np.diff(loud) > gap_s * heard.rate)
    last = loud[breaks[0]] if len(breaks) else loud[-1]
    return float(last - loud[0]) * 1000 / heard.rate
