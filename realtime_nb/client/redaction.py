"""What a connection may keep of its events: everything but the credentials that they carry.

A tool of type ``mcp`` has credentials of its own, in `authorization` and `headers`, and a
session may come with an ephemeral key. The wire carries them; what is kept of an event, and
with it the log, the page, a table and a saved notebook, does not. Neither does it keep what is
put into the places of a stored prompt: nobody can tell which of it is secret.

Which fields those are is told by `realtime_nb.protocol.credentials`. Here they are also hidden
by value, wherever a service repeats them: keys in every event, what only may be secret (a
prompt's values, a query) in errors and instructions, where it would maim no conversation.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from realtime_nb.client.endpoints.secret import BLOT, Secret, Shy, keys_in
from realtime_nb.protocol.credentials import (
    CREDENTIALS,
    SERVER_URL,
    hide_fields,
    hide_in_url,
    hide_texts,
    is_credential,
    is_key_name,
)
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from realtime_nb.client.endpoints.service import Endpoint

# The events that hold a session or a response with tools, and where.
SENT: Final = {"session.update": "session", "response.create": "response"}
TOLD: Final = {"session.created": "session", "session.updated": "session"}

_DEEPEST: Final = 8  # lists within lists
_KEPT: Final = 64  # credentials that tools carried, the newest
_EPHEMERAL: Final = "client_secret"
# What may hold credentials in an event that is received; those without any of them are many.
_HOLDERS: Final = frozenset({"session", "response", "tools", "prompt", _EPHEMERAL})


class KnownSecrets:
    """What is secret on one connection, and what may be kept of its events.

    Parameters
    ----------
    endpoint
        Whose connection it is.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._own = tuple(endpoint.secrets())
        self._keys: deque[Secret] = deque(maxlen=_KEPT)
        self._maybe: deque[Secret] = deque(maxlen=_KEPT)
        # An address that is in force is sent again as it was told, and goes with its keys.
        self._in_urls: deque[Secret] = deque(maxlen=_KEPT)
        self._needles: tuple[bytes, ...] = ()
        self._sharpen()

    def sent(self, event: Event) -> Event:
        """Return what may be kept of an event that was sent; what it carried is known then."""
        self._maybe.extend(values_of(event))
        kept, hidden = redact_sent(event)
        # A header may be of any other kind.
        self._maybe.extend(Secret(text) for _, text in hidden)
        told = [(name, text) for name, text in hidden if is_credential(name) or is_key_name(name)]
        keys = [key for name, text in told for key in keys_in(name, text)]
        urls = [tool.get(SERVER_URL) for tool in _tools_of(event)]
        self._in_urls.extend(Secret(text) for url in urls for text in _in_url(url, is_key_name))
        self._keys.extend(key for key in keys if key not in self._keys)
        self._sharpen()
        clean = hide_texts(kept.data, self._scrub_keys)
        return kept if clean is kept.data else Event(clean)

    def received(self, event: Event, frame: bytes) -> tuple[Event, Event]:
        """Return an event that was received, and what may be kept of it.

        Parameters
        ----------
        event
            The event.
        frame
            What it was read from.

        Returns
        -------
        tuple
            The event without credentials, and the same without a prompt's values and the
            queries of tools' servers too. The first has these, for who compares what is in
            force with what was asked for, and shows them in no repr.
        """
        if event.type in TOLD:
            # A key that was made with a config tells values that were never sent from here.
            values = [*self._keys, *self._maybe, *values_of(event)]
            event = scrub_instructions(redact_told(event), values)
        elif event.type == "error":
            event = self._without_any(event)
        # In an escape each sign of a key may hide, and some services escape half of them.
        if b"\\u" in frame or any(needle in frame for needle in self._needles):
            scrub = self._scrub_told if event.type in TOLD else self._scrub_keys
            clean = hide_texts(event.data, scrub)
            event = event if clean is event.data else Event(clean)
        kept = blot_values(event)
        return (event, kept) if kept is event else (_shy(event), kept)

    def _without_any(self, event: Event) -> Event:
        def scrub(text: str) -> str:
            text = self._scrub_keys(self._endpoint.scrub(text))
            for value in self._maybe:
                text = value.scrub(text)
            return text

        clean = hide_texts(event.data, scrub)
        return event if clean is event.data else Event(clean)

    def _scrub_told(self, text: str) -> str:
        for key in (*self._own, *self._keys):
            text = key.scrub(text)
        return text

    def _scrub_keys(self, text: str) -> str:
        for key in self._in_urls:
            text = key.scrub(text)
        return self._scrub_told(text)

    def _sharpen(self) -> None:
        keys = (*self._own, *self._keys, *self._in_urls)
        self._needles = tuple(
            {spelling.encode() for key in keys if key.is_secret for spelling in key.spellings()}
        )

    def __repr__(self) -> str:
        return f"<KnownSecrets: {len(self._own) + len(self._keys)}>"


def redact_sent(event: Event) -> tuple[Event, list[tuple[str, str]]]:
    """Return a sent event with every credential blotted out, and their names and texts.

    Parameters
    ----------
    event
        The event; returned itself when it holds none.
    """
    hidden: list[tuple[str, str]] = []
    clean = hide_fields(event.data, BLOT, lambda name, text: hidden.append((name, text)))
    return (event if clean is event.data else Event(clean)), hidden


