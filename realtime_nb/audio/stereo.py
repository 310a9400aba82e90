"""`StereoClip`: two clips that sound at once, one to the left and one to the right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.pcm import int16_to_float
from realtime_nb.audio.player import player_html
from realtime_nb.audio.wav import wav_header
from realtime_nb.audio.wav_file import write_wav

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["StereoClip"]

_LONGEST_PLAYER_S: Final = 150.0  # two channels: as much as 300 s of one
_BLOCK: Final = 2**18


@dataclass(frozen=True, eq=False, repr=False)
class StereoClip:
    """Two channels of sound of the same length.

    Attributes
    ----------
    samples
        Shape (n, 2), int16: left and right. Read-only.
    rate
        Sampling rate in Hz.
    caption
        A few words for people, shown under the player.
    """

    samples: NDArray[np.int16]
    rate: int
    caption: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        self.samples.flags.writeable = False

    @property
    def left(self) -> AudioClip:
        """The left channel."""
        return AudioClip(int16_to_float(self.samples[:, 0]), self.rate)

    @property
    def right(self) -> AudioClip:
        """The right channel."""
        return AudioClip(int16_to_float(self.samples[:, 1]), self.rate)

    @property
    def duration_ms(self) -> float:
        """Length in milliseconds."""
        return 1000.0 * len(self) / self.rate

    def __len__(self) -> int:
        return int(self.samples.shape[0])

    def cut(self, start_s: float = 0.0, end_s: float | None = None) -> StereoClip:
        """Return the part from `start_s` to `end_s` seconds, as `AudioClip.cut`."""
        start = round(start_s * self.rate)
        end = None if end_s is None else round(end_s * self.rate)
        return StereoClip(self.samples[start:end], self.rate, caption=self.caption)

    def wav(self) -> bytes:
        """Return a whole WAV file, PCM16, two channels."""
        return b"".join(self._blocks())

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a WAV file block by block and return its path; as `AudioClip.save`."""
        return write_wav(path, self._blocks())

    def _blocks(self) -> Iterator[bytes]:
        yield wav_header(4 * len(self), self.rate, 2)
        for start in range(0, len(self), _BLOCK):
            yield self.samples[start : start + _BLOCK].astype("<i2", copy=False).tobytes()

    def __repr__(self) -> str:
        return f"StereoClip({self.duration_ms / 1000:.2f} s, {self.rate} Hz)"

    def _repr_html_(self) -> str:
        return player_html(
            self.wav,
            f"{self.caption} ({self.duration_ms / 1000:.2f} s)".lstrip(),
            too_long=self.duration_ms / 1000 > _LONGEST_PLAYER_S,
            file="talk.wav",
        )
