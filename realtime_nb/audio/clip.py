"""`AudioClip`: a piece of sound as a value, that plays in a notebook's cell.

It is what a recording gives, what an answer holds and what is sent as speech: samples,
a rate, and a caption for people. Clips are immutable; every change is a new clip.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from realtime_nb.audio.level import peak_dbfs
from realtime_nb.audio.pcm import float_to_pcm16, pcm16_to_float, to_mono
from realtime_nb.audio.player import player_html
from realtime_nb.audio.resample import resample
from realtime_nb.audio.wav import decode_wav, encode_wav
from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["AudioClip", "write_wav"]

_LONGEST_PLAYER_S = 300.0  # 5 minutes at 24 kHz put 19 MB into the notebook


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
        A few words for people, shown under the player; no part of the sound, so two
        clips that differ only here are equal.

    Raises
    ------
    UsageError
        For samples of another shape or kind (`AudioClip.read((samples, rate))` takes
        integers and several channels), samples that are not finite, or a rate below 1.

    Examples
    --------
    >>> clip = AudioClip.silence(500, 24000) + AudioClip.silence(250, 24000)
    >>> clip.duration_ms
    750.0
    """

    samples: NDArray[np.float32]
    rate: int
    caption: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        given = np.asarray(self.samples)
        if given.ndim != 1 or not np.issubdtype(given.dtype, np.floating):
            raise UsageError(
                f"an AudioClip holds floats of shape (n,), not {given.dtype} of shape "
                f"{given.shape}: AudioClip.read((samples, rate)) converts."
            )
        own = np.array(given, dtype=np.float32)
        if not np.isfinite(own).all():
            raise UsageError("these samples hold NaN or infinity: np.nan_to_num(samples) mends it.")
        if self.rate < 1:
            raise UsageError(f"{self.rate} is no sampling rate: give Hz, e.g. 24000.")
        own.flags.writeable = False
        object.__setattr__(self, "samples", own)

    @classmethod
    def read(
        cls,
        source: str
        | os.PathLike[str]
        | bytes
        | bytearray
        | memoryview
        | IO[bytes]
        | AudioClip
        | tuple[NDArray[Any], int]
        | tuple[int, NDArray[Any]],
        *,
        caption: str = "",
    ) -> AudioClip:
        """Make a clip of whatever holds sound; several channels are mixed to one.

        Parameters
        ----------
        source
            A WAV file's path, its bytes, or an open binary file; or an array with its
            rate in Hz, in either order, the array of shape (n,), (n, channels) or
            (channels, n), floats in -1..1 or integers at their full scale; or a clip,
            which is returned as it is.
        caption
            A few words for people.

        Raises
        ------
        UsageError
            For what cannot be read, saying why.
        """
        match source:
            case AudioClip():
                return source
            case bytes() | bytearray() | memoryview():
                return cls._decode(bytes(source), "the sound", caption)
            case str() | os.PathLike():
                return cls._decode(_read_bytes(Path(source)), f"{os.fspath(source)!r}", caption)
            case (int() | np.integer() as rate, samples) | (samples, int() | np.integer() as rate):
                return cls(to_mono(np.asarray(samples)), int(rate), caption=caption)
            case _ if hasattr(source, "read"):
                name = getattr(source, "name", None)
                label = repr(name) if isinstance(name, str) else "the file"
                return cls._decode(_read_open(source, label), label, caption)
            case _:
                raise UsageError(
                    f"no sound in a {type(source).__name__}: give a WAV file's path, its bytes, "
                    "an open file, or (samples, rate)."
                )

    @classmethod
    def _decode(cls, data: bytes, name: str, caption: str) -> AudioClip:
        samples, rate = decode_wav(data, name)
        return cls(np.nan_to_num(to_mono(samples)), rate, caption=caption)

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

    def __len__(self) -> int:
        return int(self.samples.shape[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AudioClip):
            return NotImplemented
        return self.rate == other.rate and np.array_equal(self.samples, other.samples)

    def __hash__(self) -> int:
        return hash((self.rate, self.samples.tobytes()))

    def __add__(self, other: AudioClip) -> AudioClip:
        """Return this clip followed by the other; raises UsageError for another rate."""
        if other.rate != self.rate:
            raise UsageError(
                f"one clip has {self.rate} Hz, the other {other.rate} Hz: "
                f"write a + b.resample({self.rate})."
            )
        caption = " ".join(part for part in (self.caption, other.caption) if part)
        return AudioClip(np.concatenate((self.samples, other.samples)), self.rate, caption=caption)

    def cut(self, start_s: float = 0.0, end_s: float | None = None) -> AudioClip:
        """Return the part from `start_s` to `end_s` seconds.

        Negative seconds count from the end, as in a slice; what lies outside the clip
        is left out; without `end_s` the part goes to the end.
        """
        start = round(start_s * self.rate)
        end = None if end_s is None else round(end_s * self.rate)
        return AudioClip(self.samples[start:end], self.rate, caption=self.caption)

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

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a WAV file and return its path.

        The file is written beside its place and moved there when it is whole: a reader
        finds the old file or the new one, never half of it.

        Raises
        ------
        UsageError
            For a name that ends in another format's suffix, or a place that cannot be
            written.
        """
        return write_wav(path, (self.wav(),))

    def __repr__(self) -> str:
        return f"AudioClip({self._summary()})"

    def _summary(self) -> str:
        peak = f"peak {peak_dbfs(self.samples):.1f} dBFS" if self.samples.any() else "silence"
        return f"{self.duration_ms / 1000:.2f} s, {self.rate} Hz, {peak}"

    def _repr_html_(self) -> str:
        return player_html(
            self.wav,
            f"{self.caption} ({self._summary()})".lstrip(),
            too_long=self.duration_ms / 1000 > _LONGEST_PLAYER_S,
            file="clip.wav",
        )


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {os.fspath(path)!r}: {_reason(error)}.") from error


def _read_open(file: IO[bytes], label: str) -> bytes:
    try:
        data = file.read()
    except (OSError, ValueError) as error:  # ValueError: the file is closed
        raise UsageError(f"cannot read {label}: {_reason(error)}.") from error
    if not isinstance(data, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] -- people open files as text
        raise UsageError(f"{label} is open as text: open it with mode 'rb'.")
    return data


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).rstrip(".")


def write_wav(path: str | os.PathLike[str], blocks: Iterable[bytes]) -> Path:
    """Write a WAV file that is whole or not there; see `AudioClip.save`."""
    target = Path(path)
    if target.suffix.lower() not in {".wav", ".wave", ""}:
        raise UsageError(
            f"a clip is saved as WAV, not {target.suffix!r}: "
            f"write save({os.fspath(target.with_suffix('.wav'))!r})."
        )
    try:
        with whole_file(target) as file:
            file.writelines(blocks)
    except OSError as error:
        raise UsageError(f"cannot write {os.fspath(path)!r}: {_reason(error)}.") from error
    return target
