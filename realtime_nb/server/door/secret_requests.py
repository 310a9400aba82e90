"""The HTTP requests for an ephemeral key, which carries the config of its sessions."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.config.asked_session import NOT_YET, refuse_model, settle_realtime
from realtime_nb.server.config.schema import AnyObject, Nullable, Record
from realtime_nb.server.config.translation_config import TranslationConfig
from realtime_nb.server.door.admission import is_translator
from realtime_nb.server.door.client_secrets import DEFAULT_LIFE_S, EXPIRES_AFTER
from realtime_nb.server.door.web import LocalHandler
from realtime_nb.server.frames import parse_object
from realtime_nb.server.http.bounded import BodyHandler
from realtime_nb.server.wire_errors import (
    WireError,
    missing_parameter,
)

if TYPE_CHECKING:
    from realtime_nb.server.door.client_secrets import AnySessionKind

Json = dict[str, Any]

_REQUEST: Final = Record(
    {"session": Nullable(AnyObject()), "expires_after": Nullable(EXPIRES_AFTER)}
)


class SecretsHandler(BodyHandler):
    """Makes ephemeral keys; a subclass knows the sessions they open."""

    def post(self) -> None:
        """Answer with a key that opens sessions of the config given."""
        if not self.require_token() or not self.require_size():
            return
        raw = self.take_body()
        try:
            body = parse_object(raw or b"{}", "body", "Expected a JSON object.")
            asked = _REQUEST.check(body, "")
            kind, update, session = self.prepare_session(asked.get("session"))
            expires_after: Json = asked.get("expires_after") or {}
            life_s: int = expires_after.get("seconds", DEFAULT_LIFE_S)
            value, grant = self.shared.client_secrets.issue(kind, update, life_s, len(raw))
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
        kind, session = settle_realtime(update)
        return kind, update, session


class TranslationSecretsHandler(SecretsHandler):
    """Keys for translation sessions."""

    def prepare_session(self, asked: Json | None) -> tuple[AnySessionKind, Json, Json]:
        """Return what the key opens."""
        if asked is None:
            raise missing_parameter("session")
        config = TranslationConfig(new_id("sess"), NOT_YET)
        config.create(asked)
        refuse_model(asked, is_translator(asked["model"]), "translation")
        return "translation", asked, config.to_wire()


class MovedHandler(LocalHandler):
    """The beta's way to a key, and what some take for the place of transcription."""

    def get(self) -> None:
        """Refuse a WebSocket before any upgrade, as the service does."""
        if not self.require_token():
            return
        self.refuse(
            HTTPStatus.FORBIDDEN,
            f"{self.request.path} is no place for a WebSocket. "
            "Connect to /v1/realtime?intent=transcription.",
        )

    def post(self) -> None:
        """Tell where it went."""
        if not self.require_token():
            return
        self.refuse(
            HTTPStatus.NOT_FOUND,
            f"There is no {self.request.path} here: the beta API is gone. "
            "Use POST /v1/realtime/client_secrets.",
        )
