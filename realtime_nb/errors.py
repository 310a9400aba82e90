"""Everything this package raises on purpose.

::

    RealtimeError
    ├── UsageError               what was asked for cannot be (a name, a value, an option)
    │   ├── ConfigError          a session config that the service would refuse
    │   └── BudgetExceeded       the session's budget is spent
    ├── EndpointError            no endpoint to talk to: no key, no local server
    ├── ConnectionFailed         the service could not be reached, or refused us
    │   └── ConnectionLost       it was there and went away
    ├── ServerError              the service answered with an `error` event
    ├── RequestRefused           the service answered a REST request with a refusal
    ├── ResponseFailed           a response ended with status `failed`
    ├── Vetoed                   a guard of the author's did not let it pass
    ├── CallTimeout              the service did not answer in time
    └── MalformedEvent           a frame that is no event (also a ValueError)

`ConfigWarning` is none of them: what Python code of the author's own is told by `warnings`.

In a notebook each of these prints as one line, without a traceback: IPython asks
an exception for `_render_traceback_` before it draws one of its own. What a service, a file or
a caller said may stand in that line: what would steer a terminal, or turn the line around, is
shown as a sign.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "BudgetExceeded",
    "CallTimeout",
    "ConfigError",
    "ConfigWarning",
    "ConnectionFailed",
    "ConnectionLost",
    "EndpointError",
    "MalformedEvent",
    "RealtimeError",
    "RequestRefused",
    "ResponseFailed",
    "ServerError",
    "UsageError",
    "Vetoed",
]


# Controls, marks and isolates of direction, and lone surrogates, which no UTF-8 can hold.
UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Characters that are none: they steer a terminal or turn the line. Tab and line feed are not."""

_BREAKS: Final = re.compile("[\t ]*[\r\n\x0b\x0c\x85\u2028\u2029]+[\t ]*")
_PICTURES: Final = 0x2400  # where Unicode keeps pictures of the first 32 control characters
_CONTROLS: Final = 0x20


def sign_of(found: re.Match[str]) -> str:
    """Return the visible sign that stands for a character that is none; see `UNSEEN`."""
    code = ord(found[0])
    return chr(_PICTURES + code) if code < _CONTROLS else f"⟨U+{code:04X}⟩"


def one_line(text: str) -> str:
    """Return anybody's text on one line, with a sign in place of each character that is none."""
    return UNSEEN.sub(sign_of, _BREAKS.sub(" ", text))


class RealtimeError(Exception):
    """Base of all errors of this package; its text is one line, for people."""

    def __str__(self) -> str:
        return one_line(super().__str__())

    def _render_traceback_(self) -> list[str]:
        """Return what IPython prints instead of a traceback: the one line."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(RealtimeError):
    """Something asked for cannot be: what, where, and what to write instead."""


class ConfigError(UsageError):
    """A session config that the service would refuse."""


class BudgetExceeded(UsageError):
    """What was asked for would cost money, and the session's budget is spent.

    Parameters
    ----------
    message
        One line for people.
    spent_usd, budget_usd
        What is known to be spent, and what may be, in USD.
    """

    def __init__(self, message: str, *, spent_usd: float = 0.0, budget_usd: float = 0.0) -> None:
        super().__init__(message)
        self.spent_usd = spent_usd
        self.budget_usd = budget_usd


class EndpointError(RealtimeError):
    """There is no endpoint to talk to."""


class ConnectionFailed(RealtimeError):
    """The service could not be reached, or refused the connection.

    Parameters
    ----------
    message
        One line for people.
    status
        The HTTP status it refused with; None where there was none.
    final
        Whether it is plain without a status that another try would fail in the same way.
    """

    def __init__(self, message: str, *, status: int | None = None, final: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.final = final


class ConnectionLost(ConnectionFailed):
    """The connection was open and is gone.

    Parameters
    ----------
    message
        One line for people.
    code
        The WebSocket close code (RFC 6455, 7.4), or None when there was none.
    """

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class AnswerCut(ConnectionLost):
    """The connection broke in the middle of an answer; what had come of it is in the conversation.

    The session goes on where it can be restored.
    """


class ServerError(RealtimeError):
    """The service answered with an `error` event.

    Parameters
    ----------
    message, code, param, type
        The fields of the event's `error` object; each but the message may be None. The
        error's text names the param where the message does not.
    event_id
        Id of the client event it answers, when the service named one.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,  # noqa: A002 -- the wire's own name
        event_id: str | None = None,
    ) -> None:
        named = not param or param in message
        super().__init__(message if named else f"{param}: {message}")
        self.code = code
        self.param = param
        self.type = type
        self.event_id = event_id


class RequestRefused(RealtimeError):
    """A REST request that the service refused, or could not fulfil.

    Parameters
    ----------
    message
        One line for people, with what to do.
    status
        The HTTP status; None for an error that came inside a stream.
    code, param, type
        The fields of the answer's `error` object; each may be None.
    request_id
        What the service calls the request, for its support; may be None.
    retry_after_s
        How long it asks to wait, in seconds; None where it does not say.
    """

    def __init__(  # noqa: PLR0913 -- the wire's fields
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,  # noqa: A002 -- the wire's own name
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.type = type
        self.request_id = request_id
        self.retry_after_s = retry_after_s


class ResponseFailed(RealtimeError):
    """A response ended with status `failed`.

    Parameters
    ----------
    message
        One line for people.
    code
        `status_details.error.code`, e.g. ``rate_limit_exceeded``; may be None.
    response_id
        Id of the response.
    """

    def __init__(
        self, message: str, *, code: str | None = None, response_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.response_id = response_id


class Vetoed(RealtimeError):
    """A guard of the author's did not let it pass: it was not sent, or not answered."""


class CallTimeout(RealtimeError):
    """The service did not answer in time."""


class MalformedEvent(RealtimeError, ValueError):
    """A frame that is no event: not JSON, not an object, or without a `type`."""


class ConfigWarning(UserWarning):
    """Something the service takes, or refuses in silence, that the author should know."""
