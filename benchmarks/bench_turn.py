"""From the end of the user's speech to the answer in the page's playback ring.

Runs a real JupyterLab and Chromium with a WAV as the microphone, idle and then beside a busy
cell, and prints p50 and p95 in milliseconds beyond `silence_duration_ms`: at the session's
socket, in the page, and the notebook's own share, which is the difference.

    python benchmarks/bench_turn.py [turns]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from realtime_nb.speech.voices import say_as_user  # noqa: E402 -- needs the path above
from tests.browser.harness import (  # noqa: E402
    LabServer,
    NotebookPage,
    find_chromium,
    make_mic_wav,
    write_notebook,
)
from tests.browser.harness_chromium import launch  # noqa: E402

SILENCE_MS = 300
GAP_S = 6.0
PHRASES = ("what is seven plus five", "what time is it", "what is two plus two")

LOAD = "%load_ext realtime_nb"
TALK = f"""%%realtime --endpoint local
---
turn_detection: {{type: server_vad, silence_duration_ms: {SILENCE_MS}}}
---
Keep answers to one sentence."""
BUSY = """import time
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    sum(n * n for n in range(1000))"""
TIMES = """import json
print(json.dumps([(t.socket_ms, t.page_ms, t.share_ms) for t in chat.bridge.timing.turns
                  if t.share_ms is not None]))"""


def measure(lab: LabServer, chromium: str, folder: Path, turns: int, *, busy: bool) -> np.ndarray:
    """Return an array (turns, 3): socket, page, share, in ms beyond the silence."""
    segments: list = [1.0]
    for number in range(turns):
        segments += [say_as_user(PHRASES[number % len(PHRASES)]), GAP_S]
    seconds = sum(s if isinstance(s, float) else s.duration_ms / 1000 for s in segments) + 2
    mic = make_mic_wav(folder / f"mic-{busy}.wav", segments)
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium, folder / f"p-{busy}", mic=mic, loop_mic=False)
        try:
            path = write_notebook(lab.root, [LOAD, TALK, BUSY.format(seconds=seconds), TIMES])
            notebook = NotebookPage(lab, browser, path, []).open()
            notebook.run_cell(0)
            notebook.run_cell(1)
            notebook.page.get_by_role("button", name="Microphone", exact=True).click()
            if busy:
                notebook.run_cell(2, timeout_s=seconds + 30)
            else:
                time.sleep(seconds)
            notebook.run_cell(3)
            times = np.array(json.loads(notebook.text(3)), float).reshape(-1, 3)
        finally:
            browser.close()
    times[:, :2] -= SILENCE_MS
    return times


def main() -> None:
    """Measure and print."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lab = LabServer(folder / "lab")
        lab.start()
        try:
            print(f"ms beyond the silence of {SILENCE_MS} ms: p50 / p95")
            for busy in (False, True):
                times = measure(lab, find_chromium(), folder, turns, busy=busy)
                shown = [
                    f"{label} {np.percentile(column, 50):.0f} / {np.percentile(column, 95):.0f}"
                    for label, column in zip(("socket", "page", "share"), times.T, strict=True)
                ]
                print(
                    f"{'busy cell' if busy else 'idle':>9}, {len(times)} turns:", *shown, sep="  "
                )
        finally:
            lab.stop()


if __name__ == "__main__":
    main()
