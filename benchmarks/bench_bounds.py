"""What is held when nothing stops: a long talk, a microphone left open, a service that floods.

Resident memory of this process, every step of the way, with the log's own bounds as they are by
default. Run: ``python benchmarks/bench_bounds.py [HOURS]``; 24 hours of a microphone take minutes.
"""

from __future__ import annotations

import argparse
import base64
import gc
import json
import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_log import HOUR, frames

from realtime_nb.bridge.frames import MICROPHONE, Frame
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.rows.table import Rows
from tests.bridge.stage import Stage

FRAME_MS = 40
SAMPLES = FRAME_MS * 24
FLOOD = 600_000_000
PER_HOUR = 3_600_000 // FRAME_MS


def resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def talk(before: float) -> None:
    """An hour at 100 events a second, with its conversation and its table."""
    log, conversation, began = EventLog(), Conversation(), time.process_time()
    rows = Rows(log)
    for number, frame in enumerate(frames(HOUR)):
        event = Event.parse(frame)
        sent = event.type == "input_audio_buffer.append"
        record = log.append(
            "sent" if sent else "received", event, t_ms=number * 10.0, size=len(frame)
        )
        conversation.apply(record.direction, event, record.t_ms)
        if number % 1_000 == 0:
            while rows.index.catch_up():
                pass
        if (number + 1) % (HOUR // 4) == 0:
            print(
                f"  after {(number + 1) // 6_000:3} min: {resident_mb() - before:6.0f} MB,"
                f" {log.dropped_audio:,} sounds and {log.dropped_records:,} records let go of"
            )
    print(f"  CPU: {(time.process_time() - began) / HOUR * 1e6:.0f} µs an event")


def microphone(before: float, hours: int) -> None:
    """A microphone that is left open: 25 frames a second into a session that hears nothing."""
    stage = Stage()
    log = stage.core.log
    log.max_audio_bytes = 64 * 2**20

    def post_audio(pcm: bytes) -> object:
        audio = base64.b64encode(pcm).decode()
        event = Event({"type": "input_audio_buffer.append", "audio": audio})
        return log.append("sent", event, t_ms=stage.core.now_ms(), size=len(audio) + 60)

    stage.line.post_audio = post_audio
    say = stage.view.handlers
    for fields in ({"kind": "hello", "version": 1}, {"kind": "mic", "on": True}):
        for handler in say:
            handler({"client": "page", **fields}, [])
    stage.run()
    for hour in range(hours):
        for number in range(PER_HOUR):
            seq = hour * PER_HOUR + number
            pcm = bytes(SAMPLES * 2)
            t_ms = seq * float(FRAME_MS)
            frame = Frame(MICROPHONE, 1, seq, seq * SAMPLES % 2**32, t_ms, pcm).pack()
            for handler in say:
                handler({"client": "page", "kind": "audio"}, [memoryview(frame)])
            stage.loop.now_s += FRAME_MS / 1000
            if number % 25 == 0:
                stage.run()
                stage.core.flush()
                stage.line.posted.clear()
                stage.view.sent.clear()
        print(
            f"  after {hour + 1:3} h: {resident_mb() - before:6.0f} MB, {len(log):,} records held,"
            f" {stage.session.dropped_audio_bytes:,} bytes of sound dropped"
        )
    print(f"  what was said of it: {stage.troubles.said[:3] or 'nothing'}")
    stage.close()


def flood(before: float) -> None:
    """A service that sends 600 MB of words and sound as fast as they are taken."""
    log, conversation, began = EventLog(), Conversation(), time.perf_counter()
    sound = base64.b64encode(os.urandom(96_000)).decode()
    ids = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
    texts = [
        {"type": "response.created", "response": {"id": "resp_1"}},
        {"type": "response.output_audio_transcript.delta", **ids, "delta": "word " * 20_000},
        {"type": "response.output_audio.delta", **ids, "delta": sound},
        {"type": "nobody.knows.this", "a": [{} for _ in range(30_000)]},
    ]
    sent, number = 0, 0
    while sent < FLOOD:
        frame = json.dumps(texts[min(number, 1 + number % 3)]).encode()
        record = log.append("received", Event.parse(frame), t_ms=number, size=len(frame))
        conversation.apply("received", record.event, record.t_ms)
        sent, number = sent + len(frame), number + 1
    took = time.perf_counter() - began
    print(
        f"  {sent / 1e9:.1f} GB in {number:,} frames at {sent / 1e6 / took:.0f} MB/s:"
        f" {resident_mb() - before:.0f} MB held, {len(log):,} records"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("hours", nargs="?", type=int, default=1)
    parser.add_argument("--only", choices=("talk", "microphone", "flood"))
    options = parser.parse_args()
    base = resident_mb()
    if options.only in (None, "talk"):
        print(f"an hour at 100 events a second (at the start {base:.0f} MB):")
        talk(base)
    if options.only in (None, "microphone"):
        print(f"a microphone open for {options.hours} h, its log bounded to 64 MiB of sound:")
        microphone(base, options.hours)
    if options.only in (None, "flood"):
        print("a service that floods:")
        flood(base)
