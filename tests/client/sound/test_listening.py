"""A clip as the microphone, against a scripted service."""

from __future__ import annotations

import asyncio
import base64
import time

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.g711 import ulaw_decode
from realtime_nb.client import RealtimeSession
from realtime_nb.client.sound import listening
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    close,
    error,
    expect,
    hold,
    send,
    session_created,
    session_updated,
    spoken,
    start_reading,
    stop_reading,
    wait_until,
)
from realtime_nb.errors import CallTimeout, ConnectionLost, ResponseFailed, ServerError, UsageError

APPEND = "input_audio_buffer.append"
COMMIT = "input_audio_buffer.commit"
MANUAL = {"audio": {"input": {"turn_detection": None}}}
TONE = AudioClip(np.sin(np.arange(4800) / 8).astype(np.float32) / 2, 24_000)  # 200 ms


def hears(item_id="item_u", previous=None):
    """Return what a service sends for a turn that its turn detection found."""
    buffer = "input_audio_buffer"
    item = {"id": item_id, "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
    return [
        {"type": f"{buffer}.speech_started", "item_id": item_id, "audio_start_ms": 0},
        {"type": f"{buffer}.speech_stopped", "item_id": item_id, "audio_end_ms": 200},
        {"type": f"{buffer}.committed", "item_id": item_id, "previous_item_id": previous},
        {"type": "conversation.item.added", "item": item, "previous_item_id": previous},
    ]


def transcript(text, item_id="item_u"):
    return {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": item_id,
        "content_index": 0,
        "transcript": text,
    }


def sound_of(peer):
    return b"".join(base64.b64decode(event["audio"]) for event in peer.of_type(APPEND))


def manual_peer(*steps, config=MANUAL, **options):
    steps = [send(session_created()), expect("session.update"), answer(session_updated), *steps]
    return ScriptedPeer(steps, **options), config


async def test_turn_detection_ends_the_turn_and_its_answer_is_returned(loop):
    script = [
        send(session_created()),
        hold(0.1),
        send(*hears()),
        send(*spoken(None, "Good morning.")),
        send(transcript("hello")),
    ]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, loop=loop)
        await session.open()
        heard = await session.listen(TONE)
        assert [r.text for r in heard.responses] == ["Good morning."]
        assert heard.response.audio.duration_ms == 100
        assert [item.id for item in heard.items] == ["item_u"]
        assert heard.text == "hello"
        assert heard.answer == "Good morning."
        assert "hello" in repr(heard)
        assert "<audio" in heard._repr_html_()
        assert sound_of(peer)[:9600] == TONE.pcm16()
        assert set(sound_of(peer)[9600:]) == {0}  # the silence behind it
        await session.close()


@pytest.mark.parametrize("realtime", [True, False])
async def test_without_turn_detection_the_clip_is_committed_and_answered(loop, realtime):
    peer, config = manual_peer(
        expect(COMMIT),
        send({"type": "input_audio_buffer.committed", "item_id": "item_u"}),
        expect("response.create"),
        answer(lambda request: spoken(request, "Yes.")),
    )
    async with peer:
        session = RealtimeSession(peer.endpoint, config, loop=loop)
        await session.open()
        began = time.monotonic()
        heard = await session.listen(TONE, realtime=realtime)
        if realtime:
            assert time.monotonic() - began >= 0.2
        assert heard.answer == "Yes."
        assert heard.sent_ms == pytest.approx(200)
        assert sound_of(peer) == TONE.pcm16()
        await session.close()


async def test_every_sample_arrives_at_the_rate_and_in_the_code_of_the_session(loop):
    config = {"audio": {"input": {"turn_detection": None, "format": {"type": "audio/pcmu"}}}}
    peer, config = manual_peer(config=config)
    low = AudioClip(np.sin(np.arange(44_100) / 44_100 * 400 * 2 * np.pi).astype("f4") / 2, 44_100)
    async with peer:
        session = RealtimeSession(peer.endpoint, config, loop=loop)
        await session.open()
        heard = await session.listen(low, realtime=False, then="nothing")
        assert heard.sent_ms == 1000
        assert heard.items == ()
        while len(sound_of(peer)) < 8000:  # noqa: ASYNC110 -- sent, and not yet read by the peer
            await asyncio.sleep(0.01)
        got = ulaw_decode(sound_of(peer)) / 32768
        expected = low.resample(8000).samples
        assert len(got) == 8000
        assert np.sqrt(np.mean((got - expected)[200:-200] ** 2)) < 0.01
        await session.close()


async def test_two_clips_do_not_mix(loop):
    peer, config = manual_peer()
    quiet, loud = AudioClip(np.full(4800, 0.25), 24_000), AudioClip(np.full(4800, 0.5), 24_000)
    async with peer:
        session = RealtimeSession(peer.endpoint, config, loop=loop)
        await session.open()
        first = session.listen(quiet, then="nothing")
        await session.listen(loud, then="nothing")
        assert first.done()
        while len(sound_of(peer)) < 19_200:  # noqa: ASYNC110 -- sent, and not yet read by the peer
            await asyncio.sleep(0.01)
        assert sound_of(peer) == quiet.pcm16() + loud.pcm16()
        await session.close()


