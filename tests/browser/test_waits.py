"""Where a busy cell holds up the comm, the widget says so, and says what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chat_page import LOAD, TALK, ChatPage, until
from tests.browser.harness import LabServer, NotebookPage, write_notebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.browser.harness import OpenBrowser

pytestmark = pytest.mark.timeout(240)

SLEEPS = "import time\ntime.sleep(6)\nprint('awake')"


@pytest.fixture
def notebook(open_browser: OpenBrowser, tmp_path: Path) -> Iterator[NotebookPage]:
    """A chat in a JupyterLab without the relay, where widget messages wait while a cell runs.

    That nothing is said where they do not wait: see test_carriers.
    """
    lab = LabServer(tmp_path / "lab", relay=False, comms="disabled").start()
    try:
        path = write_notebook(lab.root, [LOAD, TALK, SLEEPS])
        yield NotebookPage(lab, open_browser(), path, []).open()
    finally:
        lab.stop()


def said(notebook: NotebookPage) -> Locator:
    return notebook.page.locator(".rnb-notice").filter(has_text="While a cell runs, sound waits")


def wait_for_carrier_known(notebook: NotebookPage) -> None:
    """Wait until the page has asked what it asks of the comm, and that twice."""
    notebook.sleep(8)


def test_a_comm_that_waits_for_cells_is_said_once_with_what_helps(notebook: NotebookPage) -> None:
    chat = ChatPage(notebook).start(0, 1)
    said(notebook).wait_for()
    assert "install realtime-nb" in said(notebook).inner_text()
    assert "waits" in str(notebook.page.locator(".rnb-carrier").get_attribute("title"))
    # And it is true.
    run = notebook.run_cell(2, wait=False)
    chat.type("what is seven plus five")
    notebook.wait_run(run)
    assert notebook.text(2).strip() == "awake"
    until(lambda: "12" in chat.transcript, message=chat.transcript)
    said(notebook).get_by_role("button", name="Dismiss").click()
    said(notebook).wait_for(state="detached")
    notebook.reload()
    ChatPage(notebook).wait_live()
    wait_for_carrier_known(notebook)
    assert said(notebook).count() == 0
    assert "waits" in str(notebook.page.locator(".rnb-carrier").get_attribute("title"))
