"""Which pages show a session, and which one of them captures and plays.

Several pages may show one notebook, and all of them receive every message; only the owner's
sound counts. A page that reloads is a new page: it becomes the owner when the old one has said
that it was left, has neither an open microphone nor sound to play, or has been silent for
`SILENT_S` while it had. One that was silent for `LOST_S` has crashed, and its answer is over; not
before another comes, though: a cell that holds all reports up looks just like it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.bounded import BoundedDict

if TYPE_CHECKING:
    from realtime_nb.bridge.pages.facts import PageFacts

SILENT_S: Final = 3.0
"""A page with an open microphone sends 25 frames a second, one that plays 5 reports."""

LOST_S: Final = 60.0
"""A page that lives has played by then what it is given ahead, twice over."""

MOST_PAGES: Final = 64
"""So many pages' words about themselves are kept; the oldest go first."""


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
    sounded_s
        When the owner was sent the first sound since it last sent anything.
    left
        Whether the owner has said that it was left, and not been heard of since.
    deserted
        Whether it was left for so long that nobody is expected back.
    facts
        What the newest pages said of themselves, by client id.
    """

    owner: str | None = None
    microphone: bool = False
    heard_s: float = 0.0
    sounded_s: float = 0.0
    left: bool = False
    deserted: bool = False
    facts: BoundedDict[str, PageFacts] = field(default_factory=lambda: BoundedDict(MOST_PAGES))

    @property
    def present(self) -> bool:
        """Whether there is a page that plays, or one may come back soon."""
        return self.owner is not None and not self.deserted

    def note(self, client: str, facts: PageFacts | None) -> None:
        """Note what a page said of itself."""
        self.facts.pop(client, None)
        if facts is not None:
            self.facts[client] = facts

    def touch(self, client: str, now_s: float) -> None:
        """Note that a page has sent something."""
        if client == self.owner:
            self.heard_s = now_s
            self.left = self.deserted = False

    def sounded(self, now_s: float) -> None:
        """Note that the owner is sent sound: it has something to report from now on."""
        if self.sounded_s <= self.heard_s:
            self.sounded_s = now_s

    def silent_s(self, now_s: float) -> float:
        """Return for how long the owner has reported nothing of what it had to."""
        return now_s - max(self.heard_s, self.sounded_s)

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
        if self.owner is None or not busy or self.silent_s(now_s) > SILENT_S:
            self.claim(client, now_s)
        return self.owner == client

    def claim(self, client: str, now_s: float) -> bool:
        """Make a page the owner; return whether it was not before."""
        changed = self.owner != client
        if changed:
            self.owner = client
            self.microphone = False
        self.heard_s = now_s
        self.left = self.deserted = False
        return changed
