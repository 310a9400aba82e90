"""JupyterLab on the tutorials: laid out where they may be changed, and opened."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import RealtimeError, UsageError

_PROGRAM: Final = "realtime-nb"
# Beside the copies: what each was when it was copied, so that a newer version may replace
# those that nobody touched.
_COPIED: Final = ".realtime-tutorials.json"
# Defaults below the user's own settings: a newcomer sees the tutorial first, not a question
# about news, and nothing is fetched from elsewhere.
_LAB_DEFAULTS: Final = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}
# An installation enables the fast path's relay by itself; a checkout's may be older than that.
_SERVER_DEFAULTS: Final = {"ServerApp": {"jpserver_extensions": {"realtime_nb.relay": True}}}


def lay_out(folder: Path) -> str:
    """Have the tutorials in a folder of the user's; return what was done, in one line.

    Raises
    ------
    UsageError
        When `folder` is a file.
    RealtimeError
        When this installation has no tutorials.
    """
    source, folder = find_tutorials(), folder.expanduser()
    if folder.exists() and folder.samefile(source):
        return f"tutorials in {folder}, in place"
    return copy_tutorials(source, folder)


def find_tutorials() -> Path:
    """Return the folder of tutorials: the wheel's, or the checkout's of an editable install.

    Raises
    ------
    RealtimeError
        When there are none.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "tutorials", package.parent / "notebooks"):
        if any(folder.glob("*.ipynb")):
            return folder
    raise RealtimeError(f"this installation has no tutorials (looked in {package / 'tutorials'})")


def copy_tutorials(source: Path, folder: Path) -> str:
    """Copy the tutorials; a file that was changed since stays as it is.

    Parameters
    ----------
    source
        Where they are.
    folder
        Where they go; made where it is missing.

    Returns
    -------
    str
        What was done, in one line.

    Raises
    ------
    UsageError
        When `folder` is a file.
    RealtimeError
        When it cannot be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder, as in: {_PROGRAM} lab tutorials")
    copied = _read_copied(folder / _COPIED)
    new, kept = 0, list[str]()
    for original in sorted(path for path in source.rglob("*") if _belongs(path, source)):
        name = original.relative_to(source).as_posix()
        copy, content = folder / name, original.read_bytes()
        present = copy.read_bytes() if copy.exists() else None
        if present is None or (present != content and copied.get(name) == _digest(present)):
            _write(copy, content)
            new += 1
        elif present != content:
            kept.append(name)
            continue
        copied[name] = _digest(content)
    _write(folder / _COPIED, json.dumps(copied, indent=1).encode() + b"\n")
    line = f"tutorials in {folder}: {new} copied"
    return f"{line}; yours kept: {', '.join(kept)}" if kept else line


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: half a tutorial would count as changed by its owner."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        raise RealtimeError(f"cannot write {path}: {error.strerror or error}") from None


def _belongs(path: Path, source: Path) -> bool:
    """Whether a file is part of the tutorials, rather than left there by an editor."""
    parts = path.relative_to(source).parts
    return path.is_file() and not any(part.startswith((".", "__")) for part in parts)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_copied(path: Path) -> dict[str, str]:
    try:
        known: Any = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # the first start, or spoilt: then every file that differs is kept
    return cast("dict[str, str]", known) if isinstance(known, dict) else {}


def open_lab(folder: Path, port: int | None, *, browser: bool) -> int:
    """Open JupyterLab on a folder, and return its exit code once it has ended.

    Parameters
    ----------
    folder
        Where it begins; its first notebook is shown.
    port
        JupyterLab's port; None leaves it the choice.
    browser
        Whether a browser is opened on it.
    """
    _end_on_signals()
    from jupyterlab.labapp import LabApp  # noqa: PLC0415 -- heavy: only for this command

    folder = folder.expanduser().resolve()
    arguments = [
        f"--ServerApp.root_dir={folder}",
        # Unlike a file given to open, this is in the addresses that are printed too.
        f"--LabApp.default_url=/lab/tree/{quote(min(folder.glob('*.ipynb')).name)}",
        # Warnings and the addresses, not the news of each extension.
        "--ServerApp.log_level=WARN",
        "--LabApp.log_level=WARN",
    ]
    if port is not None:
        arguments.append(f"--ServerApp.port={port}")
    if not browser:
        arguments.append("--no-browser")
    if sys.platform != "win32" and os.geteuid() == 0:
        arguments.append("--allow-root")  # a container: loopback and a token guard it as always
    with tempfile.TemporaryDirectory(prefix=f"{_PROGRAM}-") as config:
        defaults = Path(config) / "labconfig" / "default_setting_overrides.json"
        defaults.parent.mkdir()
        defaults.write_text(json.dumps(_LAB_DEFAULTS), encoding="utf-8")
        enabled = Path(config) / "jupyter_server_config.d" / "realtime_nb.json"
        enabled.parent.mkdir()
        enabled.write_text(json.dumps(_SERVER_DEFAULTS), encoding="utf-8")
        paths = [config, os.environ.get("JUPYTER_CONFIG_PATH", "")]
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
        LabApp.launch_instance(arguments)  # pyright: ignore[reportUnknownMemberType] -- untyped
    return 0


def _end_on_signals() -> None:
    """Have SIGTERM, and a terminal that is closed, end what has begun and leave nothing behind.

    JupyterLab takes SIGTERM over as soon as it runs, and ends its kernels; it knows no SIGHUP.
    What whoever started us had ignored (nohup) stays ignored.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _leave if name == "SIGTERM" else _terminate)


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _terminate(_number: int, _frame: object) -> None:
    signal.raise_signal(signal.SIGTERM)
