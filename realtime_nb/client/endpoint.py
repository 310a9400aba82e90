"""Where to talk to. Which key goes there is the business of `keys`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from realtime_nb.client.keys import clean_key, is_azure, key_for
from realtime_nb.client.local import LocalServer
from realtime_nb.client.secret import Secret
from realtime_nb.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

OPENAI_URL: Final = "https://api.openai.com/v1"
DEFAULT_MODEL: Final = "gpt-realtime-2.1"
PRACTICE_MODEL: Final = "local-demo"
PRACTICE_NAME: Final = "local practice server"

_TO_WEBSOCKET = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_TO_HTTP = {"ws": "http", "wss": "https", "http": "http", "https": "https"}


@dataclass(frozen=True)
class Endpoint:
    """A realtime service and how to be let in.

    Parameters
    ----------
    base_url
        ``http(s)://host/path/v1``: what the ``openai`` package calls its base URL.
    model
        Name of the model; empty where the service needs none.
    name
        What to call it before people.
    practice
        Whether it is the practice server of this package.
    api_key
        The key; an empty one sends no Authorization header.
    key_source
        Where the key comes from (the name of a variable), for advice when it is refused.
    extra_headers, extra_query
        Sent with the handshake as they are; a header given here wins over ours.
    """

    base_url: str
    model: str
    name: str
    practice: bool = False
    api_key: Secret = field(default_factory=Secret)
    key_source: str = ""
    extra_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False, hash=False)
    extra_query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False, hash=False)

    def __getstate__(self) -> dict[str, Any]:
        # Headers and query may hold a key as well as `api_key` does.
        return {**self.__dict__, "extra_headers": {}, "extra_query": {}}

    def __copy__(self) -> Endpoint:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Endpoint:
        # Frozen; and a copy by way of `__getstate__` would lose what that leaves out.
        return self

    def websocket_url(self, query: Mapping[str, str] | None = None) -> str:
        """Return the URL of the realtime WebSocket: the base URL's path and ``/realtime``.

        Parameters
        ----------
        query
            What the handshake asks for; by default ``model``, where there is one.

        Raises
        ------
        EndpointError
            When the base URL is none of HTTP or WebSocket.
        """
        if query is None:
            query = {"model": self.model} if self.model else {}
        parts = urlsplit(self.base_url)
        if parts.scheme not in _TO_WEBSOCKET:
            raise EndpointError(f"{_shown(self.base_url)} is no URL such as https://host/v1")
        merged = {**query, **self.extra_query}
        return urlunsplit(
            (
                _TO_WEBSOCKET[parts.scheme],
                parts.netloc,
                parts.path.rstrip("/") + "/realtime",
                urlencode(merged),
                "",
            )
        )

    def with_model(self, model: str) -> Endpoint:
        """Return the same endpoint with another model."""
        return replace(self, model=model)

    def with_extras(self, headers: Mapping[str, str], query: Mapping[str, str]) -> Endpoint:
        """Return the same endpoint with more headers and query of the handshake."""
        return replace(
            self,
            extra_headers={**self.extra_headers, **headers},
            extra_query={**self.extra_query, **query},
        )

    def headers(self) -> dict[str, str]:
        """Return the headers of the handshake, with the key in them: never log or show them."""
        headers: dict[str, str] = {}
        given = {name.lower() for name in self.extra_headers}
        if self.api_key and not given & {"authorization", "api-key"}:
            if is_azure(urlsplit(self.base_url).hostname or ""):
                headers["api-key"] = self.api_key.reveal()
            else:
                headers["Authorization"] = f"Bearer {self.api_key.reveal()}"
        return {**headers, **self.extra_headers}


def resolve_endpoint(
    endpoint: str | None = None,
    model: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
) -> Endpoint:
    """Return the endpoint that a name or URL stands for.

    Parameters
    ----------
    endpoint
        ``"openai"``, ``"local"`` (the practice server of this package, started when it
        does not run yet), or a base URL such as ``https://host/v1``. None takes OpenAI
        where ``OPENAI_API_KEY`` is set, and the local server otherwise.
    model
        Name of the model; when None `DEFAULT_MODEL`, and `PRACTICE_MODEL` locally.
    environ
        Where keys and ``OPENAI_BASE_URL`` are read.

    Raises
    ------
    EndpointError
        When there is no key, the URL cannot be one, or the local server does not start.
    """
    if endpoint is None:
        endpoint = "openai" if environ.get("OPENAI_API_KEY", "").strip() else "local"
    if endpoint == "local":
        return local_endpoint(LocalServer.shared(), model or PRACTICE_MODEL)
    model = model or DEFAULT_MODEL
    if endpoint == "openai":
        return openai_endpoint(model, environ=environ)
    if "://" not in endpoint:
        raise EndpointError(
            f"no endpoint is called {_shown(endpoint)}; write local, openai, or a URL such as "
            "https://host/v1"
        )
    return url_endpoint(endpoint, model, environ=environ)


def local_endpoint(server: LocalServer, model: str = PRACTICE_MODEL) -> Endpoint:
    """Return the endpoint of a running practice server."""
    return Endpoint(
        base_url=server.url,
        model=model,
        name=PRACTICE_NAME,
        practice=True,
        api_key=Secret(server.token),
        key_source="the local server's token",
    )


def url_endpoint(
    url: str,
    model: str = DEFAULT_MODEL,
    *,
    api_key: str | None = None,
    key_source: str = "the api_key you gave",
    environ: Mapping[str, str] = os.environ,
) -> Endpoint:
    """Return the endpoint at a base URL.

    Parameters
    ----------
    url
        ``http``, ``https``, ``ws`` or ``wss``; its path is kept, its query goes along
        with every handshake.
    model
        Name of the model.
    api_key
        The key; None takes the one in the environment that belongs to this host.
    key_source
        What to call the key in advice.
    environ
        Where that key is read.

    Raises
    ------
    EndpointError
        When the URL cannot be one, or carries a password.
    """
    parts = _split(url)
    host = parts.hostname or ""
    if api_key is None:
        api_key, key_source = key_for(host, environ)
    extra_query = dict(parse_qsl(parts.query, keep_blank_values=True))
    path = parts.path.rstrip("/")
    return Endpoint(
        base_url=urlunsplit((_TO_HTTP[parts.scheme], parts.netloc, path, "", "")),
        model=model,
        name="OpenAI" if host == "api.openai.com" else parts.netloc,
        api_key=Secret(clean_key(api_key, key_source)),
        key_source=key_source,
        extra_query=extra_query,
    )


def openai_endpoint(
    model: str = DEFAULT_MODEL,
    *,
    api_key: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Endpoint:
    """Return OpenAI, or whatever ``OPENAI_BASE_URL`` names in its place.

    Parameters
    ----------
    model
        Name of the model.
    api_key
        The key; ``OPENAI_API_KEY`` when None.
    environ
        Where that, the URL, ``OPENAI_ORG_ID`` and ``OPENAI_PROJECT_ID`` are read.

    Raises
    ------
    EndpointError
        When there is no key.
    """
    source = "OPENAI_API_KEY" if api_key is None else "the api_key you gave"
    key = environ.get("OPENAI_API_KEY", "").strip() if api_key is None else api_key
    if not key:
        raise EndpointError(
            "OPENAI_API_KEY is not set: set it before Jupyter starts, or use the endpoint "
            "local, which needs no key"
        )
    url = environ.get("OPENAI_BASE_URL", "").strip() or OPENAI_URL
    found = url_endpoint(url, model, api_key=key, key_source=source, environ=environ)
    named = {
        "OpenAI-Organization": environ.get("OPENAI_ORG_ID", "").strip(),
        "OpenAI-Project": environ.get("OPENAI_PROJECT_ID", "").strip(),
    }
    return found.with_extras({name: value for name, value in named.items() if value}, {})


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        # Reading the port checks it.
        valid = bool(parts.hostname) and parts.scheme in _TO_HTTP and parts.port != 0
    except ValueError:
        valid, parts = False, SplitResult("", "", "", "", "")
    if not valid:
        raise EndpointError(
            f"{_shown(url)} is no address of a service; write a URL such as https://host/v1"
        )
    if "@" in parts.netloc:
        raise EndpointError(
            "the URL carries a user or password, which a saved notebook would keep; put the "
            "key into REALTIME_NB_API_KEY"
        )
    return parts


def _shown(text: str) -> str:
    # A URL typed wrongly may still hold a password or a key in its query.
    text = text.strip().partition("?")[0]
    scheme, separator, rest = text.rpartition("://")
    rest = rest.rpartition("@")[2]
    return repr(f"{scheme}{separator}{rest}"[:100])
