"""One HTTP request to a service: the key goes to the host that was named and nowhere else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from realtime_nb.client.junk import as_object
from realtime_nb.client.keys import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.service import Endpoint

LARGEST_ANSWER: Final = 4_000_000
"""More bytes than that are no answer to anything that is asked here."""

_LONGEST_LINE: Final = 300
_FIRST_REFUSAL: Final = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered.

    Attributes
    ----------
    status
        The HTTP status.
    data
        The JSON object in its body; empty when that is none, or too large.
    """

    status: int
    data: dict[str, Any]

    @property
    def refused(self) -> bool:
        """Whether it is no success; a redirect is none, since it is not followed."""
        return self.status >= _FIRST_REFUSAL

    @property
    def error(self) -> dict[str, Any]:
        """The object that says why it was refused."""
        return as_object(self.data.get("error")) or self.data


def post(endpoint: Endpoint, path: str, body: Mapping[str, Any], timeout_s: float) -> Answer:
    """Post a JSON object below the base URL; blocks until it is answered.

    A redirect is not followed: it would take the key and the body to a host nobody named.

    Parameters
    ----------
    endpoint
        The service.
    path
        Below its base URL, such as ``/chat/completions``.
    body
        What to post.
    timeout_s
        How long it may take in all, in seconds.

    Raises
    ------
    TimeoutError
        When it takes longer.
    ConnectionError
        When there is no answer for another reason; the text, one line, does not hold the key.
    KeyboardInterrupt
        When the user has enough.
    """
    failure: BaseException
    try:
        return _post(endpoint, path, body, timeout_s)
    except KeyboardInterrupt:
        failure = KeyboardInterrupt()
    except Exception as error:  # noqa: BLE001 -- whatever openai, httpx or the system raise
        failure = _failure(error, endpoint)
    # Raised here and not above: the frames behind those hold the key.
    raise failure


def _failure(error: Exception, endpoint: Endpoint) -> Exception:
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return TimeoutError()
    said = " ".join(str(error).split()) or type(error).__name__
    return ConnectionError(endpoint.scrub(said)[:_LONGEST_LINE])


def _post(endpoint: Endpoint, path: str, body: Mapping[str, Any], timeout_s: float) -> Answer:
    # Imported here: the package takes most of a second to load. Its HTTP client, and not the
    # package's own: that adds keys and accounts of the environment, and may log the headers.
    import openai  # noqa: PLC0415

    ends = time.monotonic() + timeout_s
    client = openai.DefaultHttpxClient(
        timeout=timeout_s,
        follow_redirects=False,
        # A proxy for the world has no way to this machine.
        trust_env=not is_loopback(endpoint.host),
    )
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        **endpoint.headers(),
    }
    request = client.build_request(
        "POST",
        endpoint.base_url.rstrip("/") + path,
        params=dict(endpoint.extra_query) or None,
        content=orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS),
        headers=headers,
    )
    with client:
        response = client.send(request, stream=True)
        try:
            said = bytearray()
            for piece in response.iter_bytes():
                said += piece
                if time.monotonic() > ends:
                    raise TimeoutError
                if len(said) > LARGEST_ANSWER:
                    said.clear()
                    break
        finally:
            response.close()
    # A service that quotes the key must not bring it into a message.
    text = endpoint.scrub(said.decode("utf-8", "replace"))
    return Answer(response.status_code, _object(text))


def _object(text: str) -> dict[str, Any]:
    try:
        return as_object(orjson.loads(text))
    except ValueError:
        return {}
