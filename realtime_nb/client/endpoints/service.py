"""A realtime service, and how to be let in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from realtime_nb.client.endpoints.address import websocket_url
from realtime_nb.client.endpoints.keys import is_azure, is_loopback
from realtime_nb.client.endpoints.secret import Secret, keys_in
from realtime_nb.errors import EndpointError
from realtime_nb.protocol.credentials import hide_users, is_key_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from realtime_nb.protocol.config.problem import SessionKind

EPHEMERAL_PREFIX: Final = "ek_"
_HARMLESS: Final = frozenset(
    {"api-version", "call_id", "content-type", "deployment", "intent", "model", "openai-beta"}
    | {"openai-organization", "openai-project", "origin", "user-agent"}
)


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
    key_header
        The header that carries the key bare, such as ``api-key``. Empty for the host's own:
        that one on Azure, and ``Authorization: Bearer`` elsewhere.
    """

    base_url: str
    model: str
    name: str
    practice: bool = False
    api_key: Secret = field(default_factory=Secret)
    key_source: str = ""
    extra_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False, hash=False)
    extra_query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False, hash=False)
    key_header: str = ""

    def __getstate__(self) -> dict[str, Any]:
        # Headers and query may hold a key as well as `api_key` does.
        return {**self.__dict__, "extra_headers": {}, "extra_query": {}}

    def __copy__(self) -> Endpoint:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Endpoint:
        # Frozen; and a copy by way of `__getstate__` would lose what that leaves out.
        return self

    @property
    def host(self) -> str:
        """The host's name, in small letters."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def costs(self) -> bool:
        """Whether talking to it may cost money: it is not on this machine."""
        return not self.practice and not is_loopback(self.host)

    @property
    def azure(self) -> bool:
        """Whether it is Azure's."""
        return is_azure(self.host)

    @property
    def ephemeral(self) -> bool:
        """Whether the key is an ephemeral one, which carries a session config of its own."""
        return self.api_key.reveal().startswith(EPHEMERAL_PREFIX)

    def secrets(self) -> Iterator[Secret]:
        """Yield the key, and those in headers and query: never log or show them."""
        yield self.api_key
        for name, value in (*self.extra_headers.items(), *self.extra_query.items()):
            if is_key_name(name):
                yield from keys_in(name, str(value))

    def scrub_keys(self, text: str) -> str:
        """Return `text`, of a conversation, without the keys; all else in it may be words."""
        for secret in self.secrets():
            text = secret.scrub(text)
        return text

    def scrub(self, text: str) -> str:
        """Return `text` with the key, and what it has of others, blotted out wherever they stand.

        Of headers and query that is all but what is known to be no secret; of URLs, such as a
        proxy's, the user and password.
        """
        text = self.scrub_keys(text)
        for name, value in (*self.extra_headers.items(), *self.extra_query.items()):
            if name.lower() not in _HARMLESS:
                text = Secret(str(value)).scrub(text)
        return hide_users(text)

    def websocket_url(
        self, query: Mapping[str, str] | None = None, *, kind: SessionKind = "realtime"
    ) -> str:
        """Return the URL of the realtime WebSocket: the base URL's path and ``/realtime``.

        Parameters
        ----------
        query
            What the handshake asks for. By default ``model``, where there is one; in a
            transcription session ``intent=transcription`` instead; with an ephemeral key
            nothing, since it carries its session's config.
        kind
            The kind of session; a translation has a path of its own.

        Raises
        ------
        EndpointError
            When the base URL is none of HTTP or WebSocket, or the service has no such kind.
        """
        if kind == "translation" and self.azure:
            raise EndpointError(
                "Azure has no translation sessions; use the endpoint openai, or local"
            )
        asked = self._query(kind) if query is None else query
        tail = "/realtime/translations" if kind == "translation" else "/realtime"
        return websocket_url(self.base_url, tail, {**asked, **self.extra_query})

    def _query(self, kind: SessionKind) -> dict[str, str]:
        if self.ephemeral:
            return {}
        # Together with a model the service refuses the intent.
        if kind == "transcription":
            return {"intent": "transcription"}
        return {"model": self.model} if self.model else {}

    def with_model(self, model: str) -> Endpoint:
        """Return the same endpoint with another model."""
        return replace(self, model=model)

    def with_key(self, api_key: Secret, key_source: str) -> Endpoint:
        """Return the same endpoint with another key, such as an ephemeral one."""
        return replace(self, api_key=api_key, key_source=key_source)

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
        own = self.key_header or ("api-key" if self.azure else "Authorization")
        given = {name.lower() for name in self.extra_headers}
        if self.api_key and not given & {"authorization", "api-key", own.lower()}:
            bearer = "Bearer " if own.lower() == "authorization" else ""
            headers[own] = bearer + self.api_key.reveal()
        return {**headers, **self.extra_headers}
