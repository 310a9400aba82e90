"""An agent: a named set of instructions and tools that a live session may be handed to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import UsageError
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, repr=False)
class Agent:
    """Who may take over.

    Attributes
    ----------
    name
        What it is called.
    instructions
        What the model is told while it has the conversation.
    tools
        Definitions in the service's shape.
    tool_choice
        As on the wire; None for ``"auto"``.
    voice
        A voice's name; None leaves the one that speaks.
    functions
        The functions behind `tools`, by name.
    """

    name: str
    instructions: str
    tools: tuple[dict[str, Any], ...] = ()
    tool_choice: Any = None
    voice: str | None = None
    functions: Mapping[str, Callable[..., Any]] = field(
        default_factory=dict[str, "Callable[..., Any]"], hash=False
    )

    def __post_init__(self) -> None:
        """Refuse what no session could be handed to.

        Raises
        ------
        UsageError
            In one line.
        """
        agent_name(self.name)
        text: Any = self.instructions
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f'the agent {self.name!r} has no instructions; write instructions="…"')

    def __repr__(self) -> str:
        return f"<agent {self.name!r}: {', '.join(self.tool_names) or 'no tools'}>"

    @property
    def tool_names(self) -> tuple[str, ...]:
        """What its tools are called; of an MCP server its label."""
        return tuple(str(tool.get("name") or tool.get("server_label")) for tool in self.tools)


def agent_name(name: Any) -> str:
    """Return a name that an agent may have.

    Raises
    ------
    UsageError
        For any other.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UsageError(
            f"an agent called {name!r:.80}: write letters, digits, _ and -, beginning with a"
            " letter, such as billing"
        )
    return name


def handover(agent: Agent, effective: Mapping[str, Any], *, spoke: bool) -> dict[str, Any]:
    """Return the session's fields that hand it to an agent; the conversation stays.

    Parameters
    ----------
    agent
        Who takes over.
    effective
        The session object in force.
    spoke
        Whether the conversation holds sound of the assistant's: then the service keeps the
        voice, and refuses an update with another one whole.
    """
    fields: dict[str, Any] = {
        "instructions": agent.instructions,
        "tools": [dict(tool) for tool in agent.tools],
        "tool_choice": agent.tool_choice or "auto",
    }
    if agent.voice is not None and not (spoke and agent.voice != voice_of(effective)):
        fields["audio"] = {"output": {"voice": agent.voice}}
    return fields


def voice_of(effective: Mapping[str, Any]) -> Any:
    """Return the voice in force, None where the service tells none."""
    audio = as_object(effective.get("audio"))
    return as_object(audio.get("output")).get("voice")
