"""``%realtime events``, ``check`` and the like: what is asked of a chat, or of a log's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import UsageError
from realtime_nb.inspection import RealtimeLog, Talk
from realtime_nb.inspection.archive.saving import SUFFIX
from realtime_nb.inspection.cost.usage_table import bill
from realtime_nb.inspection.timeline.view import timeline
from realtime_nb.notebook.cell.line import DEFAULT_NAME
from realtime_nb.notebook.chats.tools import HasTools
from realtime_nb.widget import TimelineWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.notebook.cell.running import Runner
    from realtime_nb.notebook.chats.chat import Chat
    from realtime_nb.notebook.saved.saved_chat import SavedChat
    from realtime_nb.notebook.tools.one_tool import OneTool


def _tools_of(chat: Chat | SavedChat) -> Any:
    if isinstance(chat, HasTools):
        return chat.tools
    raise UsageError("%realtime tools is for a chat that runs; a file's has no functions.")


OF_A_CHAT: Final[Mapping[str, Callable[[Chat | SavedChat], Any]]] = {
    "events": lambda chat: chat.events,
    "cost": lambda chat: chat.cost,
    "check": lambda chat: chat.check(),
    "timeline": lambda chat: chat.timeline(),
    "tools": _tools_of,
}
"""What each word gives of a chat."""

OF_A_LOG: Final[Mapping[str, Callable[[RealtimeLog], Any]]] = {
    "events": lambda log: log,
    "cost": lambda log: bill(Talk(log.source, log.conversation())),
    "check": lambda log: log.check(),
    # Made anew by a refresh: a log may grow.
    "timeline": lambda log: TimelineWidget(
        lambda: timeline(Talk(log.source, log.conversation(), name="log"))
    ),
}
"""What each word gives of a log's file."""


def look(word: str, what: str, runner: Runner) -> Any:
    """Return what a word of ``%realtime`` gives.

    Parameters
    ----------
    word
        One of `OF_A_CHAT`.
    what
        The name of a chat, else a file with a log; ``""`` for the chat that is called so.
    runner
        Whose chats there are.

    Raises
    ------
    UsageError
        When there is neither such a chat nor such a file.
    """
    name = what or DEFAULT_NAME
    if word == "tools" and what and runner.find(name) is None and not Path(name).is_file():
        return _tool(name, runner)
    if runner.find(name) is not None or not _is_file(name):
        return OF_A_CHAT[word](runner.chat(name))
    if name.endswith(SUFFIX):
        from realtime_nb.notebook.saved.saved_chat import open_saved  # noqa: PLC0415 -- few open one

        return OF_A_CHAT[word](open_saved(name))
    if word not in OF_A_LOG:
        raise UsageError(f"%realtime {word} is for a chat; {name} is a file.")
    return OF_A_LOG[word](RealtimeLog.read(name))


def _tool(name: str, runner: Runner) -> OneTool:
    """Return a tool of that name, of whichever chat."""
    chats = list(runner.chats.values())
    for chat in chats:
        if (tool := chat.tools.one(name)) is not None:
            return tool
    known = ", ".join(dict.fromkeys(tool for chat in chats for tool in chat.tools)) or "none yet"
    raise UsageError(
        f"there is no chat {name!r:.80}, and no tool of that name; the tools are: {known}"
    )


def _is_file(name: str) -> bool:
    return not name.isidentifier() or Path(name).is_file()
