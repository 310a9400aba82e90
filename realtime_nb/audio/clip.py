"""`AudioClip`: a piece of sound as a value, that plays in a notebook's cell.

It is what a recording gives, what an answer holds and what is sent as speech. Clips are
immutable; every change is a new clip.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from realtime_nb.audio.clip_html import clip_facts, clip_html
from realtime_nb.audio.clip_sources import read_any
from realtime_nb.audio.codec import encode
from realtime_nb.audio.codec_files import in_blocks, save_blocks
from realtime_nb.audio.codec_reading import MAX_S
from realtime_nb.audio.editing import joined, sounding
from realtime_nb.audio.level import peak_dbfs, rms_dbfs
from realtime_nb.audio.pcm import float_to_pcm16, pcm16_to_float
from realtime_nb.audio.resample import checked_rate, resample
from realtime_nb.audio.wav import encode_wav
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from realtime_nb.audio.clip_sources import Readable

__all__ = ["AudioClip"]


@dataclass(frozen=True, eq=False, repr=False)
class AudioClip:
    """A piece of sound, one channel.

    Parameters
    ----------
    samples
        Shape (n,), float, full scale -1..1, finite. Kept as a read-only float32 copy.
    rate
        Sampling rate in Hz.
    caption
        A few words for people, shown under the player. No part of the sound: two clips that
        differ only here are equal.

    Attributes
    ----------
    mono : bool
        True: a clip has one channel, always.

    Raises
    ------
    UsageError
        For samples of another shape or kind (`AudioClip.read((samples, rate))` takes integers
        and several channels), samples that are not finite, or a rate outside 1 to 768,000 Hz.

    Examples
    --------
    >>> clip = AudioClip.silence(500, 24000) + AudioClip.silence(250, 24000)
    >>> clip.duration_ms
    750.0
    """

    samples: NDArray[np.float32]
    rate: int
    caption: str = field(default="", kw_only=True)

    mono: ClassVar[bool] = True

    def __post_init__(self) -> None:
        given = np.asarray(self.samples)
        if given.ndim != 1 or not np.issubdtype(given.dtype, np.floating):
            raise UsageError(
                f"an AudioClip holds floats of shape (n,), not {given.dtype} of shape "
                f"{given.shape}: AudioClip.read((samples, rate)) converts."
            )
        # An array that is its own and cannot be written is one of ours: no second copy.
        kept = given.flags.owndata and not given.flags.writeable
        own = np.array(given, dtype=np.float32, copy=None if kept else True)
        if own.size and not np.isfinite((own.min(), own.max())).all():  # NaN goes through both
            raise UsageError("these samples hold NaN or infinity: np.nan_to_num(samples) mends it.")
        object.__setattr__(self, "rate", checked_rate(self.rate))
        own.flags.writeable = False
        object.__setattr__(self, "samples", own)

    @classmethod
    def read(
        cls,
        source: Readable | AudioClip,
        rate: int | None = None,
        *,
        caption: str = "",
        max_s: float = MAX_S,
    ) -> AudioClip:
        """Make a clip of whatever holds sound; several channels are mixed to one.

        Parameters
        ----------
        source
            A sound file's path, its bytes, or an open binary file (wav, mp3, flac, Opus or
            Vorbis in Ogg, aiff; with `pip install 'realtime_nb[formats]'` aac, m4a, mp4 and
            webm); or an array with its rate in Hz, in either order, the array of shape (n,),
            (n, channels) or (channels, n), floats in -1..1 or integers at their full scale; or
            a clip, which is returned as it is.
        rate
            In Hz: what to resample to while it is read; without it the rate stays.
        caption
            A few words for people. What they should know of a file is added: that it was cut
            short, or that its channels cancel each other (the loudest is taken alone).
        max_s
            The longest file that is taken, in seconds; one that would take more than 1.5 GB
            is not taken either.

        Raises
        ------
        UsageError
            For what cannot be read, saying why.
        """
        if isinstance(source, AudioClip):
            return source if rate is None else source.resample(rate)
        sound = read_any(source, rate, max_s)
        sound.samples.flags.writeable = False
        words = "; ".join(filter(None, (caption, *sound.notes)))
        return cls(sound.samples, sound.rate, caption=words)

    @classmethod
    def from_pcm16(
        cls, pcm: bytes | bytearray | memoryview, rate: int, *, caption: str = ""
    ) -> AudioClip:
        """Make a clip of little-endian PCM16 bytes at `rate` Hz.

        Raises
        ------
        UsageError
            For an odd number of bytes.
        """
        return cls(pcm16_to_float(pcm), rate, caption=caption)

    @classmethod
    def silence(cls, ms: float, rate: int) -> AudioClip:
        """Return `ms` milliseconds of nothing at `rate` Hz."""
        return cls(np.zeros(max(0, round(ms * rate / 1000)), np.float32), rate)

    @property
    def duration_ms(self) -> float:
        """Length in milliseconds."""
        return 1000.0 * len(self) / self.rate

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self) / self.rate

    @property
    def peak_dbfs(self) -> float:
        """Level of the loudest sample, in dB below full scale; -120 for nothing at all."""
        return peak_dbfs(self.samples)

    @property
    def rms_dbfs(self) -> float:
        """Level of all of it (root mean square), in dB below full scale; -120 for nothing."""
        return rms_dbfs(self.samples)

    def __len__(self) -> int:
        return int(self.samples.shape[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AudioClip):
            return NotImplemented
        return self.rate == other.rate and np.array_equal(self.samples, other.samples)

    def __hash__(self) -> int:
        return hash((self.rate, self.samples.tobytes()))

    def __add__(self, other: AudioClip) -> AudioClip:
        """Return this clip followed by the other, at this one's rate."""
        return AudioClip.join((self, other))

    @classmethod
    def join(cls, clips: Iterable[AudioClip], gap_ms: float = 0.0) -> AudioClip:
        """Return clips one after the other, at the first one's rate.

        Parameters
        ----------
        clips
            At least one.
        gap_ms
            Silence between them, in ms.

        Raises
        ------
        UsageError
            For no clip at all.
        """
        found = tuple(clips)
        if not found:
            raise UsageError("no clips to join: give at least one.")
        rate = found[0].rate
        pieces = [clip.resample(rate).samples for clip in found]
        words = " ".join(clip.caption for clip in found if clip.caption)
        return cls(joined(pieces, rate, gap_ms), rate, caption=words)

    def __getitem__(self, part: slice[float | None, float | None, None]) -> AudioClip:
        """Return a part by seconds, ``clip[1.5:3.0]``; see `cut`."""
        if not isinstance(part, slice) or part.step is not None:  # pyright: ignore[reportUnnecessaryIsInstance] -- people ask for clip[3]
            raise UsageError("a part of a clip is from:to in seconds, e.g. clip[1.5:3.0].")
        return self.cut(part.start or 0.0, part.stop)

    def trim_silence(self, threshold_db: float = -40.0, keep_ms: float = 100.0) -> AudioClip:
        """Return the clip without the silence at its ends; of silence alone nothing stays.

        Parameters
        ----------
        threshold_db
            What is below it in a stretch of 10 ms is silence, in dBFS (root mean square).
        keep_ms
            How much silence stays at each end, in ms.
        """
        part = slice(*sounding(self.samples, self.rate, threshold_db, keep_ms))
        return AudioClip(self.samples[part], self.rate, caption=self.caption)

    def cut(self, start_s: float = 0.0, end_s: float | None = None) -> AudioClip:
        """Return the part from `start_s` to `end_s` seconds.

        Negative seconds count from the end, as in a slice; what lies outside the clip
        is left out; without `end_s` the part goes to the end.
        """
        end = None if end_s is None else round(end_s * self.rate)
        part = self.samples[round(start_s * self.rate) : end]
        return AudioClip(part, self.rate, caption=self.caption)

    def resample(self, rate: int) -> AudioClip:
        """Return the clip at another rate in Hz (through soxr); the same clip at its own.

        Raises
        ------
        UsageError
            For rates outside 1,000 to 768,000 Hz.
        """
        if rate == self.rate:
            return self
        return AudioClip(resample(self.samples, self.rate, rate), rate, caption=self.caption)

    def pcm16(self) -> bytes:
        """Return the samples as little-endian PCM16; louder than full scale is clipped."""
        return float_to_pcm16(self.samples)

    def wav(self) -> bytes:
        """Return a whole WAV file, PCM16."""
        return encode_wav(self.pcm16(), self.rate)

    def encode(
        self,
        format: str = "wav",  # noqa: A002 -- what everybody calls it
        *,
        bitrate_kbps: int | None = None,
    ) -> bytes:
        """Return a whole file: wav, mp3, flac, opus (in Ogg), aac, m4a, or raw pcm16 at 24 kHz.

        Parameters
        ----------
        format
            Its name. Where a format does not take the clip's rate, the sound is resampled.
        bitrate_kbps
            For mp3, opus and aac; without it what speech needs.

        Raises
        ------
        UsageError
            For a format that cannot be made here.
        """
        return encode(self.samples, self.rate, format, bitrate_kbps=bitrate_kbps)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file in the format that its suffix names, and return its path.

        .wav (also without a suffix), .mp3, .flac, .opus or .ogg, .aac, .m4a. It is moved to its
        place when it is whole: a reader finds the old file or the new one, never half of it.

        Raises
        ------
        UsageError
            For a suffix that names no format, one that cannot be made here, or a place that
            cannot be written.
        """
        return save_blocks(path, in_blocks(self.samples), self.rate, len(self))

    def __repr__(self) -> str:
        return f"AudioClip({clip_facts(self)})"

    def _repr_html_(self) -> str:
        return clip_html(self, f"{self.caption} ({clip_facts(self)})".lstrip())
