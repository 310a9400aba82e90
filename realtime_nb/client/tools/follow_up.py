"""Having the model go on, when its time has come and as long as that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.errors import ResponseFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession


class FollowUps:
    """Asks for the responses that a `CallLedger` wants.

    Parameters
    ----------
    session
        The session.
    loop
        Its loop.
    wants
        Whether the follow-up of a number is still wanted.
    over
        Called on the session's thread with the number of each that came to nothing.
    notice
        Tells people, in one line, why.
    """

    def __init__(
        self,
        session: RealtimeSession,
        loop: BackgroundLoop,
        *,
        wants: Callable[[int], bool],
        over: Callable[[int], None],
        notice: Callable[[str], None],
    ) -> None:
        self._session = session
        self._loop = loop
        self._wants = wants
        self._over = over
        self._notice = notice

    def ask(self, number: int, instructions: str = "") -> None:
        """Ask for a follow-up, with instructions of its own or the session's.

        It waits until no response is active.
        """
        own = {"instructions": instructions} if instructions else {}
        call = self._session.respond_if(lambda: self._wants(number), **own)
        call.add_done_callback(lambda done: self._loop.post(self._done, number, done.exception()))

    def _done(self, number: int, error: BaseException | None) -> None:
        # A response that failed is told of by its own event.
        told = error is None or isinstance(error, ResponseFailed)
        if not told and self._session.state == "open":
            self._notice(f"the model could not be asked to go on: {error}")
        self._over(number)
