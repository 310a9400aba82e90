"""The agents of a session: named, and handed the conversation one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realtime_nb.errors import UsageError
from realtime_nb.protocol.ids import new_id
from realtime_nb.protocol.tools.agent import handover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_nb.client.loop import Call
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.tools.agent import Agent


@dataclass(frozen=True, slots=True)
class Handover:
    """One hand-over.

    Attributes
    ----------
    t_ms
        When the service had taken it, in milliseconds of the log's clock.
    before, after
        Names of the agents; ``""`` for what the cell asked for.
    """

    t_ms: float
    before: str
    after: str


class Agents:
    """The agents that a session may be handed to.

    Parameters
    ----------
    session
        The session.

    Attributes
    ----------
    current
        Name of the agent that has the conversation; ``""`` before any has.
    history
        The hand-overs so far.
    """

    def __init__(self, session: RealtimeSession) -> None:
        self._session = session
        self._agents: dict[str, Agent] = {}
        self.current = ""
        self.history: list[Handover] = []

    def __iter__(self) -> Iterator[Agent]:
        return iter(list(self._agents.values()))

    def __len__(self) -> int:
        return len(self._agents)

    def __contains__(self, name: object) -> bool:
        return name in self._agents

    def __getitem__(self, name: str) -> Agent:
        """Return an agent.

        Raises
        ------
        UsageError
            When there is none of that name, with those there are.
        """
        agent = self._agents.get(name)
        if agent is None:
            there = f"there is {', '.join(self._agents)}" if self._agents else "there is none yet"
            raise UsageError(
                f"no agent is called {name!r:.80}: {there};"
                ' chat.agent("billing", instructions="…") makes one'
            )
        return agent

    def add(self, agent: Agent) -> bool:
        """Note an agent; return whether it takes the place of another of its name."""
        replaced = agent.name in self._agents
        self._agents[agent.name] = agent
        return replaced

    def fields(self, name: str) -> dict[str, Any]:
        """Return the fields of the session that hand it to an agent; see `handover`."""
        spoke = self._session.conversation.last_assistant_audio() is not None
        return handover(self[name], self._session.effective or {}, spoke=spoke)

    def hand_over(self, name: str, fields: dict[str, Any] | None = None) -> Call[dict[str, Any]]:
        """Hand the session to an agent; the conversation stays.

        Parameters
        ----------
        name
            The agent.
        fields
            What is sent, where it is more than `fields` gives.

        Returns
        -------
        Call
            Of the session object in force. It fails with `ServerError` when the service
            refuses: then the agent before goes on.

        Raises
        ------
        UsageError
            At once, when no agent is called so.
        """
        sent = self.fields(name) if fields is None else fields
        call = self._session.update(sent, event_id=new_id(f"handoff_{name}"))
        call.add_done_callback(lambda done: self._handed(name, done))
        return call

    def leave(self) -> None:
        """Note that no agent has the conversation: the session is as its cell says again."""
        if self.current:
            self.history.append(Handover(self._session.now_ms(), self.current, ""))
        self.current = ""

    def _handed(self, name: str, done: Call[dict[str, Any]]) -> None:
        if done.done() and done.exception() is None:
            self.history.append(Handover(self._session.now_ms(), self.current, name))
            self.current = name
