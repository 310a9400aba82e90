"""What a program reads off an answer: JSON, and function calls."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from realtime_nb.errors import UsageError
from realtime_nb.protocol.summary import shorten
from realtime_nb.protocol.told import as_text

_FENCED: Final = re.compile(r"```[A-Za-z0-9]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function call in an answer; nobody has run it.

    Attributes
    ----------
    name
        The function.
    arguments
        As the model wrote them: JSON, as a rule, and untrusted.
    call_id
        The call's id.
    """

    name: str
    arguments: str
    call_id: str = ""

    @classmethod
    def of(cls, item: dict[str, Any]) -> FunctionCall:
        """Read a wire item."""
        return cls(
            as_text(item.get("name")) or "",
            as_text(item.get("arguments")) or "",
            as_text(item.get("call_id")) or "",
        )

    def json(self) -> Any:
        """Return the arguments read as JSON; raises `UsageError` when they are none."""
        return read_json(self.arguments)


def read_json(text: str, status: str = "completed") -> Any:
    """Return what a model's text holds as JSON.

    Parameters
    ----------
    text
        The text, or one with a fenced block in it.
    status
        How its answer ended.

    Raises
    ------
    UsageError
        When it is no JSON.
    """
    fenced = _FENCED.search(text)
    inner = (fenced[1] if fenced else text).strip()
    try:
        return json.loads(inner)
    except (ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
        cut = f" (the answer is {status})" if status != "completed" else ""
        raise UsageError(f"the answer is no JSON{cut}: {shorten(inner)!r}: {why}") from None
