"""What a URL of a service may be, and the WebSocket address made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from realtime_nb.client.endpoints.keys import is_azure
from realtime_nb.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TO_WEBSOCKET: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_TO_HTTP: Final = {"ws": "http", "wss": "https", "http": "http", "https": "https"}

# Names of a query under which services take a key; compared without case, "-" and "_".
_KEY_NAMES: Final = frozenset(
    {
        "accesskey", "accesstoken", "apikey", "auth", "authorization", "bearer", "clientsecret",
        "code", "key", "password", "secret", "sig", "signature", "subscriptionkey", "token",
    }
)  # fmt: skip
_NOT_IN_HOSTS: Final = frozenset("\\%;,&=+$!*'()<>{}|^`~\" \t")
KEY_BEGINNINGS: Final = ("sk-", "ek_", "Bearer ")

AZURE_PATH: Final = "/openai/v1"
_AZURE_EXAMPLE: Final = "https://NAME.openai.azure.com"


def read_url(url: str) -> tuple[str, dict[str, str]]:
    """Return the base URL, as ``http`` or ``https``, and its query.

    The bare address of an Azure resource gets the path of its GA protocol.

    Raises
    ------
    EndpointError
        When it is no address, carries a password or a key, or is one of Azure's retired
        preview protocol. The text repeats neither.
    """
    parts = _split(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    _refuse_keys(query)
    if any(part.startswith(KEY_BEGINNINGS) for part in parts.path.split("/")):
        raise EndpointError(
            "the URL carries a key in its path, which a saved notebook and every log would keep;"
            " put it into REALTIME_NB_API_KEY and leave it out here"
        )
    path = parts.path.rstrip("/")
    if is_azure(parts.hostname or ""):
        path = azure_path(path, query)
    return urlunsplit((_TO_HTTP[parts.scheme], parts.netloc, path, "", "")), query


def azure_path(path: str, query: Mapping[str, str]) -> str:
    """Return the path of Azure's GA protocol, also for a bare resource.

    Raises
    ------
    EndpointError
        When path or query is that of the preview protocol.
    """
    if path in ("", "/openai"):
        path = AZURE_PATH
    # A gateway may put a path of its own before it.
    if not path.endswith(AZURE_PATH) or {"api-version", "deployment"} & query.keys():
        raise EndpointError(
            f"that is no URL of Azure's GA protocol, which ends in {AZURE_PATH} (the preview "
            "one, with api-version and deployment, was retired on 2026-04-30); write "
            f"{_AZURE_EXAMPLE} alone, and the deployment's name as the model"
        )
    return path


def websocket_url(base_url: str, tail: str, query: Mapping[str, str]) -> str:
    """Return the WebSocket's address: the base URL's path, `tail` and the query.

    Raises
    ------
    EndpointError
        When the base URL is none of HTTP or WebSocket.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in _TO_WEBSOCKET:
        raise EndpointError(f"{shown(base_url)} is no URL such as https://host/v1")
    path = parts.path.rstrip("/") + tail
    return urlunsplit((_TO_WEBSOCKET[parts.scheme], parts.netloc, path, urlencode(query), ""))


def shown(text: str) -> str:
    """Return a URL or name as it may be shown: without query, password and what follows 100."""
    # A URL typed wrongly may still hold a password or a key in its query.
    text = text.strip().partition("?")[0]
    scheme, separator, rest = text.rpartition("://")
    rest = rest.rpartition("@")[2]
    return repr(f"{scheme}{separator}{rest}"[:100])


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        # Reading the port checks it.
        host = parts.hostname or ""
        # Of other signs one reader may take for the host's name what another takes for its path.
        named = bool(host) and not _NOT_IN_HOSTS.intersection(host)
        valid = named and parts.scheme in _TO_HTTP and parts.port != 0
    except ValueError:
        valid, parts = False, SplitResult("", "", "", "", "")
    if not valid:
        raise EndpointError(
            f"{shown(url)} is no address of a service; write a URL such as https://host/v1"
        )
    if "@" in parts.netloc:
        raise EndpointError(
            "the URL carries a user or password, which a saved notebook would keep; put the "
            "key into REALTIME_NB_API_KEY"
        )
    return parts


def _refuse_keys(query: Mapping[str, str]) -> None:
    for name, value in query.items():
        plain = name.lower().replace("-", "").replace("_", "")
        if plain in _KEY_NAMES or value.startswith(KEY_BEGINNINGS):
            raise EndpointError(
                f"the URL carries a key in its query ({name[:40]!r}), which a saved notebook and "
                "every log would keep; put it into REALTIME_NB_API_KEY and leave it out here"
            )
