"""The command line: ``realtime-nb lab``, ``realtime-nb serve``, ``realtime-nb doctor``.

Exit codes: 0 done, 1 something failed on the way, 2 what was asked for cannot be. Errors are
one line on stderr. The rooms are imported by the command that needs them, so that each starts
as quickly as it can.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast
from urllib.parse import quote

from realtime_nb.errors import RealtimeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAM: Final = "realtime-nb"
_DEFAULT_FOLDER: Final = Path("realtime-tutorials")
# Beside the copies: what each was when it was copied, so that a newer version may replace
# those that nobody touched.
_COPIED: Final = ".realtime-tutorials.json"
_MAX_PORT: Final = 65_535
# Defaults below the user's own settings: a newcomer sees the tutorial first, not a question
# about news, and nothing is fetched from elsewhere.
_LAB_DEFAULTS: Final = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}

# An installation enables the fast path's relay by itself; a checkout's may be older than that.
_SERVER_DEFAULTS: Final = {"ServerApp": {"jpserver_extensions": {"realtime_nb.relay": True}}}


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the complaint and where help is, and exit with 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv
        Arguments without the program's name; `sys.argv` when None.

    Returns
    -------
    int
        The exit code.
    """
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except RealtimeError as error:
        print(f"{_PROGRAM}: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        print(f"{_PROGRAM}: {what}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)  # leave the line that ^C stands on
        return 1


def _parser() -> argparse.ArgumentParser:
    from realtime_nb import __version__  # noqa: PLC0415 -- a sibling of this very file

    parser = _Parser(prog=_PROGRAM, description="Talk to voice models in a Jupyter notebook.")
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    lab = commands.add_parser("lab", help="open JupyterLab on the tutorial notebooks")
    lab.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=_DEFAULT_FOLDER,
        help="where the tutorials are copied to; what you changed there stays (%(default)s)",
    )
    lab.add_argument("--port", type=_port, help="JupyterLab's port")
    lab.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    lab.set_defaults(run=_lab)

    serve = commands.add_parser("serve", help="run the local practice server")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serve.add_argument("--port", type=_port, default=0, help="port; 0 takes a free one (0)")
    serve.add_argument(
        "--brain",
        help="who answers: card, echo, scripted:FILE, or the URL of a compatible chat service",
    )
    serve.add_argument(
        "--pace", type=_pace, help="send answers at so many times real time; 0 sends all at once"
    )
    serve.add_argument(
        "--exit-with-stdin", action="store_true", help="end when standard input closes"
    )
    serve.set_defaults(run=_serve)

    doctor = commands.add_parser("doctor", help="speak through the whole path and time each step")
    doctor.add_argument("--wav", type=Path, help="what to say; without it a phrase is synthesised")
    doctor.add_argument(
        "--endpoint", help="local, openai, or the URL of a compatible service; as in %%%%realtime"
    )
    doctor.add_argument("--model", help="the model to ask for")
    doctor.set_defaults(run=_doctor)
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; write 0 to {_MAX_PORT}")
    return int(text)


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = math.nan
    if not 0 <= pace < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no pace; write a number such as 4, or 0")
    return pace


# ------------------------------------------------------------------------ serve


def _serve(options: argparse.Namespace) -> int:
    from realtime_nb import server  # noqa: PLC0415 -- heavy: only for this command

    return server.main(
        options.host,
        options.port,
        brain=options.brain,
        pace=options.pace,
        exit_with_stdin=options.exit_with_stdin,
    )


# ----------------------------------------------------------------------- doctor


def _doctor(options: argparse.Namespace) -> int:
    from realtime_nb.notebook.doctor import examine  # noqa: PLC0415 -- heavy: only for this

    well = examine(endpoint=options.endpoint, model=options.model, wav=options.wav, say=print)
    return 0 if well else 1


# -------------------------------------------------------------------------- lab


def _lab(options: argparse.Namespace) -> int:
    source = _tutorials()
    folder: Path = options.folder.expanduser()
    if folder.exists() and folder.samefile(source):
        done = f"tutorials in {folder}, in place"
    else:
        done = _copy(source, folder)
    print(f"{_PROGRAM}: {done}", flush=True)
    print(f"{_PROGRAM}: starting JupyterLab; Ctrl-C here ends it", flush=True)
    return _open_lab(folder.resolve(), options.port, browser=not options.no_browser)


def _tutorials() -> Path:
    """Return the folder of tutorials: the wheel's, or the checkout's of an editable install."""
    package = Path(__file__).resolve().parent
    for folder in (package / "tutorials", package.parent / "notebooks"):
        if any(folder.glob("*.ipynb")):
            return folder
    raise RealtimeError(f"this installation has no tutorials (looked in {package / 'tutorials'})")


def _copy(source: Path, folder: Path) -> str:
    """Copy the tutorials; a file that was changed since stays as it is.

    Returns
    -------
    str
        What was done, in one line.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder, as in: {_PROGRAM} lab tutorials")
    folder.mkdir(parents=True, exist_ok=True)
    copied = _read_copied(folder / _COPIED)
    new, kept = 0, list[str]()
    for original in sorted(path for path in source.rglob("*") if _belongs(path, source)):
        name = original.relative_to(source).as_posix()
        copy, content = folder / name, original.read_bytes()
        present = copy.read_bytes() if copy.exists() else None
        if present is None or (present != content and copied.get(name) == _digest(present)):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
            new += 1
        elif present != content:
            kept.append(name)
            continue
        copied[name] = _digest(content)
    (folder / _COPIED).write_text(json.dumps(copied, indent=1) + "\n", encoding="utf-8")
    line = f"tutorials in {folder}: {new} copied"
    return f"{line}; yours kept: {', '.join(kept)}" if kept else line


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


def _open_lab(folder: Path, port: int | None, *, browser: bool) -> int:
    from jupyterlab.labapp import LabApp  # noqa: PLC0415 -- heavy: only for this command

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


if __name__ == "__main__":
    sys.exit(main())
