"""Barge-in: silence the page, learn what was heard, cut the item at that point.

The page goes silent first; what it answers, samples its playback worklet consumed, says what
was heard. Nothing is guessed from a clock: a page that does not answer within `ANSWER_S` is
taken at its last report.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.bridge.downlink import Downlink, Stream
    from realtime_nb.bridge.view import Message
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.playback import Playback

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
    """

    def __init__(
        self,
        session: RealtimeSession,
        downlink: Downlink,
        playback: Playback,
        send: Callable[[Message], bool],
    ) -> None:
        self._session = session
        self._downlink = downlink
        self._playback = playback
        self._send = send
        self._next_id = 1
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Silence the page at once; items are cut when it has answered.

        Does nothing when nothing is being played.
        """
        streams = self._downlink.streams()
        if not streams:
            return
        number = self._next_id
        self._next_id += 1
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Message] = loop.create_future()
        if not self._send({"kind": "clear", "id": number}):
            self._downlink.drop()
            return
        self._answers[number] = answer
        self._downlink.drop()
        task = loop.create_task(self._cut(number, streams, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def answered(self, message: Message) -> None:
        """Take the page's answer to a `clear`."""
        answer = self._answers.get(message.get("id", 0))
        if answer is not None and not answer.done():
            answer.set_result(message)

    def stop(self) -> None:
        """Give up waiting for answers."""
        for task in self._tasks:
            task.cancel()

    async def _cut(
        self, number: int, streams: list[Stream], answer: asyncio.Future[Message]
    ) -> None:
        latency_ms = 0.0
        try:
            message = await asyncio.wait_for(answer, ANSWER_S)
        except TimeoutError:
            _log.warning("the page did not answer a clear within %s s", ANSWER_S)
        else:
            latency_ms = _latency(message)
            self._count(message, streams)
        finally:
            self._answers.pop(number, None)
        for stream in streams:
            heard_ms = self._playback.heard_ms(stream.key, latency_ms=latency_ms)
            # The service refuses to cut what was never heard; it stays whole in its memory.
            if heard_ms > 0 and not self._was_played_whole(stream):
                item_id, content_index = stream.key
                self._session.truncate(item_id, content_index, heard_ms)

    def _count(self, message: Message, streams: list[Stream]) -> None:
        for entry in message.get("streams", ()):
            for stream in streams:
                if entry.get("stream") == stream.number and isinstance(entry.get("samples"), int):
                    self._playback.play(stream.key, entry["samples"])

    def _was_played_whole(self, stream: Stream) -> bool:
        return stream.ended and self._playback.remaining_ms(stream.key) <= 0


def _latency(message: Message) -> float:
    value: Any = message.get("latency_ms")
    if not isinstance(value, int | float):
        return 0.0
    return min(max(0.0, float(value)), _LONGEST_LATENCY_MS)
