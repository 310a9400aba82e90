"""The sound of answers: decoded, counted as received, and sent on to the page that plays."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge.codec import Decoder

if TYPE_CHECKING:
    from realtime_nb.bridge.downlink import Downlink
    from realtime_nb.bridge.status import Status
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.playback import PartKey, Playback

_SILENCED_KEPT: Final = 16
_DECODERS_KEPT: Final = 64  # parts that a service never ended


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
    """

    def __init__(self, status: Status, playback: Playback, downlink: Downlink) -> None:
        self._status = status
        self._playback = playback
        self._downlink = downlink
        self._decoders: dict[PartKey, Decoder] = {}
        self._silenced: deque[str] = deque(maxlen=_SILENCED_KEPT)

    def silence(self, response_id: str | None) -> None:
        """Play nothing more of a response: it was stopped, and the service may not know yet."""
        if response_id is not None:
            self._silenced.append(response_id)

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
            self._decoders.pop(key, None)
            self._downlink.end(key)
        elif event.audio:
            if event.get("response_id") in self._silenced:
                self._downlink.shut(key)
            self._hear(key, event.audio, wanted=wanted)

    def _hear(self, key: PartKey, sound: bytes, *, wanted: bool) -> None:
        decoder = self._decoders.get(key)
        if decoder is None:
            decoder = self._decoders[key] = Decoder(self._status.format("output"))
            while len(self._decoders) > _DECODERS_KEPT:
                del self._decoders[next(iter(self._decoders))]
        pcm = decoder(sound)
        before = self._playback.received(key)
        self._playback.receive(key, len(pcm) // 2)
        if wanted:
            self._downlink.add(key, pcm, before=before)


def _key(item_id: Any, content_index: Any) -> PartKey | None:
    """Return the content part that an event names, None when it names none."""
    if isinstance(item_id, str) and isinstance(content_index, int):
        return item_id, content_index
    return None
