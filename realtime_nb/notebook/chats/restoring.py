"""A chat whose lost connection is being mended, as its cell and its name show it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from realtime_nb.client.restoring.policy import Restoration
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.notebook.chats.chat import Chat


class HasRestoration:
    """The part of a chat that tells of a lost connection."""

    session: RealtimeSession

    @property
    def restoration(self) -> Restoration | None:
        """How it stands with a lost connection; None where none is being restored."""
        return self.session.restoration

    def retry_now(self) -> None:
        """Try at once to restore a lost connection, rather than when it is time."""
        self.session.retry_now()


def is_live(chat: Chat) -> bool:
    """Whether a chat goes on: it is open, or its connection is being mended."""
    return chat.state in ("open", "restoring")


def state_words(chat: Chat) -> str:
    """Return a chat's state, with the try that is next where its connection is being mended."""
    told = chat.session.restoration
    if chat.state != "restoring" or told is None:
        return chat.state
    if told.reason == "renewal":
        return "restoring (its session is renewed)"
    when = f", next in {told.next_try_s:.0f} s" if told.next_try_s >= 1 else ""
    return f"restoring (try {told.tries}{when})"


def await_connection(chat: Chat, timeout_s: float) -> None:
    """Wait until a chat is not being restored any more.

    Parameters
    ----------
    chat
        The chat.
    timeout_s
        How long, in seconds.

    Raises
    ------
    UsageError
        When it is being restored still.
    """
    settled = threading.Event()
    undo = chat.session.on_state(lambda state: state == "restoring" or settled.set())
    try:
        if chat.state == "restoring" and not settled.wait(timeout_s):
            raise UsageError(
                f"{chat.name!r} has lost its connection and is {state_words(chat)}: nothing was"
                " changed. Run the cell again when it is back; --restart begins a new session,"
                " with --keep one that is told what was said."
            )
    finally:
        undo()
