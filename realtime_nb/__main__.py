"""The command line: ``realtime-nb lab``, ``serve``, ``call``, ``doctor``.

Exit codes: 0 done, 1 something failed on the way, 2 what was asked for cannot be. Errors are
one line on stderr. The rooms are imported by the command that needs them, so that each starts
as quickly as it can.
"""

from __future__ import annotations

import argparse
import math
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from realtime_nb.errors import RealtimeError, UsageError, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAM: Final = "realtime-nb"
_DEFAULT_FOLDER: Final = Path("realtime-tutorials")
_MAX_PORT: Final = 65_535
_LONGEST_QUIET_S: Final = 600
_LONGEST_SECRET: Final = 4096
_SIGNS: Final = "the file with what signs that; without it OPENAI_WEBHOOK_SECRET"


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the complaint and where help is, and exit with 2."""
        self.exit(2, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")


class _Unseen(argparse.Action):
    """An option whose value would stand in the list of processes: refused, and not repeated."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002 -- argparse's shape, as the next
        values: object,  # noqa: ARG002
        option_string: str | None = None,
    ) -> NoReturn:
        """Say where a secret goes instead."""
        parser.error(
            f"a secret in {option_string} is read by every user of this computer, in its list of"
            f" processes: set OPENAI_WEBHOOK_SECRET, or write {option_string}-file FILE"
        )


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
        print(f"{_PROGRAM}: {one_line(what)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)  # leave the line that ^C stands on
        return 1


def _parser() -> argparse.ArgumentParser:
    from realtime_nb import __version__  # noqa: PLC0415 -- a sibling of this very file

    parser = _Parser(prog=_PROGRAM, description="Talk to voice models in a Jupyter notebook.")
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _lab_options(commands.add_parser("lab", help="open JupyterLab on the tutorial notebooks"))
    _serve_options(commands.add_parser("serve", help="run the local practice server"))
    _call_options(commands.add_parser("call", help="call a PhoneLine, or a webhook, with a clip"))
    _doctor_options(
        commands.add_parser("doctor", help="speak through the whole path and time each step")
    )
    return parser


def _lab_options(lab: argparse.ArgumentParser) -> None:
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


def _serve_options(serve: argparse.ArgumentParser) -> None:
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
    serve.add_argument(
        "--token-from-stdin",
        action="store_true",
        help="the first line of standard input is the token, and not REALTIME_NB_TOKEN",
    )
    serve.add_argument(
        "--sip-port", type=_port, help="take SIP calls on this UDP port; 0 takes a free one"
    )
    serve.add_argument("--webhook-url", help="who is told of calls, on this computer")
    serve.add_argument("--webhook-secret-file", type=Path, metavar="FILE", help=_SIGNS)
    serve.add_argument("--webhook-secret", action=_Unseen, help=argparse.SUPPRESS)
    serve.set_defaults(run=_serve)


def _call_options(call: argparse.ArgumentParser) -> None:
    call.add_argument("clip", type=Path, help="what the caller says: a sound file")
    call.add_argument("--to", metavar="URL", help="the webhook to ring, on this computer")
    call.add_argument("--secret-file", type=Path, metavar="FILE", help=_SIGNS)
    call.add_argument("--secret", action=_Unseen, help=argparse.SUPPRESS)
    call.add_argument("--from", dest="caller", metavar="NUMBER", help="the caller, as in +15550100")
    call.add_argument(
        "--header", action="append", default=[], metavar="'NAME: VALUE'", help="of the INVITE"
    )
    call.add_argument("--dtmf", default="", metavar="KEYS", help="pressed after the clip: 12#")
    call.add_argument("--save", type=Path, metavar="FILE", help="write what the caller heard")
    call.add_argument(
        "--quiet",
        type=_seconds,
        metavar="S",
        help="hang up after so many seconds of silence (4; 30 before what was said is answered)",
    )
    call.add_argument(
        "--server",
        metavar="URL",
        help="the practice server, its token in REALTIME_NB_TOKEN; without it the one of the"
        " PhoneLine that was opened last",
    )
    call.set_defaults(run=_call)


def _doctor_options(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument("--wav", type=Path, help="what to say; without it a phrase is synthesised")
    doctor.add_argument(
        "--endpoint", help="local, openai, or the URL of a compatible service; as in %%%%realtime"
    )
    doctor.add_argument("--model", help="the model to ask for")
    doctor.set_defaults(run=_doctor)


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


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _LONGEST_QUIET_S:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; write seconds, up to {_LONGEST_QUIET_S}"
        )
    return seconds


def _secret_in(file: Path | None) -> str | None:
    """Return the secret that a file holds; None where none is named."""
    if file is None:
        return None
    with file.expanduser().open("rb") as opened:
        text = opened.read(_LONGEST_SECRET + 1).decode("utf-8", "replace").strip()
    if not text or len(text) > _LONGEST_SECRET or not text.isprintable():
        raise UsageError(f"{str(file)!r} holds no secret; write whsec_… into it, and nothing else")
    return text


# ------------------------------------------------------------------------ serve


def _serve(options: argparse.Namespace) -> int:
    from realtime_nb import server  # noqa: PLC0415 -- heavy: only for this command

    return server.main(
        options.host,
        options.port,
        brain=options.brain,
        pace=options.pace,
        exit_with_stdin=options.exit_with_stdin,
        token_from_stdin=options.token_from_stdin,
        sip_port=options.sip_port,
        webhook_url=options.webhook_url,
        webhook_secret=_secret_in(options.webhook_secret_file),
    )


# ------------------------------------------------------------------------- call


def _call(options: argparse.Namespace) -> int:
    from realtime_nb.client.practice_phone.told import call_and_tell  # noqa: PLC0415 -- heavy: only for this

    answered = call_and_tell(
        options.clip,
        say=partial(print, flush=True),
        server=options.server,
        to=options.to,
        secret=_secret_in(options.secret_file),
        caller=options.caller,
        headers=options.header,
        dtmf=options.dtmf,
        save=options.save,
        quiet_s=options.quiet,
    )
    return 0 if answered else 1


# ----------------------------------------------------------------------- doctor


def _doctor(options: argparse.Namespace) -> int:
    from realtime_nb.notebook.doctor import examine  # noqa: PLC0415 -- heavy: only for this

    well = examine(endpoint=options.endpoint, model=options.model, wav=options.wav, say=print)
    return 0 if well else 1


# -------------------------------------------------------------------------- lab


def _lab(options: argparse.Namespace) -> int:
    from realtime_nb import lab  # noqa: PLC0415 -- only for this command

    print(f"{_PROGRAM}: {lab.lay_out(options.folder)}", flush=True)
    print(f"{_PROGRAM}: starting JupyterLab; Ctrl-C here and then y ends it", flush=True)
    return lab.open_lab(options.folder, options.port, browser=not options.no_browser)


if __name__ == "__main__":
    sys.exit(main())
