"""An utterance that is there as a whole: recognised for itself, whatever was heard before."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from realtime_nb.speech.interfaces import Heard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from realtime_nb.speech.interfaces import Recogniser

_PIECE: Final = 512
# After each piece, for those who wait for the interpreter: a session's voice needs it often and
# briefly. Without it, deltas of an answer come up to a second late while a file is heard.
_BREATH_S: Final = 0.002
# The recogniser holds the interpreter for milliseconds: however many files are heard at the
# same time, sessions contend with one thread.
_ONE_PIECE_AT_A_TIME: Final = threading.Lock()


def hear_whole(
    recogniser: Recogniser,
    pcm: NDArray[np.int16],
    phrases: Sequence[str],
    stopped: Callable[[], bool],
) -> Heard:
    """Return what is said; blocks for about a third of the sound's length.

    Parameters
    ----------
    recogniser
        Hears.
    pcm
        Shape (n,), at the recogniser's rate.
    phrases
        What is likely said; see `Recogniser.start`.
    stopped
        Asked every few milliseconds: true ends the work, and nothing was heard.
    """
    with _ONE_PIECE_AT_A_TIME:
        recognition = recogniser.start(phrases, whole=pcm)
    try:
        for first in range(0, len(pcm), _PIECE):
            if stopped():
                return Heard("", "none")
            with _ONE_PIECE_AT_A_TIME:
                recognition.feed(pcm[first : first + _PIECE])
            time.sleep(_BREATH_S)
        with _ONE_PIECE_AT_A_TIME:
            return recognition.finish()
    finally:
        recognition.close()
