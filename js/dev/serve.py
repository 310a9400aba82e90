"""Serve the development page, or take its pictures.

``python js/dev/serve.py`` prints the address to open; with ``--pictures DIR`` it takes a picture
of each scene in both themes (needs playwright and Chromium).
"""

# A script that prints, not part of a package:
# ruff: noqa: INP001, T201

from __future__ import annotations

import argparse
import http.server
import sys
import threading
from pathlib import Path

DEV = Path(__file__).parent
STATIC = DEV.parent.parent / "realtime_nb" / "widget" / "static"
FOLDERS = {"static": STATIC, "tests": DEV.parent / "tests"}
THEMES = Path(sys.prefix) / "share" / "jupyter" / "lab" / "themes" / "@jupyterlab"
SCENES = (
    "talk",
    "openai",
    "manual",
    "push",
    "transcription",
    "translation",
    "listening",
    "empty",
    "failed",
    "elsewhere",
    "restarted",
    "notices",
    "unwelcomed",
)
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")


class Handler(http.server.SimpleHTTPRequestHandler):
    """/dev/, /tests/ and /static/ from the checkout, /theme/ from the installed JupyterLab."""

    def translate_path(self, path: str) -> str:
        """Map a request to a file."""
        head, _, name = path.partition("?")[0].lstrip("/").partition("/")
        if head in FOLDERS:
            return str(FOLDERS[head] / name)
        if head == "theme":
            return str(THEMES / f"theme-{name.removesuffix('.css')}-extension" / "index.css")
        return str(DEV / (name or "index.html"))

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def pictures(url: str, folder: Path, chromium: str) -> None:
    """Take a picture of each scene in both themes."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only for pictures

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        page = browser.new_page(viewport={"width": 800, "height": 760})
        page.on("pageerror", lambda error: print("page error:", error))
        for scene in SCENES:
            for theme in ("light", "dark"):
                page.goto(f"{url}?scene={scene}&theme={theme}")
                page.wait_for_timeout(400)
                page.screenshot(path=str(folder / f"{scene}-{theme}.png"))
        for scene in ("talk", "translation", "manual", "push", "elsewhere"):
            page.goto(f"{url}?scene={scene}&width=400px")
            page.wait_for_timeout(400)
            page.screenshot(path=str(folder / f"{scene}-narrow.png"))
        for theme in ("light", "dark"):
            page.goto(f"{url}?widget=secret&scene=secret&theme={theme}")
            page.get_by_role("button", name="Show").click()
            page.wait_for_timeout(200)
            page.screenshot(path=str(folder / f"secret-{theme}.png"))
        for scene, press in (("gone", "Show"), ("expired", None)):
            page.goto(f"{url}?widget=secret&scene={scene}")
            if press:
                page.get_by_role("button", name=press).click()
                page.get_by_text("run the cell again").wait_for()
            page.screenshot(path=str(folder / f"secret-{scene}.png"))
        browser.close()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    args = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    url = f"http://127.0.0.1:{server.server_port}/dev/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if args.pictures:
        pictures(url, args.pictures, args.chromium)
        return
    print(url)
    threading.Event().wait()


if __name__ == "__main__":
    main()
