"""JupyterLab's page, kept from test to test: loading it costs more than most tests do.

What a test leaves in the page is taken away: its documents, sound, microphones, stored values and
its own names on `window`. A page that cannot be brought back to what it was, since a test has
patched what belongs to the browser or left a dialog open, is closed, and the next test loads
another. What stays is that somebody has clicked in it, which lets a page play sound: a test of
what comes before the first click asks for ``open_notebook(..., fresh=True)``, and so does one
that counts on what a page does while it loads. A timer or a listener that a test starts in the page
itself goes on, so it ends when the test's own name on `window` is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Error as PlaywrightError

if TYPE_CHECKING:
    from playwright.sync_api import Page

DESK_JS = Path(__file__).with_name("desk.js").read_text(encoding="utf-8")
VIEWPORT: dict[str, int] = {"width": 1280, "height": 1600}
_MOST_TESTS = 16  # what the product leaks, if it does, does not pile up for ever


@dataclass
class Desk:
    """One loaded page of a JupyterLab, with no notebook open, or with a test's.

    Attributes
    ----------
    page
        Playwright's page.
    server
        URL of the server that it was loaded from.
    tests
        How many tests have used it.
    """

    page: Page
    server: str
    tests: int = 0

    def clear(self) -> bool:
        """Take the test's traces away; False means that the page must not be used again."""
        self.tests += 1
        if self.page.is_closed() or self.tests >= _MOST_TESTS:
            return False
        try:
            if not self.page.url.startswith(self.server):
                return False
            self.page.unroute_all()
            self.page.set_viewport_size({"width": VIEWPORT["width"], "height": VIEWPORT["height"]})
            return bool(self.page.evaluate("() => window.__desk?.clear() ?? false"))
        except PlaywrightError:
            return False
