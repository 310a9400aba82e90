"""Who is told: listeners that come and go from any thread and cannot do harm."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Generic, ParamSpec

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
_LOG = logging.getLogger("realtime_nb.client")


class _Seat(Generic[P]):
    """One subscription; the same function may hold several."""

    __slots__ = ("failed", "listener")

    def __init__(self, listener: Callable[P, object]) -> None:
        self.listener = listener
        self.failed = False


class Listeners(Generic[P]):
    """Functions to be called, in the order they came.

    A listener that raises is reported in the log, the first time, and stays; the others
    and the session are not disturbed.
    """

    def __init__(self) -> None:
        # Replaced, never changed: a call under way goes through the tuple it began with.
        self._seats: tuple[_Seat[P], ...] = ()

    def __len__(self) -> int:
        return len(self._seats)

    def add(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Add a listener; return the function that removes it, once or more often."""
        seat = _Seat(listener)
        self._seats = (*self._seats, seat)

        def remove() -> None:
            self._seats = tuple(other for other in self._seats if other is not seat)

        return remove

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call every listener."""
        for seat in self._seats:
            try:
                seat.listener(*args, **kwargs)
            except BaseException:  # noqa: BLE001 -- that is what this class is for; sys.exit() too
                if not seat.failed:
                    _LOG.exception("a listener of the session failed; it stays subscribed")
                seat.failed = True
