"""What waits to be sent: in order, from any thread, bounded in bytes of sound.

The policy: everything leaves in the order it was put in, so that a commit never overtakes
the sound it commits. Sound is dropped when 2 MiB of it wait already (the newest first:
what waits was spoken before it, and a hole in the middle would be worse than a cut).
Events are never dropped; when 64 MiB of them wait, the next one is refused.

While a connection is being restored the outbox holds: nothing is taken from it, its bound is
the one given to `hold`, and past that the oldest sound goes: what was said last counts. A commit
whose sound has gone goes with it, and `emptied` names it.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final, TypeAlias, Union

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.client.outgoing import Prepared

MAX_AUDIO_BYTES: Final = 2 * 2**20
MAX_EVENT_BYTES: Final = 64 * 2**20
"""Bytes of events that may wait; one alone may be larger."""

COMMIT: Final = "input_audio_buffer.commit"
CLEAR: Final = "input_audio_buffer.clear"

Entry: TypeAlias = Union[bytes, "Prepared"]
"""Sound, or an event ready to be sent."""


class Outbox:
    """A queue of sound and events.

    Parameters
    ----------
    max_audio_bytes
        How much sound may wait, in bytes.

    Attributes
    ----------
    dropped_audio_bytes
        Sound refused so far, in bytes.
    """

    def __init__(self, max_audio_bytes: int = MAX_AUDIO_BYTES) -> None:
        self._entries: deque[Entry] = deque()
        # What goes out before all that; and whether what was taken last was of it.
        self._first: deque[Entry] = deque()
        self._took_first = False
        self._lock = threading.Lock()
        self._max_audio_bytes = max_audio_bytes
        self._audio_bytes = 0
        self._event_bytes = 0
        self._news_due = False
        self._held_bytes: int | None = None
        self._emptied: list[str] = []
        self.dropped_audio_bytes = 0

    @property
    def audio_bytes(self) -> int:
        """Sound that waits, in bytes."""
        return self._audio_bytes

    def __len__(self) -> int:
        return len(self._first) + len(self._entries)

    def put_audio(self, pcm: bytes) -> bool:
        """Put sound at the end; False, and counted, when there is no room for it."""
        with self._lock:
            if self._held_bytes is None and self._audio_bytes + len(pcm) > self._max_audio_bytes:
                self.dropped_audio_bytes += len(pcm)
                return False
            self._audio_bytes += len(pcm)
            self._entries.append(pcm)
            if self._held_bytes is not None:
                self._drop_oldest(self._held_bytes)
            return True

    def hold(self, most_bytes: int) -> None:
        """Keep what comes, and at most so much sound of it: the newest."""
        with self._lock:
            self._held_bytes = most_bytes
            self._drop_oldest(most_bytes)

    def keep_newest(self, most_bytes: int) -> None:
        """Drop the oldest sound that waits until no more than so much is left."""
        with self._lock:
            self._drop_oldest(most_bytes)

    def drop_turns(self) -> None:
        """Drop the turns that wait and were ended by hand: each commit, and the sound before it."""
        with self._lock:
            entries, self._entries = self._entries, deque[Entry]()
            left = sum(_commits(one) for one in entries)
            for one in entries:
                if isinstance(one, bytes) and left:
                    self._audio_bytes -= len(one)
                    self.dropped_audio_bytes += len(one)
                elif not isinstance(one, bytes) and _commits(one):
                    left -= 1
                    self._count(one, -1)
                    self._emptied.append(str(one.event.event_id))
                else:
                    self._entries.append(one)

    def emptied(self) -> list[str]:
        """Return the ids of the commits that were dropped with their sound, once each."""
        with self._lock:
            emptied, self._emptied = self._emptied, []
            return emptied

    def let_go(self, first: Iterable[Entry] = ()) -> None:
        """Hold no more; put `first` before all that waits, whatever the bound."""
        with self._lock:
            self._held_bytes = None
            entries = list(first)
            for one in entries:
                self._count(one, 1)
            self._first.extend(entries)

    def take_back(self) -> list[Entry]:
        """Remove and return what `let_go` was given and nobody has taken."""
        with self._lock:
            left = list(self._first)
            self._first.clear()
            for one in left:
                self._count(one, -1)
            return left

    def put_back(self, entry: Entry) -> None:
        """Put what was taken last, and could not be sent, where it was."""
        with self._lock:
            self._count(entry, 1)
            (self._first if self._took_first else self._entries).appendleft(entry)

    def _drop_oldest(self, most_bytes: int) -> None:
        while self._audio_bytes > most_bytes:
            place, oldest = next(
                (place, one) for place, one in enumerate(self._entries) if isinstance(one, bytes)
            )
            del self._entries[place]
            self._audio_bytes -= len(oldest)
            self.dropped_audio_bytes += len(oldest)
            while place < len(self._entries):
                one = self._entries[place]
                if isinstance(one, bytes):
                    break
                if _commits(one):
                    del self._entries[place]
                    self._count(one, -1)
                    self._emptied.append(str(one.event.event_id))
                    break
                place += 1

    def drop(self, pcm: bytes) -> None:
        """Count sound that cannot be sent at all."""
        with self._lock:
            self.dropped_audio_bytes += len(pcm)

    def put(self, event: Prepared) -> None:
        """Put an event at the end.

        Raises
        ------
        UsageError
            When more than `MAX_EVENT_BYTES` would wait: the service does not read.
        """
        with self._lock:
            waits = self._event_bytes
            if waits and waits + len(event.frame) > MAX_EVENT_BYTES:
                raise UsageError(
                    f"{event.event.type} is not sent: {waits / 2**20:.0f} MiB of events wait"
                    " already, and the service does not take them; try again later"
                )
            self._count(event, 1)
            self._entries.append(event)

    def _count(self, entry: Entry, sign: int) -> None:
        if isinstance(entry, bytes):
            self._audio_bytes += sign * len(entry)
        else:
            self._event_bytes += sign * len(entry.frame)

    def take(self) -> Entry | None:
        """Remove and return what is first; None when there is nothing."""
        with self._lock:
            self._took_first = bool(self._first)
            entries = self._first or self._entries
            if not entries:
                return None
            entry = entries.popleft()
            self._count(entry, -1)
            return entry

    def event_ids(self) -> frozenset[str]:
        """Return the ids of the events that wait."""
        with self._lock:
            entries = (*self._first, *self._entries)
        return frozenset(
            str(entry.event.event_id) for entry in entries if not isinstance(entry, bytes)
        )

    def clear(self) -> None:
        """Throw away what waits; its sound counts as dropped."""
        with self._lock:
            self.dropped_audio_bytes += self._audio_bytes
            self._audio_bytes = 0
            self._event_bytes = 0
            self._held_bytes = None
            self._first.clear()
            self._entries.clear()
            self._emptied.clear()

    def ring(self) -> bool:
        """Whether the taker is to be told; False while it has been told and not come yet."""
        with self._lock:
            due, self._news_due = not self._news_due, True
            return due

    def answered(self) -> None:
        """Note that the taker has come: the next `ring` is to tell it again."""
        with self._lock:
            self._news_due = False


def _commits(entry: Entry) -> bool:
    return not isinstance(entry, bytes) and entry.event.type == COMMIT
