"""Checking a session config against all that is known, before anything is sent.

The service refuses an update whole for one mistake in it and goes on as before, so every
mistake is found here, not only the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.check_hearing import check_hearing
from realtime_nb.protocol.config.check_live import Live, check_live
from realtime_nb.protocol.config.check_models import check_models
from realtime_nb.protocol.config.check_tools import check_tools
from realtime_nb.protocol.config.check_types import check_types, shown
from realtime_nb.protocol.config.check_values import check_metadata, check_values
from realtime_nb.protocol.config.paths import MISSING, get
from realtime_nb.protocol.config.plain import PlainReader
from realtime_nb.protocol.config.problem import KINDS, Problem, SessionKind
from realtime_nb.protocol.config.shapes import REPLY_ONLY, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

_LONGEST: Final = 300  # characters of a message; a name may be of any length

__all__ = ["Live", "check_config", "check_metadata"]


def check_config(
    config: Mapping[str, Any], *, today: date, model: str = "", live: Live | None = None
) -> list[Problem]:
    """Return all that is wrong with a session config, errors and warnings.

    Parameters
    ----------
    config
        A session object in the GA shape, with its `type`.
    today
        Which models are shut down depends on it.
    model
        The model of the endpoint; ``config["model"]`` counts besides.
    live
        The session under way, when this is an update of it.
    """
    if not isinstance(config, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] -- from anywhere
        message = f"the session is {shown(config)}, and takes an object"
        return [Problem("", message, "write its fields by name")]
    reader = PlainReader()
    plain = cast("dict[str, Any]", reader.read(config, ""))
    kind = _kind(plain)
    found = list(reader.problems)
    if plain.get("type") != kind:
        found.append(_type_problem(plain))
    named = {**plain, "type": kind}
    effective: Mapping[str, Any] = live.effective if live is not None else {}
    found += (p for p in check_types(named, kind) if not _in_force(p.path, named, effective))
    rules = list(check_values(named))
    rules = [p for p in rules if not _in_force(p.path, named, effective)]
    rules += _rules(named, kind, model, today, effective)
    if live is not None:
        rules += check_live(named, live)
    return [_one_line(problem) for problem in _once(found, rules)]


def _rules(
    config: dict[str, Any],
    kind: SessionKind,
    model: str,
    today: date,
    effective: Mapping[str, Any],
) -> Iterator[Problem]:
    yield from check_models(config, kind, model, today)
    yield from check_hearing(config, effective, kind)
    if kind == "realtime":
        yield from check_tools(config, effective)


def _in_force(path: str, config: Mapping[str, Any], effective: Mapping[str, Any]) -> bool:
    """Whether the service itself reports what stands at a place: then it takes that."""
    place = path.partition("[")[0]
    value = get(config, place)
    if path in REPLY_ONLY or value is MISSING or value != get(effective, place):
        return False
    # Of another type of object, the same value may be none of its fields.
    kind = f"{place.rpartition('.')[0]}.type"
    return get(config, kind) in (MISSING, get(effective, kind))


def _kind(config: Mapping[str, Any]) -> SessionKind:
    for kind in KINDS:
        if config.get("type") == kind:
            return kind
    return "realtime"


def _type_problem(config: Mapping[str, Any]) -> Problem:
    if "type" not in config:
        message = "`type` is missing: the service refuses the whole update"
        return Problem("type", message, "write `type: realtime`")
    kind = config["type"]
    near = nearest(kind, KINDS).removeprefix("; ") if isinstance(kind, str) else ""
    return Problem("type", f"`type` is {shown(kind)}", near or f"it takes {', '.join(KINDS)}")


def _one_line(problem: Problem) -> Problem:
    """Return the problem with a message of one line, whatever names it repeats."""
    message = " ".join(problem.message.split())
    if len(message) > _LONGEST:
        message = f"{message[: _LONGEST - 1]}…"
    return replace(problem, message=message, advice=" ".join(problem.advice.split()))


def _once(found: list[Problem], rules: list[Problem]) -> list[Problem]:
    """Return `found` and of the rules what is not about a place that is wrong already."""
    wrong = {problem.path for problem in found}
    problems = list(found)
    for problem in rules:
        above = problem.path
        while above and above not in wrong:
            above = above[: max(above.rfind("."), above.rfind("["), 0)]
        if not above and problem not in problems:
            problems.append(problem)
    return problems
