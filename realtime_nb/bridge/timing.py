"""Where a spoken turn's milliseconds went, on the page's clock and the session's.

The end of the user's speech is a place in the sound: the service names it when it says that
speech has stopped (less the silence it waited for). From there two ways are measured: to the
first delta at the session's socket, and to the first sample in the page's playback ring. The
difference is what the notebook itself costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.restored.input_clock import InputClock
from realtime_nb.protocol.restored.restored import SUCCESSOR, read_successor
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    from realtime_nb.bridge.uplink import Mark, Uplink
    from realtime_nb.protocol.events import Event

KEPT: Final = 1_000


@dataclass(slots=True)
class TurnTiming:
    """One spoken turn, in milliseconds; None where it has not come to that.

    Attributes
    ----------
    item_id
        The user's item.
    silence_ms
        The silence the service waited for before it called the speech over.
    said_page_ms, said_sent_ms
        The end of the speech: on the page's clock when its frame was captured, and on the
        session's clock when that frame was sent.
    delta_ms
        When the first sound of the answer came over the socket, on the session's clock.
    ring_page_ms
        When that sound lay in the page's playback ring, on the page's clock.
    """

    item_id: str
    silence_ms: float = 0.0
    said_page_ms: float | None = None
    said_sent_ms: float | None = None
    delta_ms: float | None = None
    ring_page_ms: float | None = None

    @property
    def socket_ms(self) -> float | None:
        """From the end of speech to the first delta, both at the session's socket."""
        if self.delta_ms is None or self.said_sent_ms is None:
            return None
        return self.delta_ms - self.said_sent_ms

    @property
    def page_ms(self) -> float | None:
        """From the end of speech to the first sample in the ring, both in the page."""
        if self.ring_page_ms is None or self.said_page_ms is None:
            return None
        return self.ring_page_ms - self.said_page_ms

    @property
    def share_ms(self) -> float | None:
        """What the way through page and kernel adds: `page_ms` less `socket_ms`."""
        if self.page_ms is None or self.socket_ms is None:
            return None
        return self.page_ms - self.socket_ms


class Timing:
    """Makes `TurnTiming` out of events and the page's reports.

    Parameters
    ----------
    uplink
        Which knows where each moment of sound lies on both clocks.

    Attributes
    ----------
    turns
        The newest `KEPT` turns.
    """

    def __init__(self, uplink: Uplink) -> None:
        self._uplink = uplink
        self._clock = InputClock()
        self._turn: TurnTiming | None = None
        self.turns: list[TurnTiming] = []

    def event(self, event: Event, t_ms: float, turn_detection: dict[str, Any] | None) -> None:
        """Take one received event at `t_ms` of the session's clock."""
        if event.type == SUCCESSOR and (told := read_successor(event)) is not None:
            self._clock.succeed(told)
        elif event.type == "input_audio_buffer.speech_stopped":
            self._turn = self._begin(event, turn_detection or {})
            self.turns.append(self._turn)
            del self.turns[:-KEPT]
        elif (
            event.type == "response.output_audio.delta"
            and self._turn is not None
            and self._turn.delta_ms is None
        ):
            self._turn.delta_ms = t_ms

    def started(self, t_page_ms: Any) -> None:
        """Take the page's report that an answer's first samples lie in its ring."""
        turn = self._turn
        if turn is not None and turn.delta_ms is not None and turn.ring_page_ms is None:
            turn.ring_page_ms = t_page_ms if isinstance(t_page_ms, int | float) else None

    def _begin(self, event: Event, turn_detection: dict[str, Any]) -> TurnTiming:
        silence = turn_detection.get("silence_duration_ms")
        silence_ms = float(silence) if isinstance(silence, int | float) else 0.0
        turn = TurnTiming(str(event.get("item_id")), silence_ms)
        end = told_ms(event, "audio_end_ms")
        mark: Mark | None = None
        if end is not None:
            mark = self._uplink.mark_at(self._clock.place(end) - silence_ms)
        if mark is not None:
            turn.said_page_ms = mark.page_ms
            turn.said_sent_ms = mark.sent_ms
        return turn
