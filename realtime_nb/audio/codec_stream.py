"""`StreamEncoder`: sound into a file's bytes while it comes, in bounded memory."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.audio.codec_av import AvWriter, av_makes
from realtime_nb.audio.codec_sndfile import SndfileWriter, sndfile_makes
from realtime_nb.audio.mp3_frames import with_delay
from realtime_nb.audio.pcm import float_to_int16, int16_to_pcm16
from realtime_nb.audio.resample import StreamResampler, checked_rate
from realtime_nb.audio.wav import wav_header
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FORMATS", "PCM_RATE", "StreamEncoder", "check_format", "encoders", "file_rate"]

FORMATS: Final = ("wav", "mp3", "flac", "opus", "aac", "m4a", "pcm16")
"""Every format that there may be an encoder of; ``"pcm"`` is another name of ``"pcm16"``."""

PCM_RATE: Final = 24_000
"""The rate in Hz of ``"pcm16"``, which has no place to say it."""

_PLAIN: Final = frozenset(("wav", "pcm16"))  # need no library
_PIECE: Final = 4_096  # samples an encoder gets at once, however the stream was cut
_RATES: Final = {
    "mp3": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    "opus": (8000, 12000, 16000, 24000, 48000),
    "flac": (88200, 96000, 176400, 192000, 352800, 384000),  # and all up to `_ANY_FLAC_RATE`
    "aac": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000),
}
_RATES["m4a"] = _RATES["aac"]
_ANY_FLAC_RATE: Final = 65_535  # above it FLAC says its rate in tens of Hz


def encoders() -> frozenset[str]:
    """Return the formats that this machine can make; wav and pcm16 always are among them."""
    return frozenset(("pcm", *(form for form in FORMATS if _makes(form))))


def _makes(form: str) -> bool:
    return form in _PLAIN or sndfile_makes(form) or av_makes(form)


def file_rate(form: str, rate: int) -> int:
    """Return the rate in Hz that sound of `rate` gets in a file of a format.

    Its own where the format takes it, else the next higher, else the highest.

    Raises
    ------
    UsageError
        For what is no rate.
    """
    checked_rate(rate)
    if form == "pcm16":
        return PCM_RATE
    taken = _RATES.get(form)
    if taken is None or (form == "flac" and rate <= _ANY_FLAC_RATE):
        return rate
    return next((one for one in taken if one >= rate), taken[-1])


def check_format(form: str) -> str:
    """Return a format's name as it is in `FORMATS`.

    Raises
    ------
    UsageError
        For a format that nobody knows, or that this machine has no encoder of.
    """
    name = form.lower().lstrip(".")
    name = "pcm16" if name == "pcm" else name
    if name not in FORMATS:
        raise UsageError(f"no format {form!r}: take one of {', '.join(FORMATS)}.")
    if _makes(name):
        return name
    missing = "'realtime_nb[formats]'" if name in {"aac", "m4a"} else "soundfile"
    raise UsageError(f"there is no encoder of {name} here: `pip install {missing}` brings it.")


class StreamEncoder:
    """Encode one channel piece by piece; the result does not depend on how it was cut.

    A file that is sent while it grows cannot be mended at its beginning: its header does not
    know how long it is. Players and decoders cope; `encode` makes files that know.

    Parameters
    ----------
    format
        One of `encoders()`, but for ``"m4a"``, whose index is written last: ``"aac"`` streams.
    rate
        Of the samples, in Hz. Where the format does not take it the sound is resampled.
    bitrate_kbps
        For mp3, opus and aac; without it what speech needs.

    Raises
    ------
    UsageError
        For a format that cannot be made here.

    Attributes
    ----------
    rate : int
        Of the samples, in Hz.
    file_rate : int
        Of the encoded sound, in Hz.
    """

    def __init__(
        self,
        format: str,  # noqa: A002 -- what everybody calls it
        rate: int,
        *,
        bitrate_kbps: int | None = None,
    ) -> None:
        self.format = check_format(format)
        if self.format == "m4a":
            raise UsageError("m4a cannot be made while sound comes: take 'aac', which can.")
        self.rate = checked_rate(rate)
        self.file_rate = file_rate(self.format, self.rate)
        self._sink = _Sink()
        self._pieces = Pieces(
            open_writer(self._sink, self.format, self.file_rate, bitrate_kbps, frames=None),
            rate,
            self.file_rate,
        )
        self._finished = False
        self._begun = False

    def feed(self, samples: NDArray[np.float32]) -> bytes:
        """Take the next samples, shape (n,), and return the bytes that they complete.

        Louder than full scale is clipped, NaN is silence.

        Raises
        ------
        UsageError
            After `finish`.
        """
        if self._finished:
            raise UsageError("this encoder is finished: make another one.")
        self._pieces.feed(samples)
        return self._given()

    def finish(self) -> bytes:
        """Return the last bytes; nothing when asked again."""
        if not self._finished:
            self._finished = True
            self._pieces.finish()
        return self._given()

    def _given(self) -> bytes:
        data = self._sink.take()
        if self.format == "mp3" and data and not self._begun:
            data = with_delay(data)
        self._begun = self._begun or bool(data)
        return data


class Pieces:
    """Brings samples to a writer: resampled, as int16, always in pieces of one size."""

    def __init__(self, writer: Any, rate: int, file_rate: int) -> None:
        # Of no sound at all most encoders make no file at all: it gets one silent sample.
        self._least = np.zeros(0 if isinstance(writer, _PlainWriter) else 1, np.int16)
        self._empty = True
        self._writer = writer
        self._resampler = StreamResampler(rate, file_rate) if rate != file_rate else None
        self._waiting = np.zeros(0, np.int16)

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Encode as much as makes whole pieces."""
        clean = np.nan_to_num(np.asarray(samples, np.float32), posinf=1.0, neginf=-1.0)
        self._put(clean if self._resampler is None else self._resampler.feed(clean))

    def _put(self, samples: NDArray[np.float32]) -> None:
        waiting = np.concatenate((self._waiting, float_to_int16(samples)))
        whole = len(waiting) // _PIECE * _PIECE
        for start in range(0, whole, _PIECE):
            self._writer.write(waiting[start : start + _PIECE])
            self._empty = False
        self._waiting = waiting[whole:]

    def finish(self) -> None:
        """Encode the rest and end the file."""
        if self._resampler is not None:
            self._put(self._resampler.flush())
        if self._empty and len(self._waiting) == 0:
            self._waiting = self._least
        self._writer.write(self._waiting)
        self._writer.close()

    def abandon(self) -> None:
        """Let the encoder go while its file is still open, after an error."""
        with suppress(Exception):  # the first error is the one that is told
            self._writer.close()


