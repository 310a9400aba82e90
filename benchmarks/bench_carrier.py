"""The two carriers beside a bare WebSocket in the same page and at the same time.

- mic: from the end of a microphone frame (its last sample) to its bytes at the session;
- up: of that, from the page's WebSocket on;
- down: from the first sound of an answer at the session to the page's WebSocket;
- ring: to its first sample in the page's playback ring.

The bare WebSocket is sent each frame the moment the product sends it, to a process that does
nothing but answer with as many bytes. On the way down that process is told of the first sound
of each answer, and sends as many bytes itself: so both are measured at the same moments, when
page and kernel have the same to do. It has no ring, and stands beside it as it came.
All on one host; the page's clock is fitted to the system's by the bare WebSocket's quickest
round trip. CPU is that of kernel and Jupyter Server per second of microphone sound, beside the
process of the bare WebSocket.

    python benchmarks/bench_carrier.py [seconds in each condition]
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psutil
import websockets
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.harness import (  # noqa: E402 -- needs the path above
    LabServer,
    NotebookPage,
    find_chromium,
    make_mic_wav,
    tone,
    write_notebook,
)
from tests.browser.harness_chromium import launch  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

FRAME_BYTES = 24 + 1920  # header and 40 ms
FRAME_MS = 40

LOAD = "%load_ext realtime_nb"
TALK = """%%realtime --endpoint local
---
turn_detection: null
---
Keep answers to one sentence."""
WATCH = """import json, time
import socket
deltas, rings, seen = [], [], set()
bell = socket.create_connection(("127.0.0.1", BELL))
bell.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
epoch_ms = time.time() * 1000 - chat.session.now_ms()
def note(record, _changed):
    if record.event.type == "response.output_audio.delta":
        item = record.event.get("item_id")
        if item not in seen:
            seen.add(item)
            deltas.append(time.time() * 1000)
            bell.send(b"!")
heard = chat.bridge._handlers["started"]
def started(client, message, buffers):
    rings.append(message.get("t_ms"))
    heard(client, message, buffers)
chat.bridge._handlers = {**chat.bridge._handlers, "started": started}
off = chat.session.subscribe(note)"""
TELL = """print(json.dumps({
    "up": [(m.page_ms, m.sent_ms + epoch_ms) for m in chat.bridge.uplink._marks],
    "deltas": deltas, "rings": rings}))
deltas.clear(); rings.clear()"""
BUSY = {
    "idle": "",
    "sleep": "import time\ntime.sleep({seconds})",
    "python": """import time
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    sum(n * n for n in range(1000))""",
    "numpy": """import time
