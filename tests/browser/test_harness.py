"""The harness shows what it claims, before any test of the product relies on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from tests.browser.harness import (
    CellFailedError,
    LabServer,
    NothingHeardError,
    OpenNotebook,
    main_frequency,
    make_mic_wav,
    tone,
)
from tests.browser.harness_desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

COUNTER = """
import anywidget
import traitlets

class Counter(anywidget.AnyWidget):
    _esm = '''
    export default {
      render({ model, el }) {
        const button = document.createElement("button");
        button.textContent = "Count";
        button.onclick = () => { model.set("n", model.get("n") + 1); model.save_changes(); };
        const answer = document.createElement("output");
        model.on("change:answer", () => { answer.textContent = model.get("answer"); });
        el.append(button, answer);
      }
    }'''
    n = traitlets.Int(0).tag(sync=True)
    answer = traitlets.Unicode("").tag(sync=True)

    @traitlets.observe("n")
    def _answer(self, change):
        self.answer = f"the kernel heard {change.new}"

counter = Counter()
counter
"""

PLAY = """async ({hz, seconds}) => {
  const context = new AudioContext({ sampleRate: 24000 });
  await context.resume();
  const node = new OscillatorNode(context, { frequency: hz });
  const gain = new GainNode(context, { gain: 0.5 });
  node.connect(gain).connect(context.destination);
  await new Promise((resolve) => setTimeout(resolve, 300)); // see Heard.skipped
  const begin = performance.timeOrigin + performance.now();
  node.start();
  node.stop(context.currentTime + seconds);
  await new Promise((resolve) => { node.onended = resolve; });
  gain.disconnect();
  return begin;
}"""

HEAR_THE_MICROPHONE = """async (seconds) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: {
    echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  const context = new AudioContext({ sampleRate: 24000 });
  await context.resume();
  const source = context.createMediaStreamSource(stream);
  source.connect(context.destination);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  source.disconnect(context.destination);
  stream.getTracks().forEach((track) => track.stop());
}"""


def test_a_widget_and_its_kernel_talk_both_ways(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([COUNTER, "counter.n", "print('pid', __import__('os').getpid())"])
    notebook.run_cell(0)
    button = notebook.cell(0).get_by_role("button", name="Count")
    button.click()
    notebook.page.get_by_text("the kernel heard 1").wait_for()
    button.click()
    notebook.page.get_by_text("the kernel heard 2").wait_for()
    notebook.run_cell(1)
    assert notebook.text(1) == "2"

    notebook.run_cell(2)
    first_kernel = notebook.text(2)
    notebook.restart_kernel()
    notebook.run_cell(1, may_fail=True)
    assert "NameError" in notebook.error(1)
    notebook.run_cell(2)
    assert notebook.text(2) != first_kernel


def test_a_failing_cell_fails_the_test(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["1 / 0"])
    with pytest.raises(CellFailedError, match="ZeroDivisionError"):
        notebook.run_cell(0)


def test_a_running_cell_can_be_watched_and_interrupted(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["print('begun', flush=True)\n__import__('time').sleep(60)"])
    run = notebook.run_cell(0, wait=False)
    notebook.cell(0).get_by_text("begun", exact=True).wait_for()
    notebook.interrupt_kernel()
    notebook.wait_run(run)
    assert "KeyboardInterrupt" in notebook.error(0)


def test_tabs_share_a_kernel_that_outlives_them(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["x = 41", "x + 1"])
    notebook.run_cell(0)
    other = notebook.second_tab()
    other.run_cell(1)
    assert other.text(1) == "42"
    other.close()

    notebook.close_notebook()
    notebook.reopen_notebook()
    notebook.run_cell(1)
    assert notebook.text(1) == "42"

    notebook.reload()
    notebook.run_cell(1)
    assert notebook.text(1) == "42"

    notebook.shut_kernel_down()
    assert notebook.kernel_status in {"none", "dead"}


def test_ears_hear_what_the_page_plays_and_when(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([])
    with pytest.raises(NothingHeardError):
        notebook.ears.heard()
    begin_ms = notebook.page.evaluate(PLAY, {"hz": 440, "seconds": 0.5})
    end_ms = notebook.now_ms()

    heard = notebook.ears.heard()
    first, last = heard.sound()
    played = heard.samples[first:last]
    assert heard.rate == 24_000
    assert len(played) == pytest.approx(12_000, abs=256)
    assert main_frequency(played, heard.rate) == pytest.approx(440, abs=3)
    assert np.max(np.abs(played)) == pytest.approx(0.5, abs=0.01)
    # A sine has no jump greater than its slope: none means that no sample is missing.
    assert np.max(np.abs(np.diff(played))) < 0.5 * 2 * np.pi * 440 / 24_000 * 1.05
    assert begin_ms - 50 < heard.ms_at(first) < heard.ms_at(last) < end_ms + 50

    notebook.ears.forget()
    with pytest.raises(NothingHeardError):
        notebook.ears.heard()


def test_the_page_hears_the_file_that_is_the_microphone(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    mic = make_mic_wav(tmp_path / "mic.wav", [0.5, tone(700, 0.6), 5.0])
    notebook = open_notebook([], mic=mic)
    notebook.page.evaluate(HEAR_THE_MICROPHONE, 2.5)
    heard = notebook.ears.heard()
    first, last = heard.sound(0.05)
    assert (last - first) / heard.rate == pytest.approx(0.6, abs=0.05)
    assert main_frequency(heard.samples[first:last], heard.rate) == pytest.approx(700, abs=5)


TRACES = """async () => {
  const { mediaDevices } = navigator;
  const ask = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (constraints) => ask(constraints);
  window.__left = 1;
  localStorage.setItem("left", "1");
  const context = new AudioContext();
  new ConstantSourceNode(context).connect(context.destination);
  const stream = await mediaDevices.getUserMedia({ audio: true });
  window.jupyterapp.left = { context, track: stream.getAudioTracks()[0] };
}"""
LEFT = """() => {
  const { context, track } = window.jupyterapp.left;
  return [context.state, track.readyState, window.__left ?? null, localStorage.getItem("left"),
    Object.hasOwn(navigator.mediaDevices, "getUserMedia"),
    [...window.jupyterapp.shell.widgets("main")].filter((widget) => widget.context).length];
}"""


def test_a_page_that_is_kept_has_no_traces_of_its_test(
    open_notebook: OpenNotebook, lab: LabServer
) -> None:
    notebook = open_notebook(["1 + 1"])
    desk = Desk(notebook.page, lab.url)
    notebook.run_cell(0)
    notebook.set_source(0, "not saved")
    notebook.page.set_viewport_size({"width": 500, "height": 500})
    notebook.page.evaluate(TRACES)
    assert desk.clear()
    assert notebook.page.evaluate(LEFT) == ["closed", "ended", None, None, False, 0]
    assert notebook.page.viewport_size == {"width": 1280, "height": 1600}

    # What is the browser's is patched: no other test gets that page.
    notebook.page.evaluate("() => { AudioContext.prototype.resume = async () => {}; }")
    assert not desk.clear()


def test_the_server_ends_with_everything_it_started(tmp_path: Path) -> None:
    lab = LabServer(tmp_path).start()
    assert lab.pid is not None
    try:
        server = psutil.Process(lab.pid)
        lab._request("POST", "api/kernels")
        family = [server, *server.children(recursive=True)]
        assert len(family) > 1
    finally:
        lab.stop()
    assert not [process for process in family if process.is_running()]
    assert lab.pid is None


def test_no_key_reaches_the_kernel(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["import os; sorted(n for n in os.environ if n.startswith('OPENAI'))"])
    notebook.run_cell(0)
    assert notebook.text(0) == "[]"
    assert "OPENAI_API_KEY" not in os.environ
