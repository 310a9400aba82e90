"""Files that are whole or not there.

What is written is nobody's until all of it is: a process that is killed in the middle, or a disk
that is full, leaves the file that was there, and no half one beside it. Where the system has
files without a name (Linux, on most file systems) the new one is such a file; elsewhere it has a
name of its own beside its place, and one that a killed process left there goes with the next save.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

from realtime_nb.audio.plain_file import check_plain

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["ABANDONED_S", "whole_file"]

_LONGEST_NAME: Final = 200  # in bytes: with what is added it is a name still
ABANDONED_S: Final = 3600.0
"""Not written for so long, in seconds, nobody writes a file any more."""


@contextmanager
def whole_file(target: Path) -> Generator[IO[bytes]]:
    """Write a file beside its place, and put it there when all of it is on the disk.

    Parameters
    ----------
    target
        Where it is to be; a file that is there stays as it is until then, and where anything
        is raised. The new one has its permissions, and its owner where that may be.

    Raises
    ------
    OSError
        When it cannot be written, or a pipe or a device is in its place.
    """
    try:
        target = target.resolve()
        if not target.name:  # the root of the disk
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(target))
        before = target.stat() if target.exists() else None
        if before is not None:
            check_plain(target)
    except (ValueError, RuntimeError) as error:  # no name of a file; links in a circle
        raise OSError(errno.EINVAL, str(error)) from error
    beside = target.with_name(f"{_begin(target)}{secrets.token_hex(4)}.tmp")
    nameless = _has_nameless(target.parent, _begin(target))
    try:
        with _nameless(target.parent) if nameless else beside.open("xb") as file:
            _sweep(target, now=os.fstat(file.fileno()).st_mtime)  # by the disk's own clock
            yield file
            file.flush()
            _keep(file, before)
            os.fsync(file.fileno())
            if nameless:
                _link(file.fileno(), beside)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _begin(target: Path) -> str:
    name = os.fsencode(target.name)[:_LONGEST_NAME].decode("utf-8", "ignore")
    return f".{name}."


def _has_nameless(folder: Path, begin: str) -> bool:
    """Whether files of a folder may be without a name, and get one: a save must not fail late."""
    if not hasattr(os, "O_TMPFILE"):
        return False
    trial = folder / f"{begin}{secrets.token_hex(4)}.tmp"  # as is swept, if we are killed just here
    try:
        with _nameless(folder) as file:
            _link(file.fileno(), trial)
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            trial.unlink(missing_ok=True)
    return True


def _nameless(folder: Path) -> IO[bytes]:
    return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b")


def _link(descriptor: int, place: Path) -> None:
    # A folder's descriptor, which a whole path does not need, has Python follow the link.
    os.link(f"/proc/self/fd/{descriptor}", place, src_dir_fd=descriptor, follow_symlinks=True)


def _keep(file: IO[bytes], before: os.stat_result | None) -> None:
    """Give a file the permissions and the owner of the one it takes the place of."""
    if before is None or not hasattr(os, "fchmod"):
        return
    with contextlib.suppress(OSError):  # not ours to give away, or a file system without owners
        os.fchown(file.fileno(), before.st_uid, before.st_gid)
    with contextlib.suppress(OSError):
        os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))


def _sweep(target: Path, *, now: float) -> None:
    """Take away what killed processes have left of earlier saves of this file."""
    with contextlib.suppress(OSError):
        for left in target.parent.glob(f"{_literal(_begin(target))}????????.tmp"):
            if now - left.stat().st_mtime > ABANDONED_S:
                left.unlink()


def _literal(name: str) -> str:
    return "".join(f"[{one}]" if one in "*?[" else one for one in name)


def _sync_folder(folder: Path) -> None:
    """Have the file's new name on the disk as well, where a folder can be synced."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
