"""A timeline drawn with matplotlib, where somebody has it."""

# matplotlib's types are partly unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.errors import UsageError
from realtime_nb.inspection.timeline.svg import KINDS, SIDES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from realtime_nb.inspection.timeline.view import Timeline

_COLUMNS: Final = 2_000


def plot_timeline(line: Timeline, ax: Axes | None = None) -> Axes:
    """Draw both waveforms and the marks; the user above, the assistant below; seconds.

    Raises
    ------
    UsageError
        When matplotlib is not installed.
    """
    if ax is None:
        try:
            from matplotlib import pyplot as plt  # noqa: PLC0415 -- few have it
        except ImportError:
            raise UsageError(
                "plot() draws with matplotlib, which is not installed: `pip install matplotlib`, "
                "or show the timeline itself."
            ) from None
        _, ax = plt.subplots(figsize=(12, 3), layout="constrained")
    end = max(line.duration_ms, 1.0)
    times = np.arange(_COLUMNS) * end / _COLUMNS / 1000
    for (side, colour), middle in zip(SIDES.items(), (1.0, -1.0), strict=True):
        pairs = line.peaks.columns(side, 0.0, end, _COLUMNS) / 32768.0
        ax.fill_between(times, middle + pairs[:, 0], middle + pairs[:, 1], color=colour, lw=0)
    seen: set[str] = set()
    for start, last in line.away_spans:
        name = "" if "away" in seen else "no session"
        ax.axvspan(start / 1000, last / 1000, color="#8c8c8c", alpha=0.25, lw=0, label=name)
        seen.add("away")
    for mark in line.marks:
        name, colour = KINDS[mark.kind]
        low, high = (0.0, 2.0) if mark.side == "user" else (-2.0, 0.0)
        ax.vlines(
            mark.t_ms / 1000, low, high, color=colour, lw=1, label="" if name in seen else name
        )
        seen.add(name)
    ax.set(yticks=[1, -1], yticklabels=list(SIDES), xlabel="s", xlim=(0, end / 1000), ylim=(-2, 2))
    if seen:
        ax.legend(fontsize="x-small", ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.18))
    return ax
