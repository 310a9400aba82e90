"""Refusals of REST requests in the service's shape: a status, and ``{"error": {...}}``.

Messages are those recorded from the service where one is known; each of ours says so.
Field checks raise `WireError`, as in a session; `as_refusal` gives it its status.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import RealtimeError
from realtime_nb.server.wire_errors import WireError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

_INVALID: Final = "invalid_request_error"
_SHOWN_OF_KEY: Final = 4


class Refusal(RealtimeError):
    """A REST request is refused.

    Parameters
    ----------
    status
        Of the answer.
    message
        `error.message`, for people.
    kind
        `error.type`.
    code, param
        `error.code` and `error.param`, either may be None.
    headers
        Sent with the answer, such as ``Retry-After``.
    """

    def __init__(  # noqa: PLR0913 -- the fields of the wire's error, each by name
        self,
        status: HTTPStatus,
        message: str,
        *,
        kind: str = _INVALID,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param
        self.headers = dict(headers or {})

    def body(self) -> Json:
        """Return what the answer holds, in the wire's key order."""
        error = {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }
        return {"error": error}


def as_refusal(error: WireError) -> Refusal:
    """Return a field's refusal as an answer of status 400."""
    return Refusal(HTTPStatus.BAD_REQUEST, error.message, code=error.code, param=error.param)


def bad_request(message: str, *, param: str | None = None, code: str | None = None) -> Refusal:
    """Return a refusal of status 400."""
    return Refusal(HTTPStatus.BAD_REQUEST, message, param=param, code=code)


def model_not_found(model: str) -> Refusal:
    """Return the refusal of a model that is not here."""
    return Refusal(
        HTTPStatus.NOT_FOUND,
        f"The model `{shown(model)}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def model_missing() -> Refusal:
    """Return the refusal of a request that names no model."""
    return bad_request("you must provide a model parameter")


def too_large(limit: int, size: int) -> Refusal:
    """Return the refusal of a body of `size` bytes where `limit` are allowed."""
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"Maximum content size limit ({limit}) exceeded ({size} bytes read)",
        kind="server_error",
    )


def not_json() -> Refusal:
    """Return the refusal of a body that cannot be parsed as JSON."""
    return bad_request(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't "
        "using your HTTP library correctly. The API expects a JSON payload, but what was sent "
        "was not valid JSON.)"
    )


def wrong_media_type(given: str, expected: str) -> Refusal:
    """Return the refusal of a body of another `Content-Type`; the wording is ours."""
    return bad_request(
        f"Unsupported content type: '{shown(given)}'. This endpoint accepts '{expected}' only.",
        code="unsupported_content_type",
    )


def no_key() -> Refusal:
    """Return the refusal of a request without a key."""
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        "You didn't provide an API key. Send the practice server's token in an Authorization "
        "header using Bearer auth (i.e. Authorization: Bearer YOUR_TOKEN).",
        headers={"WWW-Authenticate": "Bearer"},
    )


def wrong_key(key: str) -> Refusal:
    """Return the refusal of a key that is not the server's token; shows no more than its end."""
    hint = f"…{key[-_SHOWN_OF_KEY:]}" if len(key) > 2 * _SHOWN_OF_KEY else "(too short)"
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        f"Incorrect API key provided: {hint}. Send the practice server's token, which it "
        "printed when it started, as the API key.",
        code="invalid_api_key",
        headers={"WWW-Authenticate": "Bearer"},
    )


def too_busy(retry_after_s: int) -> Refusal:
    """Return the refusal of a request for which nobody has time; the wording is ours."""
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "The practice server is working on as many requests as it takes: try again in "
        f"{retry_after_s} s.",
        kind="requests",
        code="rate_limit_exceeded",
        headers={"Retry-After": str(retry_after_s)},
    )


def server_fault(message: str, code: str | None = None) -> Refusal:
    """Return the answer to a request at which an engine or the brain failed."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Refusal(status, message, kind="server_error", code=code)
