"""MP3, FLAC, Ogg (Opus, Vorbis), AIFF and WAV's cousins, through libsndfile.

The library is loaded when a file needs it, not before.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import cache
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.audio.codec_base import SoundBlocks, Undecodable, speech_kbps

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray

__all__ = ["SndfileWriter", "open_sndfile", "sndfile", "sndfile_makes"]

_BLOCK: Final = 2**12  # instants read at once: with the one that fails all of them are lost
_UNKNOWN_LENGTH: Final = 2**48  # libsndfile gives the largest integer for a FLAC that was streamed

_FORMATS: Final = {
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "flac": ("FLAC", "PCM_16"),
    "opus": ("OGG", "OPUS"),
}
# libsndfile's compression level runs from 0 to 1 between these, in kbit/s of one channel.
_OPUS_KBPS: Final = (256, 6)
# The same of MP3, for rates below so many Hz: MPEG 2.5, 2 and 1.
_MP3_KBPS: Final = ((16_000, 64, 8), (32_000, 160, 8), (10**9, 320, 32))
_SPEECH_OPUS: Final = 48
_LEAST: Final = 0.99
# LAME makes sound quieter at these constant bit rates (below so many kbit/s), so that what the
# codec adds at full scale is not clipped: by up to 0.45 dB, which is given back.
_LAME_SCALES: Final = ((176, 0.95), (208, 0.97), (240, 0.98), (10**9, 1.0))


@cache
def sndfile() -> Any:
    """Return the library, None where it does not work."""
    try:
        import soundfile  # noqa: PLC0415 -- loads a C library: only when there is sound for it
    except (ImportError, OSError):  # OSError: its C library is not there
        return None
    # A folder or a file of the author's that is called soundfile is none.
    return soundfile if hasattr(soundfile, "SoundFile") else None


@cache
def sndfile_makes(form: str) -> bool:
    """Return whether this machine's libsndfile writes a format."""
    library = sndfile()
    if library is None or form not in _FORMATS:
        return False
    container, subtype = _FORMATS[form]
    return container in library.available_formats() and bool(
        library.check_format(container, subtype)
    )


@contextmanager
def open_sndfile(file: IO[bytes]) -> Generator[SoundBlocks]:
    """Open a file for reading; raises `Undecodable` for what libsndfile cannot read."""
    library = sndfile()
    if library is None:
        raise Undecodable("libsndfile is not there: `pip install soundfile` brings it")
    try:
        opened = _straight(library)(_Inlet(file))
    except library.LibsndfileError as error:
        raise Undecodable(_words(error)) from error
    with opened:
        frames = opened.frames if 0 <= opened.frames < _UNKNOWN_LENGTH else None
        yield SoundBlocks(opened.samplerate, opened.channels, frames, _blocks(library, opened))


@cache
def _straight(library: Any) -> Any:
    """Return the library's reader, told never to seek.

    After each read it would seek to where it is, and fails at the end of a FLAC file that does
    not say how long it is: the last block would be lost.
    """

    class Straight(library.SoundFile):  # type: ignore[misc]  # the library has no types
        def seekable(self) -> bool:
            return False

    return Straight


def _blocks(library: Any, opened: Any) -> Iterator[NDArray[np.float32]]:
    while True:
        try:
            block = opened.read(_BLOCK, dtype="float32", always_2d=True)
        except library.LibsndfileError as error:
            raise Undecodable(_words(error)) from error
        if not len(block):
            return
        yield block


def _words(error: Any) -> str:
    return str(getattr(error, "error_string", error)).strip().rstrip(".")


class SndfileWriter:
    """Writes one channel to a file-like object.

    Parameters
    ----------
    sink
        Binary, with `write`, `seek` and `tell`.
    form
        ``"mp3"``, ``"flac"`` or ``"opus"``.
    rate
        In Hz; one that the format takes.
    bitrate_kbps
        For mp3 and opus; without it each gets what speech needs.
    """

    def __init__(self, sink: Any, form: str, rate: int, bitrate_kbps: int | None) -> None:
        container, subtype = _FORMATS[form]
        options: dict[str, Any] = {}
        self._gain = 1.0
        if form == "opus":
            options = {"compression_level": _share(*_OPUS_KBPS, bitrate_kbps or _SPEECH_OPUS)}
        elif form == "mp3":
            kbps = bitrate_kbps or speech_kbps(rate)
            most, least = next(kbps for below, *kbps in _MP3_KBPS if rate < below)
            options = {
                "compression_level": _share(most, least, kbps),
                "bitrate_mode": "CONSTANT",
            }
            self._gain = next(1 / quieter for below, quieter in _LAME_SCALES if kbps < below)
        self._sink = _Outlet(sink)
        self._file = sndfile().SoundFile(
            self._sink, "w", rate, 1, format=container, subtype=subtype, **options
        )

    def write(self, samples: NDArray[np.int16]) -> None:
        """Encode int16 samples of shape (n,); raises OSError where the sink does."""
        self._sink.complain()
        if self._gain == 1.0:
            self._file.write(samples)
            return
        # As floats, which may go past full scale on their way to what makes them quieter.
        self._file.write(samples * np.float32(self._gain / 32768.0))

    def close(self) -> None:
        """Encode what is left inside and end the file."""
        self._file.close()
        self._sink.complain()


class _Inlet:
    """A file whose errors are its end: raised inside libsndfile they would be printed and lost.

    Broken files make it seek to places before the beginning.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.tell = file.tell

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except OSError:
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        with suppress(OSError, ValueError, OverflowError):
            self._file.seek(offset, whence)
        return self._file.tell()


class _Outlet:
    """A sink whose errors wait: what is raised inside libsndfile would be printed and lost."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self._error: OSError | None = None
        self.tell = sink.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            self._sink.seek(offset, whence)
        except OSError as error:  # what had been kept back for the disk did not fit
            self._error = self._error or error
        return int(self._sink.tell())

    def write(self, data: bytes) -> int:
        try:
            if self._error is None:
                self._sink.write(data)
        except OSError as error:
            self._error = error
        return len(data)

    def complain(self) -> None:
        if self._error is not None:
            raise self._error


def _share(most: int, least: int, wanted: int) -> float:
    # libsndfile refuses the very lowest MP3 bit rates at 1.0.
    return float(np.clip((most - wanted) / (most - least), 0.0, _LEAST))
