"""Which pages show a session, and which one of them captures and plays.

Several pages may show one notebook, and all of them receive every message; only the owner's
sound counts. A page that reloads is a new page: it becomes the owner when the old one has said
that it was left, has neither an open microphone nor sound to play, or has been silent for
`SILENT_S` while it had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SILENT_S: Final = 3.0
"""A page with an open microphone sends 25 frames a second, one that plays 5 reports."""


@dataclass(slots=True)
class Pages:
    """The owner among the pages.

    Attributes
    ----------
    owner
        Client id of the page that captures and plays, None before any page came.
    microphone
        Whether the owner's microphone is open.
    heard_s
        When the owner last sent anything, in seconds of the caller's clock.
    left
        Whether the owner has said that it was left, and not been heard of since.
    """

    owner: str | None = None
    microphone: bool = False
    heard_s: float = 0.0
    left: bool = False

    def touch(self, client: str, now_s: float) -> None:
        """Note that a page has sent something."""
        if client == self.owner:
            self.heard_s = now_s
            self.left = False

    def leave(self, client: str) -> bool:
        """Note that a page was left; return whether it is the owner."""
        if client == self.owner:
            self.left = True
        return client == self.owner

    def arrive(self, client: str, now_s: float, *, playing: bool) -> bool:
        """Let a page in; return whether it is now the owner.

        Parameters
        ----------
        client
            The page's id.
        now_s
            The caller's clock.
        playing
            Whether the present owner has sound to play.
        """
        busy = (self.microphone or playing) and not self.left
        if self.owner is None or not busy or now_s - self.heard_s > SILENT_S:
            self.claim(client, now_s)
        return self.owner == client

    def claim(self, client: str, now_s: float) -> bool:
        """Make a page the owner; return whether it was not before."""
        changed = self.owner != client
        if changed:
            self.owner = client
            self.microphone = False
        self.heard_s = now_s
        self.left = False
        return changed
