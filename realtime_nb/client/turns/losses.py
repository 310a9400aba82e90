"""What becomes of requests for responses when the connection that they went out on is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Container

    from realtime_nb.client.turns.turn import Turn
    from realtime_nb.errors import RealtimeError


class HasLosses:
    """The part of a `ResponseSequencer` that outlives connections."""

    _queue: deque[Turn]
    _asked: Turn | None
    _beside: list[Turn]
    _running: dict[str, Turn]
    _again: list[Turn]
    _held: bool
    _service_begins: bool
    active: str | None

    def fail_all(self, make_error: Callable[[], RealtimeError]) -> None:
        """Reject every request: the connection is gone."""
        turns = [*self._queue, *self._again, *self._beside, *self._running.values()]
        if self._asked is not None:
            turns.append(self._asked)
        self._queue.clear()
        self._again.clear()
        self._beside.clear()
        self._running.clear()
        self._asked = self.active = None
        self._unpause()
        for turn in turns:
            self._reject(turn, make_error())
        self._tell_watchers(None)

    def missed(self, make_error: Callable[[], RealtimeError], unsent: Container[str]) -> None:
        """Reject what was under way while nobody listened; what waits for its turn goes on.

        Parameters
        ----------
        make_error
            Makes what each is rejected with.
        unsent
            Ids of the events that have not left yet.
        """
        asked = [] if self._asked is None else [self._asked]
        away = [turn for turn in (*asked, *self._beside) if turn.event_id not in unsent]
        for turn in (*away, *self._running.values()):
            self._reject(turn, make_error())
        self._running.clear()
        self.active = None
        self._tell_watchers(None)
        self._resume()

    def suspend(
        self,
        make_error: Callable[[], RealtimeError],
        unsent: Container[str],
        has_come: Callable[[str], bool],
    ) -> None:
        """Send no requests until `resume`: the connection is gone, and another will come.

        Parameters
        ----------
        make_error
            Makes what those are rejected with whose answer had begun.
        unsent
            Ids of the events that have not left yet; they leave when they can.
        has_come
            Whether anything of a response is in the conversation.
        """
        self._unpause()
        self._held = True
        asked = [] if self._asked is None else [self._asked]
        under_way = [*self._running.values(), *asked, *self._beside]
        self._running.clear()
        self.active = None
        self._service_begins = False
        for turn in under_way:
            if turn.response_id is None and turn.event_id in unsent:
                continue
            rid = turn.response_id
            begun = bool(turn.deltas) or (rid is not None and has_come(rid))
            self._unbind(turn)
            self._forget(turn)
            if begun or turn.again or turn.settled:
                self._reject(turn, make_error())
            else:
                turn.again = True
                self._again.append(turn)
        self._tell_watchers(None)

    def resume(self) -> bool:
        """Go on, in a new session; return whether anything was asked for again."""
        again, self._again = self._again, []
        self._held = False
        self._queue.extendleft(reversed([turn for turn in again if not turn.out_of_band]))
        for turn in again:
            if turn.out_of_band and turn.wanted():
                self._beside.append(turn)
                self._send(turn)
        self._pump()
        return bool(again)

    # -- what the sequencer does

    def _send(self, turn: Turn) -> None:
        raise NotImplementedError

    def _pump(self) -> None:
        raise NotImplementedError

    def _resume(self) -> None:
        raise NotImplementedError

    def _unpause(self) -> None:
        raise NotImplementedError

    def _unbind(self, turn: Turn) -> None:
        raise NotImplementedError

    def _reject(self, turn: Turn, error: RealtimeError) -> None:
        raise NotImplementedError

    def _forget(self, turn: Turn, *, strike: bool = True) -> None:
        raise NotImplementedError

    def _tell_watchers(self, response_id: str | None) -> None:
        raise NotImplementedError
