"""Clips as the microphone beside a page, and the recording of what the page played."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.speech.voices import say_as_user
from tests.audio.harness_wav import decode_wav
from tests.browser.chat_page import LOAD, TALK, ChatPage, until

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.browser.harness import OpenNotebook

pytestmark = [pytest.mark.timeout(300), pytest.mark.alone]

ASK = "first = await chat.listen({question!r})"
INTERRUPT = """\
import asyncio
await asyncio.sleep(1)
told = chat.say("what can I say to you")
await asyncio.sleep(3)
second = await chat.listen({question!r})"""
SAVE = """\
chat.save_audio({path!r})
[(t.role, t.start_ms, t.audio.duration_ms) for t in chat.audio.turns]"""

PAUSE = 24 * 400
PIECE = 24 * 300


def lags(heard: NDArray[np.float32], recorded: NDArray[np.float32]) -> list[int]:
    """Return for each stretch of `recorded` how many samples later `heard` has it."""
    loud = np.flatnonzero(np.abs(recorded) > 1e-3)
    stretches = np.split(loud, np.flatnonzero(np.diff(loud) > PAUSE) + 1)
    found: list[int] = []
    for stretch in stretches:
        piece = recorded[stretch[0] : stretch[0] + PIECE]
        size = 1 << int(np.ceil(np.log2(len(heard) + len(piece))))
        match = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size)), size)
        found.append(int(np.argmax(match[: len(heard)])) - int(stretch[0]))
    return found


def test_a_clip_is_heard_and_the_recording_is_what_the_page_played(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    question = str(say_as_user("what is seven plus five").save(tmp_path / "question.wav"))
    path = tmp_path / "talk.wav"
    cells = [
        LOAD,
        TALK,
        ASK.format(question=question),
        INTERRUPT.format(question=question),
        SAVE.format(path=str(path)),
    ]
    notebook = open_notebook(cells)
    chat = ChatPage(notebook).start(0, 1)
    notebook.page.mouse.click(5, 5)
    notebook.run_cell(2)
    until(lambda: "12" in chat.transcript)
    notebook.run_cell(3)
    notebook.run_cell(4)
    heard = notebook.ears.heard()
    assert "'assistant'" in notebook.text(4)
    both, rate = decode_wav(path.read_bytes())
    assert rate == 24_000
    played = AudioClip(heard.samples, heard.rate).resample(24_000).samples
    offsets = lags(played, both[:, 1])
    assert len(offsets) == 3
    # One clock for both: the answers lie as far apart as they were played.
    assert max(offsets) - min(offsets) <= 24 * 60
    # And the one that was cut is as long as what was played of it.
    loud = [np.count_nonzero(np.abs(sound) > 1e-3) for sound in (played, both[:, 1])]
    assert abs(loud[0] - loud[1]) < 24 * 60
    assert np.abs(both[:, 0]).max() > 0.05
