"""Where to talk to, from a name or a URL. Which key goes there is the business of `keys`."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from realtime_nb.client.endpoints.address import azure_path, read_url
from realtime_nb.client.endpoints.keys import KeyPlaces, clean_key, variables_for
from realtime_nb.client.endpoints.named import find_named
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.local import LocalServer
from realtime_nb.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeAlias

    from realtime_nb.protocol.config.problem import SessionKind

    Ask: TypeAlias = Callable[[str], str | None]

__all__ = [
    "DEFAULT_MODEL",
    "PRACTICE_MODEL",
    "PRACTICE_NAME",
    "TRANSLATION_MODEL",
    "Endpoint",
    "azure_endpoint",
    "local_endpoint",
    "openai_endpoint",
    "resolve_endpoint",
    "revived",
    "url_endpoint",
]

OPENAI_URL: Final = "https://api.openai.com/v1"
DEFAULT_MODEL: Final = "gpt-realtime-2.1"
TRANSLATION_MODEL: Final = "gpt-realtime-translate"
PRACTICE_MODEL: Final = "local-demo"
PRACTICE_NAME: Final = "local practice server"
GIVEN: Final = "the api_key you gave"

# A transcription session names its model in its config, and must not in the URL.
_DEFAULT_MODELS: Final[Mapping[SessionKind, str]] = {
    "realtime": DEFAULT_MODEL,
    "transcription": "",
    "translation": TRANSLATION_MODEL,
}


def resolve_endpoint(  # noqa: PLR0913 -- each is named by those who give it
    endpoint: str | None = None,
    model: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    kind: SessionKind = "realtime",
    file: Path | None = None,
    ask: Ask | None = None,
    api_key: str | None = None,
) -> Endpoint:
    """Return the endpoint that a name or URL stands for.

    Parameters
    ----------
    endpoint
        ``"openai"``, ``"azure"`` (the resource of ``AZURE_OPENAI_ENDPOINT``), ``"local"``
        (the practice server of this package, started when it does not run yet), a name from
        the endpoints file, or a base URL such as ``https://host/v1``. None takes OpenAI
        where ``OPENAI_API_KEY`` is set, and the local server otherwise.
    model
        Name of the model; when None that of the endpoints file, then `DEFAULT_MODEL` or
        `TRANSLATION_MODEL`, none in a transcription session, and `PRACTICE_MODEL` locally.
    environ
        Where keys and ``OPENAI_BASE_URL`` are read.
    kind
        The kind of session that is wanted.
    file
        Where endpoints are named; see `realtime_nb.client.endpoints.named.endpoints_file`.
    ask
        Asks a person for a key, without showing it; it is given the question. Its answer
        stays in this process's memory. None asks nobody.
    api_key
        The key; None takes the one of the environment, the keyring or the person.

    Raises
    ------
    EndpointError
        When there is no key or no such name, the URL cannot be one, the service has no such
        kind of session, or the local server does not start.
    """
    if endpoint is None:
        endpoint = "openai" if environ.get("OPENAI_API_KEY", "").strip() else "local"
    if endpoint == "local":
        local = local_endpoint(LocalServer.shared(), model or PRACTICE_MODEL)
        return local if api_key is None else local.with_key(_given(api_key), GIVEN)
    default = _DEFAULT_MODELS[kind]
    if endpoint == "openai":
        found = openai_endpoint(model or default, api_key=api_key, environ=environ, ask=ask)
    elif endpoint == "azure":
        found = azure_endpoint(model or default, api_key=api_key, environ=environ, ask=ask)
    elif "://" in endpoint:
        found = url_endpoint(endpoint, model or default, api_key=api_key, environ=environ)
    else:
        found = _named_endpoint(endpoint, model, default, environ, file, ask, api_key)
    # Raises for a kind that the service does not have, before anything is dialled.
    found.websocket_url(kind=kind)
    return found


def _given(api_key: str) -> Secret:
    return Secret(clean_key(api_key, GIVEN))


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


def revived(endpoint: Endpoint) -> Endpoint | None:
    """Return where the practice server of this kernel is now, started anew where it has died.

    Parameters
    ----------
    endpoint
        One that was reached before. None is returned for any but this kernel's own.

    Raises
    ------
    EndpointError
        When it does not start.
    """
    if not endpoint.practice or not LocalServer.was_ours(endpoint.base_url):
        return None
    server = LocalServer.shared()
    return replace(endpoint, base_url=server.url, api_key=Secret(server.token))


def url_endpoint(
    url: str,
    model: str = DEFAULT_MODEL,
    *,
    api_key: str | None = None,
    key_source: str = GIVEN,
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
        The key; None takes the one in the environment that belongs to this host, or the
        keyring's entry for the URL's beginning, such as ``https://host``.
    key_source
        What to call the key in advice.
    environ
        Where that key is read.

    Raises
    ------
    EndpointError
        When the URL cannot be one, or carries a password.
    """
    base_url, extra_query = read_url(url)
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if api_key is None:
        variables = variables_for(base_url, environ)
        # With the scheme, which no name has: a host called work gets not the key of that name.
        origin = f"{parts.scheme}://{parts.netloc}"
        api_key, key_source = KeyPlaces(origin, host, variables, environ).find()
    return Endpoint(
        base_url=base_url,
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
    ask: Ask | None = None,
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
    ask
        Asks a person for a key; see `resolve_endpoint`.

    Raises
    ------
    EndpointError
        When there is no key.
    """
    url = environ.get("OPENAI_BASE_URL", "").strip() or OPENAI_URL
    source = GIVEN
    if api_key is None:
        host = urlsplit(url).hostname or ""
        places = KeyPlaces("openai", host, ("OPENAI_API_KEY",), environ, ask=ask)
        api_key, source = places.find()
    if not api_key:
        raise EndpointError(
            "OPENAI_API_KEY is not set: set it before Jupyter starts, or use the endpoint "
            "local, which needs no key"
        )
    found = url_endpoint(url, model, api_key=api_key, key_source=source, environ=environ)
    named = {
        "OpenAI-Organization": environ.get("OPENAI_ORG_ID", "").strip(),
        "OpenAI-Project": environ.get("OPENAI_PROJECT_ID", "").strip(),
    }
    return found.with_extras({name: value for name, value in named.items() if value}, {})


def azure_endpoint(
    model: str = DEFAULT_MODEL,
    *,
    api_key: str | None = None,
    environ: Mapping[str, str] = os.environ,
    ask: Ask | None = None,
) -> Endpoint:
    """Return the Azure resource that ``AZURE_OPENAI_ENDPOINT`` names.

    Parameters
    ----------
    model
        Name of the deployment.
    api_key
        The key; ``AZURE_OPENAI_API_KEY`` when None.
    environ
        Where the resource and ``AZURE_OPENAI_API_KEY`` are read.
    ask
        Asks a person for a key; see `resolve_endpoint`.

    Raises
    ------
    EndpointError
        When there is no resource or no key, or the URL is one of the preview protocol.
    """
    url = environ.get("AZURE_OPENAI_ENDPOINT", "").strip()
    if not url:
        raise EndpointError(
            "AZURE_OPENAI_ENDPOINT is not set: set it to your resource, such as "
            "https://NAME.openai.azure.com, before Jupyter starts"
        )
    base_url, query = read_url(url)
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    places = KeyPlaces("azure", host, ("AZURE_OPENAI_API_KEY",), environ, ask=ask)
    key, source = places.find() if api_key is None else (clean_key(api_key, GIVEN), GIVEN)
    if not key:
        raise EndpointError(
            f"AZURE_OPENAI_API_KEY is not set: set it to a key of {host} before Jupyter starts"
        )
    # Behind a gateway the host's own name does not tell that it is Azure.
    base_url = urlunsplit(parts._replace(path=azure_path(parts.path, query)))
    return Endpoint(
        base_url=base_url,
        model=model,
        name=f"Azure ({host})",
        api_key=Secret(key),
        key_source=source,
        extra_query=query,
        key_header="api-key",
    )


def _named_endpoint(  # noqa: PLR0913, PLR0917 -- what `resolve_endpoint` was given
    name: str,
    model: str | None,
    default_model: str,
    environ: Mapping[str, str],
    file: Path | None,
    ask: Ask | None,
    api_key: str | None,
) -> Endpoint:
    named = find_named(name, file, environ=environ)
    base_url, query = read_url(named.url)
    host = urlsplit(base_url).hostname or ""
    needs_key = bool(named.key_env or named.keyring)
    variables = (named.key_env,) if named.key_env else variables_for(base_url, environ)
    places = KeyPlaces(
        name,
        host,
        # An entry of the keyring alone means that one.
        () if named.keyring and not named.key_env else variables,
        environ,
        named.keyring,
        ask if needs_key else None,
    )
    key, source = places.find() if api_key is None else (clean_key(api_key, GIVEN), GIVEN)
    if needs_key and not key:
        raise EndpointError(f"there is no key for the endpoint {name}: set {source}")
    return Endpoint(
        base_url=base_url,
        model=model or named.model or default_model,
        name=name,
        api_key=Secret(key),
        key_source=source,
        extra_headers=dict(named.headers),
        extra_query=query,
        key_header=named.key_header,
    )
