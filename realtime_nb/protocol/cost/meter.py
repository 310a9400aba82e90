"""The running bill of a session: each event that tells a usage, priced once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from realtime_nb.protocol.bounded import BoundedDict, BoundedSet
from realtime_nb.protocol.chain import LEG_DONE, is_chain, read_leg
from realtime_nb.protocol.config.models import find_model
from realtime_nb.protocol.config.paths import get
from realtime_nb.protocol.cost.chain_cost import leg_price, leg_usage
from realtime_nb.protocol.cost.prices import Parts, Price, Usage, price, prices_as_of, read_usage
from realtime_nb.protocol.restored.restored import LOST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.protocol.config.problem import SessionKind
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

ChargeKind: TypeAlias = Literal["response", "transcription", "translation", "speech"]

NOT_TOLD: Final = "the service has not told its usage"
NEVER_TOLD: Final = "the connection broke before the service told its usage"
BY_SOUND_SENT: Final = "by the sound sent: the service tells no usage"
FREE: Final = "the practice server is free of charge"

_HEARD: Final = "conversation.item.input_audio_transcription."
_CHARGED: Final = frozenset(
    {
        "session.created",
        "session.updated",
        "input_audio_buffer.committed",
        "response.created",
        "response.done",
        f"{_HEARD}completed",
        f"{_HEARD}failed",
        LEG_DONE,
        LOST,
    }
)
_LEG_KINDS: Final[dict[str, ChargeKind]] = {
    "transcribe": "transcription",
    "chat": "response",
    "speak": "speech",
}
# More ids than any hour has: only a service that never ends lets one go.
_KEPT: Final = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One thing that is billed.

    Attributes
    ----------
    kind
        A response, the transcript of one turn of the user, or a translation up to now. A
        transcript is of all sound up to now where the transcriber needs no turns. In a chain
        these are the requests of its legs, and ``speech`` is one of the leg that speaks.
    id
        Of the response, or of the item transcribed; ``""`` for what is billed up to now.
    seq, t_ms
        Number and time of the event that told it; -1 and the end of the sound sent for what
        is billed up to now.
    model
        Which model it is billed for.
    status
        How it ended: ``completed``, ``cancelled``, ``failed``, ``incomplete``; ``in_progress``
        and ``so far`` where it has not.
    usage
        What was counted, None where nothing was told.
    usd
        What it costs, None where that is not known.
    parts
        The same by price.
    note
        Why it is not known, or how it is, where that is worth a word.
    """

    kind: ChargeKind
    id: str = ""
    seq: int = -1
    t_ms: float = 0.0
    model: str = ""
    status: str = ""
    usage: Usage | None = None
    usd: float | None = None
    parts: Parts = field(default_factory=dict[str, float])
    note: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """What all of it comes to.

    Attributes
    ----------
    known_usd
        The sum of what is known, in USD.
    unknown
        How many charges have no known cost; the sum is a lower bound where there is one.
    charges
        How many there are.
    free
        Whether nothing is billed here.
    as_of
        The day or year the prices are of; the oldest where there are several.
    """

    known_usd: float = 0.0
    unknown: int = 0
    charges: int = 0
    free: bool = False
    as_of: str = ""

    @property
    def usd(self) -> float | None:
        """The cost in USD; None where a part of it is not known."""
        return None if self.unknown else self.known_usd

    def plus(self, charge: Charge) -> Total:
        """Return the total with one more charge."""
        of = "" if charge.usd is None else prices_as_of(charge.model)
        return replace(
            self,
            known_usd=self.known_usd + (charge.usd or 0.0),
            unknown=self.unknown + (charge.usd is None),
            charges=self.charges + 1,
            as_of=min(filter(None, (self.as_of, of)), default=""),
        )

    def __str__(self) -> str:
        if self.free:
            return "free"
        amount = usd_text(self.known_usd)
        if not self.unknown:
            return amount
        # Of which nothing is known, no number is shown, not even 0.
        return f"{amount} + unknown" if self.charges > self.unknown else "unknown"


