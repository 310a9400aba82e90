"""`CheckReport`: where a log breaks the protocol's rules, as a list that shows as a table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from realtime_nb.inspection.frames import frame, to_polars
from realtime_nb.protocol.rules import check as rules
from realtime_nb.protocol.rules.breach import SEVERITIES, Breach
from realtime_nb.protocol.shown_text import escaped, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    import polars as pl

    from realtime_nb.protocol.log.event_log import EventLog

BREACH_COLUMNS: Final[Mapping[str, str]] = {
    "severity": "error, warning or note",
    "rule": "the rule's name",
    "message": "what is wrong",
    "seqs": "numbers of the events concerned, at most 100",
    "more": "how many further events or breaches of the rule are not listed",
}
"""What stands in each column of a report's frame."""

_MARKS: Final = {"error": "✗", "warning": "!", "note": "·"}
_IN_ROW: Final = 12
_LONGEST: Final = 400


class CheckReport(list[Breach]):
    """The breaches of the protocol in a log, the worst first; empty for a clean one.

    Parameters
    ----------
    breaches
        What was found.
    events
        How many events were looked at.
    problems
        How many lines of the log's file could not be read.

    Attributes
    ----------
    events, problems
        As given.
    """

    def __init__(self, breaches: Iterable[Breach] = (), *, events: int, problems: int = 0) -> None:
        super().__init__(breaches)
        self.events = events
        self.problems = problems

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self

    @property
    def df(self) -> pd.DataFrame:
        """A row for each breach; see `BREACH_COLUMNS`."""
        rows = [{name: getattr(breach, name) for name in BREACH_COLUMNS} for breach in self]
        return frame(rows, BREACH_COLUMNS)

    def to_polars(self) -> pl.DataFrame:
        """Return the same table as a polars frame."""
        return to_polars(self.df)

    def _headline(self) -> str:
        events = f"{self.events:,} event" + "s" * (self.events != 1)
        counts = Counter(breach.severity for breach in self)
        told = [
            f"{counts[name]} {name}" + "s" * (counts[name] > 1)
            for name in SEVERITIES
            if counts[name]
        ]
        unread = f" Of its file {self.problems} lines were not read." if self.problems else ""
        if not told:
            return f"{events}: no rule of the protocol is broken.{unread}"
        return f"{events}: {', '.join(told)}.{unread}"

    def __repr__(self) -> str:
        lines = [
            f"{_MARKS[breach.severity]} {breach.rule}: {plain(breach.message, _LONGEST)}"
            f" ({_places(breach)})"
            for breach in self
        ]
        return "\n".join([self._headline(), *lines])

    def _repr_html_(self) -> str:
        head = f"<div>{escaped(self._headline(), _LONGEST)}</div>"
        if not self:
            return head
        heads = "".join(f"<th>{name}</th>" for name in ("", "rule", "what", "events"))
        body = "".join(
            f"<tr><td>{_MARKS[breach.severity]} {breach.severity}</td><td>{breach.rule}</td>"
            f'<td style="text-align: left">{escaped(breach.message, _LONGEST)}</td>'
            f'<td style="text-align: left">{_places(breach)}</td></tr>'
            for breach in self
        )
        return f"{head}<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def check(log: EventLog, *, problems: int = 0) -> CheckReport:
    """Return where a log breaks the protocol's rules.

    Parameters
    ----------
    log
        Any log, live or from a file.
    problems
        How many lines of its file could not be read.
    """
    return CheckReport(rules.check(log), events=len(log), problems=problems)


def _places(breach: Breach) -> str:
    shown = ", ".join(map(str, breach.seqs[:_IN_ROW]))
    more = len(breach.seqs) - len(breach.seqs[:_IN_ROW]) + breach.more
    return f"seq {shown} and {more:,} more" if more else f"seq {shown}"
