"""What a browser test imports: pages, ears, a microphone to fill.

A test asks for the fixture ``open_notebook`` (see conftest.py)::

    def test_something(open_notebook: OpenNotebook, tmp_path: Path) -> None:
        mic = make_mic_wav(tmp_path / "mic.wav", [1.0, tone(440, 0.5), 2.0])
        notebook = open_notebook(["1 + 1", "%load_ext realtime_nb"], mic=mic)
        notebook.run_cell(0)
        assert notebook.text(0) == "2"
        notebook.page.get_by_role("button", name="Microphone").click()
        assert notebook.ears.heard().sound()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tests.browser.harness_chromium import NoChromiumError, find_chromium
from tests.browser.harness_ears import Ears, Heard, NothingHeardError
from tests.browser.harness_lab import LabServer
from tests.browser.harness_mic import main_frequency, make_mic_wav, tone
from tests.browser.harness_page import CellFailedError, NotebookPage, write_notebook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import BrowserContext

__all__ = [
    "CellFailedError",
    "Ears",
    "Heard",
    "LabServer",
    "NoChromiumError",
    "NotebookPage",
    "NothingHeardError",
    "OpenBrowser",
    "OpenNotebook",
    "find_chromium",
    "main_frequency",
    "make_mic_wav",
    "tone",
    "write_notebook",
]


class OpenBrowser(Protocol):
    """The fixture ``open_browser``: a browser without a trace of earlier tests.

    Calls with the same microphone share a browser within a test; another microphone is another
    browser. It is closed behind the test, or emptied for the next one.
    """

    def __call__(self, mic: Path | None = None, *, loop_mic: bool = False) -> BrowserContext: ...


class OpenNotebook(Protocol):
    """The fixture ``open_notebook``: a notebook from cells or a file, with a kernel of its own.

    The browser is that of ``open_browser``, and the page one of an earlier test where it can be:
    see harness_desk.py, also for when to ask for a `fresh` one.
    """

    def __call__(
        self,
        cells: Sequence[str] | Path,
        *,
        mic: Path | None = None,
        loop_mic: bool = False,
        fresh: bool = False,
    ) -> NotebookPage: ...