import numpy
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    a = numpy.random.default_rng(1).random((400, 400))
    a @ a""",
}

# Mirrors each frame of the microphone, whichever WebSocket it leaves by, to the bare one.
MIRROR = """(() => {
  const send = WebSocket.prototype.send;
  const now = () => performance.timeOrigin + performance.now();
  const bare = { socket: null, trips: [], sounds: [], bells: [] };
  const known = new WeakSet();
  const latin = new TextDecoder("latin1");
  const listen = ({ data }) => {
    const at = now();
    if (!(data instanceof ArrayBuffer) || data.byteLength < 1000) return;
    if (/"kind": ?"audio"/.test(latin.decode(data.slice(0, 3000)))) bare.sounds.push(at);
  };
  window.__bare = bare;
  bare.open = (url) => new Promise((opened) => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { bare.socket = socket; opened(true); };
    socket.onmessage = ({ data }) => {
      const at = now();
      const view = new DataView(data);
      if (view.getFloat64(0, true) === 0) bare.bells.push([view.getFloat64(8, true), at]);
      else bare.trips.push([0, 8, 16].map((place) => view.getFloat64(place, true)).concat(at));
    };
  });
  WebSocket.prototype.send = function (data) {
    send.call(this, data);
    if (this !== bare.socket && !known.has(this)) {
      known.add(this);
      this.addEventListener("message", listen);
    }
    const size = data.byteLength ?? 0;
    if (bare.socket === null || this === bare.socket || size < FRAME || size > 4000) return;
    const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, size).slice(-FRAME);
    const view = new DataView(bytes.buffer);
    if (view.getUint8(0) !== 1 || view.getUint8(1) !== 1) return;
    const message = new Uint8Array(FRAME + 8);
    new DataView(message.buffer).setFloat64(0, now(), true);
    message.set(bytes, 8);
    send.call(bare.socket, message);
  };
})();""".replace("FRAME", str(FRAME_BYTES))


class Bare(NamedTuple):
    """Where the process of the bare WebSocket is found."""

    url: str
    bell: str
    pid: int


async def serve() -> None:
    """Answer each message with its first 8 bytes, the time it came, and as many bytes.

    Each byte at the other port, the bell, has every page sent as many bytes at once.
    """

    pages: set[websockets.ServerConnection] = set()

    async def echo(connection: websockets.ServerConnection) -> None:
        pages.add(connection)
        try:
            async for message in connection:
                came_ms = time.time() * 1000
                (t_ms,) = struct.unpack_from("<d", message, 8 + 16)
                head = struct.pack("<ddd", struct.unpack_from("<d", message)[0], came_ms, t_ms)
                await connection.send(head + bytes(len(message) - len(head)))
        finally:
            pages.discard(connection)

    async def ring(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while await reader.read(1):
            message = struct.pack("<dd", 0.0, time.time() * 1000) + bytes(FRAME_BYTES)
            websockets.broadcast(pages, message)

    bell = await asyncio.start_server(ring, "127.0.0.1", 0)
    async with bell, websockets.serve(echo, "127.0.0.1", 0, compression=None) as server:
        ports = [each.sockets[0].getsockname()[1] for each in (server, bell)]
        print(*ports, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def cpu_s(pids: list[int]) -> float:
    """Return the CPU seconds that processes have used."""
    total = 0.0
    for pid in pids:
        times = psutil.Process(pid).cpu_times()
        total += times.user + times.system
    return total


def ask_and_stop(page: Page, seconds: float) -> None:
    """Type questions and stop each answer once it plays, for so long."""
    end = time.monotonic() + seconds
    box = page.get_by_role("textbox", name="Message").last
    while time.monotonic() < end:
        box.fill("what is two plus two")
        box.press("Enter")
        page.wait_for_timeout(500)
        with contextlib.suppress(Exception):
            page.get_by_role("button", name="Stop").last.click(timeout=400)
        page.wait_for_timeout(150)


def run(lab: LabServer, folder: Path, peer: Bare, seconds: float) -> Any:
    """Return what was measured in one server: condition by condition."""
    mic = make_mic_wav(folder / "mic.wav", [0.5, tone(440, 4.0)])
    measured: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = launch(playwright, find_chromium(), folder / "p", mic=mic, loop_mic=True)
        try:
            busy = [cell.format(seconds=seconds) for cell in BUSY.values()]
            watch = WATCH.replace("BELL", peer.bell)
            path = write_notebook(
                lab.root,
                [LOAD, TALK, watch, TELL, "import os\nos.getpid()", *busy],
            )
            notebook = NotebookPage(lab, browser, path, [])
            notebook.page.add_init_script(MIRROR)
            notebook.open()
            for cell in (0, 1, 2, 4):
                notebook.run_cell(cell)
            page = notebook.page
            pids = [int(notebook.text(4)), lab.pid or 0]
            page.evaluate("url => __bare.open(url)", peer.url)
            page.get_by_role("button", name="Microphone", exact=True).click()
            notebook.sleep(3)
            for number, name in enumerate(BUSY):
                notebook.run_cell(3)  # empties what was noted
                page.evaluate("() => { __bare.trips = []; __bare.sounds = []; __bare.bells = []; }")
                began_ms = time.time() * 1000
                before, before_bare = cpu_s(pids), cpu_s([peer.pid])
                cell = notebook.run_cell(5 + number, wait=False)
                ask_and_stop(page, seconds - 1)
                ended_ms = time.time() * 1000
                spent = cpu_s(pids) - before, cpu_s([peer.pid]) - before_bare
                notebook.wait_run(cell, 60)
                notebook.sleep(1)
                notebook.run_cell(3)
                told = json.loads(notebook.text(3))
                bare = page.evaluate(
                    "(({ trips, sounds, bells }) => ({ trips, sounds, bells }))(__bare)"
                )
                measured[name] = reckon(told, bare, began_ms, ended_ms, spent)
            measured["carrier"] = page.locator(".rnb-carrier").last.inner_text()
        finally:
            browser.close()
    return measured


def reckon(
    told: Any, bare: Any, began_ms: float, ended_ms: float, spent: tuple[float, float]
) -> dict[str, NDArray[np.float64]]:
    """Return milliseconds of each way, of the product and of the bare WebSocket."""
    sent, came, captured, back = np.array(bare["trips"]).T
    quickest = np.argmin(back - sent)
    page_to_system = came[quickest] - (sent[quickest] + back[quickest]) / 2
    up = np.array(told["up"])
    up = up[(up[:, 1] > began_ms) & (up[:, 1] < ended_ms)]
    during = (came > began_ms) & (came < ended_ms)
    sent_at = dict(zip(np.round(captured + FRAME_MS, 2), sent, strict=True))
    legs = [at - sent_at[key] for end, at in up if (key := np.round(end, 2)) in sent_at]
    deltas = np.array(told["deltas"])
    rung, rung_at = np.array(bare["bells"], float).reshape(-1, 2).T
    down_bare = rung_at + page_to_system - rung
    return {
        "mic": up[:, 1] - up[:, 0] - page_to_system,
        "bare mic": (came - captured - FRAME_MS - page_to_system)[during],
        "up": np.array(legs) - page_to_system,
        "bare up": (came - sent - page_to_system)[during],
        "down": pair(deltas, np.array(bare["sounds"], float) + page_to_system),
        "bare down": down_bare,
        "ring": pair(deltas, np.array(told["rings"], float) + page_to_system),
        "bare ring": down_bare,
        "cpu": np.array(spent) / (len(up) * FRAME_MS / 1000) * 1000,
    }


def pair(deltas: NDArray[np.float64], rings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the time from each delta to the first ring after it and before the next delta."""
    times: list[float] = []
    for number, delta in enumerate(deltas):
        following = deltas[number + 1] if number + 1 < len(deltas) else np.inf
        after = rings[(rings > delta - 5) & (rings < following)]
        if len(after):
            times.append(after[0] - delta)
    return np.array(times)


