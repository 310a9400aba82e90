"""`Bill`: what a conversation has cost, line by line, as text and as HTML.

Names of models and reasons come from services and files: they are escaped, and what cannot
be seen is made visible.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.cost.meter import FREE, Total, usd_text
from realtime_nb.protocol.cost.prices import MODALITIES, prices_as_of, prices_of
from realtime_nb.protocol.shown_text import escaped, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.protocol.cost.meter import Charge

_PER_CHARACTERS: Final = "per_million_characters"
_NAMES: Final = {
    **{f"{kind}_in": f"{kind} in" for kind in MODALITIES},
    **{f"{kind}_cached": f"{kind} in, cached" for kind in MODALITIES},
    **{f"{kind}_out": f"{kind} out" for kind in MODALITIES},
    "per_minute": "minutes of sound",
    _PER_CHARACTERS: "characters read aloud",
}
_MINUTE_S: Final = 60
_MILLION: Final = 1_000_000
_CELL: Final = "text-align: left; vertical-align: top"
_NUMBER: Final = "text-align: right; vertical-align: top; font-variant-numeric: tabular-nums"
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: what was billed by one price of one model.

    Attributes
    ----------
    kind
        response, transcription, translation or speech.
    model
        Which model.
    what
        A key of `Model.prices`; ``""`` for what has no known cost.
    count
        Tokens, or minutes of sound; of what has no known cost how many there are.
    unit_usd
        USD per million tokens or per minute; None where it is not known.
    usd
        The cost; None where it is not known.
    reason
        Why it is not known.
    as_of
        Of which day or year the price is.
    """

    kind: str
    model: str
    what: str
    count: float
    unit_usd: float | None
    usd: float | None
    reason: str = ""
    as_of: str = ""

    @property
    def name(self) -> str:
        """What was billed, in words."""
        return _NAMES.get(self.what, self.what) if self.what else f"{self.count:g} of unknown cost"

    @property
    def amount(self) -> str:
        """How much of it, in words."""
        if not self.what:
            return ""
        return f"{self.count:,.2f} min" if self.what == "per_minute" else f"{self.count:,.0f}"


@dataclass(frozen=True)
class Bill:
    """What a conversation has cost.

    Attributes
    ----------
    total
        What it comes to.
    lines
        What it is made of.
    budget_usd
        What it may cost, None where nobody said.
    lost_events
        Events that the log has let go of: what they told is not in it.
    """

    total: Total
    lines: tuple[Line, ...]
    budget_usd: float | None = None
    lost_events: int = 0

    @property
    def usd(self) -> float | None:
        """The cost in USD; None where a part of it is not known."""
        return None if self.lost_events else self.total.usd

    @property
    def known_usd(self) -> float:
        """The cost in USD of what is known."""
        return self.total.known_usd

    @property
    def notes(self) -> tuple[str, ...]:
        """What should be known of it, a sentence each."""
        said: list[str] = []
        if self.total.free:
            said.append(f"{FREE[0].upper()}{FREE[1:]}.")
        elif self.total.as_of:
            said.append(f"List prices of OpenAI as of {self.total.as_of}; a bill may differ.")
        if self.total.unknown:
            said.append(f"Of {self.total.unknown} of {self.total.charges} the cost is not known.")
        if self.lost_events:
            said.append(f"The log has let go of {self.lost_events} events: it may be more.")
        if self.budget_usd is not None:
            said.append(f"The budget is {usd_text(self.budget_usd)}.")
        return tuple(said)

    def __str__(self) -> str:
        return str(self.total)

    def __repr__(self) -> str:
        rows = [
            tuple(map(_seen, ("", line.kind, line.model, line.name, line.amount, _usd(line))))
            for line in self.lines
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        reasons = dict.fromkeys(_seen(line.reason) for line in self.lines if line.reason)
        return "\n".join([f"cost: {self.total}", *table, *reasons, *self.notes])

    def _repr_html_(self) -> str:
        heads = ("", "model", "billed", "count", "USD each", "USD")
        head = "".join(f'<th style="{_CELL}">{text}</th>' for text in heads)
        body = "".join(_html_line(line) for line in self.lines)
        notes = "<br>".join(_text(note) for note in self.notes)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return (
            f"<div><strong>{_text(str(self.total))}</strong></div>"
            f"{table if self.lines else ''}<small>{notes}</small>"
        )


def lines_of(charges: Iterable[Charge]) -> tuple[Line, ...]:
    """Return the lines of a bill, those of one price together, the dearest model first."""
    known: dict[tuple[str, str, str], Line] = {}
    unknown: Counter[tuple[str, str, str]] = Counter()
    for charge in charges:
        if charge.usd is None:
            unknown[charge.kind, charge.model, charge.note] += 1
        for what, usd in charge.parts.items():
            place = (charge.kind, charge.model, what)
            line = known.get(place) or _empty(*place)
            known[place] = replace(
                line, count=line.count + _count(charge, what), usd=(line.usd or 0.0) + usd
            )
    sums: Counter[tuple[str, str]] = Counter()
    for line in known.values():
        sums[line.kind, line.model] += line.usd or 0.0  # pyright: ignore[reportArgumentType] -- sums of USD
    order = {place: number for number, place in enumerate(_NAMES)}
    told = sorted(
        known.values(),
        key=lambda line: (-sums[line.kind, line.model], line.kind, line.model, order[line.what]),
    )
    return (
        *told,
        *(
            Line(kind, model, "", count, None, None, reason)
            for (kind, model, reason), count in unknown.items()
        ),
    )


def _empty(kind: str, model: str, what: str) -> Line:
    return Line(kind, model, what, 0.0, prices_of(model).get(what), 0.0, as_of=prices_as_of(model))


def _count(charge: Charge, what: str) -> float:
    usage: Any = charge.usage
    if what == "per_minute":
        return usage.seconds / _MINUTE_S
    if what == _PER_CHARACTERS:
        return round(charge.parts[what] / prices_of(charge.model)[what] * _MILLION)
    count: int = getattr(usage, what)
    kind = what.removesuffix("_in")
    return count if kind == what else count - getattr(usage, f"{kind}_cached")


def _usd(line: Line) -> str:
    return "unknown" if line.usd is None else usd_text(line.usd)


def _html_line(line: Line) -> str:
    each = "" if line.unit_usd is None else f"{line.unit_usd:g}"
    if each:
        each += " / min" if line.what == "per_minute" else " / 1M"
    words = [(line.kind, _CELL), (line.model, _CELL), (line.name, _CELL)]
    numbers = [(line.amount, _NUMBER), (each, _NUMBER), (_usd(line), _NUMBER)]
    if line.reason:
        words[-1] = (f"{line.name}: {line.reason}", _CELL)
    cells = "".join(f'<td style="{style}">{_text(text)}</td>' for text, style in words + numbers)
    return f"<tr>{cells}</tr>"


def _text(text: str) -> str:
    return escaped(text, _LONGEST)


def _seen(text: str) -> str:
    return plain(text, _LONGEST)
