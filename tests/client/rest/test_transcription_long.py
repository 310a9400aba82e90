"""Recordings that are too much for one request."""

from __future__ import annotations

import email.policy
import itertools
import json
import tracemalloc

import numpy as np
import pytest
import soundfile as sf

from realtime_nb.audio.clip import AudioClip
from realtime_nb.client.rest.long_cuts import cut_points
from realtime_nb.client.rest.long_sound import LARGEST_UPLOAD, Uploads
from realtime_nb.client.rest.transcription import transcribe
from realtime_nb.errors import RequestRefused, UsageError

RATE = 8_000


def talk(minutes, *, pause_every_s=30.0):
    """Return noise with pauses of 0.6 s, the middle of each at a multiple of 30 s."""
    random = np.random.default_rng(1)
    samples = random.normal(0, 0.1, round(minutes * 60 * RATE)).astype(np.float32)
    for middle in np.arange(pause_every_s, minutes * 60, pause_every_s):
        samples[round((middle - 0.3) * RATE) : round((middle + 0.3) * RATE)] = 0
    return samples


def file_of(request):
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    return next(
        (part.get_filename(), part.get_payload(decode=True))
        for part in message.iter_parts()
        if part.get_filename()
    )


def each(*bodies):
    """Return a script that answers each request with the next body."""
    waiting = list(bodies)

    async def script(_request, writer):
        body = waiting.pop(0)
        status = "200 OK" if "text" in body else "400 Bad Request"
        data = json.dumps(body).encode()
        kind = "content-type: application/json\r\nconnection: close"
        writer.write(f"HTTP/1.1 {status}\r\n{kind}\r\ncontent-length: {len(data)}\r\n\r\n".encode())
        writer.write(data)

    return script


def heard(text, at_s, for_s, seconds, speaker=""):
    span = {"start": at_s, "end": at_s + for_s, "text": text}
    return {
        "text": text,
        "segments": [{**span, "speaker": speaker} if speaker else span],
        "words": [{"word": text, "start": at_s, "end": at_s + for_s}],
        "usage": {"type": "duration", "seconds": seconds},
    }


def test_cuts_fall_into_pauses_and_no_part_is_too_long():
    samples = talk(10)
    starts = cut_points(samples, RATE, 100)
    assert starts[0] == 0
    assert len(starts) == 7
    for start in starts[1:]:
        nearest = round(start / RATE / 30) * 30
        assert abs(start / RATE - nearest) < 0.3
    lengths = np.diff([*starts, len(samples)]) / RATE
    assert lengths.max() <= 100
    assert lengths.min() > 50


@pytest.mark.parametrize("kind", ["silence", "noise"])
def test_sound_without_any_pause_is_cut_all_the_same(kind):
    quiet = np.zeros(RATE * 300, np.float32)
    noise = np.random.default_rng(2).normal(0, 0.1, RATE * 300).astype(np.float32)
    starts = cut_points(quiet if kind == "silence" else noise, RATE, 70)
    lengths = np.diff([*starts, RATE * 300]) / RATE
    assert lengths.max() <= 70
    assert lengths.min() > 10


def test_thirty_megabytes_are_sent_smaller_and_said(tmp_path):
    path = tmp_path / "big.wav"
    # 3 minutes of stereo at 44.1 kHz, 32 bit: 63 MB.
    sf.write(path, np.zeros((44_100 * 180, 2), np.int32), 44_100, subtype="PCM_32")
    uploads = Uploads(path)
    assert len(uploads) == 1
    assert "more than the 25 MB that a request may have: sent as wav of 16 kHz" in uploads.note
    upload = uploads.make(0)
    assert len(upload.data) < LARGEST_UPLOAD
    assert AudioClip.read(upload.data).duration_ms == pytest.approx(180_000, abs=1)
    assert uploads.sound == path


def test_an_hour_is_made_smaller_before_it_is_cut():
    clip = AudioClip(np.zeros(48 * 60 * 16_000, np.float32), 16_000)
    uploads = Uploads(clip)
    assert len(uploads) == 1
    assert uploads.note.startswith("48:00 of sound are too much")
    assert uploads.note.endswith("sent as mp3 of 16 kHz")


