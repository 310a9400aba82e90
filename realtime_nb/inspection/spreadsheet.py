"""A table as a file for spreadsheets, in which no text is a formula.

What a model, a caller or a service says may begin with ``=`` and be computed when the file is
opened: it may fetch a page with what stands in other cells. A spreadsheet that takes another
sign for the separator begins a cell within a text, so what follows any of them counts, too.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import UNSEEN, UsageError, sign_of

if TYPE_CHECKING:
    import os

    import pandas as pd

# A formula's sign, in full width also, where a cell of some spreadsheet might begin.
_FORMULA: Final = re.compile(r"""(^|[\t\n,;|"'])([\s"']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])""")


def to_csv(table: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a frame as CSV that a spreadsheet may open: no text in it is a formula.

    Before ``=``, ``+``, ``-`` and ``@`` at the beginning of a text, or behind a separator or a
    quotation mark in it, stands an apostrophe; numbers stay numbers. Characters that are none
    are shown as signs. A program that wants the texts as they are reads ``table.to_csv(path)``,
    whose cells no spreadsheet should be trusted with, or the log's JSON lines.

    Parameters
    ----------
    table
        Any frame, such as ``chat.items.df``.
    path
        Where, in UTF-8 with a mark that spreadsheets know it by. A file that is there is
        replaced when all is written.

    Raises
    ------
    UsageError
        When it cannot be written; a file that was there is there still.
    """
    target = Path(path).expanduser()
    try:
        with whole_file(target) as file:
            file.write(b"\xef\xbb\xbf")
            _write(table, file)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror or error}.") from None
    return target


def safe_cell(value: Any) -> Any:
    """Return what stands in a cell, as text that no spreadsheet computes; numbers as they are."""
    if value is None or value != value:  # noqa: PLR0124 -- NaN
        return ""
    if isinstance(value, bool | int | float):
        return value
    text = UNSEEN.sub(sign_of, str(value).replace("\r\n", "\n"))
    return _FORMULA.sub(r"\1\2'", text)


def _write(table: pd.DataFrame, file: IO[bytes]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
    rows = csv.writer(text)
    rows.writerow([safe_cell(name) for name in table.columns])
    held = cast("dict[str, list[Any]]", table.to_dict("list"))  # pyright: ignore[reportUnknownMemberType] -- pandas
    rows.writerows(map(safe_cell, row) for row in zip(*held.values(), strict=True))
    text.detach()
