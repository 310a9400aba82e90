"""`RealtimeLog`: the events of a session as its user holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from realtime_nb.client.kinds import kind_of
from realtime_nb.inspection.check import CheckReport, check
from realtime_nb.inspection.frames import to_polars
from realtime_nb.inspection.jsonl import read_jsonl, write_jsonl
from realtime_nb.inspection.talk import Talk
from realtime_nb.protocol.beta import in_ga
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.log.event_log import EventLog, Record

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pandas as pd
    import polars as pl


class RealtimeLog(Sequence[Record]):
    """The events of a session, live or from a file.

    A live one goes on growing while it is looked at. Its length and places are those of the
    records that are kept; `Record.seq` counts all that passed.

    Parameters
    ----------
    source
        The log it shows; an empty one when None.
    problems
        What could not be read of a file.
    name
        What the chat is called whose events they are.

    Attributes
    ----------
    source
        As given: where the events are kept.
    problems, name
        As given.
    """

    def __init__(
        self,
        source: EventLog | None = None,
        *,
        problems: Sequence[str] = (),
        name: str = "log",
    ) -> None:
        self.source = EventLog() if source is None else source
        self.problems = tuple(problems)
        self.name = name

    def __len__(self) -> int:
        return len(self.source)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.source)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        return self.source[index]

    @property
    def max_audio_bytes(self) -> int:
        """Bytes of sound payload (base64, as on the wire) that are kept; it may be changed."""
        return self.source.max_audio_bytes

    @max_audio_bytes.setter
    def max_audio_bytes(self, size: int) -> None:
        self.source.max_audio_bytes = size

    @property
    def dropped_records(self) -> int:
        """Records that were let go of, so that memory stays bounded."""
        return self.source.dropped_records

    @property
    def dropped_audio(self) -> int:
        """Sound payloads that were let go of; their records are there."""
        return self.source.dropped_audio

    def rows(self, start: int = 0, stop: int | None = None) -> list[dict[str, Any]]:
        """Return rows `start` to `stop` (places in the log) as dicts; see `Record.row`."""
        return self.source.rows(start, stop)

    def audio(self, item_id: str) -> bytes:
        """Return the sound received for an item, in order, in the session's output format.

        On a call it is empty: there the sound is in no event, see `Chat.audio`.
        """
        return self.source.audio(item_id)

    @property
    def df(self) -> pd.DataFrame:
        """One row an event as a `pandas.DataFrame`, without sound payloads; see `EventLog.df`."""
        return self.source.df

    def to_polars(self) -> pl.DataFrame:
        """Return the same table as a polars frame.

        Raises
        ------
        UsageError
            When polars is not installed.
        """
        return to_polars(self.df)

    def to_jsonl(self, path: str | os.PathLike[str]) -> Path:
        """Write the events as JSON lines, sound included and credentials not; return the path.

        Parameters
        ----------
        path
            Where; one that ends in ``.gz`` is compressed. A file that is there is replaced
            when all is written.

        Raises
        ------
        UsageError
            When it cannot be written.
        """
        return write_jsonl(self.source, path)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> RealtimeLog:
        """Read the events of a file, our own or another tool's; see `read_jsonl`.

        What cannot be read stands in `problems`, by line; the rest is there.

        Raises
        ------
        UsageError
            When there is no such file, or nothing in it is an event.
        """
        source, problems = read_jsonl(path)
        return cls(source, problems=problems)

    def talk(self) -> Talk:
        """Return what the events alone tell, for frames, bills and pictures of any log."""
        conversation = self.conversation()
        session = conversation.session or {}
        model = session.get("model")
        return Talk(
            self.source,
            conversation,
            model=model if isinstance(model, str) else "",
            kind=kind_of(session),
            name=self.name,
        )

    def check(self) -> CheckReport:
        """Return where the events break the protocol's rules; it shows as a table."""
        return check(self.source, problems=len(self.problems))

    def conversation(self) -> Conversation:
        """Return the conversation that the events tell, replayed from the first one kept.

        Events under names of the beta count as what they are called now.
        """
        conversation = Conversation()
        for record in self.source:
            conversation.apply(record.direction, in_ga(record.event), record.t_ms)
        return conversation

    def __repr__(self) -> str:
        unread = f", {len(self.problems)} problems" if self.problems else ""
        return f"<RealtimeLog{repr(self.source).removeprefix('<EventLog')[:-1]}{unread}>"

    def _repr_html_(self) -> str:
        return self.source._repr_html_()  # pyright: ignore[reportPrivateUsage] -- the protocol's name for it
