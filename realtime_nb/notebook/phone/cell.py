"""``%%realtime --phone LINE``: a cell that says what the calls of a line are accepted with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.errors import UsageError
from realtime_nb.notebook.phone.answering import TRANSCRIBER, Answering
from realtime_nb.notebook.phone.line import PhoneLine, open_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.notebook.cell.request import Request


def find_line(name: str, names: Mapping[str, Any]) -> PhoneLine:
    """Return the line that a variable holds, or the open one that is called so.

    Raises
    ------
    UsageError
        When there is none, with those there are; or when it is closed.
    """
    bound = names.get(name)
    lines = {line.name: line for line in open_lines()}
    line = bound if isinstance(bound, PhoneLine) else lines.get(name)
    if line is None:
        there = f"there is {', '.join(lines)}" if lines else "there is none yet"
        raise UsageError(f"--phone {name}: {there}; write {name} = realtime_nb.PhoneLine() before.")
    if line.closed:
        raise UsageError(f"--phone {name}: that line is closed; make another PhoneLine.")
    return line


def answer_with(
    name: str,
    request: Request,
    names: Mapping[str, Any],
    *,
    transcriber: str = TRANSCRIBER,
    reply_timeout: float | None = None,
) -> PhoneLine:
    """Have the calls of a line accepted with what a cell asks for; return the line, to be shown.

    Parameters
    ----------
    name
        What stands after ``--phone``.
    request
        The cell.
    names
        The notebook's variables.
    transcriber
        As for `realtime_nb.notebook.cell.defaults.default_config`.
    reply_timeout
        How long the service may take to answer, in seconds.

    Raises
    ------
    UsageError
        When there is no such line.
    ConfigError
        For what the service would refuse; with the cell's lines. Nothing is changed then.
    """
    line = find_line(name, names)
    answering = Answering.of(request, line.endpoint, transcriber=transcriber)
    line.configure(answering.within(reply_timeout))
    return line