async def test_an_answer_that_fails_is_raised_at_the_line_that_listens(loop):
    broken = spoken(None, "No.")
    broken[-1]["response"] |= {
        "status": "failed",
        "status_details": {"type": "failed", "error": {"code": "x", "message": "out of order"}},
    }
    async with ScriptedPeer(
        [send(session_created()), hold(0.1), send(*hears()), send(*broken)]
    ) as peer:
        session = RealtimeSession(peer.endpoint, loop=loop)
        await session.open()
        with pytest.raises(ResponseFailed, match="out of order"):
            await session.listen(TONE)
        await session.close()


async def test_a_refused_commit_is_raised_at_the_line_that_listens(loop):
    peer, config = manual_peer(
        expect(COMMIT),
        answer(lambda sent: error("too small", "odd", event_id=sent["event_id"])),
    )
    async with peer:
        session = RealtimeSession(peer.endpoint, config, loop=loop)
        await session.open()
        with pytest.raises(ServerError, match="too small"):
            await session.listen(TONE, realtime=False)
        await session.close()


async def test_a_connection_that_ends_ends_the_call(loop):
    async with ScriptedPeer([send(session_created()), hold(0.1), close(1011)]) as p:
        session = RealtimeSession(p.endpoint, loop=loop, restore=False)
        await session.open()
        with pytest.raises(ConnectionLost):
            await session.listen(TONE)


async def test_nobody_heard_is_no_error(loop, monkeypatch):
    monkeypatch.setattr(listening, "NOBODY_S", 0.3)
    async with ScriptedPeer([send(session_created())]) as peer:
        session = RealtimeSession(peer.endpoint, loop=loop)
        await session.open()
        heard = await session.listen(AudioClip.silence(100, 16_000))
        assert heard.items == ()
        assert heard.response is None
        assert "no turn" in repr(heard)
        await session.close()


async def test_speech_that_never_ends_for_the_service_is_named(loop, monkeypatch):
    monkeypatch.setattr(listening, "LONGEST_SILENCE_S", 0.5)
    script = [send(session_created()), hold(0.1), send(hears()[0])]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, loop=loop)
        await session.open()
        with pytest.raises(CallTimeout, match="commit"):
            await session.listen(TONE)
        await session.close()


async def test_cancelling_sends_no_more(loop):
    peer, config = manual_peer()
    async with peer:
        session = RealtimeSession(peer.endpoint, config, loop=loop)
        await session.open()
        call = session.listen(AudioClip.silence(60_000, 8000))
        await peer.heard(APPEND, 3)
        call.cancel()
        heard = await session.listen(TONE, realtime=False, then="nothing")
        assert heard.sent_ms == pytest.approx(200)
        while not sound_of(peer).endswith(TONE.pcm16()):  # noqa: ASYNC110 -- on its way
            await asyncio.sleep(0.01)
        assert len(sound_of(peer)) < 48_000 * 10
        await session.close()


async def test_what_cannot_be_asked_for_is_refused_at_once(loop):
    peer, config = manual_peer()
    async with peer:
        session = RealtimeSession(peer.endpoint, config, loop=loop)
        await session.open()
        with pytest.raises(UsageError, match="auto"):
            session.listen(TONE, then="later")
        with pytest.raises(UsageError, match=r"nowhere\.wav"):
            session.listen("nowhere.wav")
        with pytest.raises(UsageError, match="turn detection is off"):
            await session.listen(TONE, then="silence")
        await session.close()


async def test_a_long_clip_waits_for_a_service_that_does_not_read(loop):
    go_on = asyncio.Event()
    peer, config = manual_peer(stop_reading(), wait_until(go_on), start_reading())
    async with peer:
        session = RealtimeSession(peer.endpoint, config, loop=loop)
        await session.open()
        hour = (np.broadcast_to(np.float32(0), 3600 * 24_000), 24_000)
        call = session.listen(hour, realtime=False, then="nothing")
        await asyncio.sleep(1.5)
        assert not call.done()
        assert session._core.outbox.audio_bytes < 2**20
        assert session.dropped_audio_bytes == 0
        call.cancel()
        go_on.set()
        await session.close()


async def test_a_clip_follows_the_input_format_when_that_changes(loop):
    changed = asyncio.Event()
    law = {"audio": {"input": {"format": {"type": "audio/pcmu"}, "turn_detection": None}}}
    peer, config = manual_peer(
        wait_until(changed),
        send(session_updated({"session": law})),
        expect(COMMIT),
        send({"type": "input_audio_buffer.committed", "item_id": "item_u"}),
        expect("response.create"),
        answer(lambda request: spoken(request, "Yes.")),
    )
    clip = AudioClip(np.tile(TONE.samples, 10), 24_000)  # 2 s
    async with peer:
        session = RealtimeSession(peer.endpoint, config, loop=loop)
        await session.open()
        call = session.listen(clip)
        await peer.heard(APPEND, 5)
        changed.set()
        heard = await call
        sizes = [len(base64.b64decode(event["audio"])) for event in peer.of_type(APPEND)]
        linear = sizes.count(1920)
        assert sizes[:linear] == [1920] * linear
        assert 5 <= linear < 50
        assert set(sizes[linear:-1]) == {320}
        assert heard.sent_ms == pytest.approx(2000, abs=1)
        phone = ulaw_decode(sound_of(peer)[1920 * linear :]) / 32768
        wanted = clip.samples[960 * linear :: 3]
        assert np.abs(phone - wanted[: len(phone)])[40:-40].max() < 0.1
        await session.close()
