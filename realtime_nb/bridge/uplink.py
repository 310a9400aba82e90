"""The microphone's way up: frames from the page into the session's input buffer."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime_nb.bridge.frames import MICROPHONE, Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.session import RealtimeSession

_REMEMBERED: Final = 1500  # marks, a minute of 40 ms frames: turns end within it


@dataclass(frozen=True, slots=True)
class Mark:
    """Where one frame lies on three clocks.

    Attributes
    ----------
    audio_ms
        Milliseconds of sound sent to the service, this frame included.
    page_ms
        The page's epoch milliseconds at the frame's end.
    sent_ms
        Milliseconds since the session's start at which the frame was handed over.
    """

    audio_ms: float
    page_ms: float
    sent_ms: float


class Uplink:
    """Takes frames in order, hands their sound to the session and counts what is lost.

    Parameters
    ----------
    session
        Where the sound goes.

    Attributes
    ----------
    lost_frames
        Frames that never came, by the gaps in their numbers.
    refused_frames
        Frames the session had no room for, or that could not be read.
    """

    def __init__(self, session: RealtimeSession) -> None:
        self._session = session
        self._stream: int | None = None
        self._next_seq = 0
        self._marks: deque[Mark] = deque(maxlen=_REMEMBERED)
        self.lost_frames = 0
        self.refused_frames = 0

    def take(self, data: bytes | memoryview, encode: Callable[[bytes], bytes]) -> None:
        """Take one frame from the page; a bad one is counted and dropped.

        Parameters
        ----------
        data
            The frame.
        encode
            Turns PCM16 at 24 kHz into the session's input format.
        """
        try:
            frame = Frame.unpack(data)
        except ValueError:
            self.refused_frames += 1
            return
        if frame.kind != MICROPHONE or not frame.pcm or not math.isfinite(frame.t_ms):
            self.refused_frames += 1
            return
        if frame.stream != self._stream:
            self._stream = frame.stream
            self._next_seq = 0
        self.lost_frames += max(0, frame.seq - self._next_seq)
        self._next_seq = frame.seq + 1
        sent = self._session.conversation.input_audio_ms
        if not self._session.append_audio(encode(frame.pcm)):
            self.refused_frames += 1
            return
        # What is queued is not in the conversation yet; the service will count it all the same.
        last = self._marks[-1].audio_ms if self._marks else sent
        self._marks.append(
            Mark(
                audio_ms=max(last, sent) + frame.duration_ms,
                page_ms=frame.t_ms + frame.duration_ms,
                sent_ms=self._session.now_ms(),
            )
        )

    def renew(self) -> None:
        """Forget where frames lie: some of them never reached the service."""
        self._marks.clear()

    def mark_at(self, audio_ms: float) -> Mark | None:
        """Return the mark of the frame in which `audio_ms` of the sent sound lies.

        Parameters
        ----------
        audio_ms
            A position as the service counts it, from the first sample ever sent.

        Returns
        -------
        Mark or None
            None when the position lies outside the last minute.
        """
        if not self._marks or audio_ms > self._marks[-1].audio_ms:
            return None
        best: Mark | None = None
        for mark in reversed(self._marks):
            if mark.audio_ms < audio_ms:
                break
            best = mark
        return best
