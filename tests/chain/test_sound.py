"""Sound of a speech service as it comes: odd pieces, headers, events."""

from __future__ import annotations

import asyncio
import io
import wave
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.chain.requests import NoAnswer
from realtime_nb.chain.sound import SoundStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SOUND = bytes(range(200)) * 4


def stream(kind: str, pieces: list[Any]) -> SoundStream:
    async def give() -> AsyncIterator[Any]:
        for piece in pieces:
            yield piece

    return SoundStream(
        SimpleNamespace(headers={"content-type": kind}, iter_bytes=give, iter_lines=give)
    )


def read(sound: SoundStream) -> list[bytes]:
    async def collect() -> list[bytes]:
        return [piece async for piece in sound.pcm()]

    return asyncio.run(collect())


@pytest.mark.parametrize("size", [1, 3, 7, 800])
def test_whole_samples_come_of_pieces_of_any_size(size: int) -> None:
    pieces = [SOUND[at : at + size] for at in range(0, len(SOUND), size)]
    got = read(stream("audio/pcm", pieces))
    assert b"".join(got) == SOUND
    assert all(len(piece) % 2 == 0 for piece in got)


@pytest.mark.parametrize("size", [1, 5, 43, 2000])
def test_a_header_is_read_and_left_out(size: int) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(22_050)
        wav.writeframes(SOUND)
    data = file.getvalue()
    sound = stream("audio/wav", [data[at : at + size] for at in range(0, len(data), size)])
    assert b"".join(read(sound)) == SOUND
    assert sound.rate == 22_050


def test_a_stream_of_events_without_an_end_has_broken() -> None:
    line = 'data: {"type": "speech.audio.delta", "audio": "AAAA"}'
    with pytest.raises(NoAnswer, match="broke off before the end"):
        read(stream("text/event-stream", [line]))


def test_what_is_no_pcm_is_refused() -> None:
    with pytest.raises(NoAnswer, match="audio/mpeg"):
        read(stream("audio/mpeg", [b"ID3"]))
