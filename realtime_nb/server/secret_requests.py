"""The HTTP requests for an ephemeral key, which carries the config of its sessions."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.admission import is_conversational, is_translator
from realtime_nb.server.client_secrets import DEFAULT_LIFE_S, EXPIRES_AFTER
from realtime_nb.server.config import SessionConfig
from realtime_nb.server.frames import parse_object
from realtime_nb.server.schema import AnyObject, Nullable, Record
from realtime_nb.server.session_fields import SESSION_TYPES
from realtime_nb.server.translation_config import TranslationConfig
from realtime_nb.server.web import LocalHandler
from realtime_nb.server.wire_errors import (
    WireError,
    missing_parameter,
    shown,
    unsupported_value,
)

if TYPE_CHECKING:
    from realtime_nb.server.client_secrets import AnySessionKind
    from realtime_nb.server.config import SessionKind

Json = dict[str, Any]

_REQUEST: Final = Record(
    {"session": Nullable(AnyObject()), "expires_after": Nullable(EXPIRES_AFTER)}
)
# The session's hour begins when somebody opens it.
_NOT_YET: Final = 0


class SecretsHandler(LocalHandler):
    """Makes ephemeral keys; a subclass knows the sessions they open."""

    def post(self) -> None:
        """Answer with a key that opens sessions of the config given."""
        if not self.require_token():
            return
        try:
            body = parse_object(self.request.body or b"{}", "body", "Expected a JSON object.")
            asked = _REQUEST.check(body, "")
            kind, update, session = self.prepare_session(asked.get("session"))
            expires_after: Json = asked.get("expires_after") or {}
            life_s: int = expires_after.get("seconds", DEFAULT_LIFE_S)
            size = len(self.request.body)
            value, grant = self.shared.client_secrets.issue(kind, update, life_s, size)
        except WireError as error:
            self.refuse_value(error)
            return
        self.reply({"value": value, "expires_at": grant.expires_at, "session": session})

    def prepare_session(self, asked: Json | None) -> tuple[AnySessionKind, Json, Json]:
        """Return the kind of session, its checked config, and its session object.

        Parameters
        ----------
        asked
            The request's `session`, None when there is none.

        Raises
        ------
        WireError
            When it is refused.
        """
        raise NotImplementedError


class ClientSecretsHandler(SecretsHandler):
    """Keys for realtime and transcription sessions."""

    def prepare_session(self, asked: Json | None) -> tuple[AnySessionKind, Json, Json]:
        """Return what the key opens; a realtime session when nothing is said of it."""
        update = {"type": "realtime"} if asked is None else asked
        if "type" not in update:
            raise missing_parameter("session.type")
        if update["type"] not in SESSION_TYPES:
            raise unsupported_value("session.type", update["type"], SESSION_TYPES)
        kind: SessionKind = update["type"]
        config = SessionConfig(new_id("sess"), _NOT_YET, kind)
        config.update(update)
        refuse_model(update, is_conversational(update.get("model", "local-demo")), "realtime")
        return kind, update, config.to_wire()


class TranslationSecretsHandler(SecretsHandler):
    """Keys for translation sessions."""

    def prepare_session(self, asked: Json | None) -> tuple[AnySessionKind, Json, Json]:
        """Return what the key opens."""
        if asked is None:
            raise missing_parameter("session")
        config = TranslationConfig(new_id("sess"), _NOT_YET)
        config.create(asked)
        refuse_model(asked, is_translator(asked["model"]), "translation")
        return "translation", asked, config.to_wire()


class MovedHandler(LocalHandler):
    """The beta's way to a key, and what some take for the place of transcription."""

    def get(self) -> None:
        """Refuse a WebSocket before any upgrade, as the service does."""
        self.refuse(
            HTTPStatus.FORBIDDEN,
            f"{self.request.path} is no place for a WebSocket. "
            "Connect to /v1/realtime?intent=transcription.",
        )

    def post(self) -> None:
        """Tell where it went."""
        self.refuse(
            HTTPStatus.NOT_FOUND,
            f"There is no {self.request.path} here: the beta API is gone. "
            "Use POST /v1/realtime/client_secrets.",
        )


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
