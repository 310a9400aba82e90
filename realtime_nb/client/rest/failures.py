"""What a failed REST request says to people: one line, and what to do about it."""

from __future__ import annotations

import math
import re
import socket
import ssl
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.endpoints.endpoint import PRACTICE_MODEL
from realtime_nb.client.endpoints.keys import forget
from realtime_nb.client.rest.retries import retry_after_s
from realtime_nb.client.transport.refusals import handshake_failed, scrubbed
from realtime_nb.errors import (
    CallTimeout,
    ConnectionFailed,
    ConnectionLost,
    RealtimeError,
    RequestRefused,
)
from realtime_nb.protocol.config.models import find_model, names_for
from realtime_nb.protocol.told import as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from realtime_nb.client.endpoints.service import Endpoint

_LONGEST: Final = 400
_KEY_STATUSES: Final = (401, 403)
_NOT_FOUND: Final = 404
_SERVER_ERROR: Final = 500
_FIRST_REFUSAL: Final = 400

_CODE_ADVICE: Final[Mapping[str, str]] = {
    "invalid_api_key": "check {key}",
    "model_not_found": "choose a model that the account has, e.g. {model}",
    "insufficient_quota": "check the plan and billing of the account",
    "context_length_exceeded": "begin a new conversation, or send less",
    "content_policy_violation": "ask for something else",
}
_STATUS_ADVICE: Final[Mapping[int, str]] = {
    401: "check {key}",
    402: "check the plan and billing of the account",
    403: "check {key}, and that the account may use this model",
    404: "check the URL, which usually ends in /v1, and the model",
    413: "send less sound at once, or as mp3",
    429: "wait{wait} and try again",
}
_BREAKS: Final = frozenset({"ReadError", "RemoteProtocolError", "WriteError"})
_TELLING: Final = (socket.gaierror, ConnectionRefusedError, ssl.SSLError)


def explain(error: BaseException, endpoint: Endpoint, timeout_s: float) -> RealtimeError:
    """Return the error for people that stands for a failed request.

    Parameters
    ----------
    error
        What ``openai``, ``httpx`` or the system raised.
    endpoint
        Who was asked; its key is taken out of what is said.
    timeout_s
        How long it could be silent, in seconds.
    """
    if isinstance(error, RealtimeError):
        return error
    if _status_of(error) is not None:
        return _refused_by_status(error, endpoint)
    if type(error).__name__ == "APIError":
        return refused_in_body(getattr(error, "body", None) or str(error), endpoint)
    if "Timeout" in type(error).__name__:
        return CallTimeout(
            f"{endpoint.name} was silent for {timeout_s:g} s; try again, or allow it more time"
        )
    return _unreached(error, endpoint)


def _unreached(error: BaseException, endpoint: Endpoint) -> ConnectionFailed:
    cause = next((found for found in _causes(error) if isinstance(found, _TELLING)), None)
    if isinstance(cause, Exception):
        return handshake_failed(cause, endpoint)
    said = _line(_reason(error), endpoint)
    names = {type(found).__name__ for found in _causes(error)}
    if names & _BREAKS:
        return ConnectionLost(f"the connection to {endpoint.name} broke off ({said}); try again")
    if isinstance(error, ValueError) or "APIResponseValidationError" in names:
        return no_answer(endpoint, said)
    return ConnectionFailed(f"{endpoint.name} was not reached ({said}); check the URL")


def _status_of(error: BaseException) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and hasattr(error, "response") else None


