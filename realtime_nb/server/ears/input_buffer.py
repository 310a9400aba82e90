"""The input audio buffer: what the client appended and nobody has committed yet.

Positions are ms in all audio ever appended in the session, as `audio_start_ms` and
`audio_end_ms` are; a commit or a clear moves the buffer's start, never the clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.audio.pcm import float_to_int16, int16_to_float
from realtime_nb.audio.resample import resample
from realtime_nb.server.wire_errors import WireError, invalid_value

if TYPE_CHECKING:
    from realtime_nb.server.audio_format import WireFormat

MAX_APPEND_BYTES = 15 * 1024 * 1024
MIN_COMMIT_MS = 100.0
# A session lasts 60 minutes, so no honest client can hold more than that uncommitted.
MAX_BUFFER_MS = 60 * 60 * 1000.0
# What was committed is kept in its item, and a client may append faster than anybody speaks.
MAX_SESSION_MS = 3 * MAX_BUFFER_MS


def check_append_size(audio: bytes) -> None:
    """Raise `WireError` when one event brings more than it may."""
    if len(audio) > MAX_APPEND_BYTES:
        raise invalid_value(
            "audio",
            f"expected at most {MAX_APPEND_BYTES} bytes of audio, but got {len(audio)}.",
        )


class InputBuffer:
    """Audio bytes between the last commit and now.

    Parameters
    ----------
    wire_format
        How the bytes are encoded.
    """

    def __init__(self, wire_format: WireFormat) -> None:
        self.format = wire_format
        self._audio = bytearray()
        self._start_ms = 0.0

    @property
    def start_ms(self) -> float:
        """Position of the first byte held."""
        return self._start_ms

    @property
    def end_ms(self) -> float:
        """Position after the last byte: all audio ever appended."""
        return self._start_ms + self.duration_ms

    @property
    def duration_ms(self) -> float:
        """How much audio is held."""
        return self.format.ms(len(self._audio))

    def append(self, audio: bytes) -> None:
        """Add bytes at the end.

        Raises
        ------
        WireError
            When the event is too big, cuts a sample in two, or the buffer is full.
        """
        check_append_size(audio)
        if len(audio) % self.format.sample_bytes:
            raise invalid_value(
                "audio", f"expected whole 16-bit samples, but got {len(audio)} bytes."
            )
        if self.duration_ms + self.format.ms(len(audio)) > MAX_BUFFER_MS:
            raise invalid_value("audio", "the buffer already holds 60 minutes of audio.")
        if self.end_ms + self.format.ms(len(audio)) > MAX_SESSION_MS:
            raise invalid_value("audio", "the session has had three hours of audio already.")
        self._audio += audio

    def commit(self) -> bytes:
        """Take everything out.

        Raises
        ------
        WireError
            When there are less than 100 ms.
        """
        if self.duration_ms < MIN_COMMIT_MS:
            raise WireError(
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"100ms of audio, but buffer only has {self.duration_ms:.2f}ms of audio.",
                code="input_audio_buffer_commit_empty",
            )
        return self.take(self._start_ms, self.end_ms)

    def take(self, start_ms: float, end_ms: float) -> bytes:
        """Take out everything before `end_ms` and return what lies after `start_ms`.

        Positions outside of what is held are moved to its edges.
        """
        first = self._offset(start_ms)
        last = max(first, self._offset(end_ms))
        taken = bytes(self._audio[first:last])
        self._drop(last)
        return taken

    def clear(self) -> None:
        """Drop everything."""
        self._drop(len(self._audio))

    def keep_last(self, ms: float) -> None:
        """Drop what is older than `ms` before the end."""
        excess = len(self._audio) - self.format.size(ms)
        # Cut rarely and much, so that the copying stays cheap.
        if excess > self.format.size(5_000):
            self._drop(excess)

    def change_format(self, wire_format: WireFormat) -> None:
        """Expect another format from now on; what is held is converted."""
        if wire_format == self.format:
            return
        samples = int16_to_float(self.format.decode(self._audio))
        converted = resample(samples, self.format.rate, wire_format.rate)
        end_ms = self.end_ms
        self.format = wire_format
        self._audio = bytearray(wire_format.encode(float_to_int16(converted)))
        self._start_ms = end_ms - self.duration_ms

    def _offset(self, position_ms: float) -> int:
        return min(self.format.size(max(0.0, position_ms - self._start_ms)), len(self._audio))

    def _drop(self, size: int) -> None:
        self._start_ms += self.format.ms(size)
        del self._audio[:size]