def show(name: str, values: dict[str, NDArray[np.float64]]) -> None:
    """Print p50, p95 and p99 of each way, with the ratio of medians."""
    cpu, bare_cpu = values["cpu"]
    spent = f"CPU {cpu:.0f}, bare {bare_cpu:.0f}, x {cpu / max(bare_cpu, 0.1):.1f}"
    # A cell that computes counts itself.
    print(f"  {name}: {spent}" if name in ("idle", "sleep") else f"  {name}:")
    for way in ("mic", "up", "down", "ring"):
        own, bare = values[way], values[f"bare {way}"]
        if not own.size or not bare.size:
            print(f"    {way:>4} nothing was measured")
            continue
        texts = [
            " / ".join(f"{np.percentile(each, part):6.1f}" for part in (50, 95, 99))
            for each in (own, bare)
        ]
        ratio = np.percentile(own, 50) / np.percentile(bare, 50)
        print(f"    {way:>4} {texts[0]}   bare {texts[1]}   x {ratio:4.1f}   n {len(own)}")


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 12.0
    bare = subprocess.Popen(  # noqa: S603 -- our own script
        [sys.executable, __file__, "--serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    port, bell = bare.stdout.readline().split() if bare.stdout else ("", "")
    peer = Bare(f"ws://127.0.0.1:{port}", bell, bare.pid)
    print("ms p50 / p95 / p99 beyond the frame's length; CPU ms per second of sound")
    try:
        for relay in (False, True):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
                lab = LabServer(Path(name) / "lab", relay=relay)
                lab.start()
                try:
                    measured = run(lab, Path(name), peer, seconds)
                finally:
                    lab.stop()
            print(measured.pop("carrier"))
            for condition, values in measured.items():
                show(condition, values)
    finally:
        bare.communicate("")


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        asyncio.run(serve())
    else:
        main()
