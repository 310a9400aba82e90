"""The recorder in JupyterLab, with a file as its microphone."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.browser.chat_page import _ASK, _COUNT_TRACKS, until
from tests.browser.harness import make_mic_wav
from tests.browser.test_engine import snr_against, sweep

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Locator

    from tests.browser.harness import NotebookPage, OpenNotebook

pytestmark = pytest.mark.timeout(180)

PICTURES = Path(__file__).parents[2] / "test-results"
MAKE = """\
from realtime_nb import Recorder
recorder = Recorder(max_s={max_s})
recorder._audio_constraints = {{
    "echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}}
seen = []
recorder.observe(lambda change: seen.append(change["new"]), "clip")
recorder"""
MIC = [0.5, sweep(), 1.0]


class RecorderPage:
    """A recorder in a notebook whose first cell made it."""

    def __init__(self, notebook: NotebookPage, *, run: bool = True) -> None:
        self.notebook = notebook
        self.page = notebook.page
        if run:
            self.page.evaluate(_COUNT_TRACKS)
            notebook.run_cell(0)
        self.panel = self.page.get_by_role("region", name="Recorder").last
        self.status = self.panel.locator(".rnb-rec-state")

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    def wait(self, words: str) -> None:
        until(lambda: words in self.status.inner_text(), message=self.status.inner_text())

    @property
    def live_tracks(self) -> int:
        return int(
            self.page.evaluate("window.__tracks.filter(t => t.readyState === 'live').length")
        )

    @property
    def notices(self) -> str:
        return self.panel.locator(".rnb-rec-notices").inner_text()

    def kernel(self, expression: str) -> object:
        return json.loads(self.page.evaluate(_ASK, expression))

    def record(self, seconds: float, name: str = "Record") -> None:
        self.wait("record")
        self.button(name).click()
        self.wait("recording")
        self.notebook.sleep(seconds)

    def clip(self) -> NDArray[np.float64]:
        pcm = self.kernel("__import__('base64').b64encode(recorder.clip.pcm16()).decode()")
        return np.frombuffer(base64.b64decode(str(pcm)), "<i2") / 32768


def test_what_is_recorded_is_the_microphones_sound_and_plays(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    mic = make_mic_wav(tmp_path / "mic.wav", MIC)
    notebook = open_notebook([MAKE.format(max_s=60)], mic=mic)
    recorder = RecorderPage(notebook)
    recorder.record(3.2)
    assert recorder.live_tracks == 1
    recorder.panel.screenshot(path=PICTURES / "recorder-recording.png")
    recorder.button("Stop").click()
    recorder.wait("recorded")
    assert recorder.live_tracks == 0
    clip = recorder.clip()
    assert 2.5 < len(clip) / 24_000 < 8
    assert snr_against(sweep(), clip) > 60
    assert recorder.kernel("[len(seen), seen[0] is recorder.clip, recorder.state]") == [
        1,
        True,
        "recorded",
    ]
    recorder.panel.screenshot(path=PICTURES / "recorder-recorded.png")
    notebook.ears.forget()
    recorder.button("Play").click()
    recorder.button("Pause").wait_for()
    recorder.button("Play").wait_for()
    heard = notebook.ears.heard().samples
    assert snr_against(sweep(), heard.astype(np.float64)) > 60
    assert notebook.page_errors == []
