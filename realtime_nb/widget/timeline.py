"""The timeline as a widget: a page asks for marks, waveforms and sound, and gets pieces of them."""

# ipywidgets has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import logging
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import anywidget
import numpy as np

from realtime_nb.inspection.timeline.svg import (
    KINDS,
    SIDES,
    away_text,
    stages_of,
    stages_shown,
    visible,
)
from realtime_nb.inspection.timeline.view import Timeline, plain_marks
from realtime_nb.protocol.log.id import log_id
from realtime_nb.widget.subshell import pin_subshell

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from matplotlib.axes import Axes

    from realtime_nb.bridge.view import Message
    from realtime_nb.inspection.latency import Latency

MAX_WAITING: Final = 16
"""Questions of pages that wait at the most; what comes past that is refused."""

_STATIC: Final = Path(__file__).parent / "static"
_SHOWN: Final = 5_000

_log = logging.getLogger(__name__)


class TimelineWidget(anywidget.AnyWidget):
    """A timeline to zoom into and to listen to.

    The page holds what it draws and no more: waveforms come as one pair a column, sound in
    pieces, both worked out beside the kernel's main thread. What is saved with the notebook
    is the picture.

    Parameters
    ----------
    make
        Makes the timeline of the conversation as it is now.
    """

    _esm = _STATIC / "timeline.js"
    _css = _STATIC / "widget.css"

    def __init__(self, make: Callable[[], Timeline]) -> None:
        self._make = make
        self.timeline = make()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="realtime-nb-timeline")
        self._waiting = threading.BoundedSemaphore(MAX_WAITING)
        super().__init__()
        pin_subshell(self.comm)
        self.on_msg(self._receive)

    # -- what its user asks for

    @property
    def df(self) -> pd.DataFrame:
        """One row a mark; see `Timeline.df`."""
        return self.timeline.df

    @property
    def latency(self) -> Latency:
        """Where each turn's time went."""
        return self.timeline.latency

    def svg(self, *, from_ms: float = 0.0, to_ms: float | None = None) -> str:
        """Return a picture of it; see `Timeline.svg`."""
        return self.timeline.svg(from_ms=from_ms, to_ms=to_ms)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it with matplotlib; see `Timeline.plot`."""
        return self.timeline.plot(ax)

    def refresh(self) -> None:
        """Take in what has happened since, here and in the pages."""
        self.timeline = self._make()
        self._tell(self._whole(None), [])

    def close(self) -> None:
        """Take it away; closing twice is fine."""
        self._worker.shutdown(wait=False, cancel_futures=True)
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle: Any = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if isinstance(data, dict):
            cast("dict[str, Any]", data)["text/html"] = self.timeline._repr_html_()  # pyright: ignore[reportPrivateUsage] -- IPython's protocol
        return bundle

    def __repr__(self) -> str:
        return repr(self.timeline)

    # -- what its pages ask for

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not isinstance(content, dict) or not isinstance(content.get("client"), str):
            return
        message = cast("Message", content)
        if not self._waiting.acquire(blocking=False):
            self._fail(message, "the kernel has too many questions of timelines to answer")
            return
        try:
            self._worker.submit(self._answer, message)
        except RuntimeError:  # closed
            self._waiting.release()

    def _answer(self, message: Message) -> None:
        try:
            answer, buffers = self._work(message)
        except Exception:  # noqa: BLE001 -- the next question may be answered
            _log.exception("a timeline could not answer its page")
            self._fail(message, "this part of the timeline could not be worked out")
        else:
            if answer is not None:
                self._tell({**answer, "to": message["client"], "id": message.get("id")}, buffers)
        finally:
            self._waiting.release()

    def _work(self, message: Message) -> tuple[Message | None, list[bytes]]:
        kind = message.get("kind")
        if kind in ("hello", "refresh"):
            if kind == "refresh":
                self.timeline = self._make()
            return self._whole(message), []
        if kind == "place":
            seq = message.get("seq")
            t_ms = self.timeline.place(seq) if isinstance(seq, int) else None
            return {"kind": "place", "t_ms": t_ms}, []
        begin, end = _time(message.get("from_ms")), _time(message.get("to_ms"))
        if kind == "peaks":
            count = message.get("columns")
            columns = count if isinstance(count, int) else 1
            pairs = [
                self.timeline.peaks.columns(side, begin, max(end, begin + 1e-3), columns)
                for side in SIDES
            ]
            answer = {"kind": "peaks", "from_ms": begin, "to_ms": end}
            return answer, [pair.astype("<i2").tobytes() for pair in pairs]
        if kind == "sound":
            clip = self.timeline.clip(begin, end)
            answer = {"kind": "sound", "from_ms": begin, "rate": clip.rate}
            return answer, [np.ascontiguousarray(clip.samples).astype("<i2").tobytes()]
        return None, []

    def _whole(self, message: Message | None) -> Message:
        """Return all there is but waveforms and sound."""
        line = self.timeline
        return {
            "kind": "timeline",
            "to": None if message is None else message["client"],
            "chat": visible(line.name),
            "log": log_id(line.log),
            "duration_ms": line.duration_ms,
            "lost_ms": line.sound.lost_ms,
            "dropped_marks": line.dropped_marks,
            "kinds": {kind: {"name": name, "colour": it} for kind, (name, it) in KINDS.items()},
            "sides": SIDES,
            "stages": [
                {"name": words, "colour": colour} for _, words, colour in stages_shown(line.turns)
            ],
            "marks": plain_marks(line),
            "regions": [
                {
                    "from_ms": region.start_ms,
                    "to_ms": region.end_ms,
                    "side": region.side,
                    "text": visible(region.text),
                }
                for region in line.regions[-_SHOWN:]
            ],
            "aways": [
                {"from_ms": start, "to_ms": end, "text": away_text(end - start)}
                for start, end in line.away_spans
            ],
            "turns": [
                {
                    "number": turn.number,
                    "kind": turn.kind,
                    "begin_ms": turn.begin_ms,
                    "end_ms": turn.end_ms,
                    "interrupted": turn.interrupted,
                    "legs": [
                        {"name": words, "from_ms": start, "to_ms": end, "colour": colour}
                        for words, start, end, colour in stages_of(turn)
                    ],
                }
                for turn in line.turns[-_SHOWN:]
                if turn.begin_ms is not None
            ],
        }

    def _fail(self, message: Message, reason: str) -> None:
        self._tell(
            {"kind": "failed", "to": message["client"], "id": message.get("id"), "reason": reason}
        )

    def _tell(self, message: Message, buffers: list[bytes] | None = None) -> None:
        if self.comm is not None:
            self.send(message, buffers or [])


def _time(value: Any) -> float:
    known = isinstance(value, int | float) and math.isfinite(value)
    return max(0.0, float(value)) if known else 0.0
