"""Beta sessions and events rewritten into GA, each change explained.

The beta API is gone since 2026-05-12: the service closes the connection of a program that
asks for it, and refuses whole what has a beta name in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import ConfigError
from realtime_nb.protocol.config.migrate_names import (
    BETA_EVENTS,
    BETA_FIELDS,
)
from realtime_nb.protocol.config.migrate_objects import Change, Migrator
from realtime_nb.protocol.config.paths import MISSING
from realtime_nb.protocol.config.problem import KINDS

if TYPE_CHECKING:
    from realtime_nb.protocol.config.problem import SessionKind

__all__ = ["BETA_EVENTS", "BETA_FIELDS", "Change", "Migration", "migrate"]

# Events of the client that hold an item or a response; the service has others of its own.
_SENT: Final = frozenset({"conversation.item.create", "response.create"})

_WHY: Final[Mapping[str, str]] = {
    "transcription_session.update": "the session's `type` says its kind",
    "transcription_session.created": "the session's `type` says its kind",
    "transcription_session.updated": "the session's `type` says its kind",
    "conversation.created": "GA does not send it; session.created is the first",
    "conversation.item.created": "conversation.item.done follows when the item is complete",
}


@dataclass(frozen=True, slots=True)
class Migration:
    """What became of a beta session or event.

    Attributes
    ----------
    result
        The same in GA; ``{}`` for an event that GA does not have.
    changes
        What was rewritten; empty when it was GA already.
    """

    result: dict[str, Any]
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "Nothing to change: this is GA."


def migrate(source: Mapping[str, Any]) -> Migration:
    """Rewrite a beta session, or an event in either direction, into GA.

    Parameters
    ----------
    source
        A session config; an event of the client's or the service's; or the body
        ``{"session": …}`` of a request. It is not changed.

    Returns
    -------
    Migration
        Nothing is judged: what beta and GA do not have stays as it is.

    Raises
    ------
    ConfigError
        When it is nested too deep for any service.
    """
    try:
        return _migrated(source)
    except RecursionError:
        raise ConfigError("this is nested too deep to be a config; check its brackets") from None


def _migrated(source: Mapping[str, Any]) -> Migration:
    migrator = Migrator()
    kind = source.get("type")
    if isinstance(source.get("session"), Mapping) or _is_event(kind):
        result = _event(migrator, source)
    elif kind in (None, *KINDS) or set(source) & set(BETA_FIELDS):
        result = migrator.session(source, kind=_kind_of(source, "realtime"))
    else:
        result = cast("dict[str, Any]", migrator.item(source, "", sent=True))
    return Migration(result, tuple(migrator.changes))


def _is_event(kind: Any) -> bool:
    return isinstance(kind, str) and ("." in kind or kind == "error")


def _kind_of(session: Mapping[str, Any], kind: SessionKind) -> SessionKind:
    reported = session.get("object") == "realtime.transcription_session"
    return "transcription" if reported else kind


def _event(migrator: Migrator, source: Mapping[str, Any]) -> dict[str, Any]:
    event = deepcopy(dict(source))
    kind = event.get("type")
    if isinstance(kind, str) and kind in BETA_EVENTS:
        why = _WHY.get(kind, "GA names what comes out of the model `output_…`")
        event["type"] = BETA_EVENTS[kind] or MISSING
        migrator.note("type", kind, "type", event["type"], why)
        if event["type"] is MISSING:
            return {}
    beta: SessionKind = "transcription" if "transcription_session" in str(kind) else "realtime"
    for name in ("session", "response", "item"):
        body = event.get(name)
        if isinstance(body, Mapping):
            fields = cast("Mapping[str, Any]", body)
            event[name] = _body(migrator, (name, str(kind)), fields, beta)
    return event


def _body(
    migrator: Migrator, names: tuple[str, str], body: Mapping[str, Any], kind: SessionKind
) -> Any:
    name, event = names
    if name == "session":
        return migrator.session(body, name, _kind_of(body, kind))
    sent = event in _SENT
    if name == "response":
        return migrator.response(body, name, sent=sent)
    return migrator.item(body, name, sent=sent)
