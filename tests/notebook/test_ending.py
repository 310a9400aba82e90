from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, NoReturn

import pytest

from realtime_nb.notebook.ending import end_each

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """What a kernel does while a cell runs."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_every_step_is_taken_in_order_and_the_first_error_is_raised() -> None:
    taken: list[int] = []

    def fail(number: int) -> NoReturn:
        taken.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match=r"^1$"):
        end_each(
            (
                lambda: taken.append(0),
                lambda: fail(1),
                lambda: fail(2),
                lambda: taken.append(3),
            )
        )
    assert taken == [0, 1, 2, 3]


@pytest.mark.usefixtures("_interruptible")
def test_an_interrupt_ends_the_step_that_runs_and_no_other() -> None:
    taken: list[str] = []

    def interrupted(name: str) -> None:
        taken.append(name)
        signal.raise_signal(signal.SIGINT)
        taken.append(f"{name} went on")

    with pytest.raises(KeyboardInterrupt):
        end_each((lambda: interrupted("a"), lambda: interrupted("b"), lambda: taken.append("c")))
    assert taken == ["a", "b", "c"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("_interruptible")
def test_an_interrupt_while_a_step_is_given_up_waits_for_the_end() -> None:
    taken: list[str] = []

    def patient() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            taken.append("cleared up")

    with pytest.raises(KeyboardInterrupt):
        end_each((patient, lambda: taken.append("next")))
    assert taken == ["cleared up", "next"]


def test_between_cells_interrupts_stay_ignored_and_other_threads_have_none() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    seen: list[object] = []
    try:
        end_each((lambda: seen.append(signal.getsignal(signal.SIGINT)),))
        thread = threading.Thread(target=end_each, args=([lambda: seen.append("thread")],))
        thread.start()
        thread.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIG_IGN, "thread"]
