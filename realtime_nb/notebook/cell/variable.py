"""What a cell may call the variable that it binds."""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from typing import Final

from realtime_nb.errors import UsageError

# Without `get_ipython` no magic runs any more, and without `In` and `Out` no cell.
_IPYTHON: Final = frozenset({"In", "Out", "get_ipython", "exit", "quit"})


def variable_name(name: str, where: str, example: str) -> str:
    """Return a name as Python reads it.

    Parameters
    ----------
    name
        As it was written.
    where
        What stands before it, for errors: ``--out``.
    example
        A name that is fine.

    Raises
    ------
    UsageError
        When no variable can be called so, or when Python's or IPython's own would be gone.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(
            f"{where} {name}: {name!r} cannot be a variable; write a name such as {example}."
        )
    read = unicodedata.normalize("NFKC", name)
    if read in _IPYTHON or (read != "_" and hasattr(builtins, read)) or _is_dunder(read):
        raise UsageError(
            f"{where} {name}: {name!r} is Python's or IPython's own, which cells would miss;"
            f" write a name such as {example}."
        )
    return read


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
