"""``realtime-nb doctor``: one spoken turn through the whole path, without a browser.

What a notebook does between microphone and loudspeaker is done here with a recording: a
session is opened, the recording is sent at the pace of speech, and each step of the answer is
timed. Where a step does not come, that is what is reported.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.audio.clip import AudioClip
from realtime_nb.client.endpoints.endpoint import resolve_endpoint
from realtime_nb.client.local import LocalServer
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.session import RealtimeSession
from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.speech.engines import load_engines
from realtime_nb.speech.voices import say_as_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from realtime_nb.client.endpoints.endpoint import Endpoint
    from realtime_nb.protocol.log.event_log import Record

PHRASE: Final = "what time is it"
_RATE: Final = 24_000
_CHUNK_MS: Final = 40
_SILENCE_DB: Final = -40.0  # below the loudest sample; quieter is not speech
_TRAILING_MS: Final = 5_000  # silence sent while the end of the turn is waited for
_OPEN_S: Final = 45.0
_ANSWER_S: Final = 30.0
_CONFIG: Final[dict[str, Any]] = {
    "instructions": "Answer in one short sentence.",
    "audio": {
        "input": {
            "turn_detection": {"type": "server_vad"},
            "transcription": {"model": "gpt-transcribe"},
        }
    },
}

STARTED: Final = "input_audio_buffer.speech_started"
STOPPED: Final = "input_audio_buffer.speech_stopped"
HEARD: Final = "conversation.item.input_audio_transcription.completed"
UNHEARD: Final = "conversation.item.input_audio_transcription.failed"
FIRST_SOUND: Final = "response.output_audio.delta"
DONE: Final = "response.done"


_CALLS: Final = "the practice server takes calls: %%realtime --transport webrtc"
_NO_CALLS: Final = 'the practice server takes no calls: pip install "realtime-nb[webrtc]"'


class _BrokenError(RealtimeError):
    """A step of the path did not come."""


@dataclass
class _Watch:
    """The first event of each type that the service sent, and the wait for it."""

    first: dict[str, Record] = field(default_factory=dict[str, "Record"])
    changed: threading.Condition = field(default_factory=threading.Condition)
    ended: str = ""

    def take(self, record: Record, _: frozenset[str]) -> None:
        """Note a record; called on the session's thread."""
        if record.direction == "received":
            with self.changed:
                self.first.setdefault(record.event.type, record)
                self.changed.notify_all()

    def state(self, state: str) -> None:
        """Note a state of the session; called on its thread."""
        if state in {"failed", "closed"}:
            with self.changed:
                self.ended = state
                self.changed.notify_all()

    def wait(self, *types: str, timeout_s: float) -> Record | None:
        """Return the first record of one of the types, None when none came in time."""
        with self.changed:
            self.changed.wait_for(
                lambda: self.ended or "error" in self.first or self._any(types), timeout_s
            )
            return self._any(types)

    def _any(self, types: tuple[str, ...]) -> Record | None:
        return next((self.first[name] for name in types if name in self.first), None)

    def why(self) -> str:
        """Return what else is known of a step that did not come, for the end of a line."""
        if error := self.first.get("error"):
            return f"; the service said: {error.event.get('error.message', 'an error')}"
        return f"; the session {self.ended}" if self.ended else ""


def examine(
    *,
    endpoint: str | None = None,
    model: str | None = None,
    wav: Path | None = None,
    say: Callable[[str], object] = print,
) -> bool:
    """Speak one turn to an endpoint and report each step.

    Parameters
    ----------
    endpoint, model
        As in `resolve_endpoint`.
    wav
        What is said; None synthesises `PHRASE`.
    say
        Takes each line of the report.

    Returns
    -------
    bool
        Whether every step of the path came. That the words were recognised is reported but
        not judged.

    Raises
    ------
    RealtimeError
        The endpoint or the WAV cannot be had at all.
    """
    missing = load_engines().missing
    clip, said = _question(wav)
    try:
        begin = time.monotonic()
        place = resolve_endpoint(endpoint, model)
        ready = f", ready after {_since(begin)}" if place.practice else ""
        _line(say, "endpoint", f"{place.name}, {place.base_url}{ready}")
        well = _report(place, clip, said, say)
    finally:
        LocalServer.stop_shared()
        BackgroundLoop.stop_shared()
    for part in missing:
        _line(say, "missing", f"{part.name}: {part.why}; {part.fallback}; {part.install}")
    if not missing:
        _line(say, "missing", "nothing")
    if place.practice:
        _line(say, "webrtc", _CALLS if find_spec("aiortc") else _NO_CALLS)
    say("The path is whole." if well else "The path is broken.")
    return well


