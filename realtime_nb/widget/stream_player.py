"""Sound that plays in a cell while it is still being made."""

# ipywidgets has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import anywidget
import traitlets

from realtime_nb.bridge.frames import RATE
from realtime_nb.bridge.stream_out.pump import Pump
from realtime_nb.bridge.stream_out.stream_out import StreamOut
from realtime_nb.bridge.stream_out.wire import obey, page_message, sound_message
from realtime_nb.errors import UsageError
from realtime_nb.protocol.shown_text import visible
from realtime_nb.widget.subshell import pin_subshell

if TYPE_CHECKING:
    from realtime_nb.bridge.stream_out.stream_out import Growing
    from realtime_nb.bridge.view import Message

LATE_S: Final = 60.0
"""A page that comes so long after the end plays only when it is asked to."""
SHOWN_CHARACTERS: Final = 4_000
"""Of a long text under way its end is shown; the whole of it is in the result."""

_STATIC: Final = Path(__file__).parent / "static"

_pump = Pump()


class StreamPlayer(anywidget.AnyWidget):
    """What a cell shows of sound under way: it plays as it comes, its text grows beside it.

    Everything here may be called from any thread, also while the cell runs, and never waits: a
    page takes what it plays, a missing one takes nothing.

    Parameters
    ----------
    label
        What it is, in a few words; also its name for screen readers.
    autoplay
        Whether a page plays it without being asked. Browsers may want a click all the same:
        then the page shows a button.

    Examples
    --------
    ::

        player = StreamPlayer("speech of gpt-4o-mini-tts")
        display(player)
        player.feed(progress.sound)  # the same spool, each time that it has grown
        player.text(progress.transcript)
        player.finish()
    """

    _esm = _STATIC / "stream_player.js"
    _css = _STATIC / "widget.css"

    _label = traitlets.Unicode().tag(sync=True)
    _autoplay = traitlets.Bool(True).tag(sync=True)
    _text = traitlets.Unicode().tag(sync=True)
    _status = traitlets.Unicode().tag(sync=True)
    _total = traitlets.Int(-1).tag(sync=True)
    """Samples of the whole sound; -1 while it grows."""

    def __init__(self, label: str = "sound", *, autoplay: bool = True, **traits: Any) -> None:
        self._out = StreamOut()
        self._words: dict[str, str] = {}
        self._guard = threading.Lock()
        self._html = ""
        self._finished_s: float | None = None
        super().__init__(_label=visible(label), _autoplay=autoplay, **traits)
        pin_subshell(self.comm)
        self.on_msg(self._receive)

    # -- what its user calls

    def feed(self, spool: Growing) -> None:
        """Take the sound, PCM16 mono at 24 kHz; call it again whenever it has grown.

        The spool is read as long as a page plays: leave it open.

        Raises
        ------
        UsageError
            For sound at another rate.
        """
        rate = getattr(spool, "rate", RATE)
        if rate != RATE:
            raise UsageError(f"a StreamPlayer plays sound at {RATE} Hz, not {rate}: resample it.")
        self._out.feed(spool)
        _pump.wake(self._work)

    def text(self, words: str) -> None:
        """Show what is being said, whole as it is by now."""
        self._say("_text", words[-SHOWN_CHARACTERS:] if len(words) > SHOWN_CHARACTERS else words)

    def status(self, words: str) -> None:
        """Show how it goes, in one line."""
        self._say("_status", words)

    def finish(self, html: str | None = None) -> None:
        """Say that nothing more comes; what is not yet played is played to its end.

        Parameters
        ----------
        html
            What stands for it where no widget can be shown, as `_repr_mimebundle_` gives it.
        """
        if html is not None:
            self._html = html
        self._out.finish()
        self._finished_s = time.monotonic()
        _pump.wake(self._work)

    @property
    def played_ms(self) -> float:
        """How much of it has been played, in milliseconds, as the page that plays last said."""
        return self._out.played / 24

    @property
    def waits(self) -> bool:
        """Whether a page will play it when what it plays now is over."""
        return self._out.waits(time.monotonic())

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle: Any = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if isinstance(data, dict) and self._html:
            cast("dict[str, Any]", data)["text/html"] = self._html
        return bundle

    def __repr__(self) -> str:
        return f"<{self._label}: plays where the notebook has a live kernel>"

    # -- on the pump's thread

    def _say(self, name: str, words: str) -> None:
        with self._guard:
            self._words[name] = visible(words)
        _pump.wake(self._work)

    def _work(self) -> None:
        """Send what there is: words, sound, and that it is whole."""
        if self.comm is None:
            return
        with self._guard:
            words, self._words = self._words, {}
        for name, text in words.items():
            setattr(self, name, text)
        for piece in self._out.pieces():
            self._tell(*sound_message(piece))
        total = self._out.total
        if total is not None and total != self._total:
            self._total = total

    def _tell(self, message: Message, buffers: list[bytes] | None = None) -> None:
        if self.comm is not None:
            self.send(message, buffers or [])

    # -- what its pages say

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        message = page_message(content)
        if message is None:
            return
        client = message["client"]
        if message.get("kind") == "hello":
            now_s, end_s = time.monotonic(), self._finished_s
            first, at = self._out.hello(client, now_s)
            late = end_s is not None and now_s - end_s > LATE_S
            plays = first and self._out.playing and not late
            told = {"plays": plays, "second": not first, "at": at}
            self._tell({"kind": "welcome", "to": client, **told})
        else:
            obey(self._out, message)
        _pump.wake(self._work)
