"""A brain that follows a script: the same answers every time, for tests and lessons.

The script is a JSON file::

    {
      "about": "optional, one line",
      "phrases": ["optional patterns for the recogniser"],
      "turns": [
        [{"say": "Hello."}, {"wait_ms": 300}, {"say": " And again."}],
        [{"call": {"name": "get_weather", "arguments": {"city": "Paris"}}}],
        {"when": "regular expression", "steps": [{"say": "Only when the user said so."}]},
        [{"mcp": {"server": "docs", "name": "search", "arguments": {}, "output": "Found."}}],
        [{"fail": "the message of a failed response"}]
      ],
      "mcp": {"docs": {"tools": [{"name": "search", "input_schema": {"type": "object"}}]}}
    }

`mcp` plays MCP servers by the label that a session gives them, whatever their URL: each has
`tools`, or `fail` with the reason for which its tools cannot be listed; `wait_ms` is how long
that takes. A step `mcp` calls a tool there: instead of `output` it may have `error`, an object
as on the wire; `wait_ms` is how long the call takes. Whether somebody must approve it is the
session's `require_approval`. Without `output` and `error` a real MCP server is asked.

A response takes the first turn with a matching `when`; if none matches, the next turn
without one. A `when` is searched in the user's last words, without regard to case. After
the last turn the session's responses fail, saying so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import UsageError
from realtime_nb.server.brain.interface import BrainError, Breath, FunctionCall
from realtime_nb.server.brain.scripted_mcp import ScriptedMcp, is_mcp_step, mcp_call, read_mcp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from realtime_nb.server.brain.interface import BrainRequest, Piece

Json = dict[str, Any]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_wait(value: Any) -> bool:
    return isinstance(value, int | float) and value >= 0


def _is_call(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(cast("Json", value).get("name"), str)


_STEPS: Final = {
    "say": _is_text,
    "fail": _is_text,
    "wait_ms": _is_wait,
    "call": _is_call,
    "mcp": is_mcp_step,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer of a script.

    Parameters
    ----------
    steps
        What is said, called and waited for, in order.
    when
        Words that the user must have said; None for a turn in its order.
    """

    steps: tuple[Json, ...]
    when: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script, read and checked.

    Parameters
    ----------
    turns
        The answers.
    about, phrases
        As in `interface.Brain`.
    mcp
        The MCP servers it plays, None without any.
    """

    turns: tuple[Turn, ...]
    about: str = "A script: it answers the same every time."
    phrases: tuple[str, ...] = ()
    mcp: ScriptedMcp | None = None


class ScriptedBrain:
    """Follows a script through one session.

    Parameters
    ----------
    script
        What to follow.
    """

    name = "scripted"

    def __init__(self, script: Script) -> None:
        self.about = script.about
        self.card = self.phrases = script.phrases
        self.mcp = script.mcp
        self._answers = [turn for turn in script.turns if turn.when is not None]
        self._queue = [turn for turn in script.turns if turn.when is None]

    async def respond(self, request: BrainRequest) -> AsyncIterator[Piece]:
        """Answer with the turn that is due; see the module."""
        for step in self._turn(request).steps:
            if "say" in step:
                yield step["say"]
            elif "call" in step:
                call = step["call"]
                yield FunctionCall(call["name"], json.dumps(call.get("arguments", {})))
            elif "mcp" in step:
                yield mcp_call(step["mcp"])
            elif "wait_ms" in step:
                yield Breath()
                await asyncio.sleep(step["wait_ms"] / 1000.0)
            else:
                raise BrainError(step["fail"], code="scripted_failure")

    def skip(self, request: BrainRequest) -> None:
        """Take the turn that answered an earlier request, as if it had been asked here."""
        with contextlib.suppress(BrainError):
            self._turn(request)

    def _turn(self, request: BrainRequest) -> Turn:
        text = request.last_user.text if request.last_user is not None else ""
        for turn in self._answers:
            if turn.when is not None and turn.when.search(text):
                return turn
        if not self._queue:
            raise BrainError("the script has no more turns", code="script_ended")
        return self._queue.pop(0)


def read_script(path: Path) -> Script:
    """Return the script of a JSON file.

    Raises
    ------
    UsageError
        When the file cannot be read or is no script.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"the script {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"the script {path} is not JSON: {error}") from None
    script = cast("Json", data) if isinstance(data, dict) else {}
    if not isinstance(script.get("turns"), list):
        raise UsageError(f'the script {path} has no turns; write {{"turns": [[{{"say": "Hi."}}]]}}')
    turns = tuple(
        _read_turn(turn, f"{path}: turns[{index}]") for index, turn in enumerate(script["turns"])
    )
    about = str(script.get("about", Script.about))
    mcp = read_mcp(script["mcp"], f"{path}: mcp") if "mcp" in script else None
    return Script(turns, about, tuple(map(str, script.get("phrases", ()))), mcp)


def _read_turn(turn: Any, where: str) -> Turn:
    when: re.Pattern[str] | None = None
    steps = turn
    if isinstance(turn, dict):
        given = cast("Json", turn)
        steps = given.get("steps")
        try:
            when = re.compile(given.get("when", ""), re.IGNORECASE)
        except (re.error, TypeError) as error:
            raise UsageError(f"{where}.when is no regular expression: {error}") from None
    if not isinstance(steps, list):
        raise UsageError(f'{where} is no list of steps; write [{{"say": "Hi."}}]')
    listed = cast("list[Any]", steps)
    return Turn(tuple(_read_step(step, f"{where}[{i}]") for i, step in enumerate(listed)), when)


def _read_step(step: Any, where: str) -> Json:
    if isinstance(step, dict):
        given = cast("Json", step)
        if len(given) == 1:
            ((key, value),) = given.items()
            if key in _STEPS and _STEPS[key](value):
                return given
    raise UsageError(
        f'{where} is no step; write {{"say": "..."}}, {{"wait_ms": 200}}, '
        f'{{"call": {{"name": "...", "arguments": {{}}}}}}, {{"fail": "..."}} or '
        f'{{"mcp": {{"server": "...", "name": "...", "arguments": {{}}, "output": "..."}}}}'
    )
