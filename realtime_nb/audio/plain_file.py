"""Files on the disk, and not what only has a file's name: pipes would be waited for."""

from __future__ import annotations

import errno
import os
import stat
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_plain", "open_plain", "reason"]

_NO_FILE: Final = "it is no file, but a pipe, a socket or a device"


def open_plain(path: Path) -> IO[bytes]:
    """Open a file for reading, binary.

    Raises
    ------
    OSError
        When it cannot be read, or is a pipe, a socket or a device.
    """
    try:
        check_plain(path)
        return path.open("rb")
    except ValueError as error:  # no name of a file
        raise OSError(errno.EINVAL, str(error)) from error


def check_plain(path: Path) -> None:
    """Raise OSError for a pipe, a socket or a device, and where nothing is.

    A pipe is waited for when it is opened, until somebody writes; a device may have no end, and
    would be replaced by what is saved in its place.
    """
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(
            errno.EINVAL, "it is no file, but a pipe, a socket or a device", os.fspath(path)
        )


def reason(error: Exception) -> str:
    """Return the system's words for an error, without a full stop."""
    return (getattr(error, "strerror", None) or str(error)).rstrip(".")
