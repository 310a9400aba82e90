"""Chromiums that stay open from test to test: a start costs a second, and a cold cache another.

A test finds nothing of the one before: its pages are closed, and cookies, stored values and
permissions of every place they were at are gone. What is kept is the program, its cache of
JupyterLab's files and of their compiled code, and JupyterLab's page where it can be brought back
to what it was (see harness_desk.py).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from tests.browser.harness_chromium import choose_node, launch
from tests.browser.harness_desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Frame, Page, Playwright

_STORED = "cookies,file_systems,indexeddb,local_storage,service_workers,cache_storage"


@dataclass
class _Kept:
    """A Chromium with one microphone, whose file is another in each test."""

    browser: BrowserContext
    anchor: Page
    file: Path
    mic: Path | None = None
    used: bool = False
    origins: set[str] = field(default_factory=set)
    desk: Desk | None = None
    at_work: bool = False  # a test uses the desk

    def watch(self, page: Page) -> None:
        page.on("framenavigated", self._note)

    def _note(self, frame: Frame) -> None:
        place = urlsplit(frame.url)
        if place.scheme in {"http", "https"}:
            self.origins.add(f"{place.scheme}://{place.netloc}")

    def reset(self) -> None:
        """Leave nothing of the test that ends."""
        if self.desk is not None and self.at_work and not self.desk.clear():
            self.desk = None
        self.at_work = False
        for page in self.browser.pages:
            if page is not self.anchor and (self.desk is None or page is not self.desk.page):
                page.close()
        self.browser.unroute_all()
        if self.desk is None:
            self.browser.clear_cookies()  # the desk's are its server's
        self.browser.clear_permissions()
        devtools = self.browser.new_cdp_session(self.anchor)
        for origin in self.origins:
            devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": _STORED})
        devtools.detach()
        self.browser.grant_permissions(["microphone"])
        if self.desk is None:
            self.origins.clear()
        self.mic, self.used = None, False


class KeptBrowsers:
    """Playwright's driver and its Chromiums, started when first asked for.

    Parameters
    ----------
    executable
        Path of the Chromium.
    folder
        An empty folder, for profiles and for what the microphones hear.
    """

    def __init__(self, executable: str, folder: Path) -> None:
        self._executable = executable
        self._folder = folder
        choose_node()
        self._manager = sync_playwright()
        self.playwright: Playwright = self._manager.start()
        self._kept: dict[str, _Kept] = {}
        self._own: list[BrowserContext] = []
        self._count = 0

    def browser(self, mic: Path | None = None, *, loop_mic: bool = False) -> BrowserContext:
        """Return the browser that hears `mic`, the same again within a test.

        A second microphone in one test is another browser.
        """
        kind = "beeps" if mic is None else "loop" if loop_mic else "once"
        kept = self._kept.get(kind)
        if kept is not None and kept.used and kept.mic != mic:
            self._own.append(self._launch(mic, loop_mic=loop_mic))
            return self._own[-1]
        file = self._folder / f"microphone-{kind}.wav"
        if mic is not None and (kept is None or kept.mic != mic):
            shutil.copyfile(mic, file)
        if kept is None:
            browser = self._launch(None if mic is None else file, loop_mic=loop_mic)
            kept = self._kept[kind] = _Kept(browser, browser.pages[0], file)
            browser.on("page", kept.watch)
        kept.mic, kept.used = mic, True
        return kept.browser

    def take_desk(self, browser: BrowserContext, server: str) -> Page | None:
        """Return a loaded page of that server in that browser, once in a test, if there is one."""
        for kept in self._kept.values():
            desk = kept.desk
            if kept.browser is browser and desk is not None and not kept.at_work:
                if desk.server != server:
                    return None
                kept.at_work = True
                return desk.page
        return None

    def leave_desk(self, browser: BrowserContext, server: str, page: Page) -> None:
        """Keep a page that a test has loaded, for the next test; one is enough."""
        for kept in self._kept.values():
            if kept.browser is browser and kept.desk is None:
                kept.desk, kept.at_work = Desk(page, server), True

    def drop_desks(self) -> None:
        """Have the next test load its page: this one has failed, and may have broken it."""
        for kept in self._kept.values():
            if kept.at_work:
                kept.desk, kept.at_work = None, False

    def _launch(self, mic: Path | None, *, loop_mic: bool) -> BrowserContext:
        self._count += 1
        profile = self._folder / f"profile-{self._count}"
        return launch(self.playwright, self._executable, profile, mic=mic, loop_mic=loop_mic)

    def end_test(self) -> None:
        """Close the test's pages and forget what they left; a browser that died is replaced."""
        for browser in self._own:
            browser.close()
        self._own.clear()
        for kind, kept in [*self._kept.items()]:
            if not kept.used:
                continue
            try:
                kept.reset()
            except PlaywrightError:
                del self._kept[kind]
                kept.browser.close()

    def close(self) -> None:
        """End every browser and the driver."""
        for kept in self._kept.values():
            kept.browser.close()
        self._kept.clear()
        self.playwright.stop()
