"""Which key goes to which host, and where it comes from.

The rules about keys:

- a key is never part of a URL, a repr, a message, a pickle or the event log;
- a key from the environment goes only where its name says: ``OPENAI_API_KEY`` to OpenAI
  (or to ``OPENAI_BASE_URL``), ``AZURE_OPENAI_API_KEY`` to Azure's hosts,
  ``REALTIME_NB_TOKEN`` to this machine, ``REALTIME_NB_API_KEY`` to the URL one names.
  A notebook that names somebody else's URL does not get the OpenAI key sent there;
- after the environment the keyring is asked, where the ``keyring`` package is installed, and
  then the person, by a hidden prompt; what is typed stays in this process's memory.
"""

from __future__ import annotations

import importlib
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEYRING_SERVICE: Final = "realtime_nb"
TYPED: Final = "the key you typed"

_OPENAI: Final = ("https", "api.openai.com", 443)
_AZURE_HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")

# By endpoint and host: a URL that changes under a name does not get the old one's key.
_typed: dict[tuple[str, str], Secret] = {}


@dataclass(frozen=True)
class KeyPlaces:
    """Where the key of an endpoint may be.

    Parameters
    ----------
    name
        The endpoint's name, for the question and as the keyring's user.
    host
        Where the key will go.
    variables
        The environment's names for it, the first one set wins.
    environ
        The environment.
    keyring
        The keyring's service and user; ``realtime_nb`` and `name` when None.
    ask
        Asks a person, without showing what is typed; None asks nobody.
    """

    name: str
    host: str
    variables: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    keyring: tuple[str, str] | None = None
    ask: Callable[[str], str | None] | None = None

    def find(self) -> tuple[str, str]:
        """Return the key and what to call it in advice; the key is empty when there is none.

        Raises
        ------
        EndpointError
            When what was found could be no key; the text does not show it.
        """
        for variable in self.variables:
            if key := self.environ.get(variable, "").strip():
                return clean_key(key, variable), variable
        service, user = self.keyring or (KEYRING_SERVICE, self.name)
        if key := _from_keyring(service, user).strip():
            source = f"the keyring's entry {service}/{user}"
            return clean_key(key, source), source
        return self._typed(), TYPED if self.ask is not None else self.advice

    @property
    def advice(self) -> str:
        """Where a key would have been found."""
        return " or ".join(self.variables) or "the keyring"

    def _typed(self) -> str:
        place = (self.name, self.host)
        if place not in _typed and self.ask is not None:
            answer = self.ask(f"API key for {self.name} ({self.host}): ") or ""
            if key := clean_key(answer, TYPED):
                _typed[place] = Secret(key)
        return _typed[place].reveal() if place in _typed else ""


def forget(key: Secret) -> None:
    """Forget a key that was typed and refused, so that it is asked for anew."""
    for place in [place for place, kept in _typed.items() if kept == key]:
        del _typed[place]


def _from_keyring(service: str, user: str) -> str:
    try:
        # Optional, and an import that may take long where it is there.
        ring: Any = importlib.import_module("keyring")
        return ring.get_password(service, user) or ""
    except Exception:  # noqa: BLE001 -- not installed, locked, or without a backend: no key there
        return ""


def variables_for(url: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the environment's names for the key that belongs to a URL's host.

    A key of OpenAI or Azure goes to their hosts in cipher only.
    """
    scheme, host, _ = place = _place(url)
    if is_loopback(host):
        return ("REALTIME_NB_TOKEN", "REALTIME_NB_API_KEY")
    if scheme == "https" and is_azure(host):
        return ("AZURE_OPENAI_API_KEY", "REALTIME_NB_API_KEY")
    if place in (_OPENAI, _place(environ.get("OPENAI_BASE_URL", ""))):
        return ("OPENAI_API_KEY", "REALTIME_NB_API_KEY")
    return ("REALTIME_NB_API_KEY",)


def _place(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return "", "", 0
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return scheme, parts.hostname or "", port or (80 if scheme == "http" else 443)


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
