"""Fixtures of the browser tests, and what a failed one leaves behind.

Every test in this folder carries the marker ``browser``. Those that judge sound or its times by
the clock are marked ``alone`` and have the machine for themselves. A failure reports
the page's console, its uncaught errors and the end of the server's log, and leaves a screenshot
in ``test-results``. With ``CI`` set a skip is a failure.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error as PlaywrightError

from tests.browser.harness import (
    LabServer,
    NotebookPage,
    OpenBrowser,
    OpenNotebook,
    find_chromium,
    write_notebook,
)
from tests.browser.harness_kept import KeptBrowsers

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from playwright.sync_api import BrowserContext, Playwright

_HERE = Path(__file__).parent
_RESULTS = _HERE.parent.parent / "test-results"
_PAGES: pytest.StashKey[list[NotebookPage]] = pytest.StashKey()
_LOG_START: pytest.StashKey[tuple[LabServer, int]] = pytest.StashKey()
_FAILED: pytest.StashKey[bool] = pytest.StashKey()
_KEPT: pytest.StashKey[KeptBrowsers] = pytest.StashKey()


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped and _in_ci() and _HERE in collector.path.parents:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where every browser test must run: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if _HERE not in item.path.parents:
        return report
    if report.skipped and _in_ci():
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where every browser test must run: {report.longrepr}"
    if report.failed:
        item.stash[_FAILED] = True
        report.sections.extend(_traces(item))
    return report


def _traces(item: pytest.Item) -> list[tuple[str, str]]:
    """Return what a failed test leaves behind, as sections of its report."""
    sections: list[tuple[str, str]] = []
    for number, notebook in enumerate(item.stash.get(_PAGES, [])):
        name = f"{notebook.path}, tab {number}"
        sections.append((f"console of {name}", "\n".join(notebook.console[-100:])))
        if notebook.page_errors:
            sections.append((f"uncaught errors of {name}", "\n".join(notebook.page_errors)))
        picture = _RESULTS / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', item.nodeid)}-{number}.png"
        try:
            notebook.page.screenshot(path=picture, timeout=5000)
        except PlaywrightError as error:
            sections.append((f"screenshot of {name}", f"none: {error.message.splitlines()[0]}"))
        else:
            sections.append((f"screenshot of {name}", str(picture)))
    if started := item.stash.get(_LOG_START, None):
        lab, start = started
        sections.append(("JupyterLab's log", lab.log_tail(start)))
    return sections


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the Chromium to test with; its absence is a failure, not a skip."""
    return find_chromium()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A JupyterLab server for all browser tests of a run."""
    server = LabServer(tmp_path_factory.mktemp("lab"))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    """End the browsers behind the last of the tests here.

    While Playwright's driver runs, asyncio in this thread counts as running, and asynchronous
    tests of other folders could not start.
    """
    try:
        yield
    finally:
        if nextitem is None or _HERE not in nextitem.path.parents:
            kept = item.config.stash.get(_KEPT, None)
            if kept is not None:
                del item.config.stash[_KEPT]
                kept.close()


@pytest.fixture
def browsers(
    request: pytest.FixtureRequest, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KeptBrowsers]:
    """The browsers of this run, without a trace of the test before."""
    stash = request.config.stash
    if _KEPT not in stash:
        stash[_KEPT] = KeptBrowsers(chromium, tmp_path_factory.mktemp("chromium"))
    kept = stash[_KEPT]
    try:
        yield kept
    finally:
        kept.end_test()


@pytest.fixture
def playwright(browsers: KeptBrowsers) -> Playwright:
    """Playwright's driver."""
    return browsers.playwright


@pytest.fixture
def open_browser(browsers: KeptBrowsers) -> OpenBrowser:
    """See `harness.OpenBrowser`."""
    return browsers.browser


@pytest.fixture
def open_notebook(
    request: pytest.FixtureRequest, lab: LabServer, browsers: KeptBrowsers
) -> Iterator[OpenNotebook]:
    """See `harness.OpenNotebook`."""
    item: Any = request.node
    pages: list[NotebookPage] = item.stash.setdefault(_PAGES, [])
    item.stash[_LOG_START] = (lab, lab.log_path.stat().st_size)

    opened: list[tuple[BrowserContext, NotebookPage]] = []

    def open_(
        cells: Sequence[str] | Path,
        *,
        mic: Path | None = None,
        loop_mic: bool = False,
        fresh: bool = False,
    ) -> NotebookPage:
        path = write_notebook(lab.root, cells)
        browser = browsers.browser(mic, loop_mic=loop_mic)
        if not isinstance(cells, Path):
            lab.start_kernel(path)
        loaded = None if fresh else browsers.take_desk(browser, lab.url)
        notebook = NotebookPage(lab, browser, path, pages, loaded=loaded)
        opened.append((browser, notebook))
        return notebook.open()

    try:
        yield open_
    finally:
        for browser, notebook in opened:
            browsers.leave_desk(browser, lab.url, notebook.leave())
        if item.stash.get(_FAILED, False):
            browsers.drop_desks()
        lab.end_kernels()
