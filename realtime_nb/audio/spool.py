"""`PcmSpool`: sound that keeps growing, as PCM16, in bounded memory.

What a service streams goes in at one end while a page plays it from the other. Up to a bound
it lies in memory; then all of it moves into a temporary file that has no name and is gone with
the process, so that an hour takes the same memory as a minute.
"""

from __future__ import annotations

import tempfile
import weakref
from threading import Lock
from typing import IO, TYPE_CHECKING, Final

import numpy as np

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.codec_files import save_blocks
from realtime_nb.audio.pcm import pcm16_to_float
from realtime_nb.audio.resample import checked_rate
from realtime_nb.audio.timing import clock
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["PcmSpool"]

_BLOCK: Final = 2**18  # bytes read at once when all of it is read


class PcmSpool:
    """Little-endian PCM16 of one channel, appended to by one thread, read by any.

    Parameters
    ----------
    rate
        Sampling rate in Hz.
    memory_bytes
        How much lies in memory before all of it moves to a temporary file.
    max_bytes
        How much there may be at all; 2 GiB are twelve hours at 24 kHz.

    Examples
    --------
    >>> spool = PcmSpool()
    >>> spool.append(bytes(48_000))
    >>> len(spool), spool.duration_ms
    (48000, 1000.0)
    >>> spool.close()
    """

    def __init__(
        self, rate: int = 24_000, memory_bytes: int = 4 << 20, *, max_bytes: int = 2 << 30
    ) -> None:
        self.rate = checked_rate(rate)
        self.memory_bytes = memory_bytes
        self.max_bytes = max_bytes
        self._lock = Lock()
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._size = 0
        self._closed = False

    def append(self, pcm: bytes | bytearray | memoryview) -> None:
        """Add bytes to the end; a piece may end in the middle of a sample.

        Raises
        ------
        UsageError
            When the spool is closed or full, or the disk is; what was there stays.
        """
        with self._lock:
            self._check_open()
            count = memoryview(pcm).nbytes
            if self._size + count > self.max_bytes:
                raise UsageError(
                    f"this sound goes past {self.max_bytes:,} bytes "
                    f"({clock(self.max_bytes / 2 / self.rate)}): what came before is kept."
                )
            try:
                self._put(pcm, count)
            except OSError as error:
                raise UsageError(
                    f"cannot keep more of this sound in {tempfile.gettempdir()!r}: "
                    f"{error.strerror or error}."
                ) from error
            self._size += count

    def _put(self, pcm: bytes | bytearray | memoryview, count: int) -> None:
        if self._file is None and self._size + count > self.memory_bytes:
            self._file = _unnamed_file(self, self._memory)
            self._memory = bytearray()
        if self._file is None:
            self._memory += pcm
            return
        self._file.seek(self._size)
        _write_all(self._file, pcm)

    def read(self, start_byte: int, n: int) -> bytes:
        """Return up to `n` bytes from `start_byte`; none past what has come so far.

        Raises
        ------
        UsageError
            When the spool is closed.
        """
        with self._lock:
            self._check_open()
            start = max(0, start_byte)
            n = max(0, min(n, self._size - start))
            if self._file is None:
                return bytes(self._memory[start : start + n])
            self._file.seek(start)
            return self._file.read(n)

    def __len__(self) -> int:
        """Return how many bytes have come."""
        return self._size

    def __bool__(self) -> bool:
        """Return True: a spool without sound yet is still one."""
        return True

    @property
    def duration_ms(self) -> float:
        """How much sound has come, in ms."""
        return 1000.0 * (self._size // 2) / self.rate

    @property
    def in_memory(self) -> bool:
        """Whether all of it still lies in memory."""
        return self._file is None

    def blocks(
        self, from_s: float = 0.0, to_s: float | None = None
    ) -> Iterator[NDArray[np.float32]]:
        """Yield what has come so far as float32 blocks of shape (n,), some seconds each.

        Raises
        ------
        UsageError
            When the spool is closed.
        """
        self._check_open()
        at = 2 * max(0, round(from_s * self.rate))
        end = self._size if to_s is None else min(self._size, 2 * round(to_s * self.rate))
        end -= end % 2
        while at < end:
            block = self.read(at, min(_BLOCK, end - at))
            yield pcm16_to_float(block)
            at += len(block)

    def clip(self, max_s: float = 3600.0, *, caption: str = "") -> AudioClip:
        """Return what has come so far, its first `max_s` seconds at the most.

        Where there is more the clip's caption says so; `save` writes all of it.

        Raises
        ------
        UsageError
            When the spool is closed.
        """
        length_s = self.duration_ms / 1000
        if length_s > max_s:
            cut = f"the first {clock(max_s)} of {clock(length_s)}"
            caption = f"{caption} ({cut})" if caption else cut
        blocks = list(self.blocks(0.0, max_s))
        samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
        return AudioClip(samples, self.rate, caption=caption)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write what has come so far, block by block, in the format that the suffix names.

        Raises
        ------
        UsageError
            As `AudioClip.save`.
        """
        return save_blocks(path, self.blocks(), self.rate, self._size // 2)

    def close(self) -> None:
        """Let the sound go; a second time does nothing."""
        with self._lock:
            self._closed = True
            self._memory = bytearray()
            self._size = 0
            if self._file is not None:
                self._file.close()
                self._file = None

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError("this sound was let go: its spool is closed.")

    def __repr__(self) -> str:
        return f"PcmSpool({self.duration_ms / 1000:.2f} s, {self.rate} Hz)"


def _unnamed_file(owner: PcmSpool, begins: bytes | bytearray) -> IO[bytes]:
    # Without a buffer: what did not fit on the disk would wait there, and fail each read.
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 -- closed with its owner
    weakref.finalize(owner, file.close)
    try:
        _write_all(file, begins)
    except BaseException:
        file.close()
        raise
    return file


def _write_all(file: IO[bytes], data: bytes | bytearray | memoryview) -> None:
    left = memoryview(data).cast("B")
    while left:
        left = left[file.write(left) :]