def test_a_model_that_takes_minutes_gets_parts_even_of_a_small_file(tmp_path):
    path = AudioClip(talk(4), RATE).save(tmp_path / "x.mp3")
    uploads = Uploads(path, longest_s=100)
    assert len(uploads) == 3
    made = [uploads.make(number) for number in range(3)]
    assert [one.start_s for one in made] == pytest.approx([0, 90, 150], abs=31)
    for one, after in itertools.pairwise(made):
        assert one.start_s + one.seconds == pytest.approx(after.start_s)
    assert made[-1].start_s + made[-1].seconds == pytest.approx(240, abs=0.2)
    for one in made:
        assert AudioClip.read(one.data).duration_ms / 1000 == pytest.approx(one.seconds, abs=0.2)


def test_three_hours_are_planned_and_cut_in_less_than_a_copy():
    clip = AudioClip(np.zeros(3 * 3600 * RATE, np.float32), RATE)
    size = clip.samples.nbytes
    tracemalloc.start()
    try:
        uploads = Uploads(clip, limit=1_000_000)
        part = uploads.make(0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 68 <= len(uploads) <= 72
    assert len(part.data) < 1_000_000
    assert part.seconds > 100
    assert peak < size / 4


def test_parts_are_of_twenty_minutes_at_the_most():
    uploads = Uploads(AudioClip(np.zeros(3 * 3600 * 1_000, np.float32), 1_000), limit=10_000_000)
    assert len(uploads) in {9, 10}  # nine of 20 minutes have no room to choose a pause
    assert "3:00:00 of sound" in uploads.note


def test_what_is_stopped_is_given_up():
    uploads = Uploads(AudioClip(np.zeros(3 * 3600 * RATE, np.float32), RATE))
    uploads.stop()
    with pytest.raises(UsageError, match="stopped"):
        uploads.make(0)


@pytest.fixture
def _small_requests(monkeypatch):
    """Have no request take more than 39 s as it would be sent."""
    module = "realtime_nb.client.rest.transcription_reading"
    monkeypatch.setattr(f"{module}.LARGEST_UPLOAD", 250_000)


@pytest.mark.usefixtures("_small_requests")
async def test_parts_are_written_down_in_turn_their_times_shifted(peer):
    clip = AudioClip(talk(2.5), RATE)
    peer.says(each(*(heard(f"p{n}", 1.0, 0.5, 10) for n in range(9))))
    notices, progress = [], []
    transcript = await transcribe(
        clip,
        endpoint=peer.endpoint(model="other"),
        on_notice=notices.append,
        on_progress=progress.append,
    )
    parts = len(peer.requests)
    assert 4 <= parts <= 6
    assert transcript.text == " ".join(f"p{n}" for n in range(parts))
    starts = [word.start_s for word in transcript.words]
    assert starts == sorted(starts)
    lengths = [len(AudioClip.read(file_of(one)[1])) / RATE for one in peer.requests]
    at_s = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    assert starts == pytest.approx(at_s + 1.0, abs=0.1 * parts)
    assert sum(lengths) == pytest.approx(150, abs=0.1 * parts)
    assert transcript.usage == {"type": "duration", "seconds": 10 * parts}
    assert f"into {parts} parts, sent as mp3 of 8 kHz" in notices[0].text
    assert [one.text for one in notices if one.kind == "progress"][-1] == (
        f"part {parts} of {parts} is being written down"
    )
    assert any(one.transcript.startswith("p0 p1") for one in progress)


@pytest.mark.usefixtures("_small_requests")
async def test_a_part_that_fails_leaves_those_before_it(peer):
    clip = AudioClip(talk(2), RATE)
    told = [heard("one", 0, 1, 40, "A"), heard("two", 0, 1, 40, "A"), {"error": {"message": "no"}}]
    peer.says(each(*told))
    parts = len(Uploads(clip, limit=250_000))
    assert parts > 2
    transcript = await transcribe(clip, endpoint=peer.endpoint(model="other"), diarize=True)
    assert transcript.partial
    assert transcript.text == "one two"
    assert transcript.problem.startswith(f"part 3 of {parts}: ")
    assert transcript.speakers == ("A (part 1)", "A (part 2)")


@pytest.mark.usefixtures("_small_requests")
async def test_a_first_part_that_fails_is_an_error(peer):
    peer.says(each({"error": {"message": "no"}}))
    with pytest.raises(RequestRefused):
        await transcribe(AudioClip(talk(2), RATE), endpoint=peer.endpoint(model="other"))
