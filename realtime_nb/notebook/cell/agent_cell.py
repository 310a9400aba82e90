"""A ``%%realtime --agent NAME`` cell: it defines an agent of a chat, and starts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import ConfigError, UsageError
from realtime_nb.notebook.cell.checking import check_request, refuse
from realtime_nb.protocol.config.paths import MISSING, get, leaves
from realtime_nb.protocol.tools.agent import Agent, agent_name

if TYPE_CHECKING:
    from realtime_nb.notebook.cell.request import Request
    from realtime_nb.notebook.chats.agents import HasAgents

_FIELDS: Final = ("instructions", "tools", "tool_choice", "audio.output.voice")


class AgentLine:
    """What such a cell says below itself: one line."""

    def __init__(self, agent: Agent, chat: str, *, replaced: bool) -> None:
        names = ", ".join(agent.tool_names)
        tools = f" with {names}" if names else ", without tools"
        how = "defined anew" if replaced else "defined"
        self._line = (
            f"Agent {agent.name} is {how}{tools}: {chat}.handoff({agent.name!r}) hands the talk to"
            " it."
        )

    def __repr__(self) -> str:
        return self._line


class AgentCells:
    """The agents that cells have defined, also of chats that have yet to begin."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, Agent]] = {}

    def define(self, agent: Agent, name: str, chat: HasAgents | None) -> AgentLine:
        """Take in an agent of the chat called `name`; return what to say."""
        known = self._of.setdefault(name, {})
        replaced = agent.name in known
        known[agent.name] = agent
        if chat is not None:
            replaced = chat.define_agent(agent) or replaced
        return AgentLine(agent, name, replaced=replaced)

    def join(self, name: str, chat: HasAgents) -> None:
        """Give a chat that begins the agents that were defined for it."""
        for agent in self._of.get(name, {}).values():
            chat.define_agent(agent)


def read_agent(name: str, request: Request) -> Agent:
    """Return the agent that a cell defines.

    Raises
    ------
    ConfigError, UsageError
        For what is no agent's, with its line, and for what the service would refuse.
    """
    agent_name(name)
    if request.kind != "realtime":
        raise UsageError(f"an agent leads a conversation, and this is a {request.kind} session.")
    for path, _ in leaves({k: v for k, v in request.config.items() if k != "type"}):
        if not path.startswith(_FIELDS):
            where = request.where(path)
            place = f"{where}: " if where else ""
            raise ConfigError(
                f"{place}`{request.written(path) or path}` is the session's; an agent has"
                " instructions, tools, tool_choice and voice."
            )
    refuse(check_request(request, {}), request)
    config: dict[str, Any] = request.config
    voice = get(config, "audio.output.voice")
    return Agent(
        name,
        str(config.get("instructions") or ""),
        tuple(config.get("tools") or ()),
        config.get("tool_choice"),
        None if voice is MISSING else voice,
        dict(request.functions),
    )
