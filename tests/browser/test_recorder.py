"""The recorder in JupyterLab, with a file as its microphone."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.browser.chat_page import ASK, COUNT_TRACKS, until
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
BUSY = """\
import pathlib, time
print("begun", flush=True)
while not pathlib.Path({over!r}).exists():
    time.sleep(1)"""
MIC = [0.5, sweep(), 1.0]


class RecorderPage:
    """A recorder in a notebook whose first cell made it."""

    def __init__(self, notebook: NotebookPage, *, run: bool = True) -> None:
        self.notebook = notebook
        self.page = notebook.page
        if run:
            self.page.evaluate(COUNT_TRACKS)
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
    def painted(self) -> int:
        """How many pixels of the level are painted."""
        return int(
            self.panel.locator(".rnb-rec-meter").evaluate(
                "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
                ".filter((value, at) => at % 4 === 3 && value > 0).length"
            )
        )

    @property
    def notices(self) -> str:
        return self.panel.locator(".rnb-rec-notices").inner_text()

    def kernel(self, expression: str) -> object:
        return json.loads(self.page.evaluate(ASK, expression))

    def record(self, seconds: float, name: str = "Record") -> None:
        self.wait("record")
        self.button(name).click()
        self.wait("recording")
        self.notebook.sleep(seconds)

    def clip(self) -> NDArray[np.float64]:
        pcm = self.kernel("__import__('base64').b64encode(recorder.clip.pcm16()).decode()")
        return np.frombuffer(base64.b64decode(str(pcm)), "<i2") / 32768


@pytest.mark.alone
def test_what_is_recorded_is_the_microphones_sound_and_plays(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    mic = make_mic_wav(tmp_path / "mic.wav", MIC)
    notebook = open_notebook([MAKE.format(max_s=60)], mic=mic)
    recorder = RecorderPage(notebook)
    recorder.record(1.0)
    # 24 bars of 72 by 24 pixels: two pixels high each while it is silent.
    until(lambda: recorder.painted > 400, message="the level does not move")
    assert recorder.live_tracks == 1
    recorder.panel.screenshot(path=PICTURES / "recorder-recording.png")
    notebook.sleep(2.2)
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


@pytest.mark.alone
def test_takes_silence_and_the_longest_recording(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    mic = make_mic_wav(tmp_path / "mic.wav", MIC)
    notebook = open_notebook([MAKE.format(max_s=4), "recorder"], mic=mic)
    recorder = RecorderPage(notebook)
    # It stops by itself, at the very sample, and says so.
    recorder.record(1)
    recorder.wait("recorded")
    assert "max_s=4" in recorder.notices
    assert recorder.live_tracks == 0
    assert recorder.kernel("len(recorder.clip)") == 96_000
    recorder.button("Trim silence").click()
    recorder.wait("silence cut off")
    trimmed_s = recorder.kernel("recorder.clip.duration_ms / 1000")
    assert isinstance(trimmed_s, float)
    assert 2.0 <= trimmed_s < 2.6
    recorder.button("Trim silence").click()
    until(lambda: recorder.kernel("len(recorder.clip)") == 96_000)
    recorder.record(0.6, "Retake")
    # By keys alone, in either of two views.
    notebook.run_cell(1)
    views = recorder.page.get_by_role("region", name="Recorder")
    assert views.count() == 2
    first = views.first.get_by_role("button", name="Stop", exact=True)
    first.focus()
    first.press("Enter")
    recorder.wait("recorded")
    assert recorder.kernel("[len(recorder.clips), recorder.clip is recorder.clips[-1]]") == [
        1,
        True,
    ]
    recorder.record(0.6, "Record another")
    recorder.button("Stop").press("Space")
    recorder.wait("2 takes")
    assert recorder.kernel("len(recorder.clips)") == 2
    assert recorder.live_tracks == 0
    look(notebook, recorder)
    assert notebook.page_errors == []


def look(notebook: NotebookPage, recorder: RecorderPage) -> None:
    """Leave pictures of it: narrow, and dark."""
    PICTURES.mkdir(exist_ok=True)
    panel = recorder.panel
    panel.evaluate("node => { node.style.width = '320px'; }")
    notebook.sleep(0.3)
    assert panel.evaluate("node => node.scrollWidth <= node.clientWidth")
    panel.screenshot(path=PICTURES / "recorder-320.png")
    notebook.page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    notebook.wait_until("() => document.body.dataset.jpThemeLight === 'false'")
    panel.evaluate("node => { node.style.width = ''; }")
    panel.locator("summary").click()
    notebook.sleep(0.5)
    panel.screenshot(path=PICTURES / "recorder-dark.png")


@pytest.mark.alone
def test_a_busy_kernel_and_a_reload_lose_nothing_that_was_said(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    mic = make_mic_wav(tmp_path / "mic.wav", MIC)
    over = tmp_path / "over"
    busy = BUSY.format(over=str(over))
    notebook = open_notebook([MAKE.format(max_s=60), busy], mic=mic)
    recorder = RecorderPage(notebook)
    recorder.wait("nothing recorded")
    run = notebook.run_cell(1, wait=False)
    notebook.cell(1).get_by_text("begun", exact=True).wait_for()
    recorder.record(3.2)
    recorder.button("Stop").click()
    over.touch()
    notebook.wait_run(run)
    recorder.wait("recorded")
    assert snr_against(sweep(), recorder.clip()) > 60
    # A second tab shows that the first records, and does not hold its microphone.
    recorder.record(1.0, "Record another")
    notebook.save()
    other_tab = notebook.second_tab()
    other = RecorderPage(other_tab, run=False)
    other.wait("another tab records")
    assert not other.button("Record another").is_enabled()
    # What was recorded until the page went is kept.
    notebook.reload()
    again = RecorderPage(notebook, run=False)
    again.wait("recorded, 2 takes")
    other.wait("recorded, 2 takes")
    assert "s are kept" in other.notices
    kept = again.kernel("[recorder.state, recorder.clip.duration_ms, len(recorder.clips)]")
    assert isinstance(kept, list)
    assert kept[0] == "recorded"
    assert kept[1] > 900
    assert kept[2] == 2


def test_a_restarted_kernel_lets_the_microphone_go_and_a_saved_recorder_says_it_is_not_live(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([MAKE.format(max_s=60)])
    recorder = RecorderPage(notebook)
    recorder.record(0.5)
    notebook.restart_kernel()
    until(lambda: recorder.live_tracks == 0, message="the microphone is still open")
    recorder.wait("not live: run the cell again")
    assert "run the cell again" in recorder.notices
    assert not recorder.button("Record").is_enabled()
    saved = notebook.outputs(0)[-1]["data"]
    assert "needs a live kernel" in saved["text/html"]
    assert "Recorder" in saved["text/plain"]


TROUBLES = {
    "NotAllowedError": "allow",
    "NotFoundError": "no microphone",
    "NotReadableError": "another program",
}


def test_a_microphone_that_cannot_be_had_is_one_clear_line(open_notebook: OpenNotebook) -> None:
    recorder = RecorderPage(open_notebook([MAKE.format(max_s=60)]))
    recorder.wait("nothing recorded")
    for name, said in TROUBLES.items():
        recorder.page.evaluate(
            """name => { navigator.mediaDevices.getUserMedia =
                 async () => { throw new DOMException("refused", name); }; }""",
            name,
        )
        recorder.button("Record").click()
        until(lambda said=said: said in recorder.notices.lower(), message=recorder.notices)
        assert "AudioClip.read" in recorder.notices
        assert "Microphone again" not in recorder.notices
        assert "Type your message" not in recorder.notices
        recorder.wait("nothing recorded")
        assert recorder.button("Record").is_enabled()
