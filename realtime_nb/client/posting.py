"""One HTTP request to a service: the key goes to the host that was named and nowhere else."""

from __future__ import annotations

import importlib
import os
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from realtime_nb.client.endpoints.keys import is_loopback
from realtime_nb.client.quiet_logs import keep_quiet
from realtime_nb.protocol.credentials import hide_texts
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.endpoints.service import Endpoint

LARGEST_ANSWER: Final = 4_000_000
"""More bytes than that are no answer to anything that is asked here."""

_LONGEST_LINE: Final = 300
_AUTHORITIES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
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
    text
        Its body as text, without the key; empty when it is too large.
    location
        Its ``Location`` header; empty where it has none.
    """

    status: int
    data: dict[str, Any]
    text: str = ""
    location: str = ""

    @property
    def refused(self) -> bool:
        """Whether it is no success; a redirect is none, since it is not followed."""
        return self.status >= _FIRST_REFUSAL

    @property
    def error(self) -> dict[str, Any]:
        """The object that says why it was refused."""
        return as_object(self.data.get("error")) or self.data


@dataclass(frozen=True, slots=True)
class Body:
    """What is posted, and what it is.

    Attributes
    ----------
    content
        The bytes.
    kind
        Their ``Content-Type``.
    accept
        What may be answered.
    """

    content: bytes
    kind: str = "application/json"
    accept: str = "application/json"


def warm_up() -> None:
    """Load what a request needs, which takes most of a second the first time."""
    importlib.import_module("openai")


def post(endpoint: Endpoint, path: str, body: Mapping[str, Any], timeout_s: float) -> Answer:
    """Post a JSON object below the base URL; as `post_body`."""
    content = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    return post_body(endpoint, path, Body(content), timeout_s)


def post_body(endpoint: Endpoint, path: str, body: Body, timeout_s: float) -> Answer:
    """Post something below the base URL; blocks until it is answered.

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


def _post(endpoint: Endpoint, path: str, body: Body, timeout_s: float) -> Answer:
    # Imported here: the package takes most of a second to load. Its HTTP client, and not the
    # package's own: that adds keys and accounts of the environment, and may log the headers.
    import openai  # noqa: PLC0415

    ends = time.monotonic() + timeout_s
    keep_quiet(endpoint)
    # A proxy for the world has no way to this machine.
    trust_env = not is_loopback(endpoint.host)
    client = openai.DefaultHttpxClient(
        timeout=timeout_s,
        follow_redirects=False,
        trust_env=trust_env,
        verify=_ssl_context(endpoint.base_url, trust_env=trust_env),
    )
    headers = {
        "Content-Type": body.kind,
        "Accept": body.accept,
        **endpoint.headers(),
    }
    request = client.build_request(
        "POST",
        endpoint.base_url.rstrip("/") + path,
        params=dict(endpoint.extra_query) or None,
        content=body.content,
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
    location = endpoint.scrub(response.headers.get("Location", ""))
    return Answer(response.status_code, _object(text, endpoint), text, location)


def _ssl_context(base_url: str, *, trust_env: bool) -> ssl.SSLContext:
    """Return what a service's certificate is judged by: made once, for it takes long to read."""
    if base_url.startswith("http:"):
        return _believes_nobody()  # there is no cipher, and no list of authorities to read
    told = tuple(os.environ.get(name) for name in _AUTHORITIES) if trust_env else ()
    return _believes(told, trust_env=trust_env)


@lru_cache(maxsize=1)
def _believes_nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@lru_cache(maxsize=4)
def _believes(told: tuple[str | None, ...], *, trust_env: bool) -> ssl.SSLContext:  # noqa: ARG001 -- what the list is kept by
    import openai  # noqa: PLC0415 -- as above

    # Of the HTTP package that openai's client stands on, so that both judge alike.
    package = openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]
    make: Any = importlib.import_module(package).create_ssl_context
    return make(trust_env=trust_env)


def _object(text: str, endpoint: Endpoint) -> dict[str, Any]:
    try:
        data = orjson.loads(text)
        # What is escaped in the text is plain only now.
        return as_object(hide_texts(data, endpoint.scrub) if "\\u" in text else data)
    except (ValueError, RecursionError):
        return {}
