"""What stands around a call: where it runs, what is kept of what it prints, who sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from realtime_nb.client.tools.outcome import ToolCall
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

__all__ = ["PlainStage", "Stage", "ToolCall"]

T = TypeVar("T")


class Stage(Protocol):
    """What is provided around a call; its methods may raise, which fails the call only."""

    def run(self, call: ToolCall, work: Callable[[], T]) -> T:
        """Return what `work` gives, or raise what it raises; called on the thread it runs on.

        Here prints, displays, warnings and figures are captured.
        """
        ...

    def on_main(self, call: ToolCall, work: Callable[[], T]) -> Future[T]:
        """Have `work` run on the main thread, and return at once; `run` is in it already.

        A future that is cancelled before it began never runs.
        """
        ...

    def show(self, call: ToolCall, value: Any, captured: Any) -> None:
        """Show what a call gave; called after its output has left, on the thread it ran on.

        `captured` is None: a stage that captures knows by `call` what it has.
        """
        ...


class PlainStage:
    """A stage without a notebook: nothing is captured, nothing shown, no main thread."""

    def run(self, call: ToolCall, work: Callable[[], T]) -> T:
        """Return what `work` gives."""
        del call
        return work()

    def on_main(self, call: ToolCall, work: Callable[[], T]) -> Future[T]:
        """Refuse.

        Raises
        ------
        UsageError
            Always.
        """
        del work
        raise UsageError(
            f"{call.name}() is a tool with main=True, and there is no main thread to run it on;"
            " leave main=True out."
        )

    def show(self, call: ToolCall, value: Any, captured: Any) -> None:
        """Show nothing."""
