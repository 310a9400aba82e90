"""AAC, M4A, MP4 and WebM, through PyAV (FFmpeg's libraries), where it is installed.

FFmpeg reads hundreds of formats, some of which open other files or addresses. Here it gets
the bytes alone, a container named by us, and codecs from a short list.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.audio.codec_base import SoundBlocks, Undecodable, speech_kbps

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray

__all__ = ["AV_CONTAINERS", "AvWriter", "av_library", "av_makes", "open_av"]

AV_CONTAINERS: Final = {"aac": "aac", "m4a": "mov", "webm": "matroska", "mp3": "mp3"}
"""FFmpeg's name of the demuxer for each kind of file that is read here."""

_DECODERS: Final = frozenset(
    ("aac", "aac_latm", "alac", "mp3", "mp3float", "mp2", "opus", "libopus", "vorbis", "flac")
)
_NO_OTHER_FILES: Final = {"protocol_whitelist": "none", "format_whitelist": "aac,mov,matroska,mp3"}
_MUXERS: Final = {"aac": "adts", "m4a": "ipod"}
_NEXT_TO_NOTHING_S: Final = 0.2
_FRAME: Final = 1024  # samples of an AAC frame


@cache
def av_library() -> Any:
    """Return PyAV, None where it is not installed."""
    try:
        import av  # noqa: PLC0415 -- loads FFmpeg's libraries: only when there is sound for it
    except (ImportError, OSError):  # OSError: a library of its is not there
        return None
    library: Any = av
    if not hasattr(library, "logging"):
        return None  # a folder or a file of the author's that is called av
    library.logging.set_level(None)  # else FFmpeg writes to stderr
    return library


@cache
def av_makes(form: str) -> bool:
    """Return whether this machine writes a format through PyAV."""
    library = av_library()
    if library is None or form not in _MUXERS:
        return False
    return "aac" in library.codecs_available


@contextmanager
def open_av(file: IO[bytes], kind: str) -> Generator[SoundBlocks]:
    """Open a file for reading; raises `Undecodable` for what FFmpeg cannot read.

    Parameters
    ----------
    file
        Binary, with `read` and `seek`.
    kind
        A key of `AV_CONTAINERS`.
    """
    library = av_library()
    if library is None:
        raise Undecodable("PyAV is not installed")
    try:
        container = library.open(
            file, "r", format=AV_CONTAINERS[kind], options=dict(_NO_OTHER_FILES)
        )
    except _errors(library) as error:
        raise Undecodable(_words(error)) from error
    with container:
        if not container.streams.audio:
            raise Undecodable("there is no sound in it")
        stream = container.streams.audio[0]
        codec = stream.codec_context
        if codec is None or codec.name not in _DECODERS:
            raise Undecodable(f"its codec ({getattr(codec, 'name', 'unknown')}) is not read here")
        length = float(stream.duration * stream.time_base) if stream.duration else None
        frames = None if length is None else round(length * codec.rate)
        blocks = _blocks(library, container, stream)
        first = next(blocks, None)
        if first is None:
            if not codec.rate or (length is not None and length > _NEXT_TO_NOTHING_S):
                raise Undecodable("none of its sound is there")
            yield SoundBlocks(codec.rate, 1, frames, iter(()))
            return
        rate, block = first
        rest = (samples for _, samples in blocks)
        yield SoundBlocks(rate, block.shape[1], frames, _chain(block, rest))


def _chain(
    first: NDArray[np.float32], rest: Iterator[NDArray[np.float32]]
) -> Iterator[NDArray[np.float32]]:
    yield first
    yield from rest


def _blocks(library: Any, container: Any, stream: Any) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the rate in Hz and samples of shape (n, channels); the first block's for all."""
    rate = 0
    layout = same = None
    resampler: Any = None
    try:
        for frame in container.decode(stream):
            if not rate:
                rate, layout = frame.rate, frame.layout.name
            form = (frame.format.name, frame.rate, frame.layout.name)
            if form != same:  # a resampler takes one form only
                resampler = library.AudioResampler(format="flt", layout=layout, rate=rate)
                same = form
            for part in resampler.resample(frame):
                yield rate, part.to_ndarray().reshape(-1, part.layout.nb_channels)
    except _errors(library) as error:
        raise Undecodable(_words(error)) from error


def _errors(library: Any) -> tuple[type[Exception], ...]:
    # PyAV raises its own errors, and for some files ValueError, OSError and others besides.
    return (library.FFmpegError, ValueError, OSError, EOFError, RuntimeError, ArithmeticError)


def _words(error: BaseException) -> str:
    words = str(getattr(error, "strerror", None) or error).splitlines()
    return (words[0] if words else type(error).__name__).strip().rstrip(".")


class AvWriter:
    """Writes AAC of one channel to a file-like object.

    Parameters
    ----------
    sink
        Binary, with `write`; with `seek` and `tell`, too, for ``"m4a"``.
    form
        ``"aac"`` (frames that follow each other, ADTS) or ``"m4a"``.
    rate
        In Hz; one that AAC takes.
    bitrate_kbps
        Without it what speech needs.
    """

    def __init__(self, sink: Any, form: str, rate: int, bitrate_kbps: int | None) -> None:
        self._library = av_library()
        # The index tells the length in these units; thousandths of a second would cut samples.
        exact = {"movie_timescale": str(rate)} if form == "m4a" else {}
        self._container = self._library.open(sink, "w", format=_MUXERS[form], options=exact)
        self._stream = self._container.add_stream("aac", rate=rate, layout="mono")
        self._stream.bit_rate = 1000 * (bitrate_kbps or speech_kbps(rate))
        self._rate = rate
        self._waiting = np.zeros(0, np.int16)
        self._at = 0

    def write(self, samples: NDArray[np.int16]) -> None:
        """Encode int16 samples of shape (n,)."""
        waiting = np.concatenate((self._waiting, samples))
        whole = len(waiting) // _FRAME * _FRAME
        for start in range(0, whole, _FRAME):
            self._put(waiting[start : start + _FRAME])
        self._waiting = waiting[whole:]

    def _put(self, samples: NDArray[np.int16]) -> None:
        floats = (samples / np.float32(32768)).astype(np.float32)[None]
        frame = self._library.AudioFrame.from_ndarray(floats, format="fltp", layout="mono")
        frame.rate = self._rate
        frame.pts = self._at
        self._at += len(samples)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Encode what is left inside and end the file."""
        if len(self._waiting):
            self._put(self._waiting)
        self._container.mux(self._stream.encode(None))
        self._container.close()
