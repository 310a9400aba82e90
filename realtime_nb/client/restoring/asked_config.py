"""What a session was really asked for, credentials and all: in this process's memory only.

A service does not tell the credentials of a session's tools again, and the log does not keep
them. A new session in the place of a lost one needs them, so they are remembered here. What
the service refused is not.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.paths import merge
from realtime_nb.protocol.config.write import request_of
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.events import Event

_UPDATE: Final = "session.update"
_WAITING: Final = 64


class AskedConfig:
    """The updates of a session that were taken, one laid over the other."""

    def __init__(self) -> None:
        self._taken: dict[str, Any] = {}
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque(maxlen=_WAITING)

    def sent(self, event: Mapping[str, Any]) -> None:
        """Note an event as it was sent."""
        if event.get("type") == _UPDATE:
            self._waiting.append((str(event.get("event_id")), as_object(event.get("session"))))

    def received(self, event: Event) -> None:
        """Note what the service says to the updates: in order, and by name where it refuses."""
        if event.type == "session.updated" and self._waiting:
            self._taken = merge(self._taken, self._waiting.popleft()[1])
        elif event.type == "error" and self._waiting:
            named = event.get("error.event_id")
            left = [one for one in self._waiting if one[0] != named]
            self._waiting = deque(left, maxlen=_WAITING)

    def forget_waiting(self) -> None:
        """Note that what was not answered never will be: the connection is gone."""
        self._waiting.clear()

    @property
    def taken(self) -> dict[str, Any]:
        """What was asked for and taken, with the credentials: never log or show it."""
        return self._taken

    def complete(self, effective: Mapping[str, Any]) -> dict[str, Any]:
        """Return the config that gives what is in force, with what a service does not tell.

        Parameters
        ----------
        effective
            The session object as the service told it last.
        """
        config = request_of(effective)
        if "model" not in self._taken:
            config.pop("model", None)  # it goes with the dial
        mine = self._taken.get("tools")
        told = config.get("tools")
        if isinstance(told, list) and isinstance(mine, list):
            tools = cast("list[Any]", told)
            config["tools"] = [_with_secrets(tool, cast("list[Any]", mine)) for tool in tools]
        prompt, asked = as_object(config.get("prompt")), as_object(self._taken.get("prompt"))
        if prompt and prompt.get("id") == asked.get("id") and "variables" in asked:
            config["prompt"] = {**prompt, "variables": asked["variables"]}
        return config

    def __repr__(self) -> str:
        return "<AskedConfig>"


def _with_secrets(told: Any, asked: list[Any]) -> Any:
    """Return a tool with what was asked for under its label and is not told again."""
    tool = as_object(told)
    if tool.get("type") != "mcp":
        return told
    for one in map(as_object, asked):
        if one.get("type") == "mcp" and one.get("server_label") == tool.get("server_label"):
            return {**tool, **one}
    return tool
