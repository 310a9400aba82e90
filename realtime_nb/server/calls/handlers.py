"""`/v1/realtime/calls` over HTTP: a page's offer, and the hand on a call."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.calls.cors import may_read, preflight_headers, reply_headers
from realtime_nb.server.config.schema import AnyObject, Integer, Record, Text
from realtime_nb.server.door.admission import (
    is_conversational,
    is_local_request,
    is_token,
    presented_key,
)
from realtime_nb.server.door.client_secrets import PREFIX
from realtime_nb.server.frames import parse_object
from realtime_nb.server.http.body import ApiHandler
from realtime_nb.server.http.errors import (
    Refusal,
    as_refusal,
    bad_request,
    no_key,
    too_large,
    wrong_key,
    wrong_media_type,
)
from realtime_nb.server.http.multipart import read_form
from realtime_nb.server.wire_errors import WireError, shown

if TYPE_CHECKING:
    from realtime_nb.server.door.client_secrets import Grant

Json = dict[str, Any]

SDP: Final = "application/sdp"
FORM: Final = "multipart/form-data"
_MAX_BODY: Final = 1 << 20
_REJECT: Final = Record({"status_code": Integer()})
_REFER: Final = Record({"target_uri": Text(1_000)}, ("target_uri",))
_STATUSES: Final = {
    "call_id_not_found": HTTPStatus.NOT_FOUND,
    "rate_limit_exceeded": HTTPStatus.TOO_MANY_REQUESTS,
    "webrtc_not_installed": HTTPStatus.NOT_IMPLEMENTED,
}


def call_routes(given: Json) -> list[tuple[str, type[ApiHandler], Json]]:
    """Return the routes of calls.

    Parameters
    ----------
    given
        What each handler is given.
    """
    return [
        (r"/v1/realtime/calls/?", CallsHandler, given),
        (r"/v1/realtime/translations/calls/?", TranslationCallsHandler, given),
        (r"/v1/realtime/calls/([^/]+)/(accept|reject|refer|hangup)/?", CallHandler, given),
    ]


class CallApiHandler(ApiHandler):
    """A POST about calls."""

    max_body = _MAX_BODY

    def allow_type(self, *media_types: str) -> str:
        """Return the body's `Content-Type`; raise `Refusal` for one that is not taken."""
        if self.body_size > self.max_body:
            raise too_large(self.max_body, self.body_size)
        given = self.request.headers.get("Content-Type", "")
        plain = given.partition(";")[0].strip().lower()
        if plain not in media_types:
            raise wrong_media_type(given, "' or '".join(media_types))
        return plain

    def check_token(self) -> None:
        """Raise `Refusal` for a request without the server's token."""
        key = presented_key(self.request.headers, ())
        if key is None:
            raise no_key()
        if not super().is_known():
            raise wrong_key(key)

    def refuse_wire(self, error: WireError) -> Refusal:
        """Return an error as an answer, with the status of its code."""
        refusal = as_refusal(error)
        refusal.status = _STATUSES.get(error.code or "", refusal.status)
        return refusal


class CallsHandler(CallApiHandler):
    """A page's offer, from the page or from whoever holds the key."""

    def is_welcome(self) -> bool:
        """Return whether a request was meant for this computer; a file's page may ask too."""
        return is_local_request(self.request.headers, files=True)

    def set_default_headers(self) -> None:
        """Let pages of this computer read every answer, errors included."""
        super().set_default_headers()
        if self.is_welcome():
            for name, value in reply_headers(self.request.headers).items():
                self.set_header(name, value)

    def options(self, *_parts: str) -> None:
        """Answer a browser that asks before it posts."""
        for name, value in preflight_headers(self.request.headers).items():
            self.set_header(name, value)
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()  # pyright: ignore[reportUnknownMemberType] -- tornado's dict

    def is_known(self) -> bool:
        """Return whether the request carries the token or an ephemeral key."""
        key = presented_key(self.request.headers, ()) or ""
        if super().is_known():
            return True
        known = self.shared.client_secrets.find(key) is not None
        if known:
            self.shared.welcome(self.request)
        return known

    def admit(self) -> None:
        """Leave the key to `answer`: here an ephemeral one may do."""

    async def answer(self, *_parts: str) -> None:
        """Answer the offer with 201, the answer, and where the call is."""
        grant = self._grant()
        offer, session = self._read()
        model = self.get_query_argument("model", None)
        if model is not None and not is_conversational(model):
            raise bad_request(
                f'Model "{shown(model)}" is not supported in realtime mode.',
                param="model",
                code="invalid_model",
            )
        try:
            call, answer = await self.shared.calls.open_webrtc(offer, session, grant)
        except WireError as error:
            raise self.refuse_wire(error) from None
        self.set_status(HTTPStatus.CREATED)
        self.set_header("Location", f"/v1/realtime/calls/{call.id}")
        self.set_header("Content-Type", SDP)
        self.finish(answer)  # pyright: ignore[reportUnknownMemberType] -- tornado's dict

    def _grant(self) -> Grant | None:
        key = presented_key(self.request.headers, ())
        if key is None:
            raise no_key()
        if not may_read(self.request.headers):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "A page opened from a file must bring an ephemeral key (ek_...), no other.",
                code="invalid_api_key",
            )
        secrets = self.shared.client_secrets
        grant = secrets.find(key) if key.startswith(PREFIX) else None
        if grant is None and not is_token(key, self.shared.token):
            raise wrong_key(key)
        if grant is not None and secrets.is_expired(grant):
            refusal = wrong_key(key)
            refusal.message = "The ephemeral key has expired: ask for a new one."
            raise refusal
        return grant

    def _read(self) -> tuple[str, Json | None]:
        """Return the offer, and the session asked for."""
        if self.allow_type(SDP, FORM) == SDP:
            return self.body.decode("utf-8", "replace"), None
        form = read_form(self.request.headers, self.body)
        sdp, session = form.text("sdp"), form.text("session")
        if sdp is None:
            raise bad_request(
                "Missing required parameter: 'sdp'.",
                param="sdp",
                code="missing_required_parameter",
            )
        if session is None:
            return sdp, None
        return sdp, parse_object(session, "session", "Expected 'session' to be a JSON object.")


class CallHandler(CallApiHandler):
    """Accept, reject, refer, hang up."""

    def admit(self) -> None:
        """Raise `Refusal` for a request without the server's token."""
        self.check_token()

    async def answer(self, *parts: str) -> None:
        """Do it, and answer 200."""
        call_id, verb = parts
        desk = self.shared.calls
        body: Json = {}
        if self.body:
            self.allow_type("application/json")
            body = self.json_body()
        try:
            if verb == "accept":
                await desk.accept(call_id, AnyObject().check(body, "") or None)
            elif verb == "reject":
                await desk.reject(call_id, **_REJECT.check(body, ""))
            elif verb == "refer":
                await desk.refer(call_id, **_REFER.check(body, ""))
            else:
                await desk.hang_up(call_id)
        except WireError as error:
            raise self.refuse_wire(error) from None
        self.reply({})


class TranslationCallsHandler(CallApiHandler):
    """Calls that translate: not here."""

    def admit(self) -> None:
        """Raise `Refusal` for a request without the server's token."""
        self.check_token()

    async def answer(self, *_parts: str) -> None:
        """Refuse, with what there is instead."""
        raise Refusal(
            HTTPStatus.NOT_IMPLEMENTED,
            "The practice server translates over WebSockets only: connect to "
            "/v1/realtime/translations?model=gpt-realtime-translate.",
            code="not_implemented",
        )
