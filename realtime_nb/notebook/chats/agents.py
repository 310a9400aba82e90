"""`chat.agent` and `chat.handoff`: named instructions and tools, swapped in a live session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.overriding import overrides
from realtime_nb.notebook.tools.binding import bind_tools
from realtime_nb.protocol.config.paths import merge
from realtime_nb.protocol.shown_text import inert, visible
from realtime_nb.protocol.summary import shorten
from realtime_nb.protocol.tools.agent import Agent, voice_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from realtime_nb.client.agents import Agents
    from realtime_nb.client.guards.guarding import Guards
    from realtime_nb.client.loop import Call
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.notebook.chats.chat import Chat
    from realtime_nb.notebook.tools.of_chat import ChatTools


class AgentTable:
    """The agents of a chat, by name."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    def __len__(self) -> int:
        return len(self._agents)

    def __iter__(self) -> Iterator[str]:
        return iter([agent.name for agent in self._agents])

    def __contains__(self, name: object) -> bool:
        return name in self._agents

    def __getitem__(self, name: str) -> Agent:
        """Return an agent by its name; raises `UsageError` with those there are."""
        return self._agents[name]

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                "→" if agent.name == self._agents.current else "",
                agent.name,
                ", ".join(agent.tool_names),
                agent.voice or "",
                visible(shorten(agent.instructions)),
            )
            for agent in self._agents
        ]

    def __repr__(self) -> str:
        return "\n".join(" ".join(filter(None, row)) for row in self._rows()) or "<no agents>"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{n}</th>" for n in ("", "agent", "tools", "voice", "instructions"))
        rows = "".join(
            f"<tr>{''.join(f'<td>{inert(cell)}</td>' for cell in row)}</tr>" for row in self._rows()
        )
        return f"<table><tr>{head}</tr>{rows}</table>" if rows else "<em>no agents</em>"


class HasAgents:
    """The part of a `Chat` that hands the conversation from one agent to another."""

    if TYPE_CHECKING:
        session: RealtimeSession
        asked: dict[str, Any]
        _agents: Agents
        _guards: Guards
        _tools: ChatTools

    def agent(
        self,
        name: str,
        instructions: str,
        *,
        tools: Sequence[Any] = (),
        tool_choice: Any = None,
        voice: str | None = None,
    ) -> Agent:
        """Define an agent; nothing is sent before `handoff`.

        Parameters
        ----------
        name
            Letters, digits, ``_`` and ``-``. One of this name gives way to it.
        instructions
            What the model is told while this agent has the conversation.
        tools
            Its functions, or definitions. While it has the conversation they stand in the place
            of those that the chat's cell lists; what ``@chat.tool`` registered stays.
        tool_choice, voice
            As in a cell. A conversation in which the assistant has spoken keeps its voice.

        Raises
        ------
        ConfigError, UsageError
            For what the service would refuse.
        """
        given = [tools] if callable(tools) or isinstance(tools, dict | str) else list(tools)
        for tool in given:
            if not callable(tool) and not isinstance(tool, dict):
                raise UsageError(f"{tool!r:.80} is no tool: give a function, or its definition")
        definitions, functions = bind_tools(given, {})
        written = {"tool_choice": tool_choice, "voice": voice}
        named = {key: value for key, value in written.items() if value is not None}
        checked = overrides(
            {"instructions": instructions, "tools": definitions, **named}, self.session, "agent"
        )
        made = Agent(
            name,
            instructions,
            tuple(checked["tools"]),
            checked.get("tool_choice"),
            voice,
            functions,
        )
        self.define_agent(made)
        return made

    def define_agent(self, agent: Agent) -> bool:
        """Take in an agent that is made; return whether it took another's place."""
        return self._agents.add(agent)

    def take_over(self, before: Chat) -> None:
        """Take over the guards and agents of a chat whose place this one takes."""
        self._guards.take_over(before._guards)  # noqa: SLF001 -- of the same kind
        for agent in before._agents:  # noqa: SLF001 -- of the same kind
            self._agents.add(agent)

    @property
    def agents(self) -> AgentTable:
        """The agents there are, and which of them has the conversation."""
        return AgentTable(self._agents)

    @property
    def current_agent(self) -> str:
        """Name of the agent that has the conversation; ``""`` before any hand-over."""
        return self._agents.current

    def handoff(self, name: str, say: str | None = None) -> Call[dict[str, Any]]:
        """Hand the conversation to an agent: its instructions and tools, the talk kept.

        From a tool, a cell or a guard.

        Parameters
        ----------
        name
            The agent.
        say
            What it is to say first, as an instruction such as ``"Greet the caller"``; None
            leaves it to the next turn. In a tool the answer to the tool's output follows
            anyway and is this agent's: `say` leads that one.

        Returns
        -------
        Call
            Of the session object in force. It fails with `ServerError` when the service
            refuses: then the agent before goes on.

        Raises
        ------
        UsageError
            At once, when no agent is called so, with those there are.
        """
        agent = self._agents[name]
        if self.session.kind != "realtime":
            raise UsageError(f"handoff(): a {self.session.kind} session has no agents.")
        before, asked = self._agents.current, self.asked
        undo = self._tools.bind(agent.functions)
        fields = self._agents.fields(name)
        told = f"{agent.instructions}\n\n{say}" if say else ""
        # In a tool nothing is said before its output is in.
        take_back = self._tools.desk.leads.tell(told) if told else None
        # That the choice is left to the model is the service's default, and nobody's wish.
        unasked = {"tool_choice"} if agent.tool_choice is None else set[str]()
        self.asked = merge(asked, {k: v for k, v in fields.items() if k not in unasked})
        call = self._agents.hand_over(name, {**fields, "tools": self._tools.among(fields["tools"])})

        def handed(done: Call[dict[str, Any]]) -> None:
            error = done.exception()
            if error is None:
                self._handed(agent, before, told if take_back is None else "")
                return
            if take_back is not None:
                take_back()
            self.asked = asked
            undo()
            self._tools.notice("error", visible(f"Not handed over to {name}: {error}"))

        call.add_done_callback(handed)
        return call

    def _handed(self, agent: Agent, before: str, told: str) -> None:
        since = f" (before: {before})" if before and before != agent.name else ""
        now = voice_of(self.session.effective or {})
        kept = f"; the voice stays {now}" if agent.voice not in (None, now) else ""
        self._tools.notice("info", visible(f"Handed over to {agent.name}{since}{kept}"))
        if told:
            self.session.respond(instructions=told).add_done_callback(lambda done: done.exception())