def redact_told(event: Event) -> Event:
    """Return a received event as from a service that tells no credentials.

    Parameters
    ----------
    event
        The event; returned itself when it holds none.
    """
    session = event.data.get(TOLD.get(event.type, ""))
    if not isinstance(session, dict):
        return event
    told = cast("dict[str, Any]", session)
    clean = without_secrets(told)
    return event if clean is told else Event({**event.data, "session": clean})


def without_secrets(session: dict[str, Any]) -> dict[str, Any]:
    """Return a session object with null where a credential was; itself when there is none.

    Null, and no other word: who sends back what was told must not send that as a credential.
    """
    clean = session
    if session.get(_EPHEMERAL) is not None:
        clean = {**clean, _EPHEMERAL: None}
    if any(tool.get(name) for tool in _tools(session) for name in CREDENTIALS):
        clean = {**clean, "tools": _each(session["tools"], _nulled)}
    return clean


def blot_values(event: Event) -> Event:
    """Return a received event as it is kept: see `realtime_nb.protocol.credentials.hide_fields`.

    Parameters
    ----------
    event
        The event; returned itself when it holds none.
    """
    if _HOLDERS.isdisjoint(event.data):
        return event
    clean = hide_fields(event.data)
    return event if clean is event.data else Event(clean)


def without_queries(holder: dict[str, Any]) -> dict[str, Any]:
    """Return a session without the passwords and queries of its tools' servers."""
    if all(hide_in_url(tool.get(SERVER_URL)) == tool.get(SERVER_URL) for tool in _tools(holder)):
        return holder
    return {**holder, "tools": _each(holder["tools"], _without_query)}


def _without_query(tool: dict[str, Any]) -> dict[str, Any]:
    return {**tool, SERVER_URL: hide_in_url(tool[SERVER_URL])} if SERVER_URL in tool else tool


def values_of(event: Event) -> list[Secret]:
    """Return what an event puts into a stored prompt, and into the queries of tools' servers."""
    holder = as_object(event.data.get((SENT | TOLD).get(event.type, "")))
    variables = as_object(as_object(holder.get("prompt")).get("variables")).values()
    # A value may be a text or a content part with one.
    texts = [as_object(value).get("text", value) for value in variables]
    texts += [value for tool in _tools(holder) for value in _in_url(tool.get(SERVER_URL))]
    return [Secret(text) for text in texts if isinstance(text, str) and text]


def _in_url(url: Any, wanted: Callable[[str], object] = bool) -> list[str]:
    if not isinstance(url, str):
        return []
    try:
        parts = urlsplit(url)
        found = [value for name, value in parse_qsl(parts.query) if wanted(name)]
        if parts.password:
            found += {parts.password, unquote(parts.password)}
    except ValueError:
        return []
    return found


def scrub_instructions(event: Event, values: Iterable[Secret]) -> Event:
    """Return a told session without the values that a service put into its instructions."""
    session = as_object(event.data.get("session"))
    text = session.get("instructions")
    if not isinstance(text, str):
        return event
    clean = text
    for value in values:
        clean = value.scrub(clean)
    if clean == text:
        return event
    return Event({**event.data, "session": {**session, "instructions": clean}})


def _shy(event: Event) -> Event:
    """Return a told event whose prompt's values and servers' addresses no repr shows."""
    session = as_object(event.data.get("session"))
    clean = session
    prompt = as_object(session.get("prompt"))
    if variables := as_object(prompt.get("variables")):
        hidden = {name: _shy_value(value) for name, value in variables.items()}
        clean = {**clean, "prompt": {**prompt, "variables": hidden}}
    if any(SERVER_URL in tool for tool in _tools(session)):
        clean = {**clean, "tools": _each(session["tools"], _shy_address)}
    return event if clean is session else Event({**event.data, "session": clean})


def _shy_value(value: Any) -> Any:
    """Return a variable's value, which is a text or a content part with one."""
    if isinstance(value, dict):
        part = cast("dict[str, Any]", value)
        return {name: _shy_value(field) for name, field in part.items()}
    return Shy(value) if isinstance(value, str) else value


def _shy_address(tool: dict[str, Any]) -> dict[str, Any]:
    url = tool.get(SERVER_URL)
    if not isinstance(url, str) or hide_in_url(url) == url:
        return tool
    return {**tool, SERVER_URL: Shy(url, hide_in_url(url))}


def _tools_of(event: Event) -> list[dict[str, Any]]:
    return _tools(as_object(event.data.get(SENT.get(event.type, ""))))


def _tools(holder: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    _each(holder.get("tools"), lambda tool: found.append(tool) or tool)
    return found


def _each(tools: Any, change: Callable[[dict[str, Any]], dict[str, Any]], depth: int = 0) -> Any:
    """Return `tools` with every tool changed, also where it stands in no list, or in two.

    What is no list of tools goes out as well, and is refused.
    """
    if isinstance(tools, dict):
        return change(cast("dict[str, Any]", tools))
    if not isinstance(tools, list) or depth >= _DEEPEST:
        return cast("Any", tools)
    return [_each(tool, change, depth + 1) for tool in cast("list[Any]", tools)]


def _nulled(tool: dict[str, Any]) -> dict[str, Any]:
    return {name: None if name in CREDENTIALS and value else value for name, value in tool.items()}
