"""What a `CallLedger` has to know, read from the session and the registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, cast

from realtime_nb.client.kinds import creates_response
from realtime_nb.client.transport.transports import SidebandTransport
from realtime_nb.errors import UsageError
from realtime_nb.protocol.told import as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.client.tools.registry import Tool, ToolRegistry
    from realtime_nb.protocol.events import Event

_MAX_NAMES = 1000


class SessionPolicy:
    """The session's rules.

    A call of a name that the registry has, or had, is answered here, and so is one of a name
    that the model made up. Only a function that the session defines and nothing here runs is
    left to the user. In a call that was joined, that somebody else began, so is every function that
    nothing here ran: whose it is cannot be known from here.

    Parameters
    ----------
    session
        The session.
    registry
        Its functions.
    """

    def __init__(self, session: RealtimeSession, registry: ToolRegistry) -> None:
        self._session = session
        self._registry = registry
        self._had = dict.fromkeys(registry.names)
        self._defined: dict[str, None] = {}

    @property
    def has_tools(self) -> bool:
        """Whether there is, or was, a function that is answered here."""
        return bool(self._had)

    def start(self) -> Callable[[], None]:
        """Follow the registry; return what ends that."""
        return self._registry.subscribe(self._changed)

    def on_interrupt(self, name: str) -> Literal["cancel", "finish"] | None:
        """Return what an interruption does to a function; None for one that is the user's."""
        tool = self._registry.get(name)
        if tool is not None:
            return tool.options.on_interrupt
        if name in self._had:
            return "cancel"
        transport = self._session.transport
        joined = isinstance(transport, SidebandTransport) and not transport.ours
        return None if joined or name in (*self._of_session(), *self._defined) else "cancel"

    def interrupts(self) -> bool:
        """Whether the user's voice interrupts the model."""
        return self._detection().get("interrupt_response", True) is not False

    def answers(self) -> bool:
        """Whether the service answers the user's voice by itself."""
        return creates_response(self._session.effective)

    def sent(self, event: Event) -> None:
        """Note the functions that a request defines for its response only."""
        if event.type == "response.create":
            self._defined |= dict.fromkeys(_names(event.get("response.tools")))
            while len(self._defined) > _MAX_NAMES:
                del self._defined[next(iter(self._defined))]

    def written(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Return arguments as a model would write them.

        Raises
        ------
        UsageError
            For a function that the registry has not, and for arguments that are no JSON.
        """
        if self._registry.get(name) is None:
            known = ", ".join(self._registry.names) or "none; write @chat.tool above a function"
            raise UsageError(f"no tool {name!r} here; there are: {known}")
        try:
            return json.dumps(dict(arguments), ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"{name}() is called by the model with JSON, which cannot hold this: {error}"
            ) from None

    def _of_session(self) -> Iterator[str]:
        return _names((self._session.effective or {}).get("tools"))

    def _detection(self) -> dict[str, Any]:
        audio = as_object((self._session.effective or {}).get("audio"))
        return as_object(as_object(audio.get("input")).get("turn_detection"))

    def _changed(self, name: str, _tool: Tool | None) -> None:
        self._had[name] = None


def _names(tools: Any) -> Iterator[str]:
    for tool in cast("list[Any]", tools) if isinstance(tools, list) else ():
        name = as_text(as_object(tool).get("name"))
        if name is not None:
            yield name
