"""What a saved notebook shows of a talk: with a kernel, without one, trusted or not, as a page."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.chat_page import LOAD, TALK, ChatPage, until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.harness import LabServer, NotebookPage, OpenNotebook

pytestmark = pytest.mark.timeout(300)

HEAR = "chat.listen(chat.audio.assistant[-1]).result(60); None"

# Plays each player a moment; where it cannot, its error stands in the place of its times.
_PLAY = """async () => {
  const played = [];
  for (const player of document.querySelectorAll(".rnb-saved audio")) {
    player.muted = true;
    try {
      await player.play();
      await new Promise((resolve) => setTimeout(resolve, 300));
      played.push([player.duration, player.currentTime]);
    } catch (error) {
      played.push(String(error));
    }
    player.pause();
  }
  return played;
}"""


def kept(notebook: NotebookPage) -> str:
    """Return what the notebook has of the chat, as text."""
    texts: list[str] = []
    for output in notebook.outputs(1):
        plain: Any = output.get("data", {}).get("text/plain", "")
        texts.append("".join(plain))
    return "\n".join(texts)


def shows_the_talk(page: Page) -> None:
    report = page.locator(".rnb-saved")
    assert report.is_visible()
    text = report.inner_text()
    assert "tell me a story" in text
    assert "lighthouse keeper" in text
    struck = report.locator("del").inner_text()
    assert "always answers" in struck or "lamp" in struck
    assert "cut off after" in text
    assert "I heard" in text
    played = page.evaluate(_PLAY)
    assert len(played) == 3
    for duration, position in played:
        assert duration > 0.5
        assert position > 0
    size = page.evaluate("document.querySelector('.rnb-saved img').naturalWidth")
    assert size > 0
    report.get_by_text("Settings").click()
    assert "marin" in report.inner_text()


def talk_of_three_turns(notebook: NotebookPage) -> None:
    chat = ChatPage(notebook).start(0, 1)
    panel = notebook.page.locator(".rnb").element_handle()
    chat.type("tell me a story")
    until(lambda: "lighthouse" in chat.transcript)
    notebook.sleep(3)  # some of it is heard
    notebook.page.get_by_role("button", name="Stop").last.click()
    notebook.run_cell(2)
    until(lambda: "I heard" in kept(notebook), message=kept(notebook))
    assert "not heard" in kept(notebook)
    # It came beside the live view, and nothing happened to that.
    assert panel.evaluate("panel => panel.isConnected")
    assert not notebook.page.locator(".rnb-saved").is_visible()
    assert notebook.page_errors == []


def reopened(open_notebook: OpenNotebook, path: Path) -> NotebookPage:
    """Open a copy with no kernel that knows of it."""
    notebook = open_notebook(path)
    notebook.shut_kernel_down()
    notebook.page.locator(".rnb-saved").wait_for()
    return notebook


def test_a_saved_notebook_is_the_report_of_the_talk(
    open_notebook: OpenNotebook, lab: LabServer, tmp_path: Path
) -> None:
    live = open_notebook([LOAD, TALK, HEAR])
    talk_of_three_turns(live)
    live.save()
    saved = tmp_path / "saved.ipynb"
    saved.write_bytes((lab.root / live.path).read_bytes())
    live.shut_kernel_down()
    live.close()
    assert saved.read_text().count("data:audio") == 3

    trusted = reopened(open_notebook, saved)
    until(lambda: trusted.page.get_by_text("model not found").count() == 1)
    assert not trusted.page.get_by_text("model not found").is_visible()
    assert trusted.page.locator(".rnb").count() == 0
    shows_the_talk(trusted.page)
    assert trusted.page_errors == []
    trusted.close()

    # Another's notebook, which nobody has trusted: JupyterLab takes away what could do harm.
    document = json.loads(saved.read_text())
    document["cells"][0]["source"] = "%load_ext realtime_nb # of somebody else"
    stranger = tmp_path / "stranger.ipynb"
    stranger.write_text(json.dumps(document))
    untrusted = reopened(open_notebook, stranger)
    assert untrusted.page.locator(".jp-mod-trusted .rnb-saved").count() == 0
    shows_the_talk(untrusted.page)
    assert untrusted.page_errors == []

    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(saved)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- our own command
    page = untrusted.page.context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    # The template asks for MathJax and require.js; the report needs nothing.
    page.route("http*://**", lambda route: route.abort())
    page.goto(saved.with_suffix(".html").as_uri())
    shows_the_talk(page)
    assert errors == []


def test_with_the_widgets_state_saved_the_report_is_shown_below_one_line_of_it(
    open_notebook: OpenNotebook, lab: LabServer, tmp_path: Path
) -> None:
    live = open_notebook([LOAD, TALK, "chat.say('what is seven plus five').result(60); None"])
    ChatPage(live).start(0, 1)
    live.run_cell(2)
    until(lambda: "12" in kept(live))
    live.page.evaluate(
        "() => { __harness.start('@jupyter-widgets/jupyterlab-manager:saveWidgetState'); }"
    )
    path = lab.root / live.path
    live.sleep(1)
    live.save()
    text = path.read_text()
    assert "widget-state+json" in text
    assert text.count("data:audio") == 1
    saved = tmp_path / "state.ipynb"
    saved.write_text(text)
    live.shut_kernel_down()
    live.close()
    again = open_notebook(saved)  # with a kernel that has never heard of the chat
    header = again.page.locator(".rnb-state")
    header.wait_for()
    until(lambda: "not live" in header.inner_text(), message=header.inner_text())
    until(again.page.locator(".rnb-saved").is_visible)
    assert "12" in again.page.locator(".rnb-saved").inner_text()
    assert not again.page.get_by_role("log", name="Transcript").is_visible()
    assert again.page_errors == []


def test_while_it_lives_the_widget_alone_is_seen_wherever_it_is_shown(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([LOAD, TALK, "chat"])
    chat = ChatPage(notebook).start(0, 1)
    chat.press_microphone()
    chat.type("what is seven plus five")
    until(lambda: "12" in kept(notebook))
    notebook.run_cell(2)
    until(lambda: "shown again in another cell" in kept(notebook), message=kept(notebook))
    notebook.run_cell(1)
    chat.wait_live()
    chat.type("what is seven plus six")
    until(lambda: "13" in kept(notebook), message=kept(notebook))
    assert "12" in kept(notebook)
    assert chat.live_tracks == 1
    assert notebook.page.locator(".rnb-saved").count() == 2
    assert not any(one.is_visible() for one in notebook.page.locator(".rnb-saved").all())
    notebook.reload()
    chat.wait_live()
    assert not any(one.is_visible() for one in notebook.page.locator(".rnb-saved").all())
    assert notebook.page_errors == []