def _question(wav: Path | None) -> tuple[AudioClip, str]:
    """Return what to say, and how to call it in the report."""
    if wav is not None:
        clip = AudioClip.read(wav)
        if not np.any(clip.samples):
            raise UsageError(f"{wav} is silent; name a recording of speech")
        return clip, str(wav)
    try:
        return say_as_user(PHRASE), f'"{PHRASE}" in a synthetic voice'
    except RealtimeError as error:
        raise UsageError(f"{error}; or name a recording: --wav FILE") from None


def _report(place: Endpoint, clip: AudioClip, said: str, say: Callable[[str], object]) -> bool:
    session = RealtimeSession(place, _CONFIG)
    watch = _Watch()
    session.subscribe(watch.take)
    session.on_state(watch.state)
    try:
        begin = time.monotonic()
        effective = session.open().result(_OPEN_S)
        model = effective.get("model", "not named")
        _line(say, "connected", f"{_since(begin)}, config accepted, model {model}")
        _turn(session, watch, clip, said, say)
    except RealtimeError as error:
        _line(say, "broken", str(error))
        return False
    finally:
        session.close().result(_ANSWER_S)
    return True


def _turn(
    session: RealtimeSession,
    watch: _Watch,
    clip: AudioClip,
    said: str,
    say: Callable[[str], object],
) -> None:
    """Speak the turn and report its steps; raise at the first that does not come."""
    clip = clip.resample(_RATE)
    onset_ms, end_ms = _speech(clip)
    spoken_ms = _speak(session, watch, clip)
    onset_ms, end_ms = spoken_ms + onset_ms, spoken_ms + end_ms
    _line(say, "said", f"{said}, {clip.duration_ms / 1000:.1f} s")

    started = _need(watch, STARTED, "the service noticed no speech")
    _line(say, "noticed", f"{started.t_ms - onset_ms:.0f} ms after the speech began")
    stopped = _need(watch, STOPPED, "the service noticed no end of the speech")
    _line(say, "turn over", f"{stopped.t_ms - end_ms:.0f} ms after the speech ended")
    sound = _need(watch, FIRST_SOUND, DONE, "no answer came")
    if sound.event.type == FIRST_SOUND:
        _line(say, "first sound", f"{sound.t_ms - stopped.t_ms:.0f} ms after the turn was over")
    done = _need(watch, DONE, "the answer did not end")
    status = done.event.get("response.status")
    if status != "completed":
        why = done.event.get("response.status_details.error.message", "no reason given")
        raise _BrokenError(f"the answer ended as {status}: {why}")
    if sound.event.type == DONE:
        raise _BrokenError("the answer has no sound")
    _line(say, "done", f"{done.t_ms - stopped.t_ms:.0f} ms after the turn was over")

    heard = watch.wait(HEARD, UNHEARD, timeout_s=_ANSWER_S)
    if heard is None or heard.event.type == UNHEARD:
        _line(say, "heard", "no transcript of it came")
    else:
        _line(say, "heard", f'"{heard.event.get("transcript", "")}"')
    words = [item.text for item in session.conversation.items if item.role == "assistant"]
    _line(say, "answered", f'"{" ".join(words)}"')


def _need(watch: _Watch, *wanted: str) -> Record:
    """Return the first record of the types before the last argument, which says its lack."""
    *types, lack = wanted
    record = watch.wait(*types, timeout_s=_ANSWER_S)
    if record is None:
        raise _BrokenError(f"{lack}{watch.why()}")
    return record


def _speak(session: RealtimeSession, watch: _Watch, clip: AudioClip) -> float:
    """Send the clip at the pace of speech, then silence until its end was noticed.

    Returns
    -------
    float
        When the clip's first sample would have been spoken, on the log's clock, in ms. A
        chunk is sent when its last sample would have been.
    """
    silence = AudioClip.silence(_TRAILING_MS, _RATE)
    pcm = (clip + silence).pcm16()
    size = _RATE * _CHUNK_MS // 1000 * 2
    begin = time.monotonic()
    begin_ms = session.now_ms()
    for number, start in enumerate(range(0, len(pcm), size), start=1):
        time.sleep(max(0.0, begin + number * _CHUNK_MS / 1000 - time.monotonic()))
        if not session.append_audio(pcm[start : start + size]):
            raise _BrokenError(f"the session takes no sound{watch.why()}")
        if start > len(clip) * 2 and watch.wait(STOPPED, timeout_s=0):
            break
    return begin_ms


def _speech(clip: AudioClip) -> tuple[float, float]:
    """Return where the sound in a clip begins and ends, in ms."""
    level = np.abs(clip.samples)
    loud = np.flatnonzero(level > level.max() * 10 ** (_SILENCE_DB / 20))
    return float(loud[0]) * 1000 / clip.rate, float(loud[-1] + 1) * 1000 / clip.rate


def _since(begin: float) -> str:
    return f"{(time.monotonic() - begin) * 1000:.0f} ms"


def _line(say: Callable[[str], object], name: str, text: str) -> None:
    say(f"{name:<12} {text}")
