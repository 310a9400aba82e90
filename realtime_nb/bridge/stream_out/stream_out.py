"""Sound that grows, on its way to the pages that play it: who is sent which samples next.

Each page says from which sample on it wants the sound, and up to which: it keeps so much and no
more. Of that at most `AHEAD_S` seconds are under way that it has not said it has. A page that
says nothing is sent nothing, so whoever feeds the sound waits for nobody.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from realtime_nb.bridge.frames import RATE

if TYPE_CHECKING:
    from collections.abc import Iterator

AHEAD_S: Final = 10.0
"""Seconds of sound that may be under way to one page (480 kB)."""
PIECE_S: Final = 1.0
"""Seconds of sound in one message at most (48 kB)."""
MAX_PAGES: Final = 8
"""Pages that are followed; of more, the one that was heard of longest ago is forgotten."""

STALE_S: Final = 4.0
"""A page says once a second that it plays: silent for so long, it is gone."""

_AHEAD: Final = round(AHEAD_S * RATE)
_PIECE: Final = round(PIECE_S * RATE)
_SAMPLE_BYTES: Final = 2


class Growing(Protocol):
    """Sound that is appended to while it is read: PCM16, mono, 24 kHz."""

    def __len__(self) -> int:
        """How many bytes there are by now."""
        ...

    def read(self, start_byte: int, n: int, /) -> bytes:
        """Return at most `n` bytes from `start_byte` on."""
        ...


class Piece(NamedTuple):
    """One message of sound.

    Attributes
    ----------
    client
        The page it is for.
    run
        Which of the page's wishes it answers.
    offset
        Its first sample, counted from the beginning of the sound.
    pcm
        PCM16, little endian, mono, 24 kHz.
    """

    client: str
    run: int
    offset: int
    pcm: bytes


@dataclass(slots=True)
class _Page:
    run: int = -1
    sent: int = 0
    got: int = 0
    until: int = 0


@dataclass
class StreamOut:
    """Deals a growing sound out to pages; from any thread.

    Attributes
    ----------
    player
        The page that plays without being asked: the first that came, until it leaves.
    played
        Up to which sample that page has played.
    playing
        Whether it plays, as it said last; one that was paused does not begin in another page.
    """

    player: str | None = None
    played: int = 0
    playing: bool = True
    _waits: bool = False
    _heard_s: float = 0.0
    _sound: Growing | None = None
    _whole: bool = False
    _pages: dict[str, _Page] = field(default_factory=dict[str, _Page])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def total(self) -> int | None:
        """How many samples the sound has; None while it grows."""
        return self._length() if self._whole else None

    def feed(self, sound: Growing) -> None:
        """Take the sound, or hear that it has grown."""
        self._sound = sound

    def finish(self) -> None:
        """Hear that the sound will not grow any more."""
        self._whole = True

    def hello(self, client: str, now_s: float) -> tuple[bool, int]:
        """Take in a page, at `now_s` seconds on the caller's clock.

        Returns
        -------
        tuple
            Whether it is the one to play without being asked, and from which sample on.
        """
        with self._lock:
            self._page(client)
            if self.playing and now_s - self._heard_s > STALE_S:
                self.player = None
            if self.player is None:
                self.player, self._heard_s = client, now_s
            return self.player == client, self.played

    def want(self, client: str, run: int, start: int, until: int) -> None:
        """Send the page the samples from `start` up to `until`, as an answer to its wish `run`."""
        with self._lock:
            page = self._page(client)
            page.run, page.sent, page.got, page.until = run, start, start, until

    def ack(self, client: str, run: int, got: int, until: int) -> None:
        """Hear what a page has, and how much more it takes (in samples)."""
        with self._lock:
            page = self._pages.get(client)
            if page is None or page.run != run:
                return
            page.got = max(page.got, min(got, page.sent))
            page.until = until

    def hear(
        self, client: str, played: int, now_s: float, *, playing: bool, waits: bool = False
    ) -> None:
        """Hear how far a page has played (in samples), and whether it goes on."""
        with self._lock:
            if client == self.player:
                self.played, self.playing, self._heard_s = played, playing, now_s
                self._waits = waits

    def waits(self, now_s: float) -> bool:
        """Whether that page says that it plays when other sound of it is over."""
        return self._waits and now_s - self._heard_s <= STALE_S

    def leave(self, client: str) -> None:
        """Forget a page; the next that says hello may play."""
        with self._lock:
            self._pages.pop(client, None)
            if self.player == client:
                self.player, self._waits = None, False

    def pieces(self) -> Iterator[Piece]:
        """Yield what may be sent now, page by page."""
        with self._lock:
            clients = list(self._pages)
        for client in clients:
            while (piece := self._next(client)) is not None:
                yield piece

    def _next(self, client: str) -> Piece | None:
        sound = self._sound
        with self._lock:
            page = self._pages.get(client)
            if page is None or sound is None:
                return None
            end = min(self._length(), page.until, page.got + _AHEAD)
            count = min(end - page.sent, _PIECE)
            if count <= 0:
                return None
            run, start = page.run, page.sent
            page.sent += count
        pcm = sound.read(_SAMPLE_BYTES * start, _SAMPLE_BYTES * count)
        return Piece(client, run, start, pcm)

    def _length(self) -> int:
        return 0 if self._sound is None else len(self._sound) // _SAMPLE_BYTES

    def _page(self, client: str) -> _Page:
        """Return what is known of a page, as the one that was heard of last."""
        page = self._pages.pop(client, None) or _Page()
        self._pages[client] = page
        while len(self._pages) > MAX_PAGES:
            gone = next(iter(self._pages))
            del self._pages[gone]
            if self.player == gone:
                self.player = None
        return page
