"""Eight chats in one kernel at the pace of speech, each with a page that captures and plays.

The kernel and the practice server are the programs that everybody starts; the pages are
simulated and speak to the kernel over its own channels, as browsers do.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from jupyter_client.manager import KernelManager

from benchmarks.soak_page import FRAME_SAMPLES, SimulatedPage
from realtime_nb.speech.voices import say_as_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

EVERY_S = 10.0
SETTLED_S = 60.0
"""By then everything is loaded: what is held later is held against this."""
FRAME_S = 0.04
MAX_LATE_MS = 200  # at the median, from page to log
MAX_GROWTH_MB = 400  # an hour and chat, of which the microphone alone is 173
PHRASES = ("what is seven plus five", "what time is it", "what is two plus two", "good morning")
GAP_S = 7.0

OPEN = """
%load_ext realtime_nb
import json
from realtime_nb import Chat, resolve_endpoint
chats = [Chat(resolve_endpoint("local"), {{"audio": {{"input": {{"transcription":
    {{"model": "gpt-realtime-whisper"}}}}}}}}, name=f"chat{{n}}") for n in range({chats})]
for chat in chats:
    chat.open()
from realtime_nb.client.local import LocalServer
print(json.dumps([LocalServer.shared().pid, [chat.widget.model_id for chat in chats]]))
"""
TOLD = """
import json, time
from base64 import b64decode
from benchmarks.soak_marks import arrivals
def told(chat):
    epoch = time.time() - chat.session.now_ms() / 1000
    sent = [r for r in chat.session.log if r.direction == "sent"
        and r.event.type == "input_audio_buffer.append"]
    came = arrivals([b64decode(r.event.get("audio") or "") for r in sent], {samples})
    kinds = [r.event.type for r in chat.session.log if r.direction == "received"
        and (not r.event.type.endswith("transcription.completed") or r.event.get("transcript"))]
    return dict(came=[(one.number, epoch + sent[one.piece].t_ms / 1000) for one in came],
        state=f"{{chat.state}} {{chat.session.failure or ''}}".strip(),
        dropped=chat.session.dropped_audio_bytes, items=len(chat.session.conversation.items),
        turns=kinds.count("input_audio_buffer.speech_stopped"),
        answers=kinds.count("response.done"),
        restored=[r.event.get("reason") for r in chat.session.log
            if r.event.type == "realtime_nb.restored"],
        heard=kinds.count("conversation.item.input_audio_transcription.completed"))
print(json.dumps([told(chat) for chat in chats]))
"""
CLOSE = """
for chat in chats:
    chat.close()
%unload_ext realtime_nb
"""


@dataclass(frozen=True)
class Sample:
    """How things stood at one moment.

    Attributes
    ----------
    at_s
        Seconds since the start.
    kernel_mb, server_mb
        Resident memory, in MiB.
    threads, fds
        Of the kernel.
    late_ms
        How late the pages themselves sent, at the worst, in the stretch before.
    """

    at_s: float
    kernel_mb: float
    server_mb: float
    threads: int
    fds: int
    late_ms: float


@contextmanager
def kernel() -> Iterator[tuple[BlockingKernelClient, psutil.Process]]:
    """Run a kernel without a page, in folders of its own."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "REALTIME_NB_"))}
    with tempfile.TemporaryDirectory() as name:
        environ |= {"JUPYTER_RUNTIME_DIR": name, "IPYTHONDIR": f"{name}/ipython"}
        environ["PYTHONPATH"] = str(Path(__file__).parents[1])
        manager = KernelManager(kernel_name="python3")
        manager.start_kernel(env=environ, cwd=name)
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            provisioner: Any = manager.provisioner
            yield client, psutil.Process(provisioner.process.pid)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def run(client: BlockingKernelClient, code: str, within_s: float = 120.0) -> str:
    """Run a cell; return what it printed."""
    said: list[str] = []

    def note(message: dict[str, Any]) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "stream" and content["name"] == "stdout":
            said.append(content["text"])
        elif kind == "error":
            raise RuntimeError("\n".join(content["traceback"]))

    client.execute_interactive(code, timeout=within_s, output_hook=note, allow_stdin=False)
    return "".join(said)


