"""The event table of a long session, and under a live chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chat_page import LOAD, TALK, ChatPage, until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.browser.harness import NotebookPage, OpenNotebook

pytestmark = pytest.mark.timeout(300)

# A response of 20 events, 5000 times: sound and words interleaved, and now and then an error.
SCRIPT = """
import base64
from realtime_nb.inspection import RealtimeLog
from realtime_nb.protocol.events import Event
log = RealtimeLog(name="talk")
sound = base64.b64encode(bytes(range(256)) * 20).decode()
def put(direction, t_ms, **data):
    log.source.append(direction, Event(data), t_ms=t_ms, size=len(str(data)))
for turn in range(5000):
    t, ids = turn * 1000.0, {"item_id": f"item_{turn}", "response_id": f"resp_{turn}"}
    put("sent", t, type="response.create", event_id=f"event_{turn}")
    put("received", t + 50, type="response.created", response={"id": f"resp_{turn}"})
    for i in range(8):
        words = f"word {i} of <b>turn</b> {turn} \\u202e"
        kind, at = "response.output_audio", t + 100 + i
        put("received", at, type=f"{kind}_transcript.delta", delta=words, **ids)
        put("received", at, type=f"{kind}.delta", delta=sound, **ids)
    put("received", t + 400, type="response.output_audio.done", **ids)
    if turn % 1000 == 999:
        told = {"code": "bad", "message": "<script>no</script>", "event_id": f"event_{turn - 3}"}
        put("received", t + 500, type="error", error=told)
    else:
        put("received", t + 500, type="response.done", response={"id": f"resp_{turn}",
            "status": "completed"})
len(log)
"""


class Table:
    """The table in the output of a cell."""

    def __init__(self, notebook: NotebookPage, scope: str) -> None:
        self.page = notebook.page
        self.root: Locator = self.page.locator(scope).last
        self.grid = self.root.get_by_role("grid", name="Events")
        self.total = self.root.locator(".rnb-filters .rnb-total")

    @property
    def rows(self) -> list[str]:
        """The words of each row, and the whole of what its columns have no room for."""
        words = "rows => rows.map(row => [row.innerText].concat(Array.from(row.querySelectorAll("
        words += "'[title]'), node => node.title)).join('\\n'))"
        return self.root.locator(".rnb-scroll .rnb-row:visible").evaluate_all(words)

    def wait(self, words: str) -> None:
        until(lambda: words in self.total.inner_text(), message=f"{words!r} is not the total")

    def wait_row(self, words: str) -> None:
        until(lambda: any(words in row for row in self.rows), message=f"no row says {words!r}")

    def picture(self, folder: Path, name: str) -> None:
        self.root.screenshot(path=folder / f"{name}.png")


def test_a_hundred_thousand_events_are_looked_through(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    notebook = open_notebook([LOAD, SCRIPT, "log"])
    for cell in range(3):
        notebook.run_cell(cell)
    assert notebook.text(1) == "100000"
    table = Table(notebook, ".rnb-log-table")
    table.wait("30,000 rows of 100,000 events")
    table.wait_row("error")
    table.picture(tmp_path, "end")
    nodes = notebook.page.evaluate("document.querySelectorAll('.rnb-log-table .rnb-row').length")
    assert nodes < 60
    assert notebook.page.locator(".rnb-log-table b, .rnb-log-table script").count() == 0

    table.root.locator(".rnb-scroll").evaluate("box => { box.scrollTop = 0; }")
    table.wait_row("response.create")
    until(lambda: "0:00.000" in table.rows[0])
    assert table.root.get_by_role("button", name="Follow").get_attribute("aria-pressed") == "false"
    table.grid.focus()
    table.grid.press("End")
    table.wait_row("error")

    table.root.get_by_label("Kind").select_option("errors")
    table.wait("5 rows of 100,000 events")
    table.picture(tmp_path, "errors")
    table.root.locator(".rnb-scroll .rnb-row:visible").first.click()
    table.root.get_by_role("button", name="Show the event it answers").click()
    until(lambda: "event_996" in table.root.locator(".rnb-json").inner_text())
    table.picture(tmp_path, "cause")

    table.root.get_by_label("Search events").fill("TURN</b> 4321 ")
    table.wait("1 row of 100,000 events")
    row = table.root.locator(".rnb-scroll .rnb-row:visible").first
    table.wait_row("×8")  # noqa: RUF001 -- as it is shown
    assert "<b>turn</b> 4321 ⟨202E⟩" in row.inner_text()
    row.locator(".rnb-fold").click()
    table.wait("9 rows of 100,000 events")
    table.root.get_by_label("Search events").fill("item_77 ")
    table.wait("2 rows")
    table.root.locator(".rnb-scroll .rnb-row:visible").filter(has_text="sound").click()
    until(lambda: "bytes of sound>" in table.root.locator(".rnb-json").inner_text())
    table.picture(tmp_path, "sound")
    table.root.get_by_role("button", name="Play").click()
    table.root.get_by_role("button", name="Stop").wait_for(timeout=10_000)
    table.root.get_by_role("button", name="Copy as Python").click()
    table.root.get_by_role("button", name="Copied").wait_for(timeout=10_000)
    assert notebook.page_errors == []


def test_the_table_follows_a_talk_and_selects_what_the_page_names(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    notebook = open_notebook([LOAD, TALK])
    chat = ChatPage(notebook).start(0, 1)
    chat.type("what is seven plus five")
    table = Table(notebook, ".rnb-events")
    table.wait_row("response.done")
    table.picture(tmp_path, "live")
    assert "response.output_audio.delta" in chat.events
    notebook.page.evaluate(
        "document.dispatchEvent(new CustomEvent('rnb-select', {detail: {chat: 'chat', seq: 0}}))"
    )
    until(lambda: "session.created" in table.root.locator(".rnb-detail-title").inner_text())
    assert "session.created" in table.rows[0]
    table.root.locator("summary").first.click()
    notebook.page.set_viewport_size({"width": 640, "height": 800})
    table.root.locator("summary").first.click()
    table.wait_row("session.created")
    table.picture(tmp_path, "narrow")
    assert notebook.page_errors == []
