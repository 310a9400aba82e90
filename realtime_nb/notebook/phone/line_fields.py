"""What a `PhoneLine` may be made with."""

from __future__ import annotations

from typing import Final

from realtime_nb.errors import UsageError
from realtime_nb.notebook.phone.mount import WAYS

_MOST_PORT: Final = 65535


def check_line(mount: str, port: int, name: str, on_call: object) -> None:
    """Raise `UsageError` for what a `PhoneLine` cannot be made with."""
    if on_call is not None and not callable(on_call):
        raise UsageError(f"on_call={on_call!r:.40} is no function: write on_call=answer.")
    if mount not in WAYS:
        raise UsageError(f"mount={mount!r:.40}: write one of {', '.join(map(repr, WAYS))}.")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= _MOST_PORT:  # pyright: ignore[reportUnnecessaryIsInstance] -- of a user
        raise UsageError(f"port={port!r:.40}: write a number from 0 (a free one) to {_MOST_PORT}.")
    if not isinstance(name, str) or not name.isidentifier():  # pyright: ignore[reportUnnecessaryIsInstance] -- of a user
        raise UsageError(f"name={name!r:.40} can be no name of a line; write one such as line.")