class CostMeter:
    """Prices the events of one session as they pass.

    Parameters
    ----------
    model
        Which model answers, where the service does not say.
    free
        Whether the service is free of charge: every charge is then 0.
    kind
        Which kind of session it is, where the service does not say.
    """

    def __init__(
        self, model: str = "", *, free: bool = False, kind: SessionKind = "realtime"
    ) -> None:
        self._model = model
        self._free = free
        self._kind = kind
        self._session: dict[str, Any] = {}
        self._wrote: BoundedDict[str, str] = BoundedDict(_KEPT)
        self._seen: BoundedSet[tuple[str, str]] = BoundedSet(_KEPT)
        self._told = Total(free=free)
        self._open: BoundedDict[str, Charge] = BoundedDict(_KEPT)
        self._never: deque[Charge] = deque(maxlen=_KEPT)
        self._sent_ms = 0.0
        self._told_s = 0.0

    def take(self, record: Record) -> Charge | None:
        """Take in one event; return what is charged for it, if anything is for the first time."""
        event = record.event
        if record.direction != "received" or event.type not in _CHARGED:
            return None
        if event.type == LOST or event.type.startswith("session."):
            self._in_force(event)
            return None
        if is_chain(self.model):
            # What answers there is three services, and each of them tells for itself.
            return self._leg(record) if event.type == LEG_DONE else None
        if event.type == "input_audio_buffer.committed":
            # The transcriber may be another one by the time the words come.
            self._wrote[str(event.get("item_id"))] = self._transcriber
            return None
        if event.type == "response.created":
            self._begun(event, record)
            return None
        charge = self._charge(event, record)
        if charge is not None:
            self._told = self._told.plus(charge)
            self._told_s += (charge.usage.seconds or 0.0) if charge.usage is not None else 0.0
        return charge

    def sent(self, sound_ms: float) -> None:
        """Note how much sound has been sent so far, in milliseconds.

        Translations go by it, and transcribers that need no turns: of neither the service
        tells anything before the end.
        """
        self._sent_ms = sound_ms

    @property
    def model(self) -> str:
        """Which model answers or translates, as far as it is known."""
        told = self._session.get("model")
        return told if isinstance(told, str) and told else self._model

    @property
    def by_sound(self) -> Charge | None:
        """What the sound sent has cost, as far as the service has told nothing; else None."""
        kind = self._session.get("type", self._kind)
        seconds = self._sent_ms / 1000 - self._told_s
        if kind == "realtime" or seconds <= 0:
            return None
        if kind == "transcription" and not _needs_no_turns(self._transcriber):
            return None
        charge = Charge(
            kind="translation" if kind == "translation" else "transcription",
            t_ms=self._sent_ms,
            model=self.model if kind == "translation" else self._transcriber,
            status="so far",
            usage=Usage(seconds=seconds),
        )
        return self._priced(charge, BY_SOUND_SENT)

    @property
    def unfinished(self) -> list[Charge]:
        """The responses that were begun, and of whose usage nothing has been told."""
        return [*self._never, *self._open.values()]

    @property
    def total(self) -> Total:
        """What all of it comes to; responses that are under way are not in it yet."""
        by_sound = self.by_sound
        return self._told if by_sound is None else self._told.plus(by_sound)

    @property
    def _transcriber(self) -> str:
        told = get(self._session, "audio.input.transcription.model")
        return told if isinstance(told, str) else ""

    def _leg(self, record: Record) -> Charge:
        leg = read_leg(record.event)
        cost = leg_price(leg)
        charge = Charge(
            kind=_LEG_KINDS.get(leg.leg, "response"),
            id=leg.item_id or leg.response_id,
            seq=record.seq,
            t_ms=record.t_ms,
            model=leg.model,
            status=leg.status,
            usage=leg_usage(leg),
            usd=cost.usd,
            parts=cost.parts,
            note=FREE if leg.practice else cost.reason,
        )
        self._told = self._told.plus(charge)
        return charge

    def _begun(self, event: Event, record: Record) -> None:
        of = str(event.get("response.id") or "")
        if ("response", of) in self._seen:
            return
        self._open[of] = Charge(
            kind="response",
            id=of,
            seq=record.seq,
            t_ms=record.t_ms,
            model=self.model,
            status="in_progress",
            usd=0.0 if self._free else None,
            note=FREE if self._free else NOT_TOLD,
        )

    def _in_force(self, event: Event) -> None:
        """Take word of the session, or that it is gone."""
        session = event.get("session")
        if event.type != LOST:
            if isinstance(session, dict):
                self._session = cast("dict[str, Any]", session)
            return
        for charge in self._open.values():
            note = charge.note if self._free else NEVER_TOLD
            never = replace(charge, status="incomplete", note=note)
            self._never.append(never)
            self._told = self._told.plus(never)
        self._open.clear()

    def _charge(self, event: Event, record: Record) -> Charge | None:
        answers = event.type == "response.done"
        place = "response.id" if answers else "item_id"
        kind: ChargeKind = "response" if answers else "transcription"
        of = str(event.get(place) or "")
        part = "" if answers else f"{of}/{event.get('content_index')}"
        if (kind, part or of) in self._seen:
            return None  # told twice, billed once
        self._seen.add((kind, part or of))
        if answers:
            self._open.pop(of, None)
        status = event.get("response.status") if answers else event.type.removeprefix(_HEARD)
        charge = Charge(
            kind=kind,
            id=of,
            seq=record.seq,
            t_ms=record.t_ms,
            model=self.model if answers else self._wrote.pop(of, self._transcriber),
            status=str(status or ""),
            usage=read_usage(event.get("response.usage" if answers else "usage")),
        )
        return self._priced(charge)

    def _priced(self, charge: Charge, note: str = "") -> Charge:
        if self._free:
            return replace(charge, usd=0.0, note=FREE)
        cost: Price = price(charge.usage, charge.model)
        return replace(charge, usd=cost.usd, parts=cost.parts, note=cost.reason or note)


