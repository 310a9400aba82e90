"""The end of a log as a table of HTML: what a saved notebook keeps of `chat.events`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.rows.filter import Query
from realtime_nb.protocol.rows.table import Rows
from realtime_nb.protocol.shown_text import inert

if TYPE_CHECKING:
    from realtime_nb.protocol.log.event_log import EventLog
    from realtime_nb.protocol.rows.table import Row

SHOWN_ROWS: Final = 40

LOOKED_AT: Final = 4_000
"""Events at a log's end of which rows are made: over a minute of sound both ways."""

_HEADS: Final = ("Time", "", "Event", "Item", "Summary")


def log_html(log: EventLog) -> str:
    """Return the last rows of a log, runs of deltas folded as in the page's table.

    What is in it is anybody's text and escaped.
    """
    try:
        after = log[-LOOKED_AT].seq - 1
    except IndexError:  # it has no more
        after = -1
    rows = Rows(log, after=after)
    rows.index.catch_up(LOOKED_AT)
    page = rows.page(Query(), -SHOWN_ROWS, rows.index.rows.end)
    shown = sum(row["count"] for row in page.rows)
    heads = "".join(f"<th>{head}</th>" for head in _HEADS)
    body = "".join(_row(row) for row in page.rows)
    note = f"the last {shown:,} of {len(log):,} events" if len(log) > shown else ""
    return (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table><small>{note}</small>"
    )


def _row(row: Row) -> str:
    count = f"\u00d7{row['count']:,} " if row["count"] > 1 else ""
    cells = (
        _clock(row["t_ms"]),
        "↑ sent" if row["dir"] == "sent" else "↓ received",
        row["type"],
        row["item"],
        count + row["summary"],
    )
    return "<tr>" + "".join(f"<td><bdi>{_shown(cell)}</bdi></td>" for cell in cells) + "</tr>"


def _clock(t_ms: float) -> str:
    """Return a time as the page's table has it: minutes, seconds, milliseconds."""
    minutes, rest = divmod(max(0, round(t_ms)), 60_000)
    return f"{minutes}:{rest / 1000:06.3f}"


def _shown(text: str) -> str:
    """Return anybody's text as HTML; what cannot be seen, or turns the line around, is a dot."""
    return inert("".join(sign if sign.isprintable() else "\u00b7" for sign in text))
