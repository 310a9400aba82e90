"""Every tutorial is committed clean, and runs from top to bottom without a key or a browser."""

from __future__ import annotations

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
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert outputs
    warned = [output.text for output in outputs if output.get("name") == "stderr"]
    assert warned == []
