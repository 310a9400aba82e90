"""Sound that plays in JupyterLab while the cell still makes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.browser.chat_page import until
from tests.browser.harness import NothingHeardError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Locator

    from tests.browser.harness import NotebookPage, OpenNotebook

pytestmark = pytest.mark.timeout(180)

PICTURES = Path(__file__).parents[2] / "test-results"
RATE = 24_000
SECONDS = 6

# Noise of which no two places are alike and no sample is silent, fed a fifth of a second at a time
# while the cell sleeps; the sound is made twice as fast as it plays.
MAKE = f"""\
import time
import numpy as np
from IPython.display import display
from realtime_nb.audio.spool import PcmSpool
from realtime_nb.widget import StreamPlayer

def noise(seconds, seed=1):
    sound = np.random.default_rng(seed).integers(1, 9000, round(seconds * {RATE}))
    return sound.astype("<i2")

def cell(seconds={SECONDS}, pause_s=0.1, name="speech of local-demo"):
    global player
    player, spool = StreamPlayer(name), PcmSpool()
    display(player)
    pcm = noise(seconds).tobytes()
    for at in range(0, len(pcm), 9600):
        spool.append(pcm[at : at + 9600])
        player.feed(spool)
        player.text("<b>word</b> " * (at // 9600 + 1))
        player.status(f"{{at // 48000}} s so far")
        time.sleep(pause_s)
    player.status("done")
    player.finish("<p>kept in the notebook</p>")"""


def noise(seconds: float, seed: int = 1) -> NDArray[np.int32]:
    """Return what the kernel feeds, shape (samples,)."""
    sound = np.random.default_rng(seed).integers(1, 9000, round(seconds * RATE))
    return sound.astype(np.int32)


def panel(notebook: NotebookPage) -> Locator:
    return notebook.page.locator(".rnb-player").last


def press(notebook: NotebookPage, name: str) -> None:
    panel(notebook).get_by_role("button", name=name, exact=True).click()


def now(notebook: NotebookPage) -> str:
    return panel(notebook).locator(".rnb-sp-now").inner_text()


def wait(notebook: NotebookPage, words: str) -> None:
    until(lambda: words in now(notebook), message=f"{words!r} is not in {now(notebook)!r}")


def let_out(notebook: NotebookPage) -> NDArray[np.int32]:
    """Return the samples that were not silence, as 16 bit."""
    try:
        samples = np.round(notebook.ears.heard().samples * 32768).astype(np.int32)
    except NothingHeardError:
        return np.zeros(0, np.int32)
    return samples[samples != 0]


def touch(notebook: NotebookPage) -> None:
    """Have the browser know that somebody is there: it lets sound out only then."""
    notebook.page.mouse.click(600, 5)


@pytest.mark.alone
def test_it_plays_sample_by_sample_while_the_cell_still_makes_it(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([MAKE, "cell()"])
    notebook.run_cell(0)
    touch(notebook)
    run = notebook.run_cell(1, wait=False)
    until(lambda: len(let_out(notebook)) > RATE // 4, message="nothing is heard")
    assert "so far" in panel(notebook).inner_text()
    assert "<b>word</b>" in panel(notebook).inner_text()
    panel(notebook).screenshot(path=PICTURES / "stream-player.png")
    notebook.wait_run(run)
    wait(notebook, "played")
    heard = let_out(notebook)
    assert np.array_equal(heard, noise(SECONDS))
    # What stands where no widget can.
    data = notebook.outputs(1)[0]["data"]
    assert "realtime" not in data.get("text/html", "")
    # Again, and stopped at a sample, and on from there.
    notebook.ears.forget()
    press(notebook, "Play again")
    until(lambda: len(let_out(notebook)) > RATE, message="it is not played again")
    press(notebook, "Pause")
    wait(notebook, "paused")
    notebook.sleep(0.5)
    stopped = len(let_out(notebook))
    notebook.sleep(0.5)
    assert len(let_out(notebook)) == stopped < SECONDS * RATE
    press(notebook, "Play")
    wait(notebook, "played")
    assert np.array_equal(let_out(notebook), noise(SECONDS))
    assert "gap" not in panel(notebook).inner_text()
    look(notebook)
    assert notebook.page_errors == []


def look(notebook: NotebookPage) -> None:
    """Leave pictures of it: narrow, and dark."""
    PICTURES.mkdir(exist_ok=True)
    panel(notebook).evaluate("node => { node.style.width = '320px'; }")
    notebook.sleep(0.3)
    assert panel(notebook).evaluate("node => node.scrollWidth <= node.clientWidth")
    panel(notebook).screenshot(path=PICTURES / "stream-player-320.png")
    notebook.page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    notebook.wait_until("() => document.body.dataset.jpThemeLight === 'false'")
    panel(notebook).evaluate("node => { node.style.width = ''; }")
    notebook.sleep(1.5)  # JupyterLab covers itself while it changes its theme
    panel(notebook).screenshot(path=PICTURES / "stream-player-dark.png")


def test_sound_slower_than_it_plays_has_gaps_and_loses_nothing(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([MAKE, "cell(seconds=2, pause_s=0.45)"])
    notebook.run_cell(0)
    touch(notebook)
    notebook.run_cell(1)
    wait(notebook, "played")
    assert np.array_equal(let_out(notebook), noise(2))
    assert "gap" in panel(notebook).inner_text()


def test_pages_that_come_late_and_two_of_them(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([MAKE, "cell(seconds=40, pause_s=0.002)", "player"])
    notebook.run_cell(0)
    touch(notebook)
    # Made at once, so the page takes a minute's part of it, and plays it in its own time.
    notebook.run_cell(1)
    wait(notebook, "playing")
    notebook.save()
    other = notebook.second_tab()
    wait(other, "Plays in another tab")
    assert len(let_out(other)) == 0
    touch(other)
    press(other, "Play")
    until(lambda: len(let_out(other)) > RATE, message="the other tab does not play")
    press(other, "Stop")
    wait(other, "paused")
    heard = let_out(other)
    assert np.array_equal(heard, noise(40)[: len(heard)])
    # A page that was reloaded goes on where it was, once it is clicked.
    assert len(let_out(notebook)) > RATE
    notebook.reload()
    wait(notebook, "playing")
    until(lambda: len(let_out(notebook)) > RATE, message="it does not go on")
    after = let_out(notebook)[:RATE]
    starts = np.flatnonzero(noise(40)[:-RATE] == after[0])
    assert any(np.array_equal(noise(40)[at : at + RATE], after) for at in starts)
    # A second view of it shows the same, and the last one closed falls silent.
    notebook.run_cell(2)
    assert notebook.page.locator(".rnb-player").count() == 2
    notebook.restart_kernel()
    until(lambda: notebook.page.locator(".rnb-player").count() == 2)
