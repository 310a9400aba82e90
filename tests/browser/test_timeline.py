"""The timeline of a real talk: its marks lie where the page's loudspeaker was heard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import LOAD, PLAIN_MICROPHONE, TALK, ChatPage, until
from tests.browser.harness import make_mic_wav

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.browser.harness import Heard, NotebookPage, OpenNotebook

pytestmark = pytest.mark.timeout(300)

PICTURES = Path(__file__).parents[2] / "test-results"

# The session's clock beside the wall's, which is the page's, too: one computer.
CLOCKS = """\
import json, time
line = chat.timeline()
ahead = min(time.time() * 1000 - chat.session.now_ms() for _ in range(1000))
print(json.dumps({
    "ahead": ahead,
    "marks": [[m.kind, m.t_ms, m.label] for m in line.timeline.marks],
    "latency": chat.latency.rows,
}))"""
SHOW = "line"
WITHIN_MS = 30
SILENCE_MS = 400  # of TALK's turn detection
PAINTED = """() => {
  const canvas = [...document.querySelectorAll(".rnb-tl-canvas")].at(-1);
  if (!canvas || canvas.width === 0) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const blue = data[i] === 0x4a && data[i + 1] === 0x7f && data[i + 2] === 0xc1;
    const green = data[i] === 0x3a && data[i + 1] === 0x8f && data[i + 2] === 0x6a;
    if ((blue || green) && data[i + 3] === 255) count++;
  }
  return count;
}"""


def stretches(heard: Heard, *, gap_s: float = 0.6) -> list[tuple[float, float]]:
    """Return from when to when there was sound, by the page's clock, pauses included."""
    loud = np.flatnonzero(np.abs(heard.samples) > 1e-5)
    cuts = np.flatnonzero(np.diff(loud) > gap_s * heard.rate)
    begins = [loud[0], *loud[cuts + 1]]
    ends = [*loud[cuts], loud[-1]]
    return [(heard.ms_at(b), heard.ms_at(e + 1)) for b, e in zip(begins, ends, strict=True)]


