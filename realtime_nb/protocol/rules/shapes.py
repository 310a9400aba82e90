"""Rules of shapes: types, fields, ids and times, against the ``openai`` package's types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import BaseModel, ValidationError

from realtime_nb.protocol.beta import BETA_TYPES
from realtime_nb.protocol.chain import LEG_DONE
from realtime_nb.protocol.events import CLIENT_EVENT_TYPES, SERVER_EVENT_TYPES
from realtime_nb.protocol.restored.gap import GAP
from realtime_nb.protocol.restored.text import SUCCESSION_TYPES
from realtime_nb.protocol.rules.breach import Memory, Rule, quoted
from realtime_nb.protocol.typed import event_class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

_TRANSLATION: Final = {
    "session.close": "sent",
    "session.input_audio_buffer.append": "sent",
    "session.closed": "received",
    "session.input_transcript.delta": "received",
    "session.output_transcript.delta": "received",
    "session.output_audio.delta": "received",
}
_SIDES: Final = {
    **dict.fromkeys(CLIENT_EVENT_TYPES, "sent"),
    **dict.fromkeys(SERVER_EVENT_TYPES, "received"),
    **_TRANSLATION,
    LEG_DONE: "received",
    **dict.fromkeys((GAP, *SUCCESSION_TYPES), "received"),
}
# Fields that services send and the package's types do not have, as recorded on the wire.
_ON_THE_WIRE: Final = frozenset(
    {"obfuscation", "phase", "object", "id", "expires_at", "client_secret", "include", "prompt"}
)
_LONGEST_ID: Final = 512
_LOOKED_AT: Final = 1_000  # events of a type; the rest are of the same make
_BACK_MS: Final = 1.0


class Shapes(Rule):
    """Types and fields.

    Rules: ``unknown-type``, ``beta-type``, ``wrong-direction``, ``unknown-field``,
    ``wrong-field``, ``event-id-repeated``, ``event-id-too-long``, ``time-backwards``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ids = Memory()
        self._looked: dict[str, int] = {}
        self._t_ms: float | None = None
        self._seq = 0
        self._translates = False

    def succeed(self) -> None:
        """Forget the ids: what is sent to a new session again is what it was."""
        self._ids.clear()

    def take(self, record: Record) -> None:
        """Look at an event."""
        event = record.event
        self._time(record)
        self._id(record)
        side = _SIDES.get(event.type)
        if event.type in BETA_TYPES:
            self.breach(
                "beta-type",
                f"{event.type} is a name of the beta; it is {BETA_TYPES[event.type]} now",
                record.seq,
                severity="warning",
            )
            return
        if side is None:
            self.breach(
                "unknown-type",
                f"{quoted(event.type)} is no type of event that is known",
                record.seq,
                severity="warning",
            )
            return
        if side != record.direction:
            by = "client" if side == "sent" else "service"
            self.breach(
                "wrong-direction",
                f"{event.type} was {record.direction}; only the {by} sends it",
                record.seq,
            )
        seen = self._looked.get(event.type, 0)
        # The package has no types for what a translation session sends.
        if record.direction == "received" and event.type.startswith("session."):
            self._translates |= event.get("session.type") == "translation"
        translation = event.type in _TRANSLATION or (
            self._translates and event.type.startswith("session.")
        )
        if seen < _LOOKED_AT and not translation:
            self._looked[event.type] = seen + 1
            self._fields(event, record.seq)

    def _time(self, record: Record) -> None:
        if self._t_ms is not None and record.t_ms < self._t_ms - _BACK_MS:
            self.breach(
                "time-backwards",
                f"an event stands {self._t_ms - record.t_ms:.0f} ms before the one it follows",
                self._seq,
                record.seq,
                severity="warning",
            )
        self._t_ms, self._seq = record.t_ms, record.seq

    def _id(self, record: Record) -> None:
        event_id: Any = record.event.event_id
        if not isinstance(event_id, str):
            return
        if len(event_id) > _LONGEST_ID:
            self.breach(
                "event-id-too-long",
                f"an event_id has {len(event_id):,} characters; {_LONGEST_ID} are allowed",
                record.seq,
            )
            return
        key = f"{record.direction}|{event_id}"
        if key in self._ids:
            self.breach(
                "event-id-repeated",
                f"event_id {quoted(event_id)} was {record.direction} twice",
                self._ids[key],
                record.seq,
            )
        else:
            self._ids.keep(key, record.seq)

    def _fields(self, event: Event, seq: int) -> None:
        try:
            model = event_class(event.type).model_validate(event.data)
        except LookupError:
            return
        except ValidationError as error:
            for wrong in error.errors(include_url=False, include_input=False)[:3]:
                where = ".".join(str(step) for step in wrong["loc"] if _is_place(step))
                self.breach(
                    "wrong-field",
                    f"{event.type}: {quoted(where)}: {wrong['msg']}",
                    seq,
                    severity="warning",
                )
            return
        for path in _extras(model, ""):
            self.breach(
                "unknown-field",
                f"{event.type} has a field that is not known: {quoted(path)}",
                seq,
                severity="note",
            )


def _is_place(step: Any) -> bool:
    """Whether a step is one of the event's, and not the name of a class tried."""
    return not isinstance(step, str) or step.islower()


def _extras(value: Any, path: str) -> Iterator[str]:
    """Yield the paths of fields that the types do not have."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            if name not in _ON_THE_WIRE:
                yield f"{path}{name}"
        for name in type(value).model_fields:
            yield from _extras(getattr(value, name), f"{path}{name}.")
    elif isinstance(value, list):
        for entry in cast("list[Any]", value):
            yield from _extras(entry, path)
