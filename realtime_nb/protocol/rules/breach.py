"""A breach of the protocol, and what finds them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

Severity: TypeAlias = Literal["error", "warning", "note"]
"""``error`` against the protocol; ``warning`` may cost something; ``note`` good to know."""

SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "note")

MOST: Final = 100
"""Breaches of one rule that are listed, and events of one breach; more are counted."""

REMEMBERED: Final = 100_000
"""Ids of one kind that a rule remembers; the oldest are forgotten."""


@dataclass(slots=True)
class Breach:
    """One breach of one rule.

    Attributes
    ----------
    rule
        The rule's name.
    message
        What is wrong, in one sentence. It may quote the wire: whoever shows it escapes it.
    severity
        How bad it is.
    seqs
        Numbers of the events concerned, in order; at most `MOST`.
    more
        How many further events, or breaches of the rule, are not listed.
    """

    rule: str
    message: str
    severity: Severity
    seqs: list[int] = field(default_factory=list[int])
    more: int = 0


class Rule:
    """What looks at one event after the other; its breaches are taken from `found`.

    Attributes
    ----------
    partial
        Whether the log lost its beginning: what is unknown may have been told there.
    """

    def __init__(self) -> None:
        self.partial = False
        self._found: dict[str, list[Breach]] = {}
        self._by_message: dict[tuple[str, str], Breach] = {}

    def take(self, record: Record) -> None:
        """Look at an event."""
        raise NotImplementedError

    def succeed(self) -> None:
        """Note that the session is gone, and that another one begins with what follows."""

    def end(self) -> None:
        """Say what can be said once all events have been seen."""

    def found(self) -> Iterator[Breach]:
        """Yield the breaches, those of a rule together."""
        for breaches in self._found.values():
            yield from breaches

    def breach(self, rule: str, message: str, *seqs: int, severity: Severity = "error") -> None:
        """Note a breach; the same one again counts as one with more events."""
        known = self._by_message.get((rule, message))
        if known is not None:
            for seq in seqs:
                if seq in known.seqs[-1:]:  # of one event, two of the same
                    continue
                if len(known.seqs) < MOST:
                    known.seqs.append(seq)
                else:
                    known.more += 1
            return
        listed = self._found.setdefault(rule, [])
        if len(listed) >= MOST:
            listed[-1].more += 1
            return
        self._by_message[rule, message] = one = Breach(rule, message, severity, list(seqs))
        listed.append(one)

    def unknown(self, rule: str, message: str, seq: int) -> None:
        """Note that something was not told before, unless it may have been."""
        if not self.partial:
            self.breach(rule, message, seq)


class Memory(OrderedDict[str, int]):
    """Ids and the number of the event that told them first; the newest `REMEMBERED`."""

    # Ordered: the first of a plain dict is sought among all those that were deleted before it.

    def keep(self, key: str, seq: int) -> None:
        """Remember an id."""
        self[key] = seq
        if len(self) > REMEMBERED:
            self.popitem(last=False)


def text(event: Event, path: str) -> str | None:
    """Return a field that is a string and not empty, else None."""
    value = event.get(path)
    return value if isinstance(value, str) and value else None


def quoted(value: str, longest: int = 60) -> str:
    """Return an id or a name as it may stand in a sentence."""
    return value if len(value) <= longest else f"{value[: longest - 1]}…"
