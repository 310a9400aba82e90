"""Ending several things, each of them whatever befalls the others, an interrupt too.

Who interrupts an ending does not want to wait any longer: then the step that runs is cut short,
and the others are taken all the same. Half an extension would be none that can be loaded again.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

__all__ = ["end_each"]


class _Interrupts:
    """Lets an interrupt through only while a step runs, and keeps any other for the end."""

    def __init__(self) -> None:
        self.running = False
        self.kept = False

    def __call__(self, _number: int, _frame: Any) -> None:
        """Handle the signal; on the main thread, between any two operations."""
        self.kept = True
        if self.running:
            self.running = False  # one for each step: what catches it is not interrupted
            raise KeyboardInterrupt


def end_each(steps: Iterable[Callable[[], object]]) -> None:
    """Take every step, in order; on the main thread an interrupt ends only the one that runs.

    Raises
    ------
    KeyboardInterrupt
        When it was interrupted, after the last step.
    BaseException
        Else what the first step that failed has raised, after the last one.
    """
    first: BaseException | None = None
    with _held() as interrupts:
        for step in steps:
            try:
                try:
                    interrupts.running = True
                    step()
                finally:
                    interrupts.running = False
            except BaseException as error:  # noqa: BLE001 -- raised below, after all the others
                first = first or error
    if interrupts.kept:
        raise KeyboardInterrupt from None
    if first is not None:
        raise first


@contextmanager
def _held() -> Generator[_Interrupts]:
    interrupts = _Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = signal.getsignal(signal.SIGINT)
    # Between cells a kernel ignores interrupts; one that was not set by Python cannot be put back.
    if before in (signal.SIG_IGN, None):
        yield interrupts
        return
    signal.signal(signal.SIGINT, interrupts)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
