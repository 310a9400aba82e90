"""Rules of sound: speech that begins before it ends, cuts within the sound, none after a cut."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.conversation.items import audio_ms
from realtime_nb.protocol.rules.breach import Memory, Rule, quoted, text

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event, Json
    from realtime_nb.protocol.log.event_log import Record

_APPENDS: Final = frozenset({"input_audio_buffer.append", "session.input_audio_buffer.append"})
_LARGEST_APPEND: Final = 15 * 2**20
_LEAST_COMMIT_MS: Final = 100.0
_TOLERANCE_MS: Final = 1.0


class Sound(Rule):
    """Speech, commits and cuts.

    Rules: ``speech-stopped-without-started``, ``speech-started-twice``,
    ``audio-after-truncation``, ``truncated-past-end``, ``append-too-large``,
    ``commit-too-short``, ``sound-is-no-base64``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._speaking: int | None = None
        self._cut = Memory()
        self._received: dict[tuple[str, Any], float] = {}
        self._since_commit_ms = 0.0
        self._commit: tuple[int, float] | None = None
        self._formats: dict[str, Json | None] = {}

    def succeed(self) -> None:
        """Begin with silence: a new session has heard nothing."""
        self.partial = False
        self._speaking, self._since_commit_ms = None, 0.0
        self._formats.clear()

    def take(self, record: Record) -> None:
        """Look at an event."""
        event = record.event
        if record.direction == "sent":
            self._on_sent(event, record)
        elif event.type.startswith("input_audio_buffer."):
            self._on_buffer(event, record.seq)
        elif event.type == "response.output_audio.delta":
            self._on_delta(event, record.seq)
        elif event.type == "conversation.item.truncated":
            self._on_truncated(event, record.seq)
        elif event.type in ("session.created", "session.updated"):
            for side in ("input", "output"):
                form = event.get(f"session.audio.{side}.format")
                self._formats[side] = cast("Json", form) if isinstance(form, dict) else None

    def _ms(self, event: Event, side: str) -> float:
        if not event.audio_size:
            return math.inf  # the log has let it go: nobody knows
        return audio_ms(event.audio_size, self._formats.get(side))

    def _on_sent(self, event: Event, record: Record) -> None:
        if event.type in _APPENDS:
            self._since_commit_ms += self._ms(event, "input")
            if record.size > _LARGEST_APPEND:
                self.breach(
                    "append-too-large",
                    f"{event.type} of {record.size / 2**20:.1f} MiB; a service takes 15",
                    record.seq,
                )
            self._readable(event, record.seq)
        elif event.type == "input_audio_buffer.commit":
            if self._since_commit_ms < _LEAST_COMMIT_MS:
                self.breach(
                    "commit-too-short",
                    f"{self._since_commit_ms:.0f} ms of sound were committed; a service takes"
                    " 100 or more",
                    record.seq,
                    severity="warning",
                )
        elif event.type == "input_audio_buffer.clear":
            self._since_commit_ms = 0.0

    def _readable(self, event: Event, seq: int) -> None:
        if event.audio_size and event.audio is None:
            self.breach("sound-is-no-base64", f"the sound of {event.type} is no base64", seq)

    def _on_buffer(self, event: Event, seq: int) -> None:
        if event.type.endswith("speech_started"):
            if self._speaking is not None:
                self.breach(
                    "speech-started-twice",
                    "speech started again before it stopped",
                    self._speaking,
                    seq,
                    severity="warning",
                )
            self._speaking = seq
        elif event.type.endswith("speech_stopped"):
            if self._speaking is None:
                self.unknown(
                    "speech-stopped-without-started", "speech stopped that had not started", seq
                )
            self._speaking = None
        elif event.type.endswith(("committed", "cleared")):
            self._since_commit_ms = 0.0
            self._speaking = None

    def _on_delta(self, event: Event, seq: int) -> None:
        item_id = text(event, "item_id")
        self._readable(event, seq)
        if item_id is None:
            return
        key = (item_id, str(event.get("content_index")))
        self._received[key] = self._received.get(key, 0.0) + self._ms(event, "output")
        if len(self._received) > 10_000:  # noqa: PLR2004 -- as many items as a conversation keeps
            del self._received[next(iter(self._received))]
        if item_id in self._cut:
            self.breach(
                "audio-after-truncation",
                f"sound of {quoted(item_id)} came after it was cut",
                self._cut[item_id],
                seq,
                severity="warning",
            )

    def _on_truncated(self, event: Event, seq: int) -> None:
        item_id, end = text(event, "item_id"), event.get("audio_end_ms")
        if item_id is None:
            return
        self._cut.keep(item_id, seq)
        had = self._received.get((item_id, str(event.get("content_index"))))
        if had is not None and isinstance(end, int | float) and end > had + _TOLERANCE_MS:
            self.breach(
                "truncated-past-end",
                f"{quoted(item_id)} was cut at {end:.0f} ms and has {had:.0f} ms of sound",
                seq,
                severity="warning",
            )
