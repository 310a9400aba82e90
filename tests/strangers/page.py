"""Drive the page of `node/page.mjs` in Chromium: WebRTC, as a browser's client does it.

Run as a program of the strangers (`python -m tests.strangers.page`): it serves the page on a port
of its own, mints the ephemeral keys, as a page's own server would, and prints what the page tells.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import urllib.request
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from tests.browser.harness_chromium import FLAGS, choose_node, find_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent / "node"
_LONGEST_MS = 600_000


class Pages(SimpleHTTPRequestHandler):
    """The files of the page, and under ``/sound/`` what it says."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012 -- as its base has it

    def __init__(self, sounds: Path, *given: Any) -> None:
        self._sounds = sounds
        super().__init__(*given, directory=str(HERE))

    def translate_path(self, path: str) -> str:
        """Return the file of a path."""
        if path.startswith("/sound/"):
            return str(self._sounds / Path(path).name)
        return super().translate_path(path)

    def log_message(self, *_said: object) -> None:
        """Keep quiet."""


@contextmanager
def serving(sounds: Path) -> Iterator[str]:
    """Serve the page; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, sounds)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/page.html"
        server.shutdown()


def mint(url: str, key: str) -> str:
    """Return a fresh ephemeral key."""
    request = urllib.request.Request(  # noqa: S310 -- the practice server
        f"{url}/realtime/client_secrets",
        data=json.dumps({"session": {"type": "realtime", "model": "gpt-realtime-2.1"}}).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 -- as above
        return json.load(answer)["value"]


def main(chosen: list[str]) -> None:
    """Try the page's flows."""
    url, key = os.environ["STRANGERS_URL"], os.environ["STRANGERS_KEY"]
    sounds = Path(os.environ["STRANGERS_SOUND"])
    choose_node()
    flags = [
        *FLAGS,
        f"--use-file-for-fake-audio-capture={sounds / 'time.wav'}%noloop",
        "--autoplay-policy=no-user-gesture-required",  # nobody presses a button here
        "--allow-loopback-in-peer-connection",  # a machine without a network has no other way
    ]
    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as profile,
        serving(sounds) as address,
        playwright.chromium.launch_persistent_context(
            profile,
            executable_path=find_chromium(),
            args=flags,
            headless=True,
            permissions=["microphone"],
        ) as browser,
    ):
        page = browser.new_page()
        page.set_default_timeout(_LONGEST_MS)
        page.on("console", lambda said: sys.stderr.write(f"{said.type}: {said.text}\n"))
        page.on("pageerror", lambda error: sys.stderr.write(f"{error}\n"))
        page.expose_function("mint", partial(mint, url, key))
        page.expose_function("tell", lambda verdict: print(json.dumps(verdict), flush=True))  # noqa: T201 -- a program's answer
        page.goto(address)
        page.wait_for_function("'strangers' in window")
        page.evaluate("([url, chosen]) => window.strangers(url, chosen)", [url, chosen])


if __name__ == "__main__":
    main(sys.argv[1:])
