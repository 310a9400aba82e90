"""All rules over a log, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.protocol.restored.restored import LOST, SUCCESSOR
from realtime_nb.protocol.rules.breach import SEVERITIES, Breach
from realtime_nb.protocol.rules.items import Items
from realtime_nb.protocol.rules.replies import Replies
from realtime_nb.protocol.rules.responses import Responses
from realtime_nb.protocol.rules.shapes import Shapes
from realtime_nb.protocol.rules.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.protocol.log.event_log import Record


def check(records: Iterable[Record]) -> list[Breach]:
    """Return the breaches of the protocol in a log, the worst first.

    Parameters
    ----------
    records
        Any log's, from its beginning. One that lost its beginning (its first number is not
        0) is not blamed for what may have stood there.
    """
    rules = (Responses(), Items(), Sound(), Replies(), Shapes())
    first: int | None = None
    for record in records:
        if first is None:
            first = record.seq
            for rule in rules:
                rule.partial = first > 0
        if record.event.type in (LOST, SUCCESSOR):
            for rule in rules:
                rule.succeed()
        for rule in rules:
            rule.take(record)
    for rule in rules:
        rule.end()
    found = [breach for rule in rules for breach in rule.found()]
    if first:
        found.append(
            Breach(
                "log-begins-late",
                f"the first {first:,} events are not in the log; what they began is not checked",
                "note",
                [first],
            )
        )
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.seqs[:1]))
