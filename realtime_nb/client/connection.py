"""One connection in the shape of the ``openai`` package, with every frame logged.

Code written for ``client.realtime.connect()`` runs with `connect` in its place::

    async with connect(model="gpt-realtime-2.1") as connection:
        await connection.session.update(session={"type": "realtime", "instructions": "…"})
        async for event in connection:
            ...

What differs: events are `realtime_nb.protocol.events.Event`, which hold what the wire held
(``event.model()`` gives the package's typed object); the end of a connection raises
`ConnectionLost`; `Connection.log` has all that passed, both ways; and what the service will
refuse is said by a `ConfigWarning` before it is sent.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from realtime_nb.client.endpoints.endpoint import (
    GIVEN,
    Endpoint,
    openai_endpoint,
    resolve_endpoint,
    url_endpoint,
)
from realtime_nb.client.endpoints.keys import clean_key
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.handlers import Handlers, TakesHandlers
from realtime_nb.client.kinds import append_type
from realtime_nb.client.reviewing import Place, Reviewer, load_review, warn_at
from realtime_nb.client.transport.open_connection import Connection, session_clock
from realtime_nb.client.transport.wire import OPEN_TIMEOUT_S, Wire
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from realtime_nb.client.outgoing import AnyEvent
    from realtime_nb.protocol.config.problem import SessionKind

__all__ = ["Connection", "ConnectionManager", "connect"]


class ConnectionManager(TakesHandlers):
    """What `connect` returns: enter it, or `await` its `enter` and close by hand.

    Handlers may be given to it, and events sent, before there is a connection.
    """

    def __init__(
        self,
        endpoint: Callable[[], Endpoint],
        query: Mapping[str, str] | None,
        *,
        kind: SessionKind = "realtime",
        check: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(Handlers())
        self._endpoint = endpoint
        self._query = query
        self._kind: SessionKind = kind
        self._check = check
        self._options = options
        self._waiting: list[AnyEvent] = []
        self._connection: Connection | None = None

    def send(self, event: AnyEvent) -> None:
        """Keep an event that is sent as soon as the connection is open."""
        self._waiting.append(event)

    async def enter(self) -> Connection:
        """Open the connection.

        Raises
        ------
        EndpointError
            When there is nothing to connect to.
        ConnectionFailed
            When the service cannot be reached or refuses.
        """
        # On another thread: starting the local server, and the package's types, take a moment.
        endpoint, reviewer = await asyncio.to_thread(self._prepare)
        clock = session_clock()
        wire = await Wire.dial(endpoint, query=self._query, kind=self._kind, **self._options)
        self._connection = connection = Connection(
            wire,
            endpoint,
            clock=clock,
            append_type=append_type(self._kind),
            reviewer=reviewer,
            handlers=self._handlers,
        )
        for event in self._waiting:
            await connection.send(event)
        self._waiting.clear()
        return connection

    def _prepare(self) -> tuple[Endpoint, Reviewer | None]:
        endpoint = self._endpoint()
        return endpoint, Reviewer(endpoint, self._kind, load_review()) if self._check else None

    __aenter__ = enter

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            await self._connection.close()


def connect(  # noqa: PLR0913 -- the arguments of the openai package, and `endpoint`
    *,
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    call_id: str | None = None,
    extra_query: Mapping[str, str] | None = None,
    extra_headers: Mapping[str, str] | None = None,
    endpoint: Endpoint | str | None = None,
    open_timeout: float = OPEN_TIMEOUT_S,
    websocket_connection_options: Mapping[str, Any] | None = None,
    kind: SessionKind = "realtime",
    check: bool = True,
) -> ConnectionManager:
    """Connect to a realtime service, in the shape of ``client.realtime.connect()``.

    Parameters
    ----------
    model
        Name of the model.
    base_url, api_key
        As for ``AsyncOpenAI``; the path of the URL is kept. Without a key, the one in the
        environment that belongs to the host (see `realtime_nb.client.endpoints.endpoint`).
    call_id
        Join the running WebRTC or SIP call of this id, instead of a session of one's own.
    extra_query, extra_headers
        Added to the handshake; a header given here wins over ours.
    endpoint
        Instead of `base_url`: an `Endpoint`, ``"local"``, ``"openai"`` or a URL.
    open_timeout
        How long the handshake may take, in seconds.
    websocket_connection_options
        Further arguments of ``websockets.asyncio.client.connect``.
    kind
        ``"translation"`` for a translation session. A transcription session is asked for as
        in the package, by ``extra_query={"intent": "transcription"}``, or here.
    check
        Whether each event is looked at before it is sent, but for sound. What the service
        will refuse is said by a `ConfigWarning` at the line that sends it, and it is sent
        all the same; so is what the service refused and nothing foretold.

    Returns
    -------
    ConnectionManager
        ``async with`` it. Nothing is looked up or dialled before.
    """
    if base_url is not None and endpoint is not None:
        raise UsageError("give base_url or endpoint, not both")
    # Read here, so that no frame below holds the key as plain text.
    resolve = _resolver(endpoint, base_url, model, api_key, kind)

    def resolved() -> Endpoint:
        found = resolve()
        return found.with_extras(extra_headers or {}, extra_query or {})

    if (extra_query or {}).get("intent") == "transcription":
        kind = "transcription"
    if check:
        _warn_of_handshake(extra_headers or {}, model, kind)
    return ConnectionManager(
        resolved,
        _query(call_id, model, kind),
        kind=kind,
        check=check,
        open_timeout=open_timeout,
        options=websocket_connection_options,
    )


def _query(call_id: str | None, model: str | None, kind: SessionKind) -> dict[str, str] | None:
    if call_id is not None:
        return {"call_id": call_id}
    # What the author asks for is asked for, as the openai package would.
    if kind == "transcription" and model is not None:
        return {"model": model, "intent": "transcription"}
    return None


def _warn_of_handshake(headers: Mapping[str, str], model: str | None, kind: SessionKind) -> None:
    place = Place.of_caller()
    if any(name.lower() == "openai-beta" for name in headers):
        warn_at(
            place,
            "the header OpenAI-Beta asks for the beta API, gone since 2026-05-12: the service"
            " will close the connection; leave the header out",
        )
    if kind == "transcription" and model is not None:
        warn_at(
            place,
            f"a transcription session names its model in audio.input.transcription.model; with"
            f" model={model!r} the service will close the connection; leave it out",
        )


def _resolver(
    endpoint: Endpoint | str | None,
    base_url: str | None,
    model: str | None,
    api_key: str | None,
    kind: SessionKind,
) -> Callable[[], Endpoint]:
    if isinstance(endpoint, Endpoint):
        if api_key is not None:
            endpoint = endpoint.with_key(Secret(clean_key(api_key, GIVEN)), GIVEN)
        found = endpoint if model is None else endpoint.with_model(model)
        return lambda: found
    url = base_url if base_url is not None else endpoint
    if url is not None and "://" in url:
        found = url_endpoint(url, model or "", api_key=api_key)
        return lambda: found
    if api_key is not None and endpoint in (None, "openai"):
        known = openai_endpoint(model or "", api_key=api_key)
        return lambda: known
    if api_key is None:
        return lambda: resolve_endpoint(endpoint, model, kind=kind)
    key = Secret(clean_key(api_key, GIVEN))
    return lambda: resolve_endpoint(endpoint, model, kind=kind, api_key=key.reveal())
