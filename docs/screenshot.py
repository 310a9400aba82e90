"""Make docs/chat.png: a real talk with the local practice server in a real JupyterLab.

python docs/screenshot.py [FILE.png] [dark]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from realtime_nb.speech.voices import say_as_user  # noqa: E402 -- needs the path above
from tests.browser.chat_page import LOAD, PLAIN_MICROPHONE, ChatPage, until  # noqa: E402
from tests.browser.harness import (  # noqa: E402
    LabServer,
    NotebookPage,
    find_chromium,
    make_mic_wav,
    write_notebook,
)
from tests.browser.harness_chromium import launch  # noqa: E402

TALK = """%%realtime
---
voice: marin
turn_detection: server_vad
---
You are a patient guide to this notebook. Keep answers to two sentences."""


def talk(notebook: NotebookPage) -> None:
    """Hold two turns, the second answer talked over, and wait for the last answer."""
    chat = ChatPage(notebook).start(0, 1, 2)
    chat.press_microphone()
    until(lambda: "conversation.item.truncated" in chat.events, seconds=40)
    until(lambda: chat.events.count("response.done") >= 1)
    time.sleep(4)


def main() -> None:
    """Take the picture."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "chat.png"
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        said = [1.0]
        for phrase, pause in (
            ("what is seven plus five", 4.0),
            ("tell me a story", 4.5),
            ("what is the weather in paris", 8.0),
        ):
            said += [say_as_user(phrase), pause]
        mic = make_mic_wav(folder / "mic.wav", said)
        lab = LabServer(folder / "lab")
        lab.start()
        browser = launch(playwright, find_chromium(), folder / "p", mic=mic, loop_mic=False)
        try:
            path = write_notebook(lab.root, [LOAD, TALK, PLAIN_MICROPHONE])
            notebook = NotebookPage(lab, browser, path, []).open()
            notebook.page.set_viewport_size({"width": 1180, "height": 1020})
            if "dark" in sys.argv:
                notebook.page.evaluate(
                    "() => { __harness.start('apputils:change-theme',"
                    " {theme: 'JupyterLab Dark'}); }"
                )
            talk(notebook)
            notebook.page.locator(".jp-Notebook-cell").nth(1).screenshot(path=target)
        finally:
            browser.close()
            lab.stop()


if __name__ == "__main__":
    main()
