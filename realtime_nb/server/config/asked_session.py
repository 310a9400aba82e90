"""A session that an HTTP request asks for, checked before there is one: of a key, of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.config.config import SessionConfig
from realtime_nb.server.config.session_fields import SESSION_TYPES
from realtime_nb.server.door.admission import is_conversational
from realtime_nb.server.wire_errors import (
    WireError,
    missing_parameter,
    shown,
    unsupported_value,
)

if TYPE_CHECKING:
    from realtime_nb.server.config.config import SessionKind

Json = dict[str, Any]

NOT_YET: Final = 0
"""When it expires: its hour begins when somebody opens it."""


def settle_realtime(update: Json) -> tuple[SessionKind, Json]:
    """Return the kind of a session that a request asks for, and its session object.

    Parameters
    ----------
    update
        As asked for.

    Raises
    ------
    WireError
        When it is refused.
    """
    if "type" not in update:
        raise missing_parameter("session.type")
    if update["type"] not in SESSION_TYPES:
        raise unsupported_value("session.type", update["type"], SESSION_TYPES)
    kind: SessionKind = update["type"]
    config = SessionConfig(new_id("sess"), NOT_YET, kind)
    config.update(update)
    refuse_model(update, is_conversational(update.get("model", "local-demo")), "realtime")
    return kind, config.to_wire()


def refuse_model(session: Json, good: bool, mode: str) -> None:  # noqa: FBT001 -- the one question
    """Raise `WireError` when a session's model is no good.

    Parameters
    ----------
    session
        The request's.
    good
        Whether its model will do.
    mode
        ``realtime`` or ``translation``, for the message.
    """
    if not good:
        raise WireError(
            f'Model "{shown(session["model"])}" is not supported in {mode} mode.',
            code="invalid_model",
            param="session.model",
        )
