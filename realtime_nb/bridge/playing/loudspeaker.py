"""The owner's loudspeaker: what is on its way to it, and what it says that was heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.bridge.playing.answers import Answers
from realtime_nb.bridge.playing.downlink import Downlink
from realtime_nb.bridge.playing.flow import Flow
from realtime_nb.bridge.playing.interruption import Interruption, latency_of
from realtime_nb.protocol.conversation.playback import Playback
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.playing.stream import Stream
    from realtime_nb.bridge.status import Status
    from realtime_nb.bridge.view import Message
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event


class Loudspeaker:
    """Plays answers and translations in the owner, and stops them.

    Parameters
    ----------
    session
        Whose items are cut.
    status
        Says of which kind the session is, and in which format its sound comes.
    announcer
        The way to the pages.
    loop
        The loop this runs on.
    unheard
        Takes the item of an answer that was stopped before anything of it was heard.

    Attributes
    ----------
    playback
        What of each answer has been received and heard.
    downlink
        What is on its way to the page.
    answers
        Where the sound of answers comes in.
    interruption
        Stops what is heard.
    """

    def __init__(
        self,
        session: RealtimeSession,
        status: Status,
        announcer: Announcer,
        loop: asyncio.AbstractEventLoop,
        *,
        unheard: Callable[[str], None],
    ) -> None:
        self._status = status
        self._announcer = announcer
        self._latency_ms = 0.0
        self.playback = Playback()
        self.downlink = Downlink(announcer.to_owner, loop)
        self.answers = Answers(status, self.playback, self.downlink, unheard)
        self._flow = Flow(self.downlink, loop)
        self.interruption = Interruption(
            session, self.downlink, self.playback, announcer.to_owner, unheard
        )

    @property
    def unplayed_ms(self) -> float:
        """Milliseconds of answers on their way to the page or unplayed in it."""
        return sum(self.playback.remaining_ms(one.key) for one in self.downlink.streams())

    def translate(self, event: Event) -> None:
        """Take one piece of a translation's sound."""
        self._flow.hear(event)

    def end_translation(self) -> None:
        """Note that no more of a translation comes."""
        self._flow.end()

    def broken_off(self) -> None:
        """Note that no answer under way goes on: what has come of it is played to its end."""
        self.answers.broken_off()
        self._flow.end()

    def silence(self) -> None:
        """Have the page play no more of what it has; nothing is cut."""
        self._flow.drop()
        self._announcer.to_owner({"kind": "clear", "id": 0})

    def take_up(self) -> None:
        """Go on in the owner with the answer that a page was playing which is gone.

        What was translated meanwhile is too old.
        """
        if self._status.kind == "realtime":
            self.interruption.take_up()
        else:
            self._flow.drop()

    def pass_on(self) -> None:
        """Have the page that plays fall silent, and go on there in the one that is the owner then.

        To be called while the page that plays is the owner still.
        """
        self.interruption.pass_on()

    def begin_anew(self) -> None:
        """Go on in the owner from where it is: some of what was on its way to it is lost."""
        if not self.interruption.pass_on():
            self._announcer.to_owner({"kind": "clear", "id": 0})

    def edited(self, event: Event) -> None:
        """Play no more of an item than the conversation has of it: it was cut, or deleted."""
        item_id = event.get("item_id")
        if not isinstance(item_id, str):
            return
        if event.type == "conversation.item.deleted":
            self.interruption.cut(item_id)
            return
        index, end_ms = event.get("content_index"), told_ms(event, "audio_end_ms")
        if isinstance(index, int) and end_ms is not None:
            self.interruption.cut(item_id, index, end_ms)

    def stop(self) -> None:
        """Wait for no page any more, and be silent."""
        self.interruption.stop()
        self.silence()

    # -- what is reported: a stream's number is known to the page that plays it, and to one
    # -- that has just lost it to another and says how far it came

    def played(self, message: Message) -> None:
        """Take a report of how far each stream was played."""
        if message.get("streams"):
            self._latency_ms = latency_of(message)
        for entry in message.get("streams", ()):
            stream = self.downlink.played(entry.get("stream"), entry.get("samples"))
            self._reached(stream)

    def drained(self, message: Message) -> None:
        """Take a report that a stream was played to its end."""
        self._reached(self.downlink.drained(message.get("stream")))

    def cleared(self, message: Message) -> None:
        """Take a page's answer to a `clear`."""
        self.interruption.answered(message)

    def _reached(self, stream: Stream | None) -> None:
        if stream is not None:
            self.playback.play(stream.key, stream.position, latency_ms=self._latency_ms)
