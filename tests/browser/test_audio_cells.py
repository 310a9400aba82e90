"""Cells of sound in JupyterLab: record, ask, hear the answer; what the saved notebook holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.inspection.report.sound import LIMIT_BYTES
from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import ASK, LOAD, until
from tests.browser.harness import NothingHeardError, make_mic_wav
from tests.browser.test_recorder import PICTURES, RecorderPage

if TYPE_CHECKING:
    from tests.browser.harness import NotebookPage, OpenNotebook

pytestmark = pytest.mark.timeout(240)

MAKE = f"{LOAD}\nfrom realtime_nb import Recorder\nrecorder = Recorder()\nrecorder"
CHAT = "%%audio_chat --endpoint local --in recorder --stream\nAnswer what you hear."
SPEAK = "%%speak --endpoint local\n{text}"
WRITE = "%transcribe {clip} --endpoint local --words --prompt 'what is seven plus five'"
TEXT = "what is seven plus five. " * 2
# How many players say at most that they sound, and what they said before.
WATCH = """() => {
  window.__players = { most: 0, waited: false };
  const watch = setInterval(() => {
    if (!window.__players) return clearInterval(watch); // the page goes on to another test
    const said = [...document.querySelectorAll(".rnb-sp-now")].map(node => node.textContent);
    const sound = said.filter(words => words === "playing").length;
    __players.most = Math.max(__players.most, sound);
    __players.waited ||= said.some(words => words.startsWith("waits until"));
  }, 20);
}"""
# What `saved_audio_bytes` keeps, as MP3 of 64 kbit/s.
KEPT_S = LIMIT_BYTES / 8_000
TOO_MUCH = ("The sound is left out", "Too long to keep in a notebook")
WIDGET = "application/vnd.jupyter.widget-view+json"


def kernel(notebook: NotebookPage, expression: str) -> Any:
    return json.loads(notebook.page.evaluate(ASK, expression))


def settled(notebook: NotebookPage, cell: int) -> dict[str, Any]:
    """Return the one output of a cell, when it is no widget any more."""

    def static() -> Any:
        notebook.sleep(0.2)
        outputs = [one for one in notebook.outputs(cell) if one["data"]]
        return len(outputs) == 1 and WIDGET not in outputs[0]["data"] and outputs

    return until(static, seconds=60)[0]


def html_of(output: dict[str, Any]) -> str:
    html = output["data"]["text/html"]
    return html if isinstance(html, str) else "".join(html)


def test_a_recorded_question_is_answered_aloud(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    question = say_as_user("what is seven plus five")
    mic = make_mic_wav(tmp_path / "mic.wav", [1.0, question, 3.0])
    notebook = open_notebook([MAKE, CHAT, WRITE.format(clip="answer")], mic=mic)
    recorder = RecorderPage(notebook)
    recorder.record(3.5)
    recorder.button("Stop").click()
    recorder.wait("recorded")
    notebook.ears.forget()
    run = notebook.run_cell(1, wait=False)
    player = notebook.cell(1).get_by_role("region", name="local-demo").first
    player.wait_for()
    notebook.wait_run(run)
    PICTURES.mkdir(exist_ok=True)
    notebook.cell(1).screenshot(path=PICTURES / "audio-chat-playing.png")
    output = settled(notebook, 1)
    # What the page played is what the answer is.
    heard = notebook.ears.heard()
    first, end = heard.sound()
    spoken_s = kernel(notebook, "answer.clip.duration_ms / 1000")
    assert spoken_s * 0.7 < (end - first) / heard.rate < spoken_s + 1
    words = kernel(notebook, "answer.text")
    assert words
    assert words in notebook.cell(1).inner_text()
    assert "not a model" in notebook.cell(1).inner_text()
    assert html_of(output).count("<audio") == 1
    notebook.cell(1).screenshot(path=PICTURES / "audio-chat-saved.png")
    notebook.run_cell(2)
    assert notebook.page_errors == []
    # The file has one player for each result, and nothing that opens anything.
    notebook.save()
    path = Path(kernel(notebook, "__import__('os').environ.get('JPY_SESSION_NAME', '')"))
    saved = path.read_text(encoding="utf-8")
    token = kernel(
        notebook,
        "__import__('realtime_nb.client.local', fromlist=['x']).LocalServer.shared().token",
    )
    assert len(token) > 8
    assert token not in saved
    answers = [one for one in json.loads(saved)["cells"][1]["outputs"] if one["data"]]
    assert len(answers) == 1
    assert html_of(answers[0]).count("<audio") == 1
    assert WIDGET not in answers[0]["data"]


def test_speech_plays_while_it_comes_and_the_stop_button_ends_it(
    open_notebook: OpenNotebook,
) -> None:
    long = SPEAK.format(text=TEXT * 600)
    second = "%%speak --endpoint local --out second\nseven plus five"
    notebook = open_notebook(
        [LOAD, SPEAK.format(text=TEXT), WRITE.format(clip="speech"), long, second]
    )
    notebook.run_cell(0)
    notebook.ears.forget()
    notebook.page.evaluate(WATCH)
    notebook.run_cell(1)
    # The player goes only when all has been heard; the result is there all the time.
    notebook.sleep(1)
    player, result = notebook.outputs(1)
    assert WIDGET in player["data"]
    assert html_of(result).count("<audio") == 1
    output = settled(notebook, 1)
    heard = notebook.ears.heard()
    first, end = heard.sound()
    spoken_s = kernel(notebook, "speech.clip.duration_ms / 1000")
    assert abs((end - first) / heard.rate - spoken_s) < 1.5
    assert html_of(output).count("<audio") == 1
    # One that is run meanwhile is heard afterwards.
    notebook.run_cell(1)
    notebook.run_cell(4)
    settled(notebook, 4)
    assert WIDGET not in settled(notebook, 1)["data"]
    assert notebook.page.evaluate("window.__players") == {"most": 1, "waited": True}
    notebook.run_cell(2)
    assert "seven" in notebook.text(2)
    notebook.cell(2).screenshot(path=PICTURES / "transcript-saved.png")
    # Stopped in the middle: what had come is there, nothing plays on, and it is one line.
    run = notebook.run_cell(3, wait=False)
    notebook.cell(3).get_by_text("playing", exact=True).wait_for()
    notebook.interrupt_kernel()
    notebook.wait_run(run)
    assert "Stopped: after" in notebook.error(3)
    assert "Traceback" not in notebook.error(3)
    assert kernel(notebook, "speech.partial") is True
    notebook.sleep(0.5)
    notebook.ears.forget()
    notebook.sleep(1)
    with pytest.raises(NothingHeardError):
        notebook.ears.heard().sound()
    static = [one for one in notebook.outputs(3) if "text/html" in one.get("data", {})]
    # It comes faster than it is heard: what came may be more than a notebook keeps, and says so.
    assert len(static) == 1
    left_out = [words for words in TOO_MUCH if words in html_of(static[0])]
    length_s = kernel(notebook, "speech.clip.duration_ms / 1000")
    assert len(left_out) == (length_s > KEPT_S)
    assert html_of(static[0]).count("<audio") == (length_s <= KEPT_S)
    assert not any(WIDGET in one.get("data", {}) for one in notebook.outputs(3))
    assert notebook.page_errors == []
