"""A clip's waveform as an SVG that reads on light and dark pages, with marks under it.

Its size does not depend on how long the clip is: one line a pixel at the most, and marks that
are too narrow to see apart are drawn as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.audio.waveform_marks import COLOURS, LANE_PX, draw_marks, place_marks
from realtime_nb.audio.waveform_time import AXIS_PX, draw_axis

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.audio.waveform_marks import Mark

__all__ = ["Wave", "wave_of", "waveform_svg"]

MAX_COLUMNS: Final = 2_000
_WIDTHS: Final = (60, MAX_COLUMNS)
_HEIGHTS: Final = (16, 400)


@dataclass(frozen=True, eq=False, slots=True)
class Wave:
    """A waveform without its sound.

    Attributes
    ----------
    columns
        Shape (n, 2), float, -1..1: the lowest and highest sample of each of n equal stretches.
    duration_s
        How long all of it is, in seconds.
    """

    columns: NDArray[np.float32]
    duration_s: float


def wave_of(clip: AudioClip, columns: int = 640) -> Wave:
    """Return a clip's waveform as lowest and highest sample of so many columns.

    Parameters
    ----------
    clip
        Any clip.
    columns
        How many, 2,000 at the most; fewer for a clip of fewer samples.
    """
    count = max(1, min(columns, MAX_COLUMNS, len(clip)))
    if not len(clip):
        return Wave(np.zeros((1, 2), np.float32), 0.0)
    starts = (np.arange(count) * len(clip)) // count
    low = np.minimum.reduceat(clip.samples, starts)
    high = np.maximum.reduceat(clip.samples, starts)
    return Wave(np.stack([low, high], 1), clip.duration_s)


def waveform_svg(
    clip_or_peaks: AudioClip | Wave,
    *,
    width: int = 640,
    height: int = 64,
    marks: Iterable[Mark] = (),
) -> str:
    """Return an SVG of the waveform, the marks under it, and a scale of seconds.

    Parameters
    ----------
    clip_or_peaks
        A clip, or what `wave_of` made of one.
    width, height
        In px: 60 to 2,000, and 16 to 400 for the wave alone; each lane of marks adds 18 px,
        the scale 14 px.
    marks
        Spans under the wave, e.g. words or turns: ``(start_s, end_s, text, colour_index)``.
        Spans at the same time get a lane each, four at the most. Texts are escaped; what has
        no room is cut, and stands in the span's tooltip.
    """
    width = min(max(width, _WIDTHS[0]), _WIDTHS[1])
    height = min(max(height, _HEIGHTS[0]), _HEIGHTS[1])
    wave = clip_or_peaks if isinstance(clip_or_peaks, Wave) else wave_of(clip_or_peaks, width)
    lanes, placed = place_marks(marks, wave.duration_s, width)
    below = height + LANE_PX * lanes
    parts = (
        _draw_wave(wave, width, height),
        draw_marks(placed, height),
        draw_axis(wave.duration_s, width, below),
    )
    total = below + AXIS_PX
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{total}" '
        f'viewBox="0 0 {width} {total}" aria-label="Waveform, {wave.duration_s:.1f} s" '
        'style="display:block;max-width:100%;height:auto;font:10px system-ui,sans-serif">'
        f"{''.join(parts)}</svg>"
    )


def _draw_wave(wave: Wave, width: int, height: int) -> str:
    columns = np.nan_to_num(np.asarray(wave.columns, np.float64)[:MAX_COLUMNS])
    middle = height / 2
    step = width / len(columns)
    # Tenths of a pixel as integers, drawn by a scaled path, are shorter than decimals.
    x = np.rint(10 * step * (np.arange(len(columns)) + 0.5)).astype(int)
    top = 10 * middle * (1 - np.clip(columns[:, 1], -1, 1))
    bottom = 10 * middle * (1 - np.clip(columns[:, 0], -1, 1))
    # What is silent is a thin line.
    first = np.rint(np.clip(np.minimum(top, bottom - 8), 0, None)).astype(int)
    last = np.rint(np.maximum(bottom, first + 8)).astype(int)
    path = "".join(
        f"M{at} {high}V{low}"
        for at, high, low in zip(x.tolist(), first.tolist(), last.tolist(), strict=True)
    )
    return (
        f'<line x1="0" y1="{middle:g}" x2="{width}" y2="{middle:g}" stroke="currentColor" '
        'stroke-opacity=".25"/>'
        f'<path transform="scale(.1)" d="{path}" stroke="{COLOURS[0]}" '
        f'stroke-width="{max(10.0, 10 * step):.4g}" fill="none"/>'
    )
