"""Make the pictures in docs/: the local practice server in a real JupyterLab.

python docs/screenshot.py [chat|config] [dark] [FOLDER]
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


CONFIG = """%%realtime
---
voice: marin
turn_detection: {threshold: 0.6}
---
You are a patient guide to this notebook. Answer in two sentences."""
WRONG = """%%realtime
---
voise: marin
speed: 3
modalities: [text, audio]
---
You are a patient guide to this notebook."""

SAID = (
    ("what is seven plus five", 4.0),
    ("tell me a story", 4.5),
    ("what is the weather in paris", 8.0),
)


def talk(notebook: NotebookPage, folder: Path) -> None:
    """Hold two turns, the second answer talked over, and wait for the last answer."""
    chat = ChatPage(notebook).start(0, 1, 2)
    chat.press_microphone()
    until(lambda: "conversation.item.truncated" in chat.events, seconds=40)
    until(lambda: chat.events.count("response.done") >= 1)
    time.sleep(4)
    notebook.cell(1).screenshot(path=folder / "chat.png")


def config(notebook: NotebookPage, folder: Path) -> None:
    """Make mistakes, run a cell, and run it again with a changed word."""
    notebook.run_cell(0)
    notebook.run_cell(2, may_fail=True)
    notebook.cell(2).screenshot(path=folder / "config-mistakes.png")
    chat = ChatPage(notebook).start(1)
    table = notebook.page.locator(".rnb-config")
    table.last.screenshot(path=folder / "config.png")
    notebook.set_source(1, CONFIG.replace("two", "three"))
    notebook.run_cell(1)
    chat.wait_live()
    until(lambda: table.last.locator("ins").count() == 1)
    table.last.screenshot(path=folder / "config-changed.png")


SCENES = {
    "chat": (talk, [LOAD, TALK, PLAIN_MICROPHONE]),
    "config": (config, [LOAD, CONFIG, WRONG]),
}


def main() -> None:
    """Take the pictures."""
    words = sys.argv[1:]
    scenes = [word for word in words if word in SCENES] or list(SCENES)
    folders = [Path(word) for word in words if word not in SCENES and word != "dark"]
    target = folders[0] if folders else ROOT / "docs"
    for scene in scenes:
        take(scene, target, dark="dark" in words)


def take(scene: str, target: Path, *, dark: bool) -> None:
    """Take the pictures of one scene."""
    play, cells = SCENES[scene]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        said = [1.0]
        for phrase, pause in SAID:
            said += [say_as_user(phrase), pause]
        mic = make_mic_wav(folder / "mic.wav", said)
        lab = LabServer(folder / "lab")
        lab.start()
        browser = launch(playwright, find_chromium(), folder / "p", mic=mic, loop_mic=False)
        try:
            path = write_notebook(lab.root, cells)
            notebook = NotebookPage(lab, browser, path, []).open()
            notebook.page.set_viewport_size({"width": 1180, "height": 1020})
            if dark:
                notebook.page.evaluate(
                    "() => { __harness.start('apputils:change-theme',"
                    " {theme: 'JupyterLab Dark'}); }"
                )
            play(notebook, target)
        finally:
            browser.close()
            lab.stop()


if __name__ == "__main__":
    main()