def microphone() -> tuple[np.ndarray, list[int]]:
    """Return what is said, phrases with silence between them, and where each phrase ends.

    The sound is PCM16 at 24 kHz of shape (samples,); the ends are samples of it.
    """
    pieces: list[np.ndarray] = []
    ends: list[int] = []
    for phrase in PHRASES:
        spoken = np.asarray(say_as_user(phrase).resample(24_000).samples).reshape(-1)
        ends.append(sum(map(len, pieces)) + len(spoken))
        pieces += [spoken, np.zeros(round(GAP_S * 24_000))]
    sound = np.concatenate(pieces)
    if sound.dtype.kind == "f":
        sound = np.clip(sound * 32_767, -32_768, 32_767)
    return sound.astype(np.int16), ends


@dataclass(frozen=True)
class Outcome:
    """What came of one chat.

    Attributes
    ----------
    sent
        Frames that its page captured.
    came
        Their numbers as they stand in the log.
    late_ms
        How long each of these took from page to log, in ms, of shape (len(came),).
    said, turns, heard, answers
        Phrases said whole, turns that the service found, turns with their words, and answers.
    played
        Answers that the page played.
    items, state, dropped, restored
        Of the conversation; of the session, with its failure; bytes of sound let go; why it was
        restored, each time.
    """

    sent: int
    came: list[int]
    late_ms: np.ndarray
    said: int
    turns: int
    heard: int
    answers: int
    played: int
    items: int
    state: str
    dropped: int
    restored: list[str]