def talk_with_a_barge_in(open_notebook: OpenNotebook, tmp_path: Path, *more: str) -> NotebookPage:
    segments = [1.0, say_as_user("tell me a story"), 4.0, say_as_user("what time is it"), 30.0]
    notebook = open_notebook(
        [LOAD, TALK, PLAIN_MICROPHONE, CLOCKS, *more],
        mic=make_mic_wav(tmp_path / "mic.wav", segments),
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    chat.press_microphone()
    until(
        lambda: len(stretches_or_none(notebook)) >= 2 and quiet(notebook),
        seconds=60,
        message="there were no two answers",
    )
    return notebook


def stretches_or_none(notebook: NotebookPage) -> list[tuple[float, float]]:
    heard = notebook.ears.heard_in_each()
    return stretches(heard[0]) if heard and np.abs(heard[0].samples).max() > 1e-3 else []


def quiet(notebook: NotebookPage) -> bool:
    heard = notebook.ears.heard()
    return bool(np.abs(heard.samples[-2 * heard.rate :]).max() < 1e-5)


@pytest.mark.alone
def test_its_marks_lie_where_the_page_was_heard(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    # A machine that stalls the browser's sound bends the tap's own clock by as much: a talk in
    # which it did is held again.
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        notebook = talk_with_a_barge_in(open_notebook, folder, SHOW)
        notebook.run_cell(3)
        told: dict[str, Any] = json.loads(notebook.text(3))
        at: dict[str, list[float]] = {}
        for kind, t_ms, _ in told["marks"]:
            at.setdefault(kind, []).append(t_ms + told["ahead"])
        off = marks_off(notebook.ears.heard(), at)
        if np.abs(off).max() <= WITHIN_MS:
            break
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "timeline-marks.txt").write_text(f"ms off (audible, silent): {off.round(1)}\n")
    assert np.abs(off).max() <= WITHIN_MS, off
    # The second turn was spoken over the first answer, and silenced it.
    over = at["barge_in"]
    assert len(over) == len(at["truncated"]) == 1
    assert at["audible"][0] < over[0] == at["speech_started"][1] < at["silent"][0] + WITHIN_MS
    for row in told["latency"]:
        legs = ("vad_ms", "commit_ms", "create_ms", "delta_ms", "playback_ms")
        # Each leg is rounded to a thousandth.
        assert sum(row[leg] for leg in legs) == pytest.approx(row["total_ms"], abs=0.01)
        assert row["vad_ms"] >= SILENCE_MS - WITHIN_MS
    assert [row["interrupted"] for row in told["latency"]] == [True, False]
    look(notebook)


def marks_off(heard: Heard, at: dict[str, list[float]]) -> NDArray[np.float64]:
    """Return by how many ms each answer's marks (audible, silent) miss what was heard."""
    sound = np.array(stretches(heard))
    assert len(sound) == len(at["audible"]) == len(at["silent"]) == 2
    marks = np.array([at["audible"], at["silent"]]).T
    # What is heard in the page reaches the ear by its output latency later.
    return marks - (sound + heard.output_latency_ms)


def look(notebook: NotebookPage) -> None:
    """Use the widget as a person would."""
    page = notebook.page
    notebook.run_cell(4)
    panel = page.locator(".rnb-timeline").last
    panel.scroll_into_view_if_needed()
    until(lambda: painted(notebook) > 500, message="no waveform is drawn")
    page.evaluate(
        "() => { window.__chosen = [];"
        " document.addEventListener('rnb-select', (e) => window.__chosen?.push(e.detail.seq)); }"
    )
    panel.screenshot(path=PICTURES / "timeline.png")
    stage = panel.get_by_role("slider")
    whole = span(notebook)
    panel.get_by_role("button", name="Zoom in").click()
    until(lambda: span(notebook)[1] - span(notebook)[0] < 0.6 * (whole[1] - whole[0]))
    panel.get_by_role("button", name="Show the whole conversation").click()
    until(lambda: span(notebook) == whole)
    # A turn of the waterfall goes to its place.
    panel.get_by_role("button", name="turn 1").click()
    until(lambda: span(notebook) != whole)
    until(lambda: painted(notebook) > 500, message="no waveform is drawn closer")
    panel.screenshot(path=PICTURES / "timeline-turn.png")
    # By keys from mark to mark, and the page is told which.
    stage.focus()
    stage.press("Home")
    stage.press("n")
    until(lambda: "event" in panel.get_by_role("status").inner_text())
    first = page.evaluate("__chosen")
    stage.press("n")
    until(lambda: len(page.evaluate("__chosen")) == len(first) + 1)
    # An event that was chosen elsewhere is shown here, one without a mark of its own, too.
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('rnb-select', {detail: {chat: 'chat', seq: 3}}))"
    )
    until(lambda: "event 3 at" in panel.get_by_role("status").inner_text())
    # A click plays from there.
    panel.get_by_role("button", name="Show the whole conversation").click()
    notebook.ears.forget()
    box = stage.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + 60)
    until(lambda: loudest(notebook) > 0.02, message="nothing is played from there")
    panel.get_by_role("button", name="Pause").click()
    # What the notebook keeps of it without a kernel stands beside the widget.
    kept = notebook.outputs(4)[1]["data"]
    assert "<img alt=" in kept["text/html"]
    assert notebook.page_errors == []


