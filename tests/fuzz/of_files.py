"""Files from elsewhere: saved chats, logs, sound and pictures."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from pathlib import Path

import numpy as np

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from realtime_nb.audio.wav import encode_wav
from realtime_nb.errors import RealtimeError
from realtime_nb.inspection.archive.reading import read
from realtime_nb.inspection.archive.saving import save
from realtime_nb.inspection.frames import turns
from realtime_nb.inspection.jsonl import read_jsonl
from realtime_nb.inspection.report.html import report_html
from realtime_nb.inspection.talk import Talk
from realtime_nb.inspection.timeline.notes import read_notes
from realtime_nb.protocol.images.picture import Picture
from realtime_nb.protocol.images.stripped import without_metadata
from tests.fuzz.of_config import one_line
from tests.fuzz.of_events import CORPUS, TALKS, _talk_of
from tests.fuzz.of_server import PICTURES
from tests.fuzz.running import Target

_LIMIT = 64 * 2**20


def take_archive(data: bytes) -> None:
    """Open a saved chat, and make of it what a reader looks at."""
    with tempfile.NamedTemporaryFile(suffix=".rtnb") as file:
        file.write(data)
        file.flush()
        try:
            saved = read(file.name, limit_bytes=_LIMIT)
        except RealtimeError as error:
            one_line(str(error))
            raise
    for problem in saved.problems:
        one_line(problem)
    turns(saved.talk)
    report_html(saved.talk).encode()


def take_log(data: bytes) -> None:
    """Read a log of another tool."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(data)
        file.flush()
        log, problems = read_jsonl(file.name)
    for record in log:
        record.row()
    for problem in problems:
        one_line(problem)


def take_clip(data: bytes) -> None:
    """Read a sound file; a header that promises a billion samples gets none."""
    try:
        clip = AudioClip.read(data)
    except RealtimeError as error:
        one_line(str(error))
        raise
    assert np.isfinite(clip.samples).all()


def take_g711(data: bytes) -> None:
    """Decode telephone sound; encoded again it sounds the same."""
    for encode, decode in ((ulaw_encode, ulaw_decode), (alaw_encode, alaw_decode)):
        sound = decode(data)
        assert len(sound) == len(data)
        assert (decode(encode(sound)) == sound).all()


def take_image(data: bytes) -> None:
    """Read a picture of a conversation, and take away what its file tells of its maker."""
    head, _, payload = data.partition(b",")
    import base64  # noqa: PLC0415 -- only here

    picture = Picture.of_url(head.decode("latin-1") + "," + base64.b64encode(payload).decode())
    without_metadata(picture)


def _archive() -> bytes:
    log, conversation = _talk_of(max(TALKS, key=len))
    talk = Talk(log=log, conversation=conversation, notes=read_notes(log), model="m")
    with tempfile.TemporaryDirectory() as folder:
        return save(talk, Path(folder) / "a.rtnb", endpoint="a service").read_bytes()


def _sounds() -> list[bytes]:
    tone = (8_000 * np.sin(np.arange(2_400) / 9)).astype("<i2")
    clip = AudioClip.from_pcm16(tone.tobytes(), 24_000)
    made = [encode_wav(tone.tobytes(), 24_000), encode_wav(tone.tobytes(), 8_000, 2)]
    with tempfile.TemporaryDirectory() as folder:
        for form in ("flac", "mp3", "ogg", "wav"):
            try:
                made.append(clip.save(Path(folder) / f"a.{form}").read_bytes())
            except RealtimeError:  # a library without that format
                continue
    return made


def _logs() -> list[bytes]:
    lines = (CORPUS / "talk.jsonl").read_bytes()
    some = [json.loads(line) for line in lines.splitlines()[:20]]
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as file:
        file.write(lines[:3_000])
    return [
        lines,
        b'{"format":"realtime_nb.events","version":1}\n' + lines[:4_000],
        json.dumps({"events": [one["event"] for one in some]}).encode(),
        b"\n".join(
            json.dumps({"dir": "in", "ts": 1.7e9 + n, "data": json.dumps(one["event"])}).encode()
            for n, one in enumerate(some)
        ),
        packed.getvalue(),
    ]


TARGETS = (
    Target("archive", take_archive, [_archive()], "zip", (RealtimeError,), share=1),
    Target("log", take_log, _logs(), "lines", (RealtimeError,), share=8),
    Target("clip", take_clip, _sounds(), "bytes", (RealtimeError,), share=15),
    Target("g711", take_g711, [bytes(range(256))], "bytes", share=20),
    Target("image", take_image, PICTURES, "bytes", (RealtimeError,), share=50),
)
