"""Speech made slower or quicker without changing its pitch.

Waveform-similarity overlap-add (WSOLA, Verhelst and Roelands 1993): windows are taken from
the sound at the wanted pace and each is moved a little, to where it goes on most like the
sound already laid down, so that periods of the voice meet in phase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WINDOW_S: Final = 0.030  # two or more periods of a low voice
_SEEK_S: Final = 0.010  # one period of a voice of 100 Hz


def stretch(pcm: NDArray[np.int16], rate: int, speed: float) -> NDArray[np.int16]:
    """Return speech at another speed.

    Parameters
    ----------
    pcm
        Samples of shape (n,).
    rate
        Of the samples, in Hz.
    speed
        2.0 is twice as quick.

    Returns
    -------
    ndarray
        Samples of shape (round(n / speed),).
    """
    hop = round(_WINDOW_S * rate / 2)
    wanted = round(len(pcm) / speed)
    if len(pcm) < 2 * hop or speed == 1.0:
        return pcm[:wanted]
    seek = round(_SEEK_S * rate)
    # The sine's square: two windows half a window apart add up to one.
    window = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)) ** 2
    steps = wanted // hop + 2
    reach = int(steps * hop * speed) + 3 * hop + 2 * seek
    sound = np.zeros(hop + seek + max(len(pcm), reach))
    sound[hop + seek : hop + seek + len(pcm)] = pcm
    laid = np.zeros((steps + 1) * hop)
    follows = seek  # where the window last taken would go on by itself
    for step in range(steps):
        # Zeros of one hop stand before the sound, so that its first window is whole.
        aim = seek + round(step * hop * speed)
        start = aim + _best_shift(sound, aim, follows, hop, seek) if step else aim
        laid[step * hop : (step + 2) * hop] += sound[start : start + 2 * hop] * window
        follows = start + hop
    return np.clip(np.rint(laid[hop : hop + wanted]), -32768, 32767).astype(np.int16)


def _best_shift(sound: NDArray[np.float64], aim: int, follows: int, hop: int, seek: int) -> int:
    """Return by how many samples a window at `aim` is moved to go on like that at `follows`."""
    template = sound[follows : follows + hop]
    nearby = sound[aim - seek : aim + seek + hop]
    likeness = np.correlate(nearby, template, "valid")
    squares = np.concatenate(([0.0], np.cumsum(nearby**2)))
    energy = squares[hop:] - squares[:-hop]
    return int(np.argmax(likeness / np.sqrt(energy + 1.0))) - seek
