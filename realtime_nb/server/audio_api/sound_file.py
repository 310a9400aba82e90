"""An uploaded file as blocks of sound, never whole in memory once it is decoded."""

from __future__ import annotations

import io
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Final

from realtime_nb.audio.codec_av import av_library, open_av
from realtime_nb.audio.codec_base import SoundBlocks, Undecodable
from realtime_nb.audio.codec_sndfile import open_sndfile
from realtime_nb.audio.mp3_frames import with_true_length
from realtime_nb.audio.sniff import HEAD_BYTES, sniff
from realtime_nb.audio.wav_file import open_wav
from realtime_nb.errors import UsageError
from realtime_nb.server.http.errors import Refusal, bad_request

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import numpy as np
    from numpy.typing import NDArray

LONGEST_S: Final = 4 * 3_600.0
SHORTEST_S: Final = 0.1
_RATES: Final = range(1_000, 768_001)  # Hz: what can be brought to the recogniser's

# What a file's beginning tells it to be, of what the service takes.
_SNDFILE: Final = frozenset(("flac", "ogg"))
_AV: Final = frozenset(("m4a", "webm"))
_KNOWN: Final = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")


@contextmanager
def opened(data: bytes) -> Generator[SoundBlocks]:
    """Open a file for reading, whatever it is called; a damaged one is read as far as it goes.

    Raises
    ------
    Refusal
        For what is no sound, or too short or too long; the latter perhaps while it is read.
    """
    with ExitStack() as stack:
        try:
            sound = _open(stack, data)
        except (Undecodable, UsageError):
            raise _corrupted() from None
        if sound.rate not in _RATES:
            raise _corrupted()
        if sound.frames is not None:
            _check_length(sound.frames / sound.rate)
        yield SoundBlocks(sound.rate, sound.channels, sound.frames, _whole_part(sound))


def _open(stack: ExitStack, data: bytes) -> SoundBlocks:
    if not data:
        raise _too_short()
    kind = sniff(data[:HEAD_BYTES])
    file: IO[bytes] = io.BytesIO(data)
    if kind == "wav":
        return open_wav(file, "the file")
    if kind == "mp3":
        file = with_true_length(file)
        file.seek(0)
        return stack.enter_context(open_sndfile(file))
    if kind in _SNDFILE:
        return stack.enter_context(open_sndfile(file))
    if kind in _AV and av_library() is None:
        raise bad_request(
            "This computer has no decoder for m4a, mp4 and webm: pip install "
            "'realtime_nb[formats]' where the practice server runs, or send wav, mp3, flac or ogg.",
            param="file",
            code="unsupported_format",
        )
    if kind in _AV:
        return stack.enter_context(open_av(file, kind))
    raise bad_request(f"Invalid file format. Supported formats: {list(_KNOWN)}")


def _whole_part(sound: SoundBlocks) -> Iterator[NDArray[np.float32]]:
    """Yield what can be decoded; what comes behind a fault is left out."""
    frames = 0
    try:
        for block in sound.blocks:
            frames += len(block)
            if frames > LONGEST_S * sound.rate:
                _check_length(frames / sound.rate)
            yield block
    except Undecodable:
        if not frames:
            raise _corrupted() from None
    if frames < SHORTEST_S * sound.rate:
        raise _too_short()


def _check_length(seconds: float) -> None:
    if seconds > LONGEST_S:
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            f"audio duration {seconds:.3f} seconds is longer than {LONGEST_S:.0f} seconds which "
            "is the maximum for this model",
            code="invalid_value",
            param="file",
        )


def _too_short() -> Refusal:
    return bad_request(
        f"Audio file is too short. Minimum audio length is {SHORTEST_S} seconds.",
        code="audio_too_short",
        param="file",
    )


def _corrupted() -> Refusal:
    return bad_request(
        "Audio file might be corrupted or unsupported", code="invalid_value", param="file"
    )
