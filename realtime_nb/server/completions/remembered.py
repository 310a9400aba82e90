"""What recordings said: a conversation that goes on brings its earlier ones with every request.

A recording that is there as a whole is heard as the same words every time, so that what was
understood once need not be heard again.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.server.brain.interface import Recording

MOST: Final = 200
# Half an hour of speech comes to some 30,000.
MOST_CHARACTERS: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Listened:
    """A recording that was heard.

    Parameters
    ----------
    recording
        As a brain sees it.
    failure
        Why nothing could be recognised; empty when it worked.
    """

    recording: Recording
    failure: str


def digest_of(data: str, form: str, expected: Sequence[str]) -> bytes:
    """Return what stands for a recording and for how it is heard.

    Parameters
    ----------
    data
        The recording in base64, as it came.
    form
        Its format as the client says.
    expected
        What the recogniser is told to expect.
    """
    made = hashlib.sha256()
    for text in (data, form, *expected):
        piece = text.encode(errors="surrogatepass")  # it is not checked yet
        # Its length first, so that no other texts make the same bytes.
        made.update(len(piece).to_bytes(8))
        made.update(piece)
    return made.digest()


class Remembered:
    """What the recordings of one server said: those asked for longest ago are let go first.

    Used from the threads that hear.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[bytes, Listened] = {}
        self._characters = 0

    def recall(self, digest: bytes) -> Listened | None:
        """Return what a recording said, where it is known."""
        with self._lock:
            found = self._kept.pop(digest, None)
            if found is not None:
                self._kept[digest] = found  # now the youngest
            return found

    def keep(self, digest: bytes, listened: Listened) -> None:
        """Remember what a recording said."""
        with self._lock:
            before = self._kept.pop(digest, None)
            self._characters += _size(listened) - (_size(before) if before else 0)
            self._kept[digest] = listened
            while len(self._kept) > MOST or self._characters > MOST_CHARACTERS:
                self._characters -= _size(self._kept.pop(next(iter(self._kept))))


def _size(listened: Listened) -> int:
    return len(listened.recording.text)
