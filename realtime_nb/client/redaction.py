"""What an event may tell of itself: everything but the credentials that it carries.

A tool of type ``mcp`` has credentials of its own, in `authorization` and `headers`, and a
session may come with an ephemeral key. The wire carries them; what is kept of an event, and
with it the log, the page, a table and a saved notebook, does not. Neither does it keep what is
put into the places of a stored prompt: nobody can tell which of it is secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from realtime_nb.client.junk import as_object
from realtime_nb.client.secret import BLOT, Secret
from realtime_nb.protocol.config.units import CREDENTIALS, HIDDEN, SERVER_URL, hide_in_url
from realtime_nb.protocol.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# The events that hold a session or a response with tools, and where.
SENT: Final = {"session.update": "session", "response.create": "response"}
TOLD: Final = {"session.created": "session", "session.updated": "session"}

_DEEPEST: Final = 8  # lists within lists
_EPHEMERAL: Final = "client_secret"
_PROMPTED: Final = ("session", "response")
# What is meant for one and has another name goes out as well, and is refused.
_MISNAMED: Final = frozenset(
    {*CREDENTIALS, "authorisation", "apikey", "token", "accesstoken", "password", "secret"}
)


def redact_sent(event: Event) -> tuple[Event, list[Secret]]:
    """Return a sent event with every credential blotted out, and those credentials.

    Parameters
    ----------
    event
        The event; returned itself when it holds none.
    """
    holder = as_object(event.data.get(SENT.get(event.type, "")))
    hidden = [secret for tool in _tools(holder) for secret in _secrets_of(tool)]
    if not hidden:
        return event, []
    tools = _each(holder["tools"], _blotted)
    return Event({**event.data, SENT[event.type]: {**holder, "tools": tools}}), hidden


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
    """Return an event without the values of a stored prompt, and the queries of tools' servers.

    For what is kept of it; who compares what is in force with what was asked for needs them.

    Parameters
    ----------
    event
        The event; returned itself when it holds none.
    """
    for name in _PROMPTED:
        holder = as_object(event.data.get(name))
        clean = without_queries(_without_values(holder))
        if clean is not holder:
            return Event({**event.data, name: clean})
    return event


def _without_values(holder: dict[str, Any]) -> dict[str, Any]:
    prompt = as_object(holder.get("prompt"))
    variables = as_object(prompt.get("variables"))
    if not variables:
        return holder
    return {**holder, "prompt": {**prompt, "variables": dict.fromkeys(variables, HIDDEN)}}


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


def _in_url(url: Any) -> list[str]:
    if not isinstance(url, str):
        return []
    try:
        parts = urlsplit(url)
        found = [value for _, value in parse_qsl(parts.query)]
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


def _secrets_of(tool: dict[str, Any]) -> Iterator[Secret]:
    for name, value in tool.items():
        if not is_credential(name):
            continue
        for part in as_object(value).values() if isinstance(value, dict) else (value,):
            if part:
                yield Secret(part if isinstance(part, str) else str(part))


def is_credential(name: str) -> bool:
    """Return whether a tool's field of that name holds a credential, or is meant to."""
    return name.lower().replace("_", "").replace("-", "") in _MISNAMED


def _blotted(tool: dict[str, Any]) -> dict[str, Any]:
    return {name: _blot(value) if is_credential(name) else value for name, value in tool.items()}


def _blot(value: Any) -> Any:
    if isinstance(value, dict):
        return dict.fromkeys(cast("dict[str, Any]", value), BLOT)
    return BLOT if value else value


def _nulled(tool: dict[str, Any]) -> dict[str, Any]:
    return {name: None if name in CREDENTIALS and value else value for name, value in tool.items()}
