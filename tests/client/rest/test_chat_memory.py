"""An hour of sound that is streamed takes the memory of a few seconds."""

from __future__ import annotations

import base64
import tracemalloc

from realtime_nb.client.rest.chat import AudioChat

MINUTES = 60
PIECE = bytes(range(256)) * 750  # 192,000 bytes: 4 s of PCM16 at 24 kHz
BOUND = 24 << 20


async def test_a_streamed_hour_stays_within_a_bound(peer, wire):
    pieces = MINUTES * 60 * 48_000 // len(PIECE)
    data = base64.b64encode(PIECE).decode()
    piece = wire.events(wire.chunk({"audio": {"data": data, "transcript": "word "}}), done=False)
    end = wire.events(wire.chunk({"audio": {"expires_at": 1}}), wire.chunk({}, "stop"))

    async def hour(_request, writer):
        writer.write(wire.head(kind="text/event-stream"))
        for _ in range(pieces):
            writer.write(piece)
            await writer.drain()
        writer.write(end)

    peer.says(wire.answering(wire.reply({"content": "Ready."})), hour)
    chat = AudioChat(peer.endpoint())
    await chat.ask("Hi")  # all is loaded by now
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        answer = await chat.ask("Read the book", stream=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    print(f"{answer.seconds / 60:.0f} minutes, at most {(peak - before) / 1e6:.1f} MB more")  # noqa: T201 -- the figure
    assert answer.seconds == MINUTES * 60
    assert not answer.partial
    assert not answer.spool.in_memory
    assert answer.spool.read(len(answer.spool) - len(PIECE), len(PIECE)) == PIECE
    assert peak - before < BOUND
