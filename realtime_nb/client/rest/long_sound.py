"""A recording as files that a service takes: as it is, made smaller, or in parts.

What fits goes out untouched. What does not is made smaller first, and said so; what still does
not is cut in its quietest moments, and each part is made when its turn comes, so that hours
take the memory of the recording and a few seconds more.
"""

from __future__ import annotations

import base64
import io
import math
import os
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.codec_files import encode_blocks
from realtime_nb.audio.codec_stream import encoders
from realtime_nb.audio.plain_file import open_plain, reason
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.audio.sniff import HEAD_BYTES, sniff
from realtime_nb.client.rest.long_cuts import cut_points
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

Recording: TypeAlias = (
    AudioClip | str | os.PathLike[str] | bytes | bytearray | memoryview | tuple[Any, Any]
)
"""A clip, a file's path, its bytes, or an array with its rate."""

LARGEST_UPLOAD: Final = 26_214_400 - 65_536
"""Bytes that a service takes at once: 25 MiB with what goes around the file."""

LONGEST_PART_S: Final = 20 * 60.0
"""How long a part is at the most, where a recording has to be cut, in seconds."""

SMALL_RATE: Final = 16_000
"""Hz of what is made smaller; recognisers listen at no more."""

SMALL_KBPS: Final = 48

# What services take as it is, by suffix, and its media type.
_TAKEN: Final = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
    "webm": "audio/webm",
}
_WAV_HEAD: Final = 44
_BLOCK_S: Final = 20
_ROOM: Final = 1.05  # encoders keep to their bitrate roughly


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a recording.

    Attributes
    ----------
    data
        The file.
    form
        What kind it is: a suffix without its dot.
    start_s
        Where in the recording it begins, in seconds.
    seconds
        How long it is; None where nobody told.
    """

    data: bytes
    form: str
    start_s: float = 0.0
    seconds: float | None = None

    def as_file(self) -> tuple[str, bytes, str]:
        """Return it as a form's field: a name, the bytes, a media type.

        The name is none of the author's: a path may tell more than was meant to be told.
        """
        return f"sound.{self.form}", self.data, _TAKEN[self.form]


class Uploads:
    """A recording as the files that are sent, one after the other.

    Its methods take time and run in a thread; `stop` may be called from any.

    Parameters
    ----------
    recording
        The sound.
    limit
        Bytes that a file may have.
    longest_s
        Seconds that the model takes at once; None where no bound is known.

    Attributes
    ----------
    sound
        What a transcript keeps as its recording.
    seconds
        How long it is; None where nobody told.
    note
        What was done to it, for people; ``""`` for nothing.

    Raises
    ------
    UsageError
        For what is no sound, in one line.
    """

    def __init__(
        self, recording: Recording, *, limit: int = LARGEST_UPLOAD, longest_s: float | None = None
    ) -> None:
        self._limit = limit
        self._longest_s = math.inf if longest_s is None else longest_s
        self._stopped = Event()
        self.note = ""
        self.seconds: float | None = None
        self._whole: Upload | None = None
        self._form = "wav"
        self._small = False
        self._starts = [0]
        found = _file_of(recording)
        self.sound: AudioClip | Path | bytes
        if found is not None and self._goes_as_it_is(*found):
            self.sound = found[0]
            return
        self._clip = _clip_of(recording)
        # The file stays what it is; decoded it may be ten times as large.
        self.sound = found[0] if found is not None else self._clip
        self.seconds = self._clip.duration_ms / 1000
        self._plan(_why_not(*found[1:], limit) if found is not None else "")

    def __len__(self) -> int:
        """Return how many files there are."""
        return len(self._starts)

    def stop(self) -> None:
        """Have what is being made given up."""
        self._stopped.set()

    def _goes_as_it_is(self, file: Path | bytes, size: int, kind: str) -> bool:
        if kind not in _TAKEN or size > self._limit:
            return False
        self.seconds = _told_seconds(file)
        if (self.seconds or 0.0) > self._longest_s:
            return False
        data = file if isinstance(file, bytes) else _read(file)
        self._whole = Upload(data, kind, 0.0, self.seconds)
        return True

    def _plan(self, why: str) -> None:
        """Settle what the clip is sent as; `why` its file is not sent as it is."""
        clip, seconds = self._clip, self._clip.duration_ms / 1000
        if not len(clip):
            raise UsageError("this clip is empty: there is nothing to write down.")
        if _WAV_HEAD + 2 * len(clip) <= self._limit and seconds <= self._longest_s:
            self.note = f"{why}: sent as wav of {clip.rate / 1000:g} kHz" if why else ""
            return
        self._form = next(form for form in ("mp3", "flac", "wav") if form in encoders())
        self._small = True
        rate = min(SMALL_RATE, clip.rate)
        per_second = 2.0 * rate if self._form != "mp3" else SMALL_KBPS * 1000 / 8
        fitting_s = self._limit / (per_second * _ROOM)
        small = f"{self._form} of {rate / 1000:g} kHz"
        why = why or f"{_clock(seconds)} of sound are too much for one request as they are"
        if seconds <= min(fitting_s, self._longest_s):
            self.note = f"{why}: sent as {small}"
            return
        most_s = min(fitting_s, self._longest_s, LONGEST_PART_S)
        if most_s < 1:
            raise UsageError(
                "there is no room for a second of sound in a request: give fewer or shorter "
                "samples of known speakers."
            )
        self._starts = cut_points(clip.samples, clip.rate, most_s)
        self.note = f"{why}: cut in quiet moments into {len(self)} parts, sent as {small}"

    def make(self, number: int) -> Upload:
        """Return one of the files, from 0; it is made now.

        Raises
        ------
        UsageError
            When it does not fit after all, or `stop` was called.
        """
        if self._whole is not None:
            return self._whole
        clip = self._clip
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self) else len(clip)
        samples = clip.samples[start:end]
        rate = min(SMALL_RATE, clip.rate) if self._small else clip.rate
        blocks = self._blocks(samples, clip.rate, rate)
        kbps = SMALL_KBPS if self._form == "mp3" else None
        frames = -(-len(samples) * rate // clip.rate)
        data = encode_blocks(blocks, rate, self._form, frames, bitrate_kbps=kbps)
        if len(data) > self._limit:
            raise UsageError(
                f"part {number + 1} has {len(data):,} bytes, more than the {self._limit:,} that "
                "fit into a request: cut the recording with clip.cut(0, 600)."
            )
        return Upload(data, self._form, start / clip.rate, len(samples) / clip.rate)

    def _blocks(
        self, samples: NDArray[np.float32], rate: int, to_rate: int
    ) -> Iterator[NDArray[np.float32]]:
        resampler = StreamResampler(rate, to_rate)
        step = _BLOCK_S * rate
        for start in range(0, len(samples), step):
            if self._stopped.is_set():
                raise UsageError("stopped")
            yield resampler.feed(samples[start : start + step])
        yield resampler.flush()


def sample_uri(clip: AudioClip) -> str:
    """Return a short clip as a data URI: what a known speaker's voice is sent as."""
    wav = clip.resample(min(SMALL_RATE, clip.rate)).wav()
    return f"data:audio/wav;base64,{base64.b64encode(wav).decode('ascii')}"


