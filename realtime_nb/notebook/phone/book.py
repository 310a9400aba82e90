"""The calls of a line in the order in which they rang, and the table they are."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import UsageError
from realtime_nb.inspection.frames import frame, to_polars
from realtime_nb.inspection.tables import html_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd
    import polars as pl

    from realtime_nb.notebook.phone.call import PhoneCall

MOST_CALLS: Final = 200
"""Calls that are kept: past that those that are over are forgotten, the oldest first."""

CALL_COLUMNS: Final[Mapping[str, str]] = {
    "number": "the how manieth call of the line, from 1",
    "call_id": "the service's id",
    "caller": "who calls, by the caller's own word",
    "called": "who is called",
    "state": "ringing, accepting, active, rejected, referred, ended or failed",
    "rang_at": "when it rang",
    "since": "when its state began",
    "talked_seconds": "how long it has been active; 0 of one that was never accepted",
    "dtmf": "the keys that the caller has pressed",
    "media_security": "rtp or srtp; missing where the service does not say",
    "problem": "what went wrong last",
}
"""What stands in each column of `CallTable.df`."""

_SHOWN: Final = ("number", "caller", "called", "state", "since", "dtmf", "problem")


class CallBook:
    """Keeps calls; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, PhoneCall] = {}
        self._number = 0

    def add(self, call_id: str, make: Callable[[int], PhoneCall]) -> PhoneCall | None:
        """Add the call that `make` makes of its number; None when it is known already.

        Raises
        ------
        UsageError
            When all of the calls that may be kept are under way.
        """
        with self._lock:
            if call_id in self._calls:
                return None
            forgotten = self._make_room()
            self._number += 1
            call = self._calls[call_id] = make(self._number)
        if forgotten is not None:
            forgotten.let_go()
        return call

    def _make_room(self) -> PhoneCall | None:
        if len(self._calls) < MOST_CALLS:
            return None
        for call_id, call in self._calls.items():
            if call.over:
                return self._calls.pop(call_id)
        # Nobody answers these: the oldest that rings makes room, and may still be rejected by
        # who holds it.
        for call_id, call in self._calls.items():
            if call.state == "ringing":
                return self._calls.pop(call_id)
        raise UsageError(f"{MOST_CALLS} calls are active: no more can be taken.")

    def all(self) -> list[PhoneCall]:
        """Return the calls, the first that rang first."""
        with self._lock:
            return list(self._calls.values())

    def find(self, call_id: str) -> PhoneCall | None:
        """Return a call by its id, None where there is none."""
        with self._lock:
            return self._calls.get(call_id)


class CallTable:
    """The calls of a line so far: a sequence, and a table.

    Parameters
    ----------
    book
        Where they are.
    """

    def __init__(self, book: CallBook) -> None:
        self._book = book

    @property
    def df(self) -> pd.DataFrame:
        """A row for each call; see `CALL_COLUMNS`."""
        return frame([_row(call) for call in self._book.all()], CALL_COLUMNS)

    def to_polars(self) -> pl.DataFrame:
        """Return the same table as a polars frame."""
        return to_polars(self.df)

    def __getitem__(self, key: str | int) -> PhoneCall:
        calls = self._book.all()
        if isinstance(key, str):
            found = self._book.find(key)
            if found is None:
                raise UsageError(f"there is no call {key!r:.60}: {_known(calls)}.")
            return found
        try:
            return calls[key]
        except IndexError:
            raise UsageError(f"there is no call [{key}]: {_known(calls)}.") from None

    def __iter__(self) -> Iterator[PhoneCall]:
        return iter(self._book.all())

    def __len__(self) -> int:
        return len(self._book.all())

    def __repr__(self) -> str:
        return "\n".join(["<calls; .df has them as a frame>", *map(repr, self._book.all())])

    def _repr_html_(self) -> str:
        return html_table(self.df, _SHOWN, CALL_COLUMNS)


def _known(calls: list[PhoneCall]) -> str:
    if not calls:
        return "nobody has called yet"
    shown = ", ".join(call.id for call in calls[-5:])
    return f"there are {len(calls)}, the last of them {shown}"


def _row(call: PhoneCall) -> dict[str, Any]:
    return {
        "number": call.number,
        "call_id": call.id,
        "caller": call.caller,
        "called": call.called,
        "state": call.state,
        "rang_at": call.rang_at,
        "since": call.since,
        "talked_seconds": call.talked_s,
        "dtmf": call.dtmf,
        "media_security": call.media_security,
        "problem": call.problem,
    }
