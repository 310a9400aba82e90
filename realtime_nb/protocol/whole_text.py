"""Texts of whole characters: JSON can say half of one, and no file or frame can hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def whole_text(text: str) -> str:
    """Return `text` with U+FFFD in place of each half of a surrogate pair; itself without any."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def whole_texts(values: Iterable[Any]) -> list[Any]:
    """Return values, each text as `whole_text` has it."""
    held = list(values)
    try:
        # Nearly always all are whole: one look is enough.
        "".join(value for value in held if isinstance(value, str)).encode()
    except UnicodeEncodeError:
        return [whole_text(value) if isinstance(value, str) else value for value in held]
    return held
