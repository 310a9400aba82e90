"""Telling the author of a program what is wrong with the events it sends.

The service answers a wrong event with an `error` event and goes on; a program that does not
look for one believes all is well. So each event is looked at before it is sent, as it is,
and an `error` that nothing foretold is told when it comes: both as a `ConfigWarning` that
points at the line of the program which sent the event.
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.ledger import Ledger, server_error
from realtime_nb.client.refusals import is_fatal, refused
from realtime_nb.errors import ConfigWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

    from realtime_nb.client.service import Endpoint
    from realtime_nb.errors import RealtimeError
    from realtime_nb.protocol.config.problem import Problem
    from realtime_nb.protocol.events import Event

_OWN_FOLDER: Final = str(Path(__file__).parent)

# Races that are normal here, and no mistake of anybody's.
_BENIGN: Final = frozenset({"response_cancel_not_active", "item_truncate_invalid_item_id"})

_WHAT_IT_MEANS: Final[Mapping[str, str]] = {
    "session.update": "the update was thrown away whole, and the session goes on with what it had",
    "conversation.item.create": "the item is not in the conversation",
    "response.create": "no response comes of it",
    "input_audio_buffer.commit": "no item was made of the sound",
}
_NOTHING_DONE: Final = "nothing was done"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the author's program."""

    module: str
    file: str
    line: int

    @classmethod
    def of_caller(cls) -> Place:
        """Return where the nearest caller outside this package's client is."""
        frame: FrameType | None = inspect.currentframe()
        while frame is not None and frame.f_code.co_filename.startswith(_OWN_FOLDER):
            frame = frame.f_back
        if frame is None:
            return cls("sys", "sys", 1)
        return cls(frame.f_globals.get("__name__", "?"), frame.f_code.co_filename, frame.f_lineno)


def warn_at(place: Place, text: str) -> None:
    """Warn the author at a line; said each time, also when a cell is run again."""
    warnings.warn_explicit(
        text, ConfigWarning, place.file, place.line, module=place.module, registry={}
    )


class Reviewer:
    """Looks at what a connection sends, and at the errors that come back.

    Parameters
    ----------
    endpoint
        Whose connection it is.
    review
        `realtime_nb.protocol.config.review.review_event`; taken from there when None.
    """

    def __init__(
        self, endpoint: Endpoint, review: Callable[..., list[Problem]] | None = None
    ) -> None:
        self._endpoint = endpoint
        self._review = review or load_review()
        self._ledger = Ledger()
        # Of events that the service answers with nothing but an error.
        self._foretold_errors = 0

    def sending(self, event: Mapping[str, Any]) -> None:
        """Look at an event that is about to be sent, and warn of what is wrong with it."""
        today = datetime.now(UTC).date()
        problems = self._review(event, today=today, model=self._endpoint.model)
        place = Place.of_caller()
        wrong = any(problem.severity == "error" for problem in problems)
        if problems:
            warn_at(place, _listing(event["type"], problems, wrong=wrong))
        before = len(self._ledger)

        def refuse(error: RealtimeError) -> None:
            if not wrong and getattr(error, "code", None) not in _BENIGN:
                warn_at(place, _refusal(event["type"], error))

        self._ledger.enter(event, refuse=refuse)
        if wrong and len(self._ledger) == before:
            self._foretold_errors += 1

    def received(self, event: Event) -> None:
        """Look at an event that has come; warn when it is an error that nothing foretold."""
        stray = self._ledger.received(event)
        if stray is None or stray.code in _BENIGN:
            return
        if is_fatal(stray.code):
            warn_at(Place.of_caller(), str(refused(event.data["error"], self._endpoint)))
        elif self._foretold_errors:
            self._foretold_errors -= 1
        else:
            warn_at(Place.of_caller(), f"the service reports an error: {server_error(event)}")


def load_review() -> Callable[..., list[Problem]]:
    """Return what looks at an event; the first time takes most of a second."""
    try:
        review: Any = importlib.import_module("realtime_nb.protocol.config.review")
    except ImportError:

        def nothing(*_: Any, **__: Any) -> list[Problem]:
            return []

        return nothing
    return review.review_event


def _listing(kind: str, problems: Sequence[Problem], *, wrong: bool) -> str:
    head = f"the service will refuse this {kind}" if wrong else f"about this {kind}"
    if wrong and kind == "session.update":
        head += " whole, and go on with what it had"
    lines = [f"{problem.path}: {problem}" if problem.path else str(problem) for problem in problems]
    return f"{head}: {lines[0]}" if len(lines) == 1 else "\n  - ".join((f"{head}:", *lines))


def _refusal(kind: str, error: RealtimeError) -> str:
    means = _WHAT_IT_MEANS.get(kind, _NOTHING_DONE)
    return f"the service refused this {kind}: {str(error).rstrip('.')}; {means}"
