"""Files that are whole or not there."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["whole_file"]


@contextmanager
def whole_file(target: Path) -> Generator[IO[bytes]]:
    """Write a file beside its place, and put it there when all of it is written.

    Parameters
    ----------
    target
        Where it is to be; a file that is there stays as it is until then, and where anything
        is raised.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    target = target.resolve()
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
