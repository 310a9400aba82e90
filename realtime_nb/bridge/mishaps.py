"""What goes wrong and goes on: lost connections, answers that fail, limits nearly reached.

The session mends a lost connection itself; here it is said, where people look: in the header
while it lasts, and as a line in the transcript when the talk goes on. Sound of the microphone
is taken all the while.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from realtime_nb.bridge.advice import failure_line, restored_line
from realtime_nb.bridge.limits import RateLimits
from realtime_nb.bridge.view import untold
from realtime_nb.protocol.restored.restored import LOST, RESTORED, read_restored
from realtime_nb.protocol.told import as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.bridge.capture import Capture
    from realtime_nb.bridge.feed import Feed
    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.playing.loudspeaker import Loudspeaker
    from realtime_nb.bridge.status import Status
    from realtime_nb.bridge.turns import Turns
    from realtime_nb.bridge.view import PageHandler
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event


class Mishaps:
    """Tells pages of what went wrong, and takes what people choose to do about it.

    Parameters
    ----------
    session
        The session.
    status
        What pages are told of it.
    feed
        The transcript.
    loudspeaker
        What is being played.
    capture
        The microphone.
    turns
        What a user does besides speaking.
    announcer
        The way to the pages.
    loop
        The session's loop.

    Attributes
    ----------
    pages
        What takes a page's messages, by kind.
    events
        What takes the session's events, by type.
    limits
        What the service's rate limits leave.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        session: RealtimeSession,
        status: Status,
        *,
        feed: Feed,
        loudspeaker: Loudspeaker,
        capture: Capture,
        turns: Turns,
        announcer: Announcer,
        loop: BackgroundLoop,
    ) -> None:
        self._session = session
        self._status = status
        self._feed = feed
        self._loudspeaker = loudspeaker
        self._capture = capture
        self._turns = turns
        self.limits = RateLimits(announcer.to_all, loop.loop)
        self.pages: Mapping[str, PageHandler] = {
            "retry": untold(self._retry),
            "end": untold(self._end),
            "ask_again": untold(self._ask_again),
        }
        self.events: Mapping[str, Callable[[Event], None]] = {
            LOST: self._lost,
            RESTORED: self._restored,
            "rate_limits.updated": self.limits.event,
        }

    def state(self, state: str) -> None:
        """Note a new state of the session."""
        if state == "restoring":
            self._status.hold()
        else:
            self._status.release()

    def response_created(self) -> None:
        """Note that an answer is being made: nothing older is asked for again."""
        self._feed.offer(None)

    def response_done(self, event: Event) -> None:
        """Show why an answer failed or is not whole, where it is, and what to do."""
        line = failure_line(event, wait_s=self.limits.wait_s)
        if line is None:
            return
        item_id = _said_in(event)
        if item_id is None:
            item_id = self._feed.line(line, "error")
        else:
            self._feed.remark(item_id, line)
        self._feed.offer(item_id)

    def _lost(self, _event: Event) -> None:
        # What has come is played; what was to follow never comes.
        self._loudspeaker.broken_off()

    def _restored(self, event: Event) -> None:
        told = read_restored(event)
        if told is None:
            return
        if told.dropped_ms > 0:
            self._capture.uplink.renew()
        level, line = restored_line(told)
        self._feed.line(line, level)

    def _retry(self) -> None:
        if self._session.state == "restoring":
            self._session.retry_now()

    def _end(self) -> None:
        # Asking for the outcome takes it: nobody waits for it.
        self._session.close().add_done_callback(lambda done: done.exception())

    def _ask_again(self) -> None:
        self._feed.offer(None)
        self._turns.ask_again()


def _said_in(done: Event) -> str | None:
    """Return the message that a response left behind, None where it left none."""
    told: Any = done.get("response.output")
    for item in reversed(as_list(told)):
        if isinstance(item, dict):
            fields = cast("dict[str, Any]", item)
            item_id = fields.get("id")
            if fields.get("type") == "message" and isinstance(item_id, str):
                return item_id
    return None
