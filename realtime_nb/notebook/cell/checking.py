"""A request checked before anything is sent, and said with the lines of the cell."""

from __future__ import annotations

import datetime as dt
import re
import sys
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import ConfigError, ServerError
from realtime_nb.notebook.cell.fields import CELL_FIELDS
from realtime_nb.protocol.config.catalogue import field_names
from realtime_nb.protocol.config.check import Live, check_config
from realtime_nb.protocol.config.paths import merge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.notebook.cell.request import Request
    from realtime_nb.protocol.config.problem import Problem

_LONGEST: Final = 60  # of a line that is quoted


def check_request(
    request: Request,
    defaults: Mapping[str, Any],
    *,
    live: Live | None = None,
) -> list[Problem]:
    """Return all that is wrong with a request, each field named once.

    Parameters
    ----------
    request
        What the cell asks for.
    defaults
        What the notebook asks for beside it.
    live
        The session in force, when it is to be changed in place.
    """
    config = merge(defaults, request.config)
    found = check_config(config, today=dt.datetime.now(tz=dt.UTC).date(), live=live)
    seen = {problem.path for problem in request.problems} - {""}
    news = [one for one in found if not seen & {one.path, request.written(one.path)}]
    return [*request.problems, *news]


def live_session(session: RealtimeSession) -> Live:
    """Return what the check needs to know of a session that is open."""
    return Live(
        effective=session.effective or {},
        assistant_spoke=session.conversation.last_assistant_audio() is not None,
        model=session.endpoint.model,
    )


def refuse(problems: Iterable[Problem], request: Request) -> None:
    """Raise for the errors among problems, a line for each.

    Raises
    ------
    ConfigError
        With the line of the cell that each stands on.
    """
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        errors.sort(key=lambda problem: _line_number(request.where(problem.path)))
        raise ConfigError("\n".join(_with_line(problem, request) for problem in errors))


def warnings(problems: Iterable[Problem], request: Request, endpoint: Endpoint) -> list[str]:
    """Return what the author should know, a line for each.

    The models of a practice server and of Azure have names of their own: that the registry
    does not know them is no news.
    """
    own_names = endpoint.practice or endpoint.azure
    return [
        _with_line(problem, request)
        for problem in problems
        if problem.severity == "warning" and not (own_names and problem.path == "model")
    ] + _unfenced(request)


def _unfenced(request: Request) -> list[str]:
    """Return a line about front matter whose lines of ``---`` were forgotten."""
    text = request.config.get("instructions")
    if request.config.keys() - {"type", "instructions"} or not isinstance(text, str):
        return []
    first = text.strip().partition("\n")[0].rstrip()
    name = re.match(r"([a-z_]+):(?=\s|$)", first)
    if name is None or name[1] not in {*field_names(request.kind), *CELL_FIELDS}:
        return []
    begin = first[:_LONGEST]
    return [f"The instructions begin with `{begin}`; a config stands between two lines of ---."]


def explain_refusal(
    error: ServerError, path: str, problems: Iterable[Problem], request: Request
) -> ServerError:
    """Return a refusal of the service with the cell's line, and what to write instead.

    Parameters
    ----------
    error
        What the service said.
    path
        The field it named; ``""`` for none.
    problems
        What the check finds in the same config.
    request
        Whose lines are told.
    """
    line = request.where(path) if path else ""
    advice = next((p.advice for p in problems if p.path == path and p.advice), "")
    said = str(error).rstrip(".")
    text = f"{line}: the service refused it: {said}" if line else f"the service refused it: {said}"
    whole = f"{text}; {advice}" if advice else f"{text}."
    return ServerError(
        f"{whole.rstrip('.')}. Nothing of the update is in force.",
        code=error.code,
        type=error.type,
        event_id=error.event_id,
    )


def _with_line(problem: Problem, request: Request) -> str:
    line = request.where(problem.path)
    text = str(problem)
    text += "" if text.endswith((".", "?")) else "."
    return f"{line}: {text}" if line else text


def _line_number(place: str) -> int:
    """Return the number in ``line 4``; what stands in no line of the cell comes last."""
    number = place.removeprefix("line ")
    return int(number) if number.isdigit() else sys.maxsize