def soak(minutes: float, chats: int) -> tuple[list[Sample], list[Outcome], int]:
    """Have the chats talk for so long.

    Returns
    -------
    tuple
        Samples of every 10 s, what came of each chat, and how many child processes were left
        when the extension was unloaded.
    """
    with kernel() as (client, process):
        opened = json.loads(run(client, OPEN.format(chats=chats)).strip().splitlines()[-1])
        server = psutil.Process(opened[0])
        sound, ends = microphone()
        pages = [
            SimulatedPage(client, comm_id, sound, n * len(sound) // chats, f"page{n}")
            for n, comm_id in enumerate(opened[1])
        ]
        samples = _talk(client, pages, process, server, minutes * 60)
        told = json.loads(run(client, TOLD.format(samples=FRAME_SAMPLES)).splitlines()[-1])
        run(client, CLOSE)
        left = len(process.children())
    return samples, [_outcome(page, ends, one) for page, one in zip(pages, told, strict=True)], left


def _outcome(page: SimulatedPage, ends: list[int], told: dict[str, Any]) -> Outcome:
    came = told.pop("came")
    late_ms = [(at_s - page.sent_s[number]) * 1000 for number, at_s in came]
    return Outcome(
        sent=len(page.sent_s),
        came=[number for number, _ in came],
        late_ms=np.array(late_ms),
        said=page.said(ends),
        played=page.answers,
        **told,
    )


def _talk(
    client: BlockingKernelClient,
    pages: list[SimulatedPage],
    kernel_process: psutil.Process,
    server: psutil.Process,
    seconds: float,
) -> list[Sample]:
    by_comm = {page.comm_id: page for page in pages}
    for page in pages:
        page.open()
    began = due = time.monotonic()
    ticks, samples, worst = 0, [], 0.0
    while due - began < seconds:
        due += FRAME_S
        while (left := due - time.monotonic()) > 0:
            _listen(client, by_comm, left)
        worst = max(worst, time.monotonic() - due)
        ticks += 1
        for number, page in enumerate(pages):
            page.capture()
            if (ticks + number) % 5 == 0:
                page.play()
        if ticks % round(EVERY_S / FRAME_S) == 0:
            samples.append(_sample(due - began, kernel_process, server, worst * 1000))
            _tell(samples[-1])
            worst = 0.0
    for page in pages:
        page.close()
    end = time.monotonic() + 5.0
    while time.monotonic() < end:
        _listen(client, by_comm, 0.04)
        for page in pages:
            page.play()
    return samples


def _listen(
    client: BlockingKernelClient, by_comm: dict[str, SimulatedPage], timeout_s: float
) -> None:
    """Take what the kernel says within a while."""
    with suppress(Empty):
        message = client.get_iopub_msg(timeout=timeout_s)
        if message["header"]["msg_type"] == "comm_msg":
            page = by_comm.get(message["content"]["comm_id"])
            if page is not None:
                page.take(message["content"]["data"], message.get("buffers", []))


def _sample(at_s: float, process: psutil.Process, server: psutil.Process, late_ms: float) -> Sample:
    with process.oneshot():
        return Sample(
            at_s,
            process.memory_info().rss / 2**20,
            server.memory_info().rss / 2**20,
            process.num_threads(),
            process.num_fds(),
            late_ms,
        )


def _tell(sample: Sample) -> None:
    sys.stdout.write(
        f"{sample.at_s:6.0f} s  kernel {sample.kernel_mb:6.1f} MiB"
        f"  server {sample.server_mb:6.1f} MiB  threads {sample.threads:3}  fds {sample.fds:3}"
        f"  page late {sample.late_ms:5.1f} ms\n"
    )
    sys.stdout.flush()


def report(samples: list[Sample], chats: list[Outcome], children_left: int) -> list[str]:
    """Print what came of it; return which bounds were broken."""
    late = np.concatenate([one.late_ms for one in chats])
    p50, p99, worst = np.percentile(late, [50, 99, 100]) if len(late) else (np.inf,) * 3
    settled = [sample for sample in samples if sample.at_s >= SETTLED_S] or samples
    first, last = settled[0], settled[-1]
    grown_mb = last.kernel_mb - first.kernel_mb
    hours = max(last.at_s - first.at_s, EVERY_S) / 3600
    lost = [one.sent - len(set(one.came)) for one in chats]
    doubled = [len(one.came) - len(set(one.came)) for one in chats]
    sys.stdout.write(
        f"{len(chats)} chats, {sum(one.sent for one in chats):,} frames, {len(late):,} in the log,"
        f" {sum(lost)} lost, {sum(doubled)} doubled: page to log p50 {p50:.1f} ms,"
        f" p99 {p99:.1f} ms, worst {worst:.0f} ms\n"
        f"states {[one.state for one in chats]}, dropped {[one.dropped for one in chats]} bytes,"
        f" restored {[one.restored for one in chats]}\n"
        f"phrases said {[one.said for one in chats]}, turns {[one.turns for one in chats]},"
        f" with words {[one.heard for one in chats]}\n"
        f"answers {[one.answers for one in chats]}, played {[one.played for one in chats]},"
        f" items {[one.items for one in chats]}\n"
        f"kernel {first.kernel_mb:.0f} MiB after the first {first.at_s:.0f} s, {last.kernel_mb:.0f}"
        f" at the end ({grown_mb / hours / len(chats):.1f} MiB an hour and chat);"
        f" threads {first.threads} and {last.threads}, fds {first.fds} and {last.fds}\n"
    )
    bound_mb = MAX_GROWTH_MB * hours * len(chats) + 32.0
    ends = {
        f"the log lacks {lost} frames that pages sent": any(lost),
        f"{doubled} frames were sent twice": any(doubled),
        "frames came out of order": any(one.came != sorted(one.came) for one in chats),
        "sound was dropped": any(one.dropped for one in chats),
        "a chat is not open": {one.state for one in chats} != {"open"},
        "a chat has no answers": any(not one.answers for one in chats),
        f"the kernel grew by more than {bound_mb:.0f} MiB": grown_mb > bound_mb,
        "threads grew": last.threads > first.threads + 2,
        "file descriptors grew": last.fds > first.fds + 4,
        "frames came late": p50 > MAX_LATE_MS,
        "a child process was left": children_left > 0,
    }
    return [name for name, broken in ends.items() if broken]
