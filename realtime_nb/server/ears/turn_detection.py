"""When a turn begins and ends, from voice probabilities, one short frame at a time.

Rules. A turn begins with two frames in a row at or above the threshold; so one click is
no turn. It ends when the voice stayed away for the patience asked for: a fixed silence
with `server_vad`, one that depends on the words with `semantic_vad`. To end, the
probability must fall clearly below the threshold (hysteresis), so a voice near it does
not flutter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from realtime_nb.speech.interfaces import VoiceActivity

START_FRAMES = 2
_HYSTERESIS = 0.15
_LOWEST_END = 0.01


@dataclass(frozen=True, slots=True)
class TurnEdge:
    """The begin or end of a turn.

    Parameters
    ----------
    kind
        ``started`` or ``stopped``.
    at_ms
        Position in the audio fed: the first voiced frame's begin (padding not yet
        included), or the end of the silence that closed the turn.
    """

    kind: Literal["started", "stopped"]
    at_ms: float


class TurnDetector:
    """Turn edges from a stream of frames.

    Parameters
    ----------
    activity
        Gives each frame's voice probability.
    threshold
        Probability from which a frame counts as voice, 0..1.
    patience_ms
        Asked at every silent frame inside a turn: how long a silence ends it, in ms.
    origin_ms
        Position of the first sample that will be fed.
    """

    def __init__(
        self,
        activity: VoiceActivity,
        *,
        threshold: float,
        patience_ms: Callable[[], float],
        origin_ms: float = 0.0,
    ) -> None:
        self._activity = activity
        self._threshold = threshold
        self._end_below = max(threshold - _HYSTERESIS, min(_LOWEST_END, threshold))
        self._patience_ms = patience_ms
        self._position_ms = origin_ms
        self._frame_ms = activity.frame * 1000.0 / activity.rate
        self._voiced = 0  # frames in a row, before a turn
        self._silent = 0  # frames in a row, inside a turn
        self.in_turn = False
        activity.reset()

    @property
    def position_ms(self) -> float:
        """Position after the last frame fed."""
        return self._position_ms

    def step(self, frame: NDArray[np.int16]) -> TurnEdge | None:
        """Take one frame of `activity.frame` samples; return the edge it brings, if any."""
        probability = self._activity.probability(frame)
        self._position_ms += self._frame_ms
        return self._inside(probability) if self.in_turn else self._outside(probability)

    def reset(self) -> None:
        """Forget an open turn; the position goes on."""
        self.in_turn = False
        self._voiced = self._silent = 0
        self._activity.reset()

    def _outside(self, probability: float) -> TurnEdge | None:
        self._voiced = self._voiced + 1 if probability >= self._threshold else 0
        if self._voiced < START_FRAMES:
            return None
        self.in_turn = True
        self._voiced = self._silent = 0
        return TurnEdge("started", self._position_ms - START_FRAMES * self._frame_ms)

    def _inside(self, probability: float) -> TurnEdge | None:
        self._silent = self._silent + 1 if probability < self._end_below else 0
        if self._silent == 0:
            return None
        enough = max(1, math.ceil(self._patience_ms() / self._frame_ms - 1e-9))
        if self._silent < enough:
            return None
        self.in_turn = False
        self._silent = 0
        return TurnEdge("stopped", self._position_ms)
