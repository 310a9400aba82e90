"""The scale of seconds under a waveform."""

from __future__ import annotations

from typing import Final

__all__ = ["AXIS_PX", "draw_axis"]

AXIS_PX: Final = 14
"""How high the scale is."""

_STEPS_S: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400),
)
_BETWEEN_PX: Final = 64  # labels are at least this far from each other
_MINUTE_S: Final = 60


def draw_axis(duration_s: float, width: int, top: int) -> str:
    """Return ticks and their labels; nothing where there is no time.

    Parameters
    ----------
    duration_s
        How long all of it is, in seconds.
    width, top
        In px: how wide, and where it begins.
    """
    if duration_s <= 0:
        return ""
    fitting = (step for step in _STEPS_S if step * width / duration_s >= _BETWEEN_PX)
    step = next(fitting, _STEPS_S[-1])
    count = min(int(duration_s / step), width // _BETWEEN_PX)
    parts: list[str] = []
    for number in range(count + 1):
        x = number * step * width / duration_s
        if x > width - _BETWEEN_PX / 3 and number:  # its label would be cut
            continue
        anchor = ' text-anchor="middle"' if number else ""
        parts.append(
            f'<path d="M{x:.1f} {top}v3" stroke="currentColor" stroke-opacity=".5"/>'
            f'<text x="{x:.1f}" y="{top + 12}"{anchor}>{_label(number * step, step)}</text>'
        )
    return f'<g fill="currentColor" fill-opacity=".65">{"".join(parts)}</g>'


def _label(seconds: float, step: float) -> str:
    if step < 1:
        return f"{seconds:.10g} s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    hours, rest = divmod(whole, _MINUTE_S * _MINUTE_S)
    minutes, left = divmod(rest, _MINUTE_S)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