def _refused_by_status(error: Any, endpoint: Endpoint) -> RequestRefused:
    status, headers = int(error.status_code), error.response.headers
    told = as_object(error.body)
    # Services that speak nearly the same put the fields one level lower, or call them otherwise.
    told = as_object(told.get("error")) or told
    message = as_text(told.get("message")) or as_text(told.get("detail"))
    if message is None and isinstance(error.body, str) and not _is_page(error.body):
        message = error.body
    wait_s = retry_after_s(headers)
    if status in _KEY_STATUSES:
        forget(endpoint.api_key)
    code, param = scrubbed(told.get("code"), endpoint), scrubbed(told.get("param"), endpoint)
    said = _with_param(_line(message or "", endpoint), param)
    head = f"{endpoint.name} refused with HTTP {status}" + (f": {said}" if said else "")
    if status < _FIRST_REFUSAL:
        head = f"{endpoint.name} answered with a redirect (HTTP {status}), which is not followed"
    about_model = status == _NOT_FOUND and param == "model"
    advice = _advice(status, "model_not_found" if about_model else code, wait_s, endpoint)
    return RequestRefused(
        f"{head.rstrip('.')}; {advice}" if advice else head,
        status=status,
        code=code,
        param=param,
        type=scrubbed(told.get("type"), endpoint),
        request_id=scrubbed(headers.get("x-request-id"), endpoint),
        retry_after_s=wait_s,
    )


def _advice(status: int, code: str | None, wait_s: float | None, endpoint: Endpoint) -> str:
    if status < _FIRST_REFUSAL:
        return "check the URL: http or https, and with /v1"
    if status >= _SERVER_ERROR:
        advice = "the fault is on its side; try again later"
    else:
        advice = _CODE_ADVICE.get(code or "") or _STATUS_ADVICE.get(status, "")
    if status in _KEY_STATUSES and not endpoint.api_key and not endpoint.extra_headers:
        advice = "give a key in {key}"
    return _filled(advice, endpoint, f" {math.ceil(wait_s)} s" if wait_s else " a moment")


def refused_in_body(told: object, endpoint: Endpoint) -> RequestRefused:
    """Return the error for one that came in an answer, or a stream, that began well.

    Parameters
    ----------
    told
        The `error` object, the event or body around it, or a text in its place.
    endpoint
        Who said it.
    """
    told = as_object(told).get("error") or told
    fields = as_object(told)
    code, param = scrubbed(fields.get("code"), endpoint), scrubbed(fields.get("param"), endpoint)
    message = as_text(fields.get("message")) or as_text(told) or code or "no reason given"
    said = _with_param(_line(message, endpoint), param)
    text = f"{endpoint.name} broke off with an error: {said}"
    advice = _CODE_ADVICE.get(code or "", "try again")
    return RequestRefused(
        f"{text.rstrip('.')}; {_filled(advice, endpoint)}",
        code=code,
        param=param,
        type=scrubbed(fields.get("type"), endpoint),
    )


def no_answer(endpoint: Endpoint, what: str) -> ConnectionFailed:
    """Return the error for a body that is none of this API; `what` says in what way."""
    return ConnectionFailed(
        f"{endpoint.name} answered with what is no answer of this API ({what}); check the URL,"
        " which usually ends in /v1"
    )


def _filled(advice: str, endpoint: Endpoint, wait: str = "") -> str:
    return advice.format(key=endpoint.key_source or "the key", wait=wait, model=_example(endpoint))


def _example(endpoint: Endpoint) -> str:
    """Return a model of the same use as one that was refused."""
    if endpoint.practice:
        return PRACTICE_MODEL
    known = find_model(endpoint.model) if endpoint.model else None
    names = names_for(known.use) if known is not None else ()
    return next((name for name in names if name != endpoint.model), "gpt-audio-1.5")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that led to it, of groups every member."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        waiting += getattr(one, "exceptions", ())


def _reason(error: BaseException) -> str:
    """Return the innermost of what is said: that of the outer ones is only that it failed."""
    said = [str(found) for found in _causes(error) if str(found).strip()]
    return said[-1] if said else type(error).__name__


def _with_param(said: str, param: str | None) -> str:
    return said if not param or param in said else f"{param[:80]}: {said}"


def _is_page(text: str) -> bool:
    return re.match(r"\s*<", text) is not None


def _line(text: str, endpoint: Endpoint) -> str:
    line = endpoint.scrub(" ".join(text.split()))
    return "".join(sign if sign.isprintable() else "\u00b7" for sign in line)[:_LONGEST]
