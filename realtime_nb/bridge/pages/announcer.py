"""What pages are told: all of them, or the one that captures and plays."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from realtime_nb.bridge.pages.pages import Pages
    from realtime_nb.bridge.view import Buffers, Message, View

_EARLY_NOTICES: Final = 3


class Announcer:
    """Sends messages to pages.

    Parameters
    ----------
    view
        The way to every page.
    pages
        Which know who the owner is.
    """

    def __init__(self, view: View, pages: Pages) -> None:
        self._view = view
        self._pages = pages
        self._early: deque[Message] = deque(maxlen=_EARLY_NOTICES)

    def to_all(self, message: Message) -> None:
        """Send a message to every page."""
        self._view.send_message(message)

    def to(self, client: str, message: Message, buffers: Buffers = ()) -> None:
        """Send a message to one page."""
        self._view.send_message({**message, "to": client}, buffers)

    def to_owner(self, message: Message, buffers: Buffers = ()) -> bool:
        """Send a message to the page that captures and plays; false when there is none."""
        if self._pages.owner is None:
            return False
        self._view.send_message({**message, "to": self._pages.owner}, buffers)
        return True

    def notice(self, level: str, text: str) -> None:
        """Show one line to people; `level` is ``info``, ``warning`` or ``error``.

        A line that is older than the first page is shown when that comes.
        """
        message = {"kind": "notice", "level": level, "text": text}
        if self._pages.owner is None:
            self._early.append(message)
        else:
            self.to_all(message)

    def show_early(self) -> None:
        """Show what was said before any page was there."""
        while self._early:
            self.to_all(self._early.popleft())
