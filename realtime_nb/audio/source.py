"""Sound that is read piece by piece: an hour of it takes no more memory than a second."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.pcm import to_mono
from realtime_nb.audio.plain_file import open_plain, reason
from realtime_nb.audio.sniff import HEAD_BYTES, sniff
from realtime_nb.audio.wav import decode_samples
from realtime_nb.audio.wav_file import find_samples
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Sound: TypeAlias = (
        str
        | os.PathLike[str]
        | bytes
        | IO[bytes]
        | AudioClip
        | tuple[NDArray[Any], int]
        | tuple[int, NDArray[Any]]
    )
    """What holds sound; see `AudioClip.read`."""

__all__ = ["SoundSource"]

_CHECKED_SAMPLES: Final = 2**20


class SoundSource:
    """Something that holds sound, read in pieces of one channel; made by `open`.

    Attributes
    ----------
    name
        What to call it in a message.
    rate
        Sampling rate in Hz.
    frames
        Samples of one channel.
    """

    def __init__(
        self,
        name: str,
        rate: int,
        frames: int,
        read: Callable[[int, int], NDArray[np.float32]],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.rate = rate
        self.frames = frames
        self._read = read
        self.close = close

    @classmethod
    def open(cls, source: Sound) -> SoundSource:
        """Open what holds sound; a WAV file's samples stay on the disk until they are read.

        Parameters
        ----------
        source
            As for `AudioClip.read`.

        Raises
        ------
        UsageError
            For what cannot be read, saying why, and for what holds no sound at all.
        """
        match source:
            case str() | os.PathLike():
                made = _open_path(Path(source))
            case (int() | np.integer() as rate, samples) | (samples, int() | np.integer() as rate):
                made = _open_array(np.asarray(samples), int(rate))
            case _:
                made = _open_clip(AudioClip.read(source))
        if made.frames == 0:
            made.close()
            raise UsageError(f"{made.name} is empty: it holds no samples.")
        return made

    @property
    def duration_ms(self) -> float:
        """Length in milliseconds."""
        return 1000.0 * self.frames / self.rate

    def blocks(self, seconds: float = 1.0) -> Iterator[NDArray[np.float32]]:
        """Yield the sound in blocks of `seconds`, the last one shorter.

        Yields
        ------
        NDArray[np.float32]
            Shape (n,), at `rate`; channels are mixed to one.
        """
        step = max(1, round(self.rate * seconds))
        for start in range(0, self.frames, step):
            yield self._read(start, min(step, self.frames - start))


def _open_clip(clip: AudioClip) -> SoundSource:
    def read(start: int, count: int) -> NDArray[np.float32]:
        return clip.samples[start : start + count]

    return SoundSource("this clip", clip.rate, len(clip), read)


def _open_array(samples: NDArray[Any], rate: int) -> SoundSource:
    # More instants than channels: made (n, channels) once, since one block may be shorter.
    if samples.ndim == 2 and samples.shape[0] < samples.shape[1]:  # noqa: PLR2004 -- an array of rows
        samples = samples.T
    # The first block is checked as a clip, for the same errors; the rest for what is no number.
    first = AudioClip(to_mono(samples[:_CHECKED_SAMPLES]), rate)
    for start in range(_CHECKED_SAMPLES, len(samples), _CHECKED_SAMPLES):
        AudioClip(to_mono(samples[start : start + _CHECKED_SAMPLES]), rate)

    def read(start: int, count: int) -> NDArray[np.float32]:
        block = samples[start : start + count]
        if block.ndim == 2:  # noqa: PLR2004 -- an array of rows
            return np.stack([to_mono(channel) for channel in block.T]).mean(
                axis=0, dtype=np.float32
            )
        return to_mono(block)

    return SoundSource("this array", first.rate, len(samples), read)


def _open_path(path: Path) -> SoundSource:
    name = repr(os.fspath(path))
    try:
        file = open_plain(path)
    except OSError as error:
        raise UsageError(f"cannot read {name}: {reason(error)}.") from error
    try:
        kind = sniff(file.read(HEAD_BYTES))
    except OSError as error:
        file.close()
        raise UsageError(f"cannot read {name}: {reason(error)}.") from error
    if kind == "wav":
        return _open_wav(file, name)
    # What is coded cannot be read from any place at once: all of it is decoded, within the
    # bounds of a clip.
    file.close()
    made = _open_clip(AudioClip.read(path))
    made.name = name
    return made


def _open_wav(file: IO[bytes], name: str) -> SoundSource:
    try:
        file.seek(0)
        form, start, size, _ = find_samples(file, name)
        # Once, so that a form that cannot be read is said at the start.
        decode_samples(b"", form, name)
    except BaseException:
        file.close()
        raise

    def read(first: int, count: int) -> NDArray[np.float32]:
        file.seek(start + first * form.frame_bytes)
        content = file.read(count * form.frame_bytes)
        samples = decode_samples(content, form, name)
        return np.nan_to_num(samples.mean(axis=1, dtype=np.float32))

    return SoundSource(name, form.rate, size // form.frame_bytes, read, file.close)
