"""The sound of answers: decoded, counted as received, and sent on to the page that plays."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge.codec import Decoder
from realtime_nb.bridge.playing.holding import Holding
from realtime_nb.protocol.bounded import BoundedDict

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.bridge.playing.downlink import Downlink
    from realtime_nb.bridge.status import Status
    from realtime_nb.protocol.conversation.playback import PartKey, Playback
    from realtime_nb.protocol.events import Event

_SILENCED_KEPT: Final = 16
_OPEN_KEPT: Final = 64  # parts that a service never ended


class Answers:
    """Takes the sound events of answers.

    Parameters
    ----------
    status
        Says in which format the sound comes.
    playback
        What of each answer has been received and heard.
    downlink
        The way to the page.
    unheard
        Takes the item of an answer that was stopped before anything of it was heard.

    Attributes
    ----------
    holding
        Keeps the sound of answers that may not be heard yet.
    """

    def __init__(
        self,
        status: Status,
        playback: Playback,
        downlink: Downlink,
        unheard: Callable[[str], None],
    ) -> None:
        self.holding = Holding(downlink)
        self._unheard = unheard
        self._status = status
        self._playback = playback
        self._downlink = downlink
        # The parts that have not ended, and the response that each is of.
        self._open: BoundedDict[PartKey, tuple[Decoder, Any]] = BoundedDict(_OPEN_KEPT)
        self._silenced: deque[str] = deque(maxlen=_SILENCED_KEPT)
        self._silence_next = False

    def silence(self, response_id: str | None) -> None:
        """Play nothing more of a response: it was stopped, and the service may not know yet.

        None stands for the one that was asked for and has not begun, until `go_on`.
        """
        if response_id is not None:
            self._silenced.append(response_id)
            for item_id in self.holding.drop(response_id):
                self._unheard(item_id)
        else:
            self._silence_next = True

    def go_on(self) -> None:
        """Note that what was asked for and stopped before it began is over, or never began."""
        self._silence_next = False

    def begun(self, response_id: Any) -> None:
        """Note that a response has begun."""
        if self._silence_next and isinstance(response_id, str):
            self._silence_next = False
            self._silenced.append(response_id)

    def over(self, response_id: Any, *, wanted: bool) -> None:
        """Note that a response has ended: one that was broken off never ends its parts."""
        for key in [key for key, (_, of) in self._open.items() if of == response_id]:
            self._end(key, wanted=wanted)

    def broken_off(self) -> None:
        """Note that the connection is gone: no answer under way goes on, nor begins."""
        self._silence_next = False
        for key in [*self._open]:
            self._end(key, wanted=False)

    def take(self, event: Event, *, wanted: bool) -> None:
        """Take one ``response.output_audio.delta`` or ``.done``.

        Parameters
        ----------
        event
            The event.
        wanted
            Whether there is a page to play it; without one the sound is only counted.
        """
        key = _key(event.get("item_id"), event.get("content_index", 0))
        if key is None:
            return
        if not event.type.endswith(".delta"):
            self._end(key, wanted=wanted)
        elif event.audio:
            response_id = event.get("response_id")
            if response_id in self._silenced:
                self._downlink.shut(key)
                if wanted and not self._playback.received(key):
                    self._unheard(key[0])
            pcm = self._decoder(key, response_id)(event.audio)
            self._hear(key, response_id, pcm, wanted=wanted)

    def _decoder(self, key: PartKey, response_id: Any) -> Decoder:
        if key not in self._open:
            self._open[key] = Decoder(self._status.format("output")), response_id
        return self._open[key][0]

    def _hear(self, key: PartKey, response_id: Any, pcm: bytes, *, wanted: bool) -> None:
        before = self._playback.received(key)
        self._playback.receive(key, len(pcm) // 2)
        if wanted:
            self.holding.add(response_id, key, pcm, before=before)

    def _end(self, key: PartKey, *, wanted: bool) -> None:
        decoder, response_id = self._open.pop(key, (None, None))
        if decoder is not None and (rest := decoder.rest()):
            self._hear(key, response_id, rest, wanted=wanted)
        self.holding.end(response_id, key)


def _key(item_id: Any, content_index: Any) -> PartKey | None:
    """Return the content part that an event names, None when it names none."""
    if isinstance(item_id, str) and isinstance(content_index, int):
        return item_id, content_index
    return None
