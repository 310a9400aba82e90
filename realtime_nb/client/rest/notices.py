"""What a person is told while a request is under way."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

NoticeKind: TypeAlias = Literal["retry", "progress", "note"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One line for a person, while a request is under way.

    Attributes
    ----------
    kind
        ``"retry"`` for a request that is made again, ``"progress"`` for how far long work
        is, ``"note"`` for what was done otherwise than asked, and why.
    text
        The line; text of the service in it is unescaped.
    wait_s
        How long nothing will happen from now on, in seconds.
    """

    kind: NoticeKind
    text: str
    wait_s: float = 0.0


def tell(on_notice: Callable[[Notice], object] | None, notice: Notice) -> None:
    """Give a notice to whoever listens; a listener that fails does not end the request."""
    if on_notice is not None:
        with contextlib.suppress(Exception):
            on_notice(notice)
