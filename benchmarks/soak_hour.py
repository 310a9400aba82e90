"""An hour of talk on a clock that jumps: microphones that never close, and a renewed session.

Client and practice server share one loop; ears and voice are those of the tests, which know
each utterance by its loudness, so that at the end every one can be counted.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
import psutil

from realtime_nb.client import RealtimeSession, core, traffic
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from tests.faults.service import MOST, TOKEN, clip, practice
from tests.faults.virtual import LoopHere, VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_MS = 100
UTTERANCE_MS = 700.0
PAUSE_S = 7.0
LONG_EVERY = 10
SAMPLE_EVERY_S = 300.0
MAX_GROWTH_MB = 400  # an hour and chat, of which the microphone alone is 173
CONFIG = {"audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}


@dataclass
class Chatter:
    """One session and the person before it, whose microphone never closes."""

    session: RealtimeSession
    said: Counter[int] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    frames: int = 0

    async def talk(self, seconds: float) -> None:
        """Speak, be silent, and sometimes interrupt a long answer."""
        loop = asyncio.get_running_loop()
        self.session.on_state(lambda state: self.states.update([state]))
        await self.session.open()
        ends, number = loop.time() + seconds, 0
        while loop.time() < ends:
            number += 1
            if number % LONG_EVERY == 0:
                self.session.say(f"long {number}")
                await self.hear(np.zeros(2 * 24_000, np.int16))
            self.said[number % MOST] += 1
            await self.hear(clip(number, UTTERANCE_MS))
            await self.hear(np.zeros(round(PAUSE_S * 24_000), np.int16))
        await self.hear(np.zeros(5 * 24_000, np.int16))

    async def hear(self, pcm: np.ndarray) -> None:
        step = 24 * FRAME_MS
        for start in range(0, len(pcm), step):
            self.session.append_audio(pcm[start : start + step].astype("<i2").tobytes())
            self.frames += 1
            await asyncio.sleep(FRAME_MS / 1000)

    def heard(self) -> Counter[int]:
        """Return how often each utterance stands in the conversation."""
        users = [item.text for item in self.session.conversation.items if item.role == "user"]
        words = " ".join(users).split("clip ")[1:]
        return Counter(int(word.split()[0]) for word in words)

    def renewals(self) -> Counter[str]:
        """Return how often the session was restored, by reason."""
        return Counter(
            str(record.event.get("reason"))
            for record in self.session.log
            if record.event.type == "realtime_nb.restored"
        )


def soak(minutes: float, chats: int, session_minutes: float = 60.0) -> list[str]:
    """Run it; print a table and return which bounds were broken.

    The service ends a session after `session_minutes`.
    """
    first = mock.patch.object(core, "session_clock", _clock)
    second = mock.patch.object(traffic, "session_clock", _clock)
    with first, second, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_soak(minutes * 60, chats, session_minutes * 60))


def _clock() -> Callable[[], float]:
    """Return a session's clock on the loop's own time, in ms since now."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    return lambda: (loop.time() - start) * 1000


async def _soak(seconds: float, chats: int, session_s: float) -> list[str]:
    began = time.monotonic()
    async with practice(max_session_s=session_s) as served:
        await asyncio.sleep(0)
        before = asyncio.all_tasks()
        here = LoopHere(asyncio.get_running_loop())
        endpoint = Endpoint(served.url, "local-demo", "the service", api_key=Secret(TOKEN))
        chatters = [Chatter(RealtimeSession(endpoint, CONFIG, loop=here)) for _ in range(chats)]
        talks = [asyncio.create_task(one.talk(seconds)) for one in chatters]
        samples = await _watch(talks, seconds)
        for one in talks:
            one.result()
        broken = _judge(chatters, samples, is_renewed=seconds > session_s)
        for one in chatters:
            await one.session.close()
        await asyncio.sleep(60)
        if left := asyncio.all_tasks() - before:
            broken.append(f"{len(left)} tasks were left")
    print(f"{seconds / 60:.0f} min for {chats} chats in {time.monotonic() - began:.0f} s")
    return broken


async def _watch(talks: list[asyncio.Task[None]], seconds: float) -> list[tuple[float, ...]]:
    process, samples = psutil.Process(), []
    loop = asyncio.get_running_loop()
    start = loop.time()
    while not all(talk.done() for talk in talks):
        await asyncio.wait(talks, timeout=min(SAMPLE_EVERY_S, seconds / 4))
        gc.collect()
        sample = (
            loop.time() - start,
            process.memory_info().rss / 2**20,
            process.num_threads(),
            process.num_fds(),
            len(asyncio.all_tasks()),
        )
        samples.append(sample)
        sys.stdout.write(
            "{:6.0f} s  {:7.1f} MiB  threads {:3}  fds {:3}  tasks {:3}\n".format(*sample)
        )
        sys.stdout.flush()
    return samples


def _judge(
    chatters: list[Chatter], samples: list[tuple[float, ...]], *, is_renewed: bool
) -> list[str]:
    broken: list[str] = []
    for number, one in enumerate(chatters):
        session, heard = one.session, one.heard()
        renewals, log = one.renewals(), session.log
        print(
            f"chat {number}: {sum(one.said.values())} utterances, {sum(heard.values())} heard,"
            f" {one.frames:,} frames, {len(log):,} records, restored {dict(renewals)}"
        )
        name = f"chat {number}"
        seqs = [record.seq for record in log]
        checks = {
            f"{name}: {one.said - heard} lost, {heard - one.said} doubled": heard != one.said,
            f"{name}: it is {session.state}": session.state != "open",
            f"{name}: it was renewed {renewals}": is_renewed and not renewals,
            f"{name}: sound was dropped": session.dropped_audio_bytes > 0,
            f"{name}: the log has gaps": seqs != list(range(seqs[0], seqs[0] + len(seqs))),
        }
        broken += [what for what, is_broken in checks.items() if is_broken]
    first, last = samples[0], samples[-1]
    hours = max(last[0] - first[0], 60.0) / 3600
    grown = (last[1] - first[1]) / hours / len(chatters)
    print(f"memory grew {grown:.0f} MiB an hour and chat")
    bounds = {
        f"memory grew {grown:.0f} MiB an hour and chat": grown > MAX_GROWTH_MB,
        "threads grew": last[2] > first[2] + 1,
        "file descriptors grew": last[3] > first[3] + 2,
        "tasks grew": last[4] > first[4] + 4,
    }
    return broken + [what for what, is_broken in bounds.items() if is_broken]
