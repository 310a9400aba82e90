"""A recorder in a cell: press, speak, and the sound is a value."""

# ipywidgets has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import html
import logging
import math
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import anywidget
import traitlets

from realtime_nb.audio.clip import AudioClip
from realtime_nb.bridge.frames import RATE
from realtime_nb.bridge.stream_out.pump import Pump
from realtime_nb.bridge.stream_out.wire import count, page_message, sound_message
from realtime_nb.bridge.take.desk import TakeDesk, kept
from realtime_nb.bridge.take.sound import Playable
from realtime_nb.bridge.take.wire import standing, take_name
from realtime_nb.errors import UsageError
from realtime_nb.protocol.shown_text import visible
from realtime_nb.widget.subshell import pin_subshell

if TYPE_CHECKING:
    from realtime_nb.bridge.take.desk import Ended
    from realtime_nb.bridge.view import Buffers, Message

LONGEST_S: Final = 3600.0
"""The longest recording that may be asked for, in seconds."""
RATES: Final = range(1_000, 768_001)
"""Sampling rates of clips, in Hz."""

_STATIC: Final = Path(__file__).parent / "static"
_SHOWN_ERROR: Final = 300

_pump = Pump()
_log = logging.getLogger(__name__)


class Recorder(anywidget.AnyWidget):
    """Records the page's microphone into `AudioClip` values.

    The sound comes to the kernel while it is recorded, so a page that is closed or reloaded loses
    no more than its last half second. A running cell does not stop it.

    Parameters
    ----------
    rate
        Sampling rate of the clips, in Hz; the microphone is recorded at 24000.
    max_s
        After so many seconds a recording stops by itself, and says so; at most 3600.
    trim
        Whether there is a button that cuts silence off both ends.

    Attributes
    ----------
    clip
        The last recording, None before the first. It may be set, and observed:
        ``recorder.observe(f, "clip")``; `f` runs beside the cells, on another thread.
    clips
        The recordings so far, oldest first: at most 20, of at most 20 minutes together
        (the newest always). "Retake" replaces the last one.
    state
        ``ready``, ``recording`` or ``recorded``; it may be observed.

    Raises
    ------
    UsageError
        For a rate or a length that cannot be.

    Examples
    --------
    ::

        recorder = Recorder()
        recorder            # press Record, speak, press Stop
        recorder.clip       # in a later cell
    """

    _esm = _STATIC / "recorder.js"
    _css = _STATIC / "widget.css"

    clip: AudioClip | None = traitlets.Instance(AudioClip, allow_none=True)  # pyright: ignore[reportAssignmentType]
    clips: tuple[AudioClip, ...] = traitlets.Tuple()  # pyright: ignore[reportAssignmentType]
    state: str = traitlets.Unicode("ready")  # pyright: ignore[reportAssignmentType]

    # Overrides of what the page asks the browser for, such as {"echoCancellation": False}.
    _audio_constraints = traitlets.Dict().tag(sync=True)

    def __init__(
        self, *, rate: int = RATE, max_s: float = 600, trim: bool = True, **traits: Any
    ) -> None:
        if rate not in RATES:
            raise UsageError(f"Recorder: {rate!r} is no rate in Hz: give 1000 to 768000.")
        if not (math.isfinite(max_s) and 0 < max_s <= LONGEST_S):
            raise UsageError(f"Recorder: max_s={max_s!r}: give seconds, at most {LONGEST_S:.0f}.")
        self.rate = rate
        self.max_s = max_s
        self._trims = trim
        self._guard = threading.RLock()
        self._desk = TakeDesk(max(1, round(max_s * RATE)))
        self._untrimmed: AudioClip | None = None
        self._own = False
        self._playable = Playable()
        super().__init__(**traits)
        pin_subshell(self.comm)
        self.on_msg(self._receive)
        self.observe(self._follow_clip, "clip")

    def stop(self) -> AudioClip | None:
        """End a recording that is under way, and return the last one."""
        with self._guard:
            ended = self._desk.stop("The kernel stopped the recording")
        self._take(ended)
        return self.clip

    def close(self) -> None:
        """Take the widget away; what was recorded stays in `clip`. Closing twice is fine."""
        if hasattr(self, "_desk"):  # one that was refused is closed without having begun
            self.stop()
        super().close()

    def __getitem__(self, number: object) -> AudioClip:
        """Explain where the recordings are: this is what records them."""
        raise TypeError(f"a Recorder is no list: write .clips[{number}], or .clip for the last one")

    def __repr__(self) -> str:
        clip = "nothing recorded yet" if self.clip is None else repr(self.clip)
        return f"<Recorder, {self.state}: {clip}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle: Any = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if isinstance(data, dict):
            words = "A recorder, which needs a live kernel: run its cell again."
            cast("dict[str, Any]", data)["text/html"] = f"<p>{html.escape(words)}</p>"
        return bundle

    # -- what pages say

    def _receive(self, _widget: Any, content: Any, buffers: Buffers) -> None:
        message = page_message(content)
        if message is None:
            return
        client, take = message["client"], take_name(message)
        match message.get("kind"):
            case "hello":
                self._hello(client)
            case "record" if take:
                self._record(client, take, replaces=message.get("replaces") is True)
            case "sound" if take and buffers:
                self._add(client, take, count(message, "offset"), buffers[0])
            case "end" if take:
                self._end(client, take, message)
            case "trim":
                self._trim(on=message.get("on") is True)
            case kind:
                self._playable.obey(message)
                if kind == "leave":
                    with self._guard:
                        ended = self._desk.leave(client)
                    self._take(ended)
        _pump.wake(self._send_sound)

    def _hello(self, client: str) -> None:
        with self._guard:
            ended = self._desk.look(client, time.monotonic())
        self._take(ended)
        self._tell({**self._standing(), "kind": "welcome", "to": client})

    def _record(self, client: str, take: str, *, replaces: bool) -> None:
        with self._guard:
            now_s = time.monotonic()
            begun, ended = self._desk.begin(client, take, now_s, replaces=replaces)
            busy = self._desk.current is not None
        self._take(ended)
        if not begun:
            self._over(client, take, "Another tab records already: stop it there." if busy else "")
            return
        self._assign("state", "recording")
        self._show()

    def _add(self, client: str, take: str, offset: int, pcm: bytes | memoryview) -> None:
        with self._guard:
            got = self._desk.sound(take, offset, pcm, time.monotonic())
        if got is None:
            self._over(client, take, "")
        else:
            self._tell({"kind": "ack", "take": take, "got": got})

    def _end(self, client: str, take: str, message: Message) -> None:
        total, why = count(message, "total"), message.get("why")
        with self._guard:
            ended = self._desk.end(take, total, why if isinstance(why, str) else "")
            here = self._desk.current
            waits = here is not None and here.id == take
        if ended is not None:
            self._take(ended)
        elif waits and here is not None:
            self._tell({"kind": "ack", "take": take, "got": here.got})
        if not waits:
            self._over(client, take, "")

    def _over(self, client: str, take: str, why: str) -> None:
        """Tell a page that nothing more is taken of a take."""
        self._tell({"kind": "over", "to": client, "take": take, "why": why})

    def _trim(self, *, on: bool) -> None:
        clip = self.clip
        if clip is None or not self._trims or on == (self._untrimmed is not None):
            self._show()
            return
        if not on:
            whole, self._untrimmed = self._untrimmed, None
            self._replace_last(whole)
            return
        trimmed = clip.trim_silence()
        if len(trimmed) == len(clip) or not len(trimmed):
            words = "There is no silence to cut." if len(trimmed) else "It is silent all through."
            self._notice("info", words)
            self._show()
            return
        self._untrimmed = clip
        self._replace_last(trimmed)

    # -- what becomes of it

    def _take(self, ended: Ended | None) -> None:
        """Make a clip of a take that is over."""
        if ended is None:
            return
        take, why = ended
        clip = AudioClip.from_pcm16(take.pcm, RATE).resample(self.rate)
        self._untrimmed = None
        if not take.got:
            self._notice("warning", "Nothing was recorded.")
            self._assign("state", "ready" if self.clip is None else "recorded")
            self._show()
            return
        if why:
            self._notice("info", f"{visible(why).rstrip('.')}: {take.got_s:.1f} s are kept.")
        older = self.clips[:-1] if take.replaces else self.clips
        clips = (*older, clip)
        many = kept([one.duration_ms / 1000 for one in clips])
        self._assign("state", "recorded")
        self._assign("clips", clips[-many:])
        self._set_clip(clip)

    def _replace_last(self, clip: AudioClip | None) -> None:
        if clip is not None:
            self._assign("clips", (*self.clips[:-1], clip) if self.clips else (clip,))
        self._set_clip(clip)

    def _set_clip(self, clip: AudioClip | None) -> None:
        self._own = True
        try:
            self._assign("clip", clip)
        finally:
            self._own = False
        self._show()

    def _follow_clip(self, change: Any) -> None:
        """Have another sound to play; its user may have set it."""
        clip = change["new"]
        if not self._own:
            self._untrimmed = None
            if self._desk.current is None:
                self.state = "ready" if clip is None else "recorded"
        self._playable.replace(b"" if clip is None else clip.resample(RATE).pcm16())
        if not self._own:
            self._show()

    def _assign(self, name: str, value: Any) -> None:
        """Set a trait; a function of its user that fails is told in the page, not lost."""
        try:
            setattr(self, name, value)
        except Exception as error:  # noqa: BLE001 -- no cell would show it
            _log.warning("a function that observes Recorder.%s failed", name, exc_info=True)
            words = visible(f"{type(error).__name__}: {error}".splitlines()[0])[:_SHOWN_ERROR]
            self._notice("error", f"A function that observes {name} failed: {words}")

    # -- what pages are told

    def _standing(self) -> Message:
        return {
            **standing(self._desk, self.state),
            **self._playable.told,
            "takes": len(self.clips),
            "trims": self._trims,
            "trimmed": self._untrimmed is not None,
        }

    def _show(self) -> None:
        self._tell({**self._standing(), "kind": "state"})

    def _notice(self, level: str, text: str) -> None:
        self._tell({"kind": "notice", "level": level, "text": text})

    def _send_sound(self) -> None:
        for piece in self._playable.out.pieces():
            self._tell(*sound_message(piece))

    def _tell(self, message: Message, buffers: list[bytes] | None = None) -> None:
        if self.comm is not None:
            self.send(message, buffers or [])