def test_a_row_of_the_event_table_and_a_place_here_show_each_other(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([LOAD, TALK, "chat.timeline()"])
    chat = ChatPage(notebook).start(0, 1)
    chat.type("hello")
    until(lambda: "response.done" in chat.events, message=chat.events)
    notebook.run_cell(2)
    page = notebook.page
    panel = page.locator(".rnb-timeline")
    # Their text, and not what can be seen: one is out of view while the other is used.
    status = panel.locator(".rnb-tl-status")
    rows = page.get_by_role("grid", name="Events").get_by_role("row")
    rows.filter(has_text="response.done").click()
    until(lambda: "response done (completed) at" in (status.text_content() or ""))
    # From mark to mark; the table comes along, however far up that is.
    stage = panel.get_by_role("slider")
    stage.press("Home")
    stage.press("n")
    until(lambda: "sent at" in (status.text_content() or ""))
    # A table that cannot be seen draws nothing.
    page.get_by_role("grid", name="Events").scroll_into_view_if_needed()
    chosen = page.locator("[role=row][aria-selected=true]")
    until(
        lambda: chosen.count() == 1 and "conversation.item.create" in (chosen.text_content() or "")
    )
    assert notebook.page_errors == []


HOUR = """\
import base64, numpy as np
from realtime_nb.inspection import Talk
from realtime_nb.inspection.timeline.view import timeline
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.widget import TimelineWidget
noise = np.random.default_rng(1).integers(-9000, 9000, 24_000).astype("<i2").tobytes()
sound, log = base64.b64encode(noise).decode(), EventLog()
for second in range(3600):
    log.append("sent", Event({"type": "input_audio_buffer.append", "audio": sound}),
               t_ms=1000.0 * (second + 1), size=len(sound))
    if second % 10 == 0:
        event = Event({"type": "input_audio_buffer.committed", "item_id": f"i{second}"})
        log.append("received", event, t_ms=1000.0 * (second + 1), size=99)
line = TimelineWidget(lambda: timeline(Talk(log, Conversation(), name="an hour")))
line"""
WATCH = """() => {
  window.__opened = null;
  const watch = new MutationObserver(() => {
    const canvas = document.querySelectorAll(".rnb-tl-canvas")[1];
    if (!canvas) return;
    watch.disconnect();
    const began = performance.now();
    const look = () => {
      if ((%s)() > 5000) window.__opened = performance.now() - began;
      else requestAnimationFrame(look);
    };
    look();
  });
  watch.observe(document.body, { childList: true, subtree: true });
}"""


@pytest.mark.alone
def test_an_hour_of_sound_opens_at_once(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([HOUR, "line"])
    notebook.run_cell(0)
    page = notebook.page
    until(lambda: painted(notebook) > 5000, message="no waveform is drawn")
    page.evaluate(WATCH % PAINTED)
    notebook.run_cell(1)
    opened_ms = until(lambda: page.evaluate("window.__opened"), message="it was not drawn again")
    assert opened_ms < 1000, f"drawn {opened_ms:.0f} ms after its view was made"
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "timeline-hour.txt").write_text(f"{opened_ms:.0f} ms")
    panel = page.locator(".rnb-timeline").last
    for width in (400, 1000):
        page.set_viewport_size({"width": width + 420, "height": 900})
        panel.scroll_into_view_if_needed()
        panel.screenshot(path=PICTURES / f"timeline-hour-{width}.png")
    page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    notebook.wait_until("() => document.body.dataset.jpThemeLight === 'false'")
    for _ in range(12):
        panel.get_by_role("button", name="Zoom in").click()
    until(lambda: span(notebook)[1] - span(notebook)[0] < 1000)
    until(lambda: painted(notebook) > 5000, message="no waveform is drawn closer")
    panel.screenshot(path=PICTURES / "timeline-dark.png")
    assert notebook.page_errors == []


def painted(notebook: NotebookPage) -> int:
    """Return how many pixels of the canvas have the waveforms' colours."""
    return int(notebook.page.evaluate(PAINTED))


def span(notebook: NotebookPage) -> tuple[float, float]:
    data = notebook.page.evaluate(
        "() => { const d = [...document.querySelectorAll('.rnb-tl-stage')].at(-1).dataset;"
        " return [Number(d.from), Number(d.to)]; }"
    )
    return (data[0], data[1])


def loudest(notebook: NotebookPage) -> float:
    heard = [np.abs(one.samples).max(initial=0.0) for one in notebook.ears.heard_in_each()]
    return float(max(heard, default=0.0))