def _file_of(recording: Recording) -> tuple[Path | bytes, int, str] | None:
    """Return a file, its size and its kind; None for what is no file."""
    if isinstance(recording, bytes | bytearray | memoryview):
        data = bytes(recording)
        return data, len(data), sniff(data[:HEAD_BYTES])
    if isinstance(recording, str | os.PathLike):
        path = Path(recording)
        try:
            with open_plain(path) as file:
                head = file.read(HEAD_BYTES)
            return path, path.stat().st_size, sniff(head)
        except OSError as error:
            raise UsageError(f"cannot read {os.fspath(path)!r}: {reason(error)}.") from error
    return None


def _why_not(size: int, kind: str, limit: int) -> str:
    """Return why a file is not sent as it is."""
    if kind not in _TAKEN:
        return f"services take no {kind} files" if kind else ""
    if size > limit:
        return f"the file has {size / 1e6:.1f} MB, more than the 25 MB that a request may have"
    return ""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {os.fspath(path)!r}: {error.strerror or error}.") from error


def _clip_of(recording: Recording) -> AudioClip:
    if isinstance(recording, AudioClip):
        return recording
    if isinstance(recording, tuple):
        return AudioClip.read(recording)
    # At the rate that it would be sent at: hours at the file's own are gigabytes.
    return AudioClip.read(recording, rate=SMALL_RATE)


def _told_seconds(file: Path | bytes) -> float | None:
    """Return how long a file says that it is; None where that cannot be told cheaply."""
    import soundfile as sf  # noqa: PLC0415 -- a library of its own, loaded when it is needed

    try:
        told = sf.info(io.BytesIO(file) if isinstance(file, bytes) else os.fspath(file))
    except (sf.SoundFileError, TypeError):
        return None
    frames: int = told.frames
    # A head that does not know says a number beyond all sound.
    return frames / told.samplerate if 0 <= frames < 1 << 48 else None


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
