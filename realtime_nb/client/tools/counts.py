"""How often each tool was called, how it went, and how long it took."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import Final

_KEPT_TIMES: Final = 1000
_MAX_TOOLS: Final = 1000


@dataclass(frozen=True, slots=True)
class ToolCount:
    """What is known of the calls of one tool.

    Attributes
    ----------
    name
        The tool.
    calls
        Calls that have ended, however.
    ok, failed
        Those that gave something, and those that failed: raised, took too long, or had
        arguments that do not fit. What was cancelled or denied is neither.
    median_ms, last_ms
        How long they took; of the last 1000, and of the last one. None before there is one.
    """

    name: str
    calls: int
    ok: int
    failed: int
    median_ms: float | None
    last_ms: float | None


@dataclass(slots=True)
class _Tally:
    calls: int = 0
    ok: int = 0
    failed: int = 0
    times: deque[float] = field(default_factory=lambda: deque[float](maxlen=_KEPT_TIMES))


class Counts:
    """The calls of a session, counted by tool."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}

    def add(self, name: str, status: str, took_ms: float) -> None:
        """Count a call that has ended.

        Parameters
        ----------
        name
            The tool.
        status
            The `Outcome`'s.
        took_ms
            How long it took.
        """
        if name not in self._tallies and len(self._tallies) >= _MAX_TOOLS:
            return  # a model that makes up names
        tally = self._tallies.setdefault(name, _Tally())
        tally.calls += 1
        if status == "ok":
            tally.ok += 1
        elif status not in ("cancelled", "denied"):
            tally.failed += 1
        if status in ("ok", "failed", "timeout"):
            tally.times.append(took_ms)

    def __call__(self) -> list[ToolCount]:
        """Return the counts, in the order in which the tools were first called."""
        return [_count(name, tally) for name, tally in list(self._tallies.items())]


def _count(name: str, tally: _Tally) -> ToolCount:
    times = tuple(tally.times)
    return ToolCount(
        name,
        tally.calls,
        tally.ok,
        tally.failed,
        median(times) if times else None,
        times[-1] if times else None,
    )
