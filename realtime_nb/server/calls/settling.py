"""What a call is opened with, checked before there is one: its session, and whom it goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.config.asked_session import NOT_YET, settle_realtime
from realtime_nb.server.config.config import SessionConfig
from realtime_nb.server.wire_errors import WireError, invalid_value

if TYPE_CHECKING:
    from realtime_nb.server.config.config import SessionKind
    from realtime_nb.server.door.client_secrets import Grant

Json = dict[str, Any]


def settle_session(session: Json | None, grant: Grant | None) -> tuple[SessionKind, list[Json]]:
    """Return the kind of a call's session and its first updates, checked.

    Parameters
    ----------
    session
        As asked for, None when nothing was.
    grant
        What an ephemeral key opens.

    Raises
    ------
    WireError
        When the session is refused; then there is no call.
    """
    updates: list[Json] = []
    kind: SessionKind = "realtime"
    if grant is not None:
        if grant.kind == "translation":
            raise WireError(
                "This ephemeral key was made for a translation session: calls of those are not "
                "here, use a WebSocket to /v1/realtime/translations.",
                code="invalid_api_key",
            )
        kind = grant.kind
        updates.append(grant.session)
    if session is not None:
        asked, _ = settle_realtime(session)
        if grant is not None and asked != kind:
            raise invalid_value("session.type", f"the ephemeral key was made for a {kind} session.")
        kind = asked
        updates.append(session)
    config = SessionConfig(new_id("sess"), NOT_YET, kind)
    for update in updates:
        config.update(update)
    return kind, updates


def is_target(uri: str) -> bool:
    """Return whether a caller can be referred to a URI."""
    scheme, _, rest = uri.partition(":")
    plain = uri.isascii() and uri.isprintable() and not set(uri) & set(' <>"')
    return scheme.lower() in {"tel", "sip", "sips"} and bool(rest) and plain
