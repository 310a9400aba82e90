"""Where a turn ends: at the response that nothing more follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from realtime_nb.client.futures import fail, settle
from realtime_nb.errors import ResponseFailed
from realtime_nb.protocol.told import as_object, as_text

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection

    from realtime_nb.client.core import SessionCore
    from realtime_nb.client.turns.response import Response
    from realtime_nb.errors import RealtimeError
    from realtime_nb.protocol.events import Event


class TurnFollower(Protocol):
    """Knows which responses are followed by others; called on the session's loop."""

    def follow(
        self,
        response: Response,
        resolve: Callable[[Response], None],
        reject: Callable[[RealtimeError], None],
        wanted: Callable[[], bool],
    ) -> None:
        """Give the last response of a turn, with those before it in `Response.before`.

        Parameters
        ----------
        response
            One that has ended just now.
        resolve, reject
            One of them is called, once; at once where nothing follows.
        wanted
            Whether anybody waits for it still.
        """
        ...

    def fail_all(self, make_error: Callable[[], RealtimeError]) -> None:
        """Reject everybody who waits: nothing follows any more."""
        ...


class HasTurnEnd:
    """The part of a session that those who work for an answer need."""

    _core: SessionCore

    @property
    def follower(self) -> TurnFollower | None:
        """What knows where turns end; None where every response is a turn's last."""
        return self._core.follower

    @follower.setter
    def follower(self, follower: TurnFollower | None) -> None:
        self._core.follower = follower

    def will_answer(self, open_calls: Callable[[], Collection[str]]) -> Callable[[], None]:
        """Tell which function calls will be answered; a new session is told of no others.

        Parameters
        ----------
        open_calls
            Returns their ids; called on the session's thread.

        Returns
        -------
        Callable
            Call it to tell no more.
        """
        self._core.open_calls = open_calls

        def undo() -> None:
            if self._core.open_calls is open_calls:
                self._core.open_calls = None

        return undo


def last_of_turn(core: SessionCore, future: asyncio.Future[Response]) -> Callable[[Response], None]:
    """Return what takes a response that has ended, and gives a future the last of its turn."""

    def take(response: Response) -> None:
        if core.follower is None:
            settle(future)(response)
        else:
            core.follower.follow(response, settle(future), fail(future), lambda: not future.done())

    return take


def failure_of(done: Event) -> ResponseFailed | None:
    """Return what a `response.done` of a failed response comes to; None for any other."""
    if done.get("response.status") != "failed":
        return None
    error = as_object(done.get("response.status_details.error"))
    code = as_text(error.get("code")) or as_text(error.get("type"))
    said = error.get("message") or code or "the service gave no reason"
    return ResponseFailed(
        f"the response failed: {said}", code=code, response_id=as_text(done.get("response.id"))
    )
