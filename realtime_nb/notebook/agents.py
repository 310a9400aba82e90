"""The agents that are open: found by their names, and ended once others have taken their place.

A `%%realtime` cell keeps its chat, and runs again upon it. An agent is made by a call: a cell
that makes one and runs again makes another of the same name, while what the notebook showed of
the first still holds it, with its port, its thread and maybe a microphone.
"""

from __future__ import annotations

import contextlib
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import RealtimeError
from realtime_nb.notebook.chats.chat import Chat

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_open: dict[int, Chat] = {}

# What IPython itself keeps of a cell's values.
_HISTORY: Final = re.compile(r"_+|_\d+|_i+\d*|Out|_oh|_dh|In|_ih")
_LOOKED_INTO: Final = 1_000


def remember(agent: Chat) -> None:
    """Note that an agent is open."""
    _open[id(agent)] = agent


def forget(agent: Chat) -> None:
    """Note that an agent is closed."""
    _open.pop(id(agent), None)


def open_agents() -> list[Chat]:
    """Return the agents that are open, the oldest first."""
    return list(_open.values())


def find_chat(name: str, names: Mapping[str, Any]) -> Chat | None:
    """Return the chat that a variable holds, or the newest open agent that is called so."""
    bound = names.get(name)
    if isinstance(bound, Chat):
        return bound
    return next((agent for agent in reversed(open_agents()) if agent.name == name), None)


def end_replaced(names: Mapping[str, Any], taken: Collection[str] = ()) -> None:
    """End the agents whose names others have now, and that no variable holds any more.

    Parameters
    ----------
    names
        The notebook's variables: what stands in them, in a collection among them or in a
        field of an object, is held.
    taken
        Names of chats that are no agents.
    """
    newest = {agent.name: agent for agent in open_agents()}
    replaced = [
        agent for agent in open_agents() if newest[agent.name] is not agent or agent.name in taken
    ]
    if not replaced:
        return
    held = {id(chat) for chat in _held(names)}
    for agent in replaced:
        if id(agent) not in held:
            with contextlib.suppress(RealtimeError):  # it is let go of, however it ends
                agent.close()


def end_agents() -> None:
    """End all agents that are open."""
    for agent in open_agents():
        with contextlib.suppress(RealtimeError):
            agent.close()


def _held(names: Mapping[str, Any]) -> Iterator[Chat]:
    for name, value in list(names.items()):
        if not _HISTORY.fullmatch(name):
            yield from (one for one in (value, *_within(value)) if isinstance(one, Chat))


def _within(value: Any) -> Iterator[Any]:
    """Yield what stands in a collection, or in the fields of an object."""
    if isinstance(value, list | tuple | set | frozenset):
        yield from islice(cast("list[Any]", value), _LOOKED_INTO)
    elif isinstance(value, dict):
        yield from islice(cast("dict[Any, Any]", value).values(), _LOOKED_INTO)
    elif isinstance(fields := getattr(value, "__dict__", None), dict):
        yield from islice(list(cast("dict[Any, Any]", fields).values()), _LOOKED_INTO)
