"""Who is told of what happens in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.core import SessionCore
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.errors import ServerError
    from realtime_nb.protocol.cost.meter import Total
    from realtime_nb.protocol.log.event_log import Record


class HasListeners:
    """The part of a session that tells; all of it on the session's thread."""

    _core: SessionCore

    def _running_loop(self) -> BackgroundLoop:
        raise NotImplementedError

    def interrupted(self) -> None:
        """Say that the user has stopped what is under way, whether or not a response is.

        It tells those who work for the answer, see `on_interrupted`; nothing is sent.
        """
        self._running_loop().post(self._core.interruptions.tell)

    def on_interrupted(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Have `listener` called on the session's thread with each `interrupted`."""
        return self._core.interruptions.add(listener)

    def subscribe(self, listener: Callable[[Record, frozenset[str]], object]) -> Callable[[], None]:
        """Have `listener` called for every event sent and received.

        Parameters
        ----------
        listener
            Called on the session's thread with the record and the ids of the items it
            changed, after the conversation has taken it in. It must not wait. What it
            raises is logged and does no harm.

        Returns
        -------
        Callable
            Call it to unsubscribe.
        """
        return self._core.records.add(listener)

    def on_stray(self, listener: Callable[[ServerError], object]) -> Callable[[], None]:
        """Call `listener` with each error of the service that belongs to no call.

        Races that are normal and errors that end the session are left out. As `subscribe`.
        """
        return self._core.strays.add(listener)

    def on_state(self, listener: Callable[[str], object]) -> Callable[[], None]:
        """Have `listener` called on the session's thread with each new state.

        Returns
        -------
        Callable
            Call it to unsubscribe.
        """
        return self._core.states.add(listener)

    def on_cost(self, listener: Callable[[Total], object]) -> Callable[[], None]:
        """Have `listener` called on the session's thread when what is spent, or may be, changes.

        Returns
        -------
        Callable
            Call it to unsubscribe.
        """
        return self._core.budget.changed.add(listener)