def charges(
    records: Iterable[Record],
    model: str = "",
    *,
    free: bool = False,
    kind: SessionKind = "realtime",
    sent_ms: float = 0.0,
) -> list[Charge]:
    """Return all that a log is charged for, in order.

    Parameters
    ----------
    records
        The log.
    model, free, kind
        As for `CostMeter`.
    sent_ms
        How much sound was sent, in milliseconds; see `CostMeter.sent`.
    """
    meter = CostMeter(model, free=free, kind=kind)
    found = [charge for record in records if (charge := meter.take(record)) is not None]
    meter.sent(sent_ms)
    by_sound = meter.by_sound
    return [*found, *meter.unfinished, *([] if by_sound is None else [by_sound])]


def _needs_no_turns(transcriber: str) -> bool:
    """Whether a transcriber writes down what it hears without anything being committed."""
    known = find_model(transcriber) if transcriber else None
    return known is not None and not known.turn_detection


def total_of(found: Iterable[Charge], *, free: bool = False) -> Total:
    """Return what charges come to."""
    total = Total(free=free)
    for charge in found:
        total = total.plus(charge)
    return total


_CENTS_FROM: Final = 0.995
_DIGITS: Final = 4


def usd_text(usd: float) -> str:
    """Return an amount for people: whole cents, and below a dollar hundredths of a cent."""
    if usd >= _CENTS_FROM or round(usd, 9) == round(usd, 2):
        return f"${usd:,.2f}"
    if 0 < usd < 10**-_DIGITS / 2:
        return f"<${10**-_DIGITS:.{_DIGITS}f}"
    return f"${usd:.{_DIGITS}f}"
