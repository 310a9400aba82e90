"""What a saved notebook shows of a timeline and a recorder, on a dark page as on a light one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chat_page import until

if TYPE_CHECKING:
    from tests.browser.harness import LabServer, NotebookPage, OpenNotebook

pytestmark = pytest.mark.timeout(300)

PICTURES = Path(__file__).parents[2] / "test-results"
LOAD = """\
%load_ext realtime_nb
from realtime_nb import ChainedAgent, Recorder, side_by_side
from realtime_nb.speech.voices import say_as_user
agent = ChainedAgent(endpoint="local")
clip = say_as_user("hello")"""
COMPARE = "both = side_by_side(clip, agent, agent)\nboth"
TIMELINE = "agent.timeline()"
RECORDER = "recorder = Recorder()\nrecorder"
RECORDED = "recorder.clip = clip"
DARK = "JupyterLab Dark"


def theme(notebook: NotebookPage, name: str) -> None:
    change = "(name) => __harness.start('apputils:change-theme', {theme: name})"
    notebook.page.evaluate(change, name)
    dark = str(name != DARK).lower()
    notebook.page.wait_for_selector(f'body[data-jp-theme-light="{dark}"]', state="attached")


def kept(notebook: NotebookPage, index: int) -> str:
    outputs = notebook.outputs(index)
    return "".join("".join(one.get("data", {}).get("text/html", "")) for one in outputs)


def photograph(notebook: NotebookPage, index: int, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    notebook.cell(index).scroll_into_view_if_needed()
    notebook.cell(index).screenshot(path=PICTURES / f"kept-{name}.png")


def shows_what_is_kept(notebook: NotebookPage, *, alone: bool) -> None:
    for index, inside in ((2, "img"), (3, "audio")):
        cell = notebook.cell(index)
        cell.scroll_into_view_if_needed()  # others may not be in the page
        box = cell.locator(".rnb-saved")
        box.wait_for()
        assert box.locator(inside).count() == 1
        if inside == "img":
            assert box.locator("img").evaluate("(image) => image.naturalWidth") > 0
        if alone:
            failed = cell.get_by_text("model not found")
            failed.wait_for(state="attached", timeout=60_000)
            assert not failed.is_visible()


def test_a_timeline_and_a_recorder_leave_a_picture_and_the_recording(
    open_notebook: OpenNotebook, lab: LabServer, tmp_path: Path
) -> None:
    live = open_notebook([LOAD, COMPARE, TIMELINE, RECORDER, RECORDED])
    live.run_cell(0)
    running = live.run_cell(1, wait=False)
    shown = live.cell(1)
    shown.get_by_text("playing to agent… (2 of 2)").wait_for()
    live.wait_run(running)
    assert shown.get_by_text("playing to").count() == 0
    for index in (2, 3, 4):
        live.run_cell(index)
    live.page.locator(".rnb-timeline").wait_for()
    live.page.locator(".rnb-recorder").wait_for()
    until(lambda: "<audio" in kept(live, 3))
    assert not any(one.is_visible() for one in live.page.locator(".rnb-saved").all())
    for name in (DARK, "JupyterLab Light"):
        theme(live, name)
        for index, what in enumerate(("compare", "timeline", "recorder"), 1):
            photograph(live, index, f"{what}-{name[11:].lower()}")
    assert live.page_errors == []
    live.save()
    document = json.loads((lab.root / live.path).read_text())
    live.shut_kernel_down()
    live.close()

    saved = tmp_path / "saved.ipynb"
    saved.write_text(json.dumps(document))
    trusted = open_notebook(saved, fresh=True)  # as who opens it another day
    trusted.shut_kernel_down()
    shows_what_is_kept(trusted, alone=True)
    for name in (DARK, "JupyterLab Light"):
        theme(trusted, name)
        photograph(trusted, 2, f"timeline-saved-{name[11:].lower()}")
    photograph(trusted, 3, "recorder-saved")
    trusted.close()

    # Another's notebook, which nobody has trusted.
    document["cells"][0]["source"] = "# of somebody else"
    stranger = tmp_path / "stranger.ipynb"
    stranger.write_text(json.dumps(document))
    untrusted = open_notebook(stranger)
    untrusted.shut_kernel_down()
    shows_what_is_kept(untrusted, alone=False)
    theme(untrusted, DARK)
    photograph(untrusted, 1, "compare-untrusted-dark")
    photograph(untrusted, 2, "timeline-untrusted-dark")
    photograph(untrusted, 3, "recorder-untrusted-dark")
    theme(untrusted, "JupyterLab Light")
