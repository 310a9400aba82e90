"""One recording on its way from a page: whole and in order, or known not to be.

The page numbers its samples, keeps what has not been acknowledged and sends it again where it
must: what arrives twice counts once, what would leave a hole is not taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from realtime_nb.bridge.frames import RATE

STALE_S: Final = 5.0
"""A page sends several times a second while it records: silent for so long, it is gone."""

_SAMPLE_BYTES: Final = 2


@dataclass
class Take:
    """Sound of one press of the button, as far as it has come.

    Attributes
    ----------
    id
        How the page calls it.
    client
        The page.
    max_samples
        Where it ends at the latest.
    heard_s
        When its page was heard of last, in seconds on the caller's clock.
    replaces
        Whether it stands for the take before it.
    """

    id: str
    client: str
    max_samples: int
    heard_s: float
    replaces: bool = False
    _pcm: bytearray = field(default_factory=bytearray)

    @property
    def got(self) -> int:
        """Samples that are here."""
        return len(self._pcm) // _SAMPLE_BYTES

    @property
    def got_s(self) -> float:
        """Seconds that are here."""
        return self.got / RATE

    @property
    def pcm(self) -> bytes:
        """PCM16, little endian, mono, 24 kHz."""
        return bytes(self._pcm)

    def add(self, offset: int, pcm: bytes | memoryview, now_s: float) -> int:
        """Take samples that stand at `offset`; what is past the longest take is let go.

        Returns
        -------
        int
            Samples that are here now: the page goes on from there.
        """
        self.heard_s = now_s
        known = self.got - offset
        if known >= 0:
            fresh = bytes(pcm)[_SAMPLE_BYTES * known :]
            whole = len(fresh) - len(fresh) % _SAMPLE_BYTES
            room = _SAMPLE_BYTES * (self.max_samples - self.got)
            self._pcm += fresh[: min(whole, room)]
        return self.got

    def stale(self, now_s: float) -> bool:
        """Whether its page has not been heard of for `STALE_S`."""
        return now_s - self.heard_s > STALE_S
