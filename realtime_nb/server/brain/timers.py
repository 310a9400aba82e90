"""A timer that lives in the conversation: set by one item, read off by a later one.

Nothing ticks. Like the service, a session never speaks up by itself, so a timer tells
what is left when it is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from realtime_nb.server.brain.numbers import digits

if TYPE_CHECKING:
    from realtime_nb.server.brain.directives import Persona
    from realtime_nb.server.brain.interface import BrainRequest

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}
_PART: Final = re.compile(r"\b(?P<number>\d+|an?) (?P<unit>second|minute|hour)s?\b")
_SET: Final = re.compile(r"\btimer\b")
_CANCELLED: Final = re.compile(r"\b(?:cancel|stop) (?:the|my) timer\b")


def duration_s(text: str) -> int:
    """Return the seconds that a text names, numbers in digits; 0 when it names none."""
    parts = _PART.findall(text)
    return sum(
        (1 if number.startswith("a") else int(number)) * _SECONDS[unit] for number, unit in parts
    )


def set_timer(text: str, persona: Persona) -> str | None:
    """Return the confirmation of a timer, None when the text names no duration."""
    parts = [
        _counted(1 if number.startswith("a") else int(number), unit)
        for number, unit in _PART.findall(text)
    ]
    if not parts:
        return None
    runs = f"{persona.yes} The timer runs for {' and '.join(parts)}."
    return persona.cut(runs, "Ask me how much time is left.")


def time_left(request: BrainRequest) -> str:
    """Return how much of the last timer is left."""
    running = _running(request)
    if running is None:
        return "No timer is running."
    if running <= 0:
        return f"The timer ended {_spoken(-running)} ago."
    return f"You have {_spoken(running)} left."


def cancel_timer(request: BrainRequest) -> str:
    """Return the confirmation that the timer is gone."""
    return "No timer is running." if _running(request) is None else "The timer is cancelled."


def _running(request: BrainRequest) -> float | None:
    """Return the seconds left of the last timer set, None when there is none."""
    for item in reversed(request.items[:-1]):
        if item.role != "user":
            continue
        text = digits(item.text)
        if _CANCELLED.search(text):
            return None
        if _SET.search(text) and duration_s(text):
            return item.made_s + duration_s(text) - request.now_s
    return None


def _spoken(seconds: float) -> str:
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return _counted(rest, "second")
    return f"{_counted(minutes, 'minute')} and {_counted(rest, 'second')}"


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
