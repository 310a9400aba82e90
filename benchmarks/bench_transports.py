"""The ways of a chat's sound beside each other: WebSocket over the comm, the fast path, WebRTC.

- connect: from the cell's start to the live chat whose sound has its way;
- first sound: from Enter on a typed question to the answer's first sample at the loudspeaker;
- answer: from the end of a spoken question, as the page's microphone gives it, to the first sample
  of the answer at the loudspeaker. In it is the same for all ways: the 200 ms of silence that end
  a turn, and what the practice server takes to recognise and to speak;
- bare peer: the same question at the same moments, through a pair of peer connections that the page
  has with itself, from the microphone's first sample to the first that comes out.

Every way takes its turn in every round, in pages of one machine, with the practice server. What is
heard is what reaches the page's loudspeaker, by the page's clock.

    python benchmarks/bench_transports.py [rounds] [questions spoken in each]
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from realtime_nb.speech.voices import say_as_user  # noqa: E402 -- needs the path above
from tests.browser.chat_page import COUNT_TRACKS, LOAD, PLAIN_MICROPHONE  # noqa: E402
from tests.browser.harness import (  # noqa: E402
    Heard,
    LabServer,
    NotebookPage,
    find_chromium,
    make_mic_wav,
    write_notebook,
)
from tests.browser.harness_chromium import launch  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Playwright

LOUD = 3e-3
QUESTION = "what is seven plus five"
PAUSE_S = 7.0  # for the answer: a question that talks over it would be a barge-in
MIC_RATE, PEER_RATE, PAGE_RATE = 48_000, 44_100, 24_000  # by which the contexts are told apart

CLOSE = "try:\n    chat.close()\nexcept NameError:\n    pass"
TALK = """%%realtime --endpoint local{options}
---
turn_detection:
  type: server_vad
  silence_duration_ms: 200
---
Keep answers to one sentence."""

# The microphone's own track, heard beside the product and sent through a pair of bare peers.
BARE = """async ([micRate, peerRate]) => {
  const open = window.__tracks.findLast((track) => track.readyState === "live");
  const stream = new MediaStream([open]);
  const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
  here.onicecandidate = ({ candidate }) => there.addIceCandidate(candidate);
  there.onicecandidate = ({ candidate }) => here.addIceCandidate(candidate);
  const came = new Promise((resolve) => { there.ontrack = ({ track }) => resolve(track); });
  for (const track of stream.getTracks()) here.addTrack(track, stream);
  await here.setLocalDescription();
  await there.setRemoteDescription(here.localDescription);
  await there.setLocalDescription();
  await here.setRemoteDescription(there.localDescription);
  const remote = new MediaStream([await came]);
  const pull = new Audio(); // Chromium gives a remote track no sound without one
  pull.muted = true;
  pull.srcObject = remote;
  window.__bare = { here, there, pull, contexts: [] };
  for (const [rate, source] of [[micRate, stream], [peerRate, remote]]) {
    const context = new AudioContext({ sampleRate: rate });
    context.createMediaStreamSource(source).connect(context.destination);
    await context.resume();
    window.__bare.contexts.push(context);
  }
}"""

# When the last chat on the page is live and its sound has this way, on the page's clock.
LIVE = """(way) => new Promise((resolve, reject) => {
  const last = (name) => [...document.querySelectorAll(name)].at(-1)?.textContent.trim();
  const began = performance.now();
  const look = () => {
    const now = performance.now();
    if (last(".rnb-state") === "live" && last(".rnb-carrier:not([hidden])") === way) {
      resolve(performance.timeOrigin + now);
    } else if (now - began > 30_000) {
      reject(new Error(`${last(".rnb-state")}, ${last(".rnb-carrier:not([hidden])")}`));
    } else requestAnimationFrame(look);
  };
  look();
})"""


class Way(NamedTuple):
    """One of the contenders."""

    name: str
    options: str
    relay: bool
    mark: str  # of the chat's header


WAYS = (
    Way("comm", "", relay=False, mark="comm"),
    Way("fast path", "", relay=True, mark="fast path"),
    Way("webrtc", " --transport webrtc", relay=True, mark="WebRTC"),
    Way("webrtc --direct", " --transport webrtc --direct", relay=True, mark="WebRTC direct"),
)


def bursts(heard: Heard, *, gap_s: float = 1.0) -> list[tuple[float, float]]:
    """Return the stretches of sound, pauses under `gap_s` included, in ms of the page's clock."""
    loud = np.flatnonzero(np.abs(heard.samples) > LOUD)
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > gap_s * heard.rate)
    firsts, lasts = [loud[0], *loud[breaks + 1]], [*loud[breaks], loud[-1]]
    return [
        (heard.ms_at(int(first)), heard.ms_at(int(last)))
        for first, last in zip(firsts, lasts, strict=True)
    ]


def heard_at(notebook: NotebookPage, rate: int) -> list[tuple[float, float]]:
    """Return the stretches of sound in the contexts of that rate, the earliest first."""
    found = [one for one in notebook.ears.heard_in_each() if one.rate == rate]
    return sorted(stretch for one in found for stretch in bursts(one))


def first_after(stretches: list[tuple[float, float]], from_ms: float, to_ms: float) -> float | None:
    """Return when the first stretch after a time began, None where none did before another."""
    return next((begin for begin, _ in stretches if from_ms < begin < to_ms), None)


