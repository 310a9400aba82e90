"""A brain that says back what it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from realtime_nb.server.brain.interface import BrainRequest, Piece


class EchoBrain:
    """Says back the user's words, or a function's output, and nothing else."""

    name = "echo"
    about = "An echo: it says back what it heard."
    card: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    async def respond(self, request: BrainRequest) -> AsyncIterator[Piece]:
        """Answer with the newest words; with nothing when there are none."""
        last = request.last
        text = ""
        if last is not None:
            text = last.output if last.kind == "function_call_output" else last.text
        if text:
            yield text
