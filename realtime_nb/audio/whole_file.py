"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from realtime_nb.audio.plain_file import check_plain

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
        When it cannot be written, or a pipe or a device is in its place.
    """
    try:
        target = target.resolve()
        if target.exists():
            check_plain(target)
    except (ValueError, RuntimeError) as error:  # no name of a file; links in a circle
        raise OSError(errno.EINVAL, str(error)) from error
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
