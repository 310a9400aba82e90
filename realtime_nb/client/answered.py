"""What a service answered to an HTTP request: its answer, or why there is none in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.client.transport.refusals import http_refused, no_answer_in_time, scrubbed
from realtime_nb.errors import ConnectionFailed, ServerError
from realtime_nb.protocol.told import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.posting import Answer
    from realtime_nb.errors import RealtimeError

_BAD_REQUEST: Final = 400


def answered(request: Callable[[], Answer], endpoint: Endpoint, *, of_call: bool = False) -> Answer:
    """Make a request, and return its answer when that is no refusal.

    Parameters
    ----------
    request
        Makes it, as `realtime_nb.client.posting.post` does.
    endpoint
        The service that is asked.
    of_call
        Whether it is asked of a call by its id: one that is over is a `CallOver`.

    Raises
    ------
    ServerError
        When the service refuses what it was sent and says why; with the field in `param`.
    ConnectionFailed
        When it cannot be reached, or refuses us (with the HTTP status).
    """
    try:
        answer = request()
    except TimeoutError:
        what = no_answer_in_time(endpoint)
    except ConnectionError as error:
        advice = "it has ended" if endpoint.practice else "check the URL and the network"
        what = f"{endpoint.name} was not reached ({error}); {advice}"
    else:
        if answer.refused:
            raise _refusal(answer, endpoint, of_call=of_call)
        return answer
    raise ConnectionFailed(what)


def _refusal(answer: Answer, endpoint: Endpoint, *, of_call: bool) -> RealtimeError:
    error = answer.error
    said = as_text(error.get("message")) or ""
    if answer.status == _BAD_REQUEST and said:
        return ServerError(
            endpoint.scrub(" ".join(said.split())),
            code=scrubbed(error.get("code"), endpoint),
            param=scrubbed(error.get("param"), endpoint),
            type=scrubbed(error.get("type"), endpoint),
        )
    return http_refused(answer.status, said, endpoint, of_call=of_call)
