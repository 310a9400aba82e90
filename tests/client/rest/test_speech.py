from __future__ import annotations

import asyncio
import base64
import io
import json

import numpy as np
import pytest
import soundfile as sf

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.spool import PcmSpool
from realtime_nb.client.rest.speech import speak
from realtime_nb.client.rest.speech_sink import SpeechSink
from realtime_nb.errors import ConnectionFailed, ConnectionLost, RequestRefused, UsageError

TONE = (np.sin(np.arange(24_000) / 12) * 9_000).astype("<i2").tobytes()


def pcm(data, *, cut=1_001, breaks=False, wait=None, kind="audio/pcm"):
    """Return a script that streams bytes in odd pieces, as OpenAI does."""

    async def script(_request, writer):
        start = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n"
        writer.write(f"{start}connection: close\r\n\r\n".encode())
        for at in range(0, len(data), cut):
            piece = data[at : at + cut]
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
            if wait is not None:
                await wait()
        if breaks:
            writer.transport.abort()
        else:
            writer.write(b"0\r\n\r\n")

    return script


def sse(data, usage=None, *, pieces=3):
    step = len(data) // pieces // 2 * 2
    cuts = [data[i * step : (i + 1) * step] for i in range(pieces)] + [data[pieces * step :]]
    told = [{"type": "speech.audio.delta", "audio": base64.b64encode(cut).decode()} for cut in cuts]
    return [*told, {"type": "speech.audio.done", "usage": usage}]


USAGE = {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}


async def test_sound_comes_as_events_with_its_usage_and_becomes_the_format_asked_for(peer, wire):
    peer.says(wire.streaming(wire.events(*sse(TONE, USAGE), done=False), cut=777))
    endpoint = peer.endpoint(model="gpt-4o-mini-tts")
    speech = await speak("Hello!", endpoint=endpoint, voice="coral", instructions="Cheerful")
    assert peer.requests[0].json == {
        "model": "gpt-4o-mini-tts",
        "input": "Hello!",
        "voice": "coral",
        "instructions": "Cheerful",
        "response_format": "pcm",
        "stream_format": "sse",
    }
    assert speech.clip.pcm16() == TONE
    assert speech.usage == USAGE
    assert speech.cost == pytest.approx((14 * 0.60 + 101 * 12) / 1e6)
    assert speech.format == "mp3"
    samples, rate = sf.read(io.BytesIO(speech.sound))
    assert abs(len(samples) / rate - 1.0) < 0.1
    assert speech.timings["first_sound"] <= speech.timings["whole"]
    assert not speech.partial


async def test_first_bytes_are_passed_on_before_the_last_are_sent(peer):
    seen = []

    async def wait():
        if not seen:
            async with asyncio.timeout(20):
                while not seen:  # noqa: ASYNC110 -- another loop's thread sets it
                    await asyncio.sleep(0.005)

    def on_progress(progress):
        if progress.sound is not None and len(progress.sound):
            seen.append(len(progress.sound))

    peer.says(pcm(TONE, wait=wait))
    speech = await speak("Hi", endpoint=peer.endpoint(model="some-tts"), on_progress=on_progress)
    assert seen[0] < len(TONE)
    assert seen[-1] == len(TONE)
    assert speech.clip.pcm16() == TONE


async def test_without_stream_the_service_makes_the_file(peer, wire):
    flac = AudioClip.from_pcm16(TONE, 24_000).encode("flac")
    peer.says(wire.answering(flac, kind="audio/flac"))
    endpoint = peer.endpoint(model="tts-1")
    speech = await speak("Hello there", endpoint=endpoint, format="flac", stream=False, speed=1.5)
    assert peer.requests[0].json["response_format"] == "flac"
    assert peer.requests[0].json["speed"] == 1.5
    assert "stream_format" not in peer.requests[0].json
    assert speech.sound == flac
    assert speech.clip.pcm16() == TONE
    assert speech.cost == pytest.approx(11 * 15 / 1e6)


