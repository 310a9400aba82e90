"""Memory that was freed, and that the C library keeps all the same."""

from __future__ import annotations

import ctypes
import functools
from typing import Any


def trim_memory() -> bool:
    """Give memory that nothing uses back to the system, where the C library is glibc.

    Takes some milliseconds for each 100 MB, in which other threads run.

    Returns
    -------
    bool
        Whether there was any.
    """
    trim = _malloc_trim()
    return trim is not None and bool(trim(0))


@functools.cache
def _malloc_trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None  # another system, or another C library
