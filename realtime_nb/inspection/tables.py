"""What a cell shows of items and turns: a list or a call that is a table, too."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.inspection.frames import (
    ITEM_COLUMNS,
    TURN_COLUMNS,
    items_frame,
    to_polars,
    turns,
)
from realtime_nb.protocol.conversation.items import Item
from realtime_nb.protocol.shown_text import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd
    import polars as pl

    from realtime_nb.client.loop import Call
    from realtime_nb.inspection.talk import Talk

_LONGEST: Final = 300
_SHOWN_ROWS: Final = 200
_ITEM_SHOWN: Final = ("place", "role", "type", "status", "text", "audio_ms", "truncated_ms")
_TURN_SHOWN: Final = ("turn", "said", "answer", "status", "interrupted", "first_delta_ms", "calls")


class ItemList(list[Item]):
    """The items of a conversation in order; `df` makes a frame of them.

    Parameters
    ----------
    found
        The items.
    spoken
        How long the user's are, as far as it is known; see `spoken_ms`.
    """

    def __init__(
        self, found: Iterable[Item] = (), spoken: Mapping[str, float] | None = None
    ) -> None:
        super().__init__(found)
        self._spoken = spoken or {}

    @property
    def df(self) -> pd.DataFrame:
        """A row for each item; see `realtime_nb.inspection.frames.ITEM_COLUMNS`."""
        return items_frame(self, self._spoken)

    def to_polars(self) -> pl.DataFrame:
        """Return the same table as a polars frame."""
        return to_polars(self.df)

    def __repr__(self) -> str:
        count = "1 item" if len(self) == 1 else f"{len(self):,} items"
        return f"<{count}; .df has them as a frame>"

    def _repr_html_(self) -> str:
        return html_table(self.df, _ITEM_SHOWN, ITEM_COLUMNS)


class TurnTable:
    """The turns of a conversation so far: what was said, what was answered, and when.

    Parameters
    ----------
    talk
        Tells the facts, each time anew.
    """

    def __init__(self, talk: Callable[[], Talk]) -> None:
        self._talk = talk

    @property
    def df(self) -> pd.DataFrame:
        """A row for each turn; see `realtime_nb.inspection.frames.TURN_COLUMNS`."""
        return turns(self._talk())

    def to_polars(self) -> pl.DataFrame:
        """Return the same table as a polars frame."""
        return to_polars(self.df)

    def __len__(self) -> int:
        return len(self.df)

    def __repr__(self) -> str:
        return f"<turns of {self._talk().name!r}: {len(self)}; .df has them as a frame>"

    def _repr_html_(self) -> str:
        return html_table(self.df, _TURN_SHOWN, TURN_COLUMNS)


class LiveTurns(TurnTable):
    """The turns so far; called, it changes how turns end.

    Parameters
    ----------
    talk
        As for `TurnTable`.
    change
        Changes the mode of a live session.
    """

    def __init__(self, talk: Callable[[], Talk], change: Callable[..., Call[str]]) -> None:
        super().__init__(talk)
        self._change = change

    def __call__(self, mode: str | None = None, *, half_duplex: bool | None = None) -> Call[str]:
        """Change how turns end, as in the widget's settings.

        Parameters
        ----------
        mode
            ``server_vad``, ``semantic_vad``, ``push_to_talk`` or ``manual``; None leaves it.
        half_duplex
            Whether the microphone is mute while an answer plays, for loudspeakers without
            echo cancellation; None leaves it.

        Returns
        -------
        Call
            Of the mode in force afterwards. It fails with `UsageError` when there is no such
            mode, with `ServerError` when the service refuses it.
        """
        return self._change(mode, half_duplex=half_duplex)


def html_table(table: pd.DataFrame, shown: Sequence[str], columns: Mapping[str, str]) -> str:
    """Return some columns of a frame as HTML; what is in it is anybody's text and escaped.

    Parameters
    ----------
    table
        The frame; of a long one the last rows are shown.
    shown
        The columns.
    columns
        What each is, told when one points at its head.
    """
    heads = "".join(f'<th title="{html.escape(columns[name])}">{name}</th>' for name in shown)
    rows = cast("list[dict[str, Any]]", table.tail(_SHOWN_ROWS).to_dict("records"))  # pyright: ignore[reportUnknownMemberType] -- pandas
    body = "".join(f"<tr>{''.join(_cell(row[name]) for name in shown)}</tr>" for row in rows)
    more = len(table) - _SHOWN_ROWS
    note = f"<small>{more:,} before these</small>" if more > 0 else ""
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{note}"


def _cell(value: Any) -> str:
    missing = value is None or value != value  # noqa: PLR0124 -- NaN
    if missing:
        return "<td></td>"
    if isinstance(value, float):
        return f"<td>{value:,.0f}</td>"
    return f'<td style="text-align: left">{escaped(str(value), _LONGEST)}</td>'