@pytest.mark.parametrize("form", ["wav", "pcm", "flac", "opus", "mp3"])
async def test_every_format_is_made_here_of_what_streams(peer, form, tmp_path):
    peer.says(pcm(TONE))
    speech = await speak("Hi", endpoint=peer.endpoint(model="tts-1"), format=form)
    assert peer.requests[0].json["response_format"] == "pcm"
    saved = speech.save(tmp_path / f"x.{form}")
    assert saved.read_bytes() == speech.sound
    if form == "pcm":
        assert speech.sound == TONE
    else:
        samples, rate = sf.read(saved)
        assert abs(len(samples) / rate - 1.0) < 0.1
    assert sf.info(speech.save(tmp_path / "other.wav")).frames == 24_000


async def test_a_stream_that_breaks_leaves_what_came(peer):
    peer.says(pcm(TONE[:24_000], breaks=True))
    speech = await speak("Hi", endpoint=peer.endpoint(model="tts-1"), format="wav")
    assert speech.partial
    assert "broke off" in speech.problem
    assert "\n" not in speech.problem
    # Bytes on their way when the connection is reset may be lost with it.
    assert TONE.startswith(speech.clip.pcm16())
    assert len(speech.clip) > 0
    assert "partial" in speech._repr_html_()


async def test_a_stream_that_breaks_before_any_sound_is_an_error(peer):
    peer.says(pcm(b"", breaks=True))
    with pytest.raises(ConnectionFailed):
        await speak("Hi", endpoint=peer.endpoint(model="tts-1"))


async def test_an_error_within_a_stream_leaves_what_came(peer, wire):
    first = sse(TONE)[0]
    error = {"type": "error", "error": {"message": "overloaded\nnow", "code": "server_error"}}
    peer.says(wire.streaming(wire.events(first, error, done=False)))
    speech = await speak("Hi", endpoint=peer.endpoint(model="gpt-4o-mini-tts"))
    assert speech.partial
    assert "overloaded now" in speech.problem
    assert speech.cost is None
    assert len(speech.clip) == 8_000


async def test_no_sound_at_all_is_one_line(peer, wire):
    peer.says(wire.answering(b"<html>hello</html>", kind="text/html"))
    with pytest.raises(ConnectionFailed, match="text/html and no sound"):
        await speak("Hi", endpoint=peer.endpoint(model="tts-1"))


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("401 Unauthorized", "check PEER_KEY"),
        ("500 Internal Server Error", "try again later"),
        ("400 Bad Request", "voice is wrong"),
    ],
)
async def test_refusals_are_one_line_with_what_to_do(peer, wire, status, advice):
    peer.says(wire.refusing(status, "The voice is wrong", x_should_retry="false"))
    with pytest.raises(RequestRefused, match=advice) as caught:
        await speak("Hi", endpoint=peer.endpoint(model="tts-1"))
    assert "\n" not in str(caught.value)


async def test_a_429_is_tried_again_and_said(peer, wire):
    peer.says(wire.refusing("429 Too Many", "slow", retry_after_ms="5"), pcm(TONE))
    notices = []
    endpoint = peer.endpoint(model="tts-1")
    speech = await speak("Hi", endpoint=endpoint, on_notice=notices.append)
    assert [one.kind for one in notices] == ["retry"]
    assert speech.clip.pcm16() == TONE


async def test_a_long_text_is_read_in_parts_that_are_joined(peer):
    loud = np.full(4_800, 20_000, "<i2").tobytes()
    quiet = np.full(4_800, -20_000, "<i2").tobytes()
    peer.says(pcm(loud), pcm(quiet, cut=7), pcm(loud))
    sentences = [f"This is sentence number {n} of a long story." for n in range(250)]
    text = " ".join(sentences)
    notices = []
    endpoint = peer.endpoint(model="tts-1")
    speech = await speak(text, endpoint=endpoint, format="pcm", on_notice=notices.append)
    asked = [request.json["input"] for request in peer.requests]
    assert len(asked) == 3
    assert " ".join(asked).split() == text.split()
    assert all(one.endswith(".") and len(one) <= 4_096 for one in asked)
    assert notices[0].text.startswith(f"{len(text):,} characters are read in 3 parts")
    samples = np.frombuffer(speech.sound, "<i2").astype(int)
    assert len(samples) == 3 * 4_800
    # 20,000 to -20,000 in one step would be a click.
    assert np.abs(np.diff(samples)).max() < 400
    assert speech.cost == pytest.approx(len("".join(asked)) * 15 / 1e6)