def wait_for_sound(notebook: NotebookPage, count: int, seconds: float) -> None:
    """Wait until the page has let out so many stretches of sound."""
    for _ in range(round(seconds * 2)):
        notebook.sleep(0.5)
        if len(heard_at(notebook, PAGE_RATE)) >= count:
            return


def measure(
    notebook: NotebookPage, way: Way, cell: int, questions: int
) -> Iterator[tuple[str, float]]:
    """Open a chat, ask it by keyboard and by voice, close it; say how long each took, in ms."""
    page = notebook.page
    # What is looked at is the last chat on the page: those of earlier rounds go.
    page.evaluate("() => __harness.start('notebook:clear-all-cell-outputs')")
    page.wait_for_function("() => !document.querySelector('.rnb-state')")
    began_ms = notebook.now_ms()
    run = notebook.run_cell(cell, wait=False)
    yield "connect", page.evaluate(LIVE, way.mark) - began_ms
    notebook.wait_run(run)

    notebook.ears.forget()
    box = page.get_by_role("textbox", name="Message").last
    box.fill(QUESTION)
    asked_ms = notebook.now_ms()
    box.press("Enter")
    wait_for_sound(notebook, 1, 15)
    first = first_after(heard_at(notebook, PAGE_RATE), asked_ms, np.inf)
    if first is not None:
        yield "first sound", first - asked_ms
    notebook.sleep(4)

    notebook.run_cell(2)  # the microphone's constraints
    notebook.ears.forget()
    page.get_by_role("button", name="Microphone", exact=True).last.click()
    notebook.wait_until("() => window.__tracks.some((track) => track.readyState === 'live')")
    page.evaluate(BARE, [MIC_RATE, PEER_RATE])
    wait_for_sound(notebook, questions, (PAUSE_S + 2) * (questions + 1))
    notebook.sleep(1)
    said = heard_at(notebook, MIC_RATE)
    answers, echoes = heard_at(notebook, PAGE_RATE), heard_at(notebook, PEER_RATE)
    for (begin, end), following in zip(said, [*said[1:], (np.inf, np.inf)], strict=True):
        answer = first_after(answers, end, following[0])
        if answer is not None:
            yield "answer", answer - end
        echo = first_after(echoes, begin - 50, begin + 1000)
        if echo is not None:
            yield "bare peer", echo - begin
    page.evaluate(
        "() => { const { here, there, contexts } = window.__bare; here.close(); there.close();"
        " for (const context of contexts) context.close(); }"
    )
    notebook.run_cell(1)  # closes the chat


def open_page(
    playwright: Playwright, folder: Path, *, relay: bool
) -> tuple[LabServer, BrowserContext, NotebookPage]:
    """Return a server, a browser, and a notebook that has loaded the extension."""
    folder.mkdir()
    mic = make_mic_wav(folder / "mic.wav", [2.0, say_as_user(QUESTION), PAUSE_S - 2])
    lab = LabServer(folder / "lab", relay=relay).start()
    browser = launch(playwright, find_chromium(), folder / "profile", mic=mic, loop_mic=True)
    talks = [TALK.format(options=way.options) for way in WAYS]
    path = write_notebook(lab.root, [LOAD, CLOSE, PLAIN_MICROPHONE, *talks])
    notebook = NotebookPage(lab, browser, path, []).open()
    notebook.run_cell(0)
    notebook.page.evaluate(COUNT_TRACKS)
    notebook.page.mouse.click(640, 1500)  # a page that nobody has clicked in must be silent
    return lab, browser, notebook


def show(found: dict[str, dict[str, list[float]]]) -> None:
    """Print the medians, with the least and the most."""
    columns = ("connect", "first sound", "answer", "bare peer")
    print(f"{'ms':16}" + "".join(f"{name:>24}" for name in columns))
    for name, values in found.items():
        cells: list[str] = []
        for column in columns:
            times = values[column]
            spread = (
                f"{np.median(times):6.0f} ({min(times):.0f}-{max(times):.0f})" if times else "-"
            )
            cells.append(f"{spread:>24}")
        print(f"{name:16}" + "".join(cells))


def main() -> None:
    """Measure and print."""
    rounds, questions = (*(int(word) for word in sys.argv[1:]), *(3, 3)[len(sys.argv) - 1 :])
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        sync_playwright() as playwright,
        contextlib.ExitStack() as stack,
    ):
        pages: dict[bool, NotebookPage] = {}
        for relay in (False, True):
            lab, browser, pages[relay] = open_page(
                playwright, Path(name) / f"relay-{relay}", relay=relay
            )
            stack.callback(lab.stop)
            stack.callback(browser.close)
            pages[relay].run_cell(
                3
            )  # starts the practice server, which no contender is to wait for
            pages[relay].run_cell(1)
        for number in range(rounds):
            for cell, way in enumerate(WAYS, 3):
                began = time.monotonic()
                for what, took_ms in measure(pages[way.relay], way, cell, questions):
                    found[way.name][what].append(took_ms)
                took_s = time.monotonic() - began
                print(f"round {number + 1}: {way.name}, {took_s:.0f} s", flush=True)
    show(found)


if __name__ == "__main__":
    main()
