"""What a response, a transcript or a translation costs: token counts times the model's prices.

The rules it keeps:

- Cached tokens are a part of the input. They are priced once, at the cached price, and only
  the rest at the full one.
- Prices are those of `realtime_nb.protocol.config.models`, by the model's own name. Where
  there is none, or the counts do not say what it applies to, the cost is unknown: it is None
  with a reason, and never 0.
- What was cancelled, failed or incomplete is billed as far as it was made: its counts count.
- Transcripts are billed apart, at the price of the model that wrote them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from realtime_nb.protocol.config.models import find_model
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.config.model import Model

MODALITIES: Final = ("text", "audio", "image")
_MILLION: Final = 1_000_000
_MINUTE_S: Final = 60

Parts: TypeAlias = dict[str, float]
"""USD by price: ``text_in``, ``audio_cached``, … as in `Model.prices`, ``per_minute``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a service counted.

    Attributes
    ----------
    text_in, audio_in, image_in
        Tokens that went in, cached ones included.
    text_cached, audio_cached, image_cached
        Those of them that were cached.
    text_out, audio_out
        Tokens that came out.
    seconds
        Seconds of sound, where they are counted and not tokens; else None.
    gap
        What keeps these counts from being priced, such as tokens of no stated kind; ``""``
        for nothing.
    """

    text_in: int = 0
    audio_in: int = 0
    image_in: int = 0
    text_cached: int = 0
    audio_cached: int = 0
    image_cached: int = 0
    text_out: int = 0
    audio_out: int = 0
    seconds: float | None = None
    gap: str = ""

    @property
    def input_tokens(self) -> int:
        """All tokens that went in, as far as their kinds are told."""
        return self.text_in + self.audio_in + self.image_in

    @property
    def cached_tokens(self) -> int:
        """Those of them that were cached."""
        return self.text_cached + self.audio_cached + self.image_cached

    @property
    def output_tokens(self) -> int:
        """All tokens that came out, as far as their kinds are told."""
        return self.text_out + self.audio_out


COUNTS: Final = tuple(f.name for f in fields(Usage) if f.name != "gap")
"""The names of what is counted, tokens and then seconds."""


@dataclass(frozen=True, slots=True)
class Price:
    """What something costs.

    Attributes
    ----------
    usd
        In USD; None where it is not known.
    parts
        The same by price; empty where it is not known.
    reason
        Why it is not known, in a few words; ``""`` where it is.
    """

    usd: float | None
    parts: Parts = field(default_factory=dict[str, float])
    reason: str = ""


def read_usage(told: object) -> Usage | None:
    """Return what a `usage` object of the wire says; None where there is none.

    Parameters
    ----------
    told
        That of `response.done`, or of a transcript: tokens by kind, or seconds of sound.
    """
    if not isinstance(told, dict):
        return None
    wire = cast("dict[str, Any]", told)
    if wire.get("type") == "duration":
        seconds = _number(wire.get("seconds"))
        return Usage(seconds=seconds, gap="" if seconds is not None else "seconds are not told")
    into, out = (
        as_object(wire.get("input_token_details")),
        as_object(wire.get("output_token_details")),
    )
    counts = {f"{kind}_in": _count(into.get(f"{kind}_tokens")) for kind in MODALITIES}
    counts |= {f"{kind}_out": _count(out.get(f"{kind}_tokens")) for kind in ("text", "audio")}
    if wire.get("type") == "tokens" and not out:
        # A transcript is text: its details are of the input alone.
        counts["text_out"] = _count(wire.get("output_tokens"))
    counts |= _cached(into, counts)
    return Usage(**counts, gap=_gap(wire, into, counts))


def _cached(into: dict[str, Any], counts: dict[str, int]) -> dict[str, int]:
    """Return the cached tokens by kind, as far as that can be told."""
    details = as_object(into.get("cached_tokens_details"))
    cached = {f"{kind}_cached": _count(details.get(f"{kind}_tokens")) for kind in MODALITIES}
    present = [kind for kind in MODALITIES if counts[f"{kind}_in"]]
    if not any(cached.values()) and len(present) == 1:
        # Of one kind alone there is nothing to tell apart.
        cached[f"{present[0]}_cached"] = _count(into.get("cached_tokens"))
    return cached


def _gap(wire: dict[str, Any], into: dict[str, Any], counts: dict[str, int]) -> str:
    """Return why counts cannot be priced: their parts do not add up to what is told."""
    if not into and "input_tokens" not in wire:
        return "no tokens are told"
    taken = sum(counts[f"{kind}_in"] for kind in MODALITIES)
    made = counts["text_out"] + counts["audio_out"]
    cached = sum(counts[f"{kind}_cached"] for kind in MODALITIES)
    if _count(wire.get("input_tokens"), taken) != taken:
        return "the kinds of the input tokens are not told"
    if _count(wire.get("output_tokens"), made) != made:
        return "the kinds of the output tokens are not told"
    if _count(into.get("cached_tokens"), cached) != cached:
        return "the kinds of the cached tokens are not told"
    if any(counts[f"{kind}_cached"] > counts[f"{kind}_in"] for kind in MODALITIES):
        return "more tokens are cached than went in"
    return ""


def price(usage: Usage | None, model: str) -> Price:
    """Return what a usage costs with a model.

    Parameters
    ----------
    usage
        What was counted; None where the service told nothing.
    model
        The name of the model.
    """
    if usage is None:
        return Price(None, reason="the service told no usage")
    if usage.gap:
        return Price(None, reason=usage.gap)
    known = find_model(model) if model else None
    if known is None or not known.prices:
        return Price(None, reason=f"no price is known of {model or 'a model that is not named'}")
    if usage.seconds is not None:
        return _by_time(usage.seconds, known)
    return _by_tokens(usage, known)


def _by_time(seconds: float, model: Model) -> Price:
    per_minute = model.prices.get("per_minute")
    if per_minute is None:
        return Price(None, reason=f"{model.name} is priced by tokens, and seconds are told")
    usd = seconds / _MINUTE_S * per_minute
    return Price(usd, {"per_minute": usd})


def _by_tokens(usage: Usage, model: Model) -> Price:
    counts = {f"{kind}_out": getattr(usage, f"{kind}_out") for kind in ("text", "audio")}
    for kind in MODALITIES:
        cached = getattr(usage, f"{kind}_cached")
        counts[f"{kind}_cached"] = cached
        counts[f"{kind}_in"] = getattr(usage, f"{kind}_in") - cached
    billed = {name: count for name, count in counts.items() if count}
    if "per_minute" in model.prices and billed:
        return Price(None, reason=f"{model.name} is priced by the minute, and tokens are told")
    lacking = [name.replace("_", " ") for name in billed if name not in model.prices]
    if lacking:
        return Price(None, reason=f"no price is known of {', '.join(lacking)} of {model.name}")
    parts = {name: count * model.prices[name] / _MILLION for name, count in billed.items()}
    return Price(sum(parts.values()), parts)


def prices_of(model: str) -> Mapping[str, float]:
    """Return the prices of a model as in `Model.prices`; empty where none is known."""
    known = find_model(model) if model else None
    return known.prices if known is not None else {}


def prices_as_of(model: str) -> str:
    """Return the day or year that the prices of a model are of; ``""`` where none is known."""
    known = find_model(model) if model else None
    return known.as_of if known is not None and known.prices else ""


def _count(value: Any, otherwise: int = 0) -> int:
    """Return a count; what is none, or below 0, is no count."""
    number = _number(value)
    return otherwise if number is None else int(number)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < float("inf") else None
