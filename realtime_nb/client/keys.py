"""Which key goes to which host.

The rules about keys:

- a key is never part of a URL, a repr, a message, a pickle or the event log;
- a key from the environment goes only where its name says: ``OPENAI_API_KEY`` to OpenAI
  (or to ``OPENAI_BASE_URL``), ``AZURE_OPENAI_API_KEY`` to Azure's hosts,
  ``REALTIME_NB_TOKEN`` to this machine, ``REALTIME_NB_API_KEY`` to the URL one names.
  A notebook that names somebody else's URL does not get the OpenAI key sent there.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from realtime_nb.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

_AZURE_HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")


def key_for(host: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the key in the environment that belongs to a host, and its name.

    Without one the key is empty and the name says where one would have been found.
    """
    names = ["REALTIME_NB_API_KEY"]
    if is_loopback(host):
        names.insert(0, "REALTIME_NB_TOKEN")
    elif is_azure(host):
        names.insert(0, "AZURE_OPENAI_API_KEY")
    elif host == "api.openai.com" or host == _base_url_host(environ):
        names.insert(0, "OPENAI_API_KEY")
    for name in names:
        key = environ.get(name, "").strip()
        if key:
            return key, name
    return "", " or ".join(names)


def _base_url_host(environ: Mapping[str, str]) -> str | None:
    try:
        return urlsplit(environ.get("OPENAI_BASE_URL", "").strip()).hostname
    except ValueError:
        return None


def clean_key(key: str, source: str) -> str:
    """Return the key without the white space around it.

    Raises
    ------
    EndpointError
        When it could be no key; the text does not show it.
    """
    key = key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise EndpointError(
            f"{source} holds characters that no key has (a line break, a blank within, or "
            "letters outside ASCII); copy the key again"
        )
    return key


def is_azure(host: str) -> bool:
    """Whether `host` is one of Azure's, which take the key in a header of their own."""
    return host.endswith(_AZURE_HOSTS)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