def open_writer(
    sink: Any, form: str, rate: int, bitrate_kbps: int | None, *, frames: int | None
) -> Any:
    """Return what encodes to `sink`; `frames` are the samples to come where that is known."""
    if form in _PLAIN:
        return _PlainWriter(sink, form, rate, frames)
    if form in {"aac", "m4a"}:
        return AvWriter(sink, form, rate, bitrate_kbps)
    return SndfileWriter(sink, form, rate, bitrate_kbps)


class _PlainWriter:
    """Writes PCM16, with a WAV's header or without."""

    def __init__(self, sink: Any, form: str, rate: int, frames: int | None) -> None:
        self._sink = sink
        if form == "wav":
            sink.write(wav_header(None if frames is None else 2 * frames, rate))

    def write(self, samples: NDArray[np.int16]) -> None:
        self._sink.write(int16_to_pcm16(samples))

    def close(self) -> None:
        pass


class _Sink:
    """A file that is given away from its beginning while its end is written.

    What goes back to mend a header comes too late, and is dropped.
    """

    def __init__(self) -> None:
        self._at = 0
        self._end = 0
        self._fresh = bytearray()

    def write(self, data: bytes) -> int:
        late = max(0, self._end - self._at)
        self._fresh += data[late:]
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = (0, self._at, self._end)[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def take(self) -> bytes:
        fresh = bytes(self._fresh)
        self._fresh.clear()
        return fresh
