"""A config put to the service, and what came of it: at the start, and in a live session.

What holds whatever happens: a session that was live stays live, with what was in force
before; and nothing counts as applied that the service has not told so itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import CallTimeout, RealtimeError, ServerError
from realtime_nb.protocol.config.compare import Row, compare
from realtime_nb.protocol.config.paths import MISSING, get, merge
from realtime_nb.protocol.config.plan import plan_update

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.session import RealtimeSession

OPEN_TIMEOUT_S: Final = 30.0
_ORIGINS: Final = ("cell", "prompt", "default", "service")
_QUOTED: Final = re.compile(r"'(session(?:\.[\w\[\]]+)+)'")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking for a config.

    Attributes
    ----------
    rows
        Field by field.
    error
        What the service said against it, or that it said nothing; None when all is well.
    refused
        The field that the service refused, by its place; ``""`` where it named none.
    without_defaults
        Whether it was asked for again without the notebook's own defaults, since the
        service refused one of those.
    """

    rows: tuple[Row, ...]
    error: RealtimeError | None = None
    refused: str = ""
    without_defaults: bool = False


def begin(
    session: RealtimeSession,
    opening: Callable[[], object],
    asked: Mapping[str, Any],
    defaults: Mapping[str, Any],
) -> Outcome:
    """Open a session and tell what became of its config.

    Parameters
    ----------
    session
        The session; it was made with `asked` over `defaults`.
    opening
        Opens it, and waits.
    asked
        What the author asked for, in the GA shape.
    defaults
        What the notebook asks for beside it.

    Raises
    ------
    ConnectionFailed
        When the service cannot be reached or refuses us: then there is no session.
    """
    error: RealtimeError | None = None
    without_defaults = False
    try:
        opening()
    except (ServerError, CallTimeout) as refusal:
        error = refusal
        if session.state == "open" and _concerns(error, defaults, asked):
            error = _again(session, asked)
            without_defaults = error is None
    wanted = dict(asked) if without_defaults else merge(defaults, asked)
    created = _created(session)
    rows = compare(
        wanted,
        created if isinstance(error, CallTimeout) else _told_in_answer(session, error),
        defaults={} if without_defaults else defaults,
        refused=_against(error),
        created=created,
    )
    return Outcome(_told(rows, error), error, _refused(error), without_defaults)


def change(  # noqa: PLR0913 -- the facts of one change, by name
    session: RealtimeSession,
    asked: Mapping[str, Any],
    defaults: Mapping[str, Any],
    previous: Mapping[str, Any],
    *,
    whole: bool = False,
    timeout_s: float = OPEN_TIMEOUT_S,
) -> Outcome:
    """Bring a live session to a config: only what differs is sent.

    Parameters
    ----------
    session
        An open session.
    asked, defaults
        As for `begin`.
    previous
        What the author asked for the last time.
    whole
        Send all that the author asks for, also what seems to be in force.
    timeout_s
        How long the service may take altogether.

    Raises
    ------
    ConnectionLost
        When the session ends meanwhile.
    """
    reported = session.effective
    before = dict(reported or {})
    wanted = merge(defaults, asked)
    plan = plan_update(wanted, before, previous)
    patch = merge(_without_fixed(asked), plan.patch) if whole else plan.patch
    error: RealtimeError | None = None
    if patch:
        try:
            session.update(patch).result(timeout_s)
        except ServerError as refusal:
            error = refusal
        except CallTimeout as silence:
            # An update before this one may have been left unanswered, and its call given the
            # answer to ours.
            answered = session.effective is not reported and _holds(session, patch)
            error = None if answered else silence
    rows = compare(
        wanted,
        _told_in_answer(session, error) if patch else session.effective,
        before=before,
        defaults=defaults,
        dropped=plan.dropped,
        refused=_against(error),
    )
    return Outcome(_told(rows, error), error, _refused(error))


def _holds(session: RealtimeSession, patch: Mapping[str, Any]) -> bool:
    """Whether the session the service last told has all that an update asked for."""
    return not plan_update(patch, session.effective or {}).patch


def _told_in_answer(session: RealtimeSession, error: RealtimeError | None) -> dict[str, Any] | None:
    """Return the session in force; None where the service took an update and told none."""
    if error is None:
        for record in reversed(session.log):
            if record.event.type == "session.updated":
                return session.effective if isinstance(record.event.get("session"), dict) else None
    return session.effective


def _against(error: RealtimeError | None) -> str:
    """Return what counts against the whole update, for the table."""
    return " ".join(str(error).split()) if error is not None else ""


def _told(rows: list[Row], error: RealtimeError | None) -> tuple[Row, ...]:
    """Return the rows, the author's own first.

    Where the service said nothing, nothing counts as refused either.
    """
    rows = sorted(rows, key=lambda row: _ORIGINS.index(row.origin))
    if not isinstance(error, CallTimeout):
        return tuple(rows)
    note = "the service has not answered the update"
    return tuple(
        replace(row, verdict="not confirmed", note=note) if row.verdict == "refused" else row
        for row in rows
    )


def _without_fixed(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name not in ("type", "model")}


def _again(session: RealtimeSession, asked: Mapping[str, Any]) -> RealtimeError | None:
    try:
        session.update(asked).result(OPEN_TIMEOUT_S)
    except (ServerError, CallTimeout) as refusal:
        return refusal
    return None


def _concerns(error: RealtimeError, defaults: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether the service refused what only the notebook asked for."""
    path = _refused(error)
    while path:
        if get(asked, path) is not MISSING:
            return False
        if get(defaults, path) is not MISSING:
            return True
        path = path.rpartition(".")[0]
    return False


def _refused(error: RealtimeError | None) -> str:
    """Return the place of the field that an error of the service names."""
    if not isinstance(error, ServerError):
        return ""
    named = error.param
    if not named:
        quoted = _QUOTED.search(str(error))
        named = quoted[1] if quoted else ""
    return named.removeprefix("session").removeprefix(".")


def _created(session: RealtimeSession) -> dict[str, Any] | None:
    """Return the session object as the service first told it."""
    for record in session.log:
        if record.event.type == "session.created":
            told = record.event.get("session")
            return dict(cast("dict[str, Any]", told)) if isinstance(told, dict) else None
    return None
