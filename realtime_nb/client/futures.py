"""Functions that end a future, and do nothing to one that has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.errors import RealtimeError

T = TypeVar("T")


def settle(future: asyncio.Future[T]) -> Callable[[T], None]:
    """Return a function that gives a future its result, unless it has ended already."""

    def answer(value: T) -> None:
        if not future.done():
            future.set_result(value)

    return answer


def fail(future: asyncio.Future[Any]) -> Callable[[RealtimeError], None]:
    """Return a function that gives a future its error, unless it has ended already."""

    def refuse(error: RealtimeError) -> None:
        if not future.done():
            future.set_exception(error)

    return refuse
