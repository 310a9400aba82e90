"""Messages in order and each once, whichever way they came.

Each direction numbers its messages from 1. Within one carrier they keep their order; when
talk moves from one to the other, messages come early, late or twice. The receiver delivers
them by number; the sender keeps what the fast path has not confirmed and sends it again over
the comm when the fast path is lost. What goes over the comm is not kept: should that lose any
(its own network may break), one is missing, and the page begins anew.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from realtime_nb.bridge.view import Buffers, Message

T = TypeVar("T")

MAX_EARLY: Final = 2_000
MAX_EARLY_BYTES: Final = 32 * 2**20
MAX_UNCONFIRMED_BYTES: Final = 16 * 2**20
MAX_UNCONFIRMED: Final = 10_000


class Inbox(Generic[T]):
    """Delivers by number.

    Attributes
    ----------
    last
        The number of the newest message delivered.
    """

    def __init__(self) -> None:
        self.last = 0
        self._early: dict[int, tuple[T, int]] = {}
        self._early_bytes = 0

    @property
    def waiting(self) -> int:
        """How many wait for one that has not come."""
        return len(self._early)

    def take(self, number: int, message: T, size: int = 0) -> list[T]:
        """Take one message of so many bytes; return those that are due now, in order.

        Raises
        ------
        OverflowError
            When more than `MAX_EARLY`, or `MAX_EARLY_BYTES`, wait for one that does not come.
        """
        if number <= self.last:
            return []
        if number == self.last + 1 and not self._early:
            self.last = number
            return [message]
        if number not in self._early:
            self._early[number] = message, size
            self._early_bytes += size
        due: list[T] = []
        while (following := self._early.pop(self.last + 1, None)) is not None:
            self.last += 1
            self._early_bytes -= following[1]
            due.append(following[0])
        if len(self._early) > MAX_EARLY or self._early_bytes > MAX_EARLY_BYTES:
            raise OverflowError("a message is missing")
        return due


class Kept(NamedTuple):
    """A message that was not confirmed yet."""

    number: int
    message: Message
    buffers: Buffers
    size: int
    sent_s: float


class Outbox:
    """Numbers messages, and keeps those that the fast path has not confirmed."""

    def __init__(self) -> None:
        self._last = 0
        self._kept: deque[Kept] = deque()
        self._bytes = 0

    def number(self) -> int:
        """Return the next message's number."""
        self._last += 1
        return self._last

    def keep(
        self, number: int, message: Message, buffers: Buffers, size: int, now_s: float
    ) -> bool:
        """Keep a message until it is confirmed; return whether there was room."""
        if len(self._kept) >= MAX_UNCONFIRMED or self._bytes + size > MAX_UNCONFIRMED_BYTES:
            return False
        self._kept.append(Kept(number, message, buffers, size, now_s))
        self._bytes += size
        return True

    def confirm(self, number: int) -> None:
        """Forget messages up to `number`."""
        while self._kept and self._kept[0].number <= number:
            self._bytes -= self._kept.popleft().size

    def oldest_s(self) -> float | None:
        """Return when the oldest unconfirmed message was sent, None when there is none."""
        return self._kept[0].sent_s if self._kept else None

    def unconfirmed(self) -> list[Kept]:
        """Return what is not confirmed, in order."""
        return list(self._kept)

    def clear(self) -> None:
        """Forget what is not confirmed: it went another way."""
        self._kept.clear()
        self._bytes = 0
