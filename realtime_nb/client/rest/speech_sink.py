"""Where the sound of a text that is read in parts goes as it comes: one stream of PCM16.

Where two parts meet, the last and the first five milliseconds are faded, so that the step
between them does not click; nothing is left out and nothing put in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.audio.clip import AudioClip
from realtime_nb.protocol.audio_api.sent_format import HEADER_BYTES, is_file
from realtime_nb.protocol.audio_api.speech import PCM_RATE

if TYPE_CHECKING:
    from realtime_nb.audio.spool import PcmSpool

FADE_MS: Final = 5
"""How much of each part is faded where two meet, in ms."""

LARGEST_FILE: Final = 256 << 20

_FADE_BYTES: Final = 2 * PCM_RATE * FADE_MS // 1000


class SpeechSink:
    """Takes in the sound of one part after the other.

    Parameters
    ----------
    spool
        Where it goes.
    parts
        How many there will be.
    """

    def __init__(self, spool: PcmSpool, parts: int = 1) -> None:
        self.spool = spool
        self.converted = False
        self._left = parts
        self._first = True
        self._begin()

    def _begin(self) -> None:
        self._begun = False
        self._file: bytearray | None = None
        self._held = bytearray()

    def feed(self, data: bytes) -> None:
        """Take in bytes of the part under way.

        Bytes of a file with a head, which some services send for PCM, are gathered and
        decoded at the part's end.

        Raises
        ------
        UsageError
            When there is no room for more.
        """
        if self._file is not None:
            self._file += data[: LARGEST_FILE - len(self._file)]
            return
        self._held += data
        if not self._begun:
            if len(self._held) < max(HEADER_BYTES, 0 if self._first else _FADE_BYTES):
                return
            if is_file(self._held):
                self._file = self._held
                return
            self._open()
        self._give(keep=_FADE_BYTES if self._left > 1 else 0)

    def _open(self) -> None:
        """Begin a part: fade it in where another goes before it."""
        self._begun = True
        if not self._first:
            self._held[:_FADE_BYTES] = _faded(self._held[:_FADE_BYTES], rising=True)

    def _give(self, *, keep: int) -> None:
        # Whole samples only: the other half of one may be under way.
        count = max(0, len(self._held) - keep) // 2 * 2
        if count:
            self.spool.append(bytes(self._held[:count]))
            del self._held[:count]

    def end_part(self, *, broken: bool = False) -> None:
        """End the part under way; of a broken one all that came is kept.

        Raises
        ------
        UsageError
            When its sound is a file that cannot be decoded.
        """
        if self._file is not None:
            self._held = bytearray(_decoded(bytes(self._file)))
            self._file = None
            self.converted = True
        if not self._begun:
            self._open()
        self._left -= 1
        whole = self._held[: len(self._held) // 2 * 2]
        if self._left > 0 and not broken:
            keep = max(0, len(whole) - _FADE_BYTES)
            whole[keep:] = _faded(whole[keep:], rising=False)
        if whole:
            self.spool.append(bytes(whole))
        self._first = False
        self._begin()


def _faded(pcm: bytes | bytearray, *, rising: bool) -> bytes:
    """Return PCM16 that rises from silence, or falls to it."""
    even = len(pcm) // 2 * 2
    samples = np.frombuffer(bytes(pcm[:even]), "<i2")
    ramp = np.linspace(0.0, 1.0, len(samples) + 1)[:-1]
    faded = samples * (ramp if rising else ramp[::-1])
    return faded.astype("<i2").tobytes() + bytes(pcm[even:])


def _decoded(data: bytes) -> bytes:
    return AudioClip.read(data).resample(PCM_RATE).pcm16()