async def test_a_long_text_keeps_the_parts_before_the_one_that_fails(peer, wire):
    peer.says(pcm(TONE), wire.refusing("400 Bad Request", "no more"))
    endpoint = peer.endpoint(model="tts-1")
    speech = await speak("One sentence. " * 400, endpoint=endpoint, format="wav")
    assert speech.partial
    assert "no more" in speech.problem
    assert len(speech.clip) == 24_000


async def test_a_cancelled_call_closes_the_connection(peer):
    async def wait():
        await asyncio.sleep(0.02)

    sounds = []
    peer.says(pcm(TONE * 20, wait=wait))
    call = speak(
        "Hi",
        endpoint=peer.endpoint(model="tts-1"),
        on_progress=lambda progress: sounds.append(progress.sound),
    )
    async with asyncio.timeout(20):
        while not sounds:  # noqa: ASYNC110 -- another loop's thread sets it
            await asyncio.sleep(0.005)
    call.cancel()
    assert await asyncio.to_thread(peer.gone.wait, 20)
    assert isinstance(sounds[0], PcmSpool)
    assert sounds[0].clip().pcm16() in TONE * 20
    with pytest.raises(ConnectionLost):
        await call


async def test_a_custom_voice_is_sent_as_its_id_and_an_unknown_one_with_a_hint(peer):
    peer.says(pcm(TONE))
    notices = []
    endpoint = peer.endpoint(model="tts-1")
    for voice in ("voice_12", {"id": "voice_34"}, "aloy"):
        await speak("Hi", endpoint=endpoint, voice=voice, on_notice=notices.append)
    assert [request.json["voice"] for request in peer.requests] == [
        {"id": "voice_12"},
        {"id": "voice_34"},
        "aloy",
    ]
    assert [one.text for one in notices] == [
        "'aloy' is none of the voices known of tts-1; did you mean 'alloy'?"
    ]


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"voice": "marin"}, "tts-1 has no voice 'marin', gpt-4o-mini-tts has"),
        ({"instructions": "sadly"}, "tts-1 takes no instructions"),
        ({"speed": 5}, "0.25 to 4"),
        ({"speed": float("nan")}, "0.25 to 4"),
        ({"format": "wma"}, "no format 'wma'"),
        ({"text": " \n"}, "nothing to read"),
        ({"voice": {"name": "x"}}, "no id"),
        ({"model": "gpt-transcribe"}, "does not read aloud"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(peer, asked, line):
    asked = {"text": "Hi", "model": "tts-1", **asked}
    with pytest.raises(UsageError, match=line):
        speak(endpoint=peer.endpoint(), **asked)
    assert not peer.requests


async def test_a_service_that_sends_a_wav_for_pcm_is_understood(peer):
    peer.says(pcm(AudioClip.from_pcm16(TONE, 24_000).resample(16_000).wav()))
    speech = await speak("Hi", endpoint=peer.endpoint(model="kokoro"), format="wav")
    assert abs(len(speech.clip) - 24_000) < 3
    assert speech.clip.rate == 24_000


def test_the_key_is_in_nothing_that_is_kept(peer, wire):
    peer.says(wire.refusing("401 Unauthorized", "Incorrect API key: sk-test-0123456789abcdef"))
    call = speak("Hi", endpoint=peer.endpoint(model="tts-1"))
    with pytest.raises(RequestRefused) as caught:
        call.result(20)
    assert "0123456789abcdef" not in str(caught.value) + repr(call) + json.dumps(
        [str(one) for one in caught.value.args]
    )


def test_parts_shorter_than_the_fade_and_odd_bytes_are_joined_whole():
    spool = PcmSpool()
    sink = SpeechSink(spool, 3)
    for part in (b"\x01\x02\x03\x04\x05", b"", TONE[:100]):
        sink.feed(part)
        sink.end_part()
    assert len(spool) == 4 + 0 + 100
