"""Barge-in: silence the page, learn what was heard, cut the item at that point.

The page goes silent first; what it answers, samples its playback worklet consumed, says what
was heard. Nothing is guessed from a clock: a page that does not answer within `ANSWER_S` is
taken at its last report. Where another page takes over, or comes for one that is gone, that one
goes on from there.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.told import as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from realtime_nb.bridge.playing.downlink import Downlink
    from realtime_nb.bridge.playing.stream import Stream
    from realtime_nb.bridge.view import Message
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.conversation.playback import Playback

ANSWER_S: Final = 1.0

_LONGEST_LATENCY_MS: Final = 1_000.0

_log = logging.getLogger(__name__)


class Interruption:
    """Stops what is being heard.

    Parameters
    ----------
    session
        Whose items are cut.
    downlink
        What is on its way to the page.
    playback
        What has been heard.
    send
        Sends a message to the page that plays; false when there is none.
    unheard
        Takes the item of an answer that was stopped before anything of it was heard.
    """

    def __init__(
        self,
        session: RealtimeSession,
        downlink: Downlink,
        playback: Playback,
        send: Callable[[Message], bool],
        unheard: Callable[[str], None],
    ) -> None:
        self._session = session
        self._downlink = downlink
        self._playback = playback
        self._send = send
        self._unheard = unheard
        self._next_id = 1
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._after: list[Callable[[], None]] = []
        # While one page hands over to another: what of it is to be cut after all.
        self._moving: list[Stream] | None = None

    @property
    def due(self) -> bool:
        """Whether there is sound to stop."""
        return self._downlink.active

    def start(self) -> None:
        """Silence the page at once; items are cut when it has answered.

        Does nothing when nothing is being played.
        """
        streams = self._downlink.streams()
        if not streams:
            return
        if self._moving is not None:
            # The page that played it is silent already, and says how far it came.
            self._moving += streams
        elif (number := self._ask()) is not None:
            self._run(self._cut(number, streams))
        self._downlink.drop()

    def pass_on(self) -> bool:
        """Silence the page that plays; when it has answered, the owner goes on from there.

        The sound lies here until it is played, so what one page has not played, another can.

        Returns
        -------
        bool
            Whether a page was asked; false where there is nothing to pass on.
        """
        streams = self._downlink.streams()
        if not streams or self._moving is not None or (number := self._ask()) is None:
            return False
        self._moving = []
        self._downlink.hold()
        self._run(self._move(number, streams))
        return True

    def cut(self, item_id: str, content_index: int | None = None, end_ms: float = 0.0) -> None:
        """Play nothing of an item past where it was cut, or at all; what else there is goes on.

        The page has sound ahead of what is heard, so it is silenced and goes on from there.
        """
        end = int(end_ms * self._playback.rate / 1000)
        if self._downlink.cut(item_id, content_index, end):
            self.pass_on()

    def take_up(self) -> None:
        """Go on in the owner where the page before it reported last: that one is gone."""
        if self._moving is None:
            self._downlink.release()

    def when_cut(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when no cut waits for the page, in the order of asking.

        What follows an interruption is then answered knowing what was heard.
        """
        if self._tasks:
            self._after.append(callback)
        else:
            callback()

    def answered(self, message: Message) -> None:
        """Take the page's answer to a `clear`."""
        answer = self._answers.get(message.get("id", 0))
        if answer is not None and not answer.done():
            answer.set_result(message)

    def stop(self) -> None:
        """Give up waiting for answers."""
        for task in self._tasks:
            task.cancel()
        self._after.clear()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            after, self._after = self._after, []
            for callback in after:
                callback()

    def _ask(self) -> int | None:
        """Have the page fall silent; return under which number it answers, None without one."""
        number = self._next_id
        self._next_id += 1
        if not self._send({"kind": "clear", "id": number}):
            return None
        self._answers[number] = asyncio.get_running_loop().create_future()
        return number

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def _cut(self, number: int, streams: list[Stream]) -> None:
        latency_ms = await self._hear(number, streams)
        for stream in streams:
            self._truncate(stream, latency_ms)

    async def _move(self, number: int, streams: list[Stream]) -> None:
        try:
            latency_ms = await self._hear(number, streams)
        finally:
            cut, self._moving = self._moving or [], None
        for stream in cut:
            self._truncate(stream, latency_ms)
        self._downlink.release()

    async def _hear(self, number: int, streams: list[Stream]) -> float:
        """Wait for what the page says that was heard; return its output latency."""
        try:
            message = await asyncio.wait_for(self._answers[number], ANSWER_S)
        except TimeoutError:
            # A slow page; the cut is where it last said that it was, which is no failure.
            _log.info(
                "the page did not say within %s s how far it had played: "
                "the answer is cut where it last reported",
                ANSWER_S,
            )
            return 0.0
        finally:
            self._answers.pop(number, None)
        latency_ms = latency_of(message)
        self._count(message, streams, latency_ms)
        return latency_ms

    def _truncate(self, stream: Stream, latency_ms: float) -> None:
        heard_ms = self._playback.heard_ms(stream.key, latency_ms=latency_ms)
        end = self._downlink.cuts.end(stream.key)
        if end is not None and heard_ms * self._playback.rate >= 1000 * end:
            return  # it was cut there, or deleted, while it was heard
        # The service refuses to cut what was never heard; it stays whole in its memory.
        if not self._playback.heard(stream.key[0], latency_ms=latency_ms):
            self._unheard(stream.key[0])
        elif heard_ms > 0 and not self._was_played_whole(stream):
            call = self._session.truncate(*stream.key, heard_ms)
            call.add_done_callback(lambda done: self._not_cut(done.exception()))

    def _not_cut(self, error: BaseException | None) -> None:
        # The races that are normal here are no failures of the call.
        if error is not None and self._session.state == "open":
            _log.warning("an answer that was interrupted could not be cut: %s", error)

    def _count(self, message: Message, streams: list[Stream], latency_ms: float) -> None:
        reported = message.get("streams")
        entries = as_list(reported)
        for fields in (cast("Message", entry) for entry in entries if isinstance(entry, dict)):
            for stream in streams:
                if fields.get("stream") == stream.number:
                    stream.reached(fields.get("samples"))
                    self._playback.play(stream.key, stream.position, latency_ms=latency_ms)

    def _was_played_whole(self, stream: Stream) -> bool:
        return stream.ended and self._playback.remaining_ms(stream.key) <= 0


def latency_of(message: Message) -> float:
    """Return how long the page says that sound takes from its worklet to the ear, in ms."""
    value: Any = message.get("latency_ms")
    if not isinstance(value, int | float):
        return 0.0
    return min(max(0.0, float(value)), _LONGEST_LATENCY_MS)
