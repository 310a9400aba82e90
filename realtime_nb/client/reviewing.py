"""Telling the author of a program what is wrong with the events it sends.

The service answers a wrong event with an `error` event and goes on; a program that does not
look for one believes all is well. So each event is looked at before it is sent, as it is,
and an `error` that nothing foretold is told when it comes: both as a `ConfigWarning` that
points at the line of the program which sent the event.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.endpoints.endpoint import TRANSLATION_MODEL
from realtime_nb.client.transport.refusals import is_fatal, refused
from realtime_nb.client.turns.ledger import Ledger, server_error
from realtime_nb.errors import ConfigWarning
from realtime_nb.protocol.config.models import find_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from types import FrameType

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.errors import RealtimeError
    from realtime_nb.protocol.config.problem import Problem, SessionKind
    from realtime_nb.protocol.events import Event

# Whose lines are not the author's: this package's and the event loop's.
_NOT_THE_AUTHORS: Final = (
    str(Path(__file__).parents[1]) + os.sep,
    str(Path(asyncio.__file__).parent) + os.sep,
)

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
        """Return the line of the author's program that we were called from."""
        frame: FrameType | None = inspect.currentframe()
        while frame is not None and frame.f_code.co_filename.startswith(_NOT_THE_AUTHORS):
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
    kind
        The kind of session.
    review
        `realtime_nb.protocol.config.review.review_event`; taken from there when None.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        kind: SessionKind = "realtime",
        review: Callable[..., list[Problem]] | None = None,
    ) -> None:
        self._endpoint = endpoint
        # The kind of a session is told by its model; the practice server's name tells none.
        self._model = TRANSLATION_MODEL if kind == "translation" else _known(endpoint)
        # What was said once of the model in the URL is not said with every event.
        self._told: set[str] = set()
        self._review = review or load_review()
        self._ledger = Ledger()
        # Of events that the service answers with nothing but an error.
        self._foretold_errors = 0

    def sending(self, event: Mapping[str, Any]) -> None:
        """Look at an event that is about to be sent, and warn of what is wrong with it."""
        problems = [
            problem
            for problem in self._review(event, today=_today(), model=self._model)
            if problem.severity == "error" or str(problem) not in self._told
        ]
        self._told |= {str(problem) for problem in problems if problem.severity == "warning"}
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


def _known(endpoint: Endpoint) -> str:
    """Return the model's name where it tells which one it is: OpenAI's own, or one in our table.

    On Azure it is the name of a deployment, and elsewhere whatever a gateway calls its models.
    """
    named = endpoint.practice or endpoint.host == "api.openai.com"
    known = not endpoint.azure and find_model(endpoint.model) is not None
    return endpoint.model if named or known else ""


def load_review() -> Callable[..., list[Problem]]:
    """Return what looks at an event; the first time takes most of a second."""
    from realtime_nb.protocol.config.review import review_event  # noqa: PLC0415 -- see above

    # The types of the openai package load with the first event.
    review_event({"type": "response.cancel"}, today=_today())
    return review_event


def _today() -> date:
    return datetime.now(UTC).date()


def _listing(kind: str, problems: Sequence[Problem], *, wrong: bool) -> str:
    head = f"the service will refuse this {kind}" if wrong else f"about this {kind}"
    if wrong and kind == "session.update":
        head += " whole, and go on with what it had"
    lines = [_line(problem) for problem in problems]
    return f"{head}: {lines[0]}" if len(lines) == 1 else "\n  - ".join((f"{head}:", *lines))


def _line(problem: Problem) -> str:
    # Most name their field themselves.
    named = problem.path.rpartition(".")[2] in problem.message
    return str(problem) if named else f"{problem.path}: {problem}"


def _refusal(kind: str, error: RealtimeError) -> str:
    means = _WHAT_IT_MEANS.get(kind, _NOTHING_DONE)
    return f"the service refused this {kind}: {str(error).rstrip('.')}; {means}"
