"""Pyplot's figures by call: what a function plots is its own, whatever cells plot meanwhile.

Pyplot keeps its open figures in one table for the whole process: a figure that a function leaves
open would be drawn below whichever cell ends next, and ``plt.gcf()`` in a function would be the
figure of a cell. While a call runs, the table is one of the call's own.
"""

from __future__ import annotations

import contextlib
import sys
from collections import OrderedDict
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_HELPERS = "matplotlib._pylab_helpers"

_of_call: ContextVar[OrderedDict[Any, Any] | None] = ContextVar("figures of a call", default=None)


class _Figures:
    """Stands for pyplot's table: the call's own within a call, else the one there was."""

    def __init__(self, usual: OrderedDict[Any, Any]) -> None:
        self._usual = usual

    @property
    def _now(self) -> OrderedDict[Any, Any]:
        of_call = _of_call.get()
        return self._usual if of_call is None else of_call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._now, name)

    def __contains__(self, number: object) -> bool:
        return number in self._now

    def __getitem__(self, number: Any) -> Any:
        return self._now[number]

    def __setitem__(self, number: Any, manager: Any) -> None:
        self._now[number] = manager

    def __delitem__(self, number: Any) -> None:
        del self._now[number]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._now)

    def __reversed__(self) -> Iterator[Any]:
        return reversed(self._now)

    def __len__(self) -> int:
        return len(self._now)


class OwnFigures:
    """A table of pyplot's for one call; what is open in it at the end is taken, and closed."""

    def __init__(self) -> None:
        self._table: OrderedDict[Any, Any] = OrderedDict()
        self._token: Token[OrderedDict[Any, Any] | None] | None = None
        self._first = False

    def __enter__(self) -> Self:
        helpers = sys.modules.get(_HELPERS)
        self._first = helpers is None
        if helpers is not None and not isinstance(helpers.Gcf.figs, _Figures):
            helpers.Gcf.figs = _Figures(helpers.Gcf.figs)
        self._token = _of_call.set(self._table)
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _of_call.reset(self._token)
            self._token = None

    def take(self) -> list[Any]:
        """Return the figures that are open, and close them: they can be drawn, but no more.

        Those of a call that was the first to import pyplot stand in the table of all: there
        were none before.
        """
        helpers = sys.modules.get(_HELPERS)
        if helpers is None:
            return []
        table = helpers.Gcf.figs if self._first else self._table
        figures = [manager.canvas.figure for manager in list(table.values())]
        token = _of_call.set(table)
        try:
            with contextlib.suppress(Exception):  # a backend's own; the call is over
                helpers.Gcf.destroy_all()
        finally:
            _of_call.reset(token)
        return figures
