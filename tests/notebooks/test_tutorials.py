"""Every tutorial is committed clean, and runs from top to bottom without a key or a browser."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from nbformat import NotebookNode

FOLDER = Path(__file__).parents[2] / "notebooks"
TUTORIALS = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob("[!.]*.ipynb"))


def read(name: Path) -> NotebookNode:
    notebook: Any = nbformat.read(FOLDER / name, as_version=4)
    return notebook


def test_there_is_a_first_tutorial() -> None:
    assert TUTORIALS[0] == Path("00_hello.ipynb")


@pytest.mark.parametrize("name", TUTORIALS, ids=str)
def test_a_tutorial_is_committed_clean(name: Path) -> None:
    notebook = read(name)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}, "widget state stays out"


@pytest.mark.notebooks
@pytest.mark.parametrize("name", TUTORIALS, ids=str)
def test_a_tutorial_runs(name: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tutorials"
    shutil.copytree(FOLDER, folder)
    notebook = read(name)
    client = NotebookClient(
        notebook,
        timeout=100,
        kernel_name="python3",
        resources={"metadata": {"path": str((folder / name).parent)}},
    )
    client.execute()  # raises with the cell's traceback
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        kinds = [output.get("name", output.output_type) for output in cell.get("outputs", [])]
        # A cell that is there to fail, or to warn, does.
        assert ("error" in kinds) == ("raises-exception" in tags), cell.source
        assert ("stderr" in kinds) == ("warns" in tags), cell.source
    assert any(cell.get("outputs") for cell in notebook.cells)
    if shows := SHOWS.get(str(name)):
        shows(notebook, {c.id: _shown(c) for c in notebook.cells if c.cell_type == "code"})


def config_shows_what_it_says(notebook: NotebookNode, shown: dict[str, str]) -> None:
    changed = next(text for text in shown.values() if "was" in text and "three sentences" in text)
    assert changed.count("✓ applied") == 1
    everything = "\n".join(shown.values())
    for said in (
        "did you mean 'voice'",
        "✗ refused: line 3",
        "cannot change any more",
        "2 items of the conversation before were carried over",
        "from the prompt",
        "what is seven plus five",
        "contradicts",
    ):
        assert said in everything
    assert "ek_" in everything
    # The key itself is nowhere in what would be saved.
    assert not re.search(r"ek_[A-Za-z0-9]{8}", nbformat.writes(notebook))


def tools_show_what_they_say(_notebook: NotebookNode, shown: dict[str, str]) -> None:
    # Heard from a WAV, called, shown as a table below the cell, and answered aloud.
    assert "look up order number four two seven" in shown["ask-aloud"]
    for said in ('look_up_order({"number": "427"})', "looking for 427", "Grace"):
        assert said in shown["ask-aloud"]
    assert "customer is Grace" in shown["said"]
    assert "look_up_order" in shown["ask-again"]
    assert "bad_arguments" in shown["by-hand-wrong"]
    assert "order number" in shown["aside"]
    assert "cancelled" in shown["guard"]
    assert "64 PNG, 744 bytes" in shown["picture"]
    assert "Good morning" in shown["history"]
    assert "→ billing" in shown["agents"]
    assert "A person is wanted" in shown["escalate"]
    assert "there is billing" in shown["mistake-agent"]
    assert "parameter what is Till" in shown["mistake-tool"]


def transports_show_what_they_say(_notebook: NotebookNode, shown: dict[str, str]) -> None:
    # Nobody has opened a page: that one way says so, and names another.
    assert "--transport websocket" in shown["webrtc"]
    assert "No open page shows the chat" in shown["transports-chat"]
    assert "✓ applied" in shown["websocket"]
    assert "what time is it" in shown["listen"]
    assert "'websocket'" in shown["listen"]
    assert "talk.html" in shown["page"]
    assert "ek_" in shown["secret"]
    assert "+15550123: ringing" in shown["ring"]
    # Two in one call: each sees what the other asked, and what came of it.
    assert "('Order 427 is on its way.', 'sideband')" in shown["attach"]
    assert "Order 427 is on its way." in shown["heard-by-both"]
    assert "('ended', '42#', 'ended', AudioClip(" in shown["hang-up"]
    assert "'rejected'" in shown["reject"]
    assert "did you mean 'webrtc'" in shown["bad-transport"]
    assert "--restart begins anew" in shown["bad-live"]
    assert "rtc_nobody" in shown["bad-call"]


SHOWS = {
    "01_session_config.ipynb": config_shows_what_it_says,
    "06_tools.ipynb": tools_show_what_they_say,
    "07_transports.ipynb": transports_show_what_they_say,
}


def _shown(cell: NotebookNode) -> str:
    parts: list[str] = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        parts += [output.get("text", ""), data.get("text/plain", "")]
        parts += output.get("traceback", [])
    return "\n".join(parts)
