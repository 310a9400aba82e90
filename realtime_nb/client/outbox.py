"""What waits to be sent: in order, from any thread, bounded in bytes of sound.

The policy: everything leaves in the order it was put in, so that a commit never overtakes
the sound it commits. Sound is dropped when 2 MiB of it wait already (the newest first:
what waits was spoken before it, and a hole in the middle would be worse than a cut).
Events are never dropped.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final, TypeAlias, Union

if TYPE_CHECKING:
    from realtime_nb.client.outgoing import Prepared

MAX_AUDIO_BYTES: Final = 2 * 2**20

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
        self._lock = threading.Lock()
        self._max_audio_bytes = max_audio_bytes
        self._audio_bytes = 0
        self._news_due = False
        self.dropped_audio_bytes = 0

    @property
    def audio_bytes(self) -> int:
        """Sound that waits, in bytes."""
        return self._audio_bytes

    def __len__(self) -> int:
        return len(self._entries)

    def put_audio(self, pcm: bytes) -> bool:
        """Put sound at the end; False, and counted, when there is no room for it."""
        with self._lock:
            if self._audio_bytes + len(pcm) > self._max_audio_bytes:
                self.dropped_audio_bytes += len(pcm)
                return False
            self._audio_bytes += len(pcm)
            self._entries.append(pcm)
            return True

    def drop(self, pcm: bytes) -> None:
        """Count sound that cannot be sent at all."""
        with self._lock:
            self.dropped_audio_bytes += len(pcm)

    def put(self, event: Prepared) -> None:
        """Put an event at the end."""
        with self._lock:
            self._entries.append(event)

    def take(self) -> Entry | None:
        """Remove and return what is first; None when there is nothing."""
        with self._lock:
            if not self._entries:
                return None
            entry = self._entries.popleft()
            if isinstance(entry, bytes):
                self._audio_bytes -= len(entry)
            return entry

    def clear(self) -> None:
        """Throw away what waits; its sound counts as dropped."""
        with self._lock:
            self.dropped_audio_bytes += self._audio_bytes
            self._audio_bytes = 0
            self._entries.clear()

    def ring(self) -> bool:
        """Whether the taker is to be told; False while it has been told and not come yet."""
        with self._lock:
            due, self._news_due = not self._news_due, True
            return due

    def answered(self) -> None:
        """Note that the taker has come: the next `ring` is to tell it again."""
        with self._lock:
            self._news_due = False
