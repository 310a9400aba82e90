"""The command line: one-line complaints and exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from realtime_nb import __main__ as cli
from realtime_nb import __version__
from realtime_nb.errors import EndpointError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(*arguments: str) -> int:
    """Run the command line; argparse leaves by SystemExit."""
    try:
        return cli.main(arguments)
    except SystemExit as leaving:
        return int(leaving.code or 0)


# ------------------------------------------------------------------- arguments


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: COMMAND"),
        (["sing"], "invalid choice: 'sing'"),
        (["serve", "--port", "70000"], "'70000' is no port; write 0 to 65535"),
        (["serve", "--port", "-1"], "--port"),
        (["serve", "--pace", "fast"], "'fast' is no pace"),
        (["serve", "--pace", "nan"], "'nan' is no pace"),
        (["serve", "--pace", "-2"], "--pace"),
        (["serve", "--sip-port", "sip"], "'sip' is no port"),
        (["call"], "required: clip"),
        (["call", "a.wav", "--quiet", "nan"], "'nan' is no time"),
        (["lab", "a", "b"], "unrecognized arguments: b"),
        (["doctor", "--speed", "2"], "unrecognized arguments"),
        (["doctor", "--\x1b[31m"], "unrecognized arguments: --\u241b[31m"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("realtime-nb")
    assert words in err
    assert "--help" in err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"realtime-nb {__version__}\n"
    for command in ("lab", "serve", "call", "doctor"):
        assert run(command, "--help") == 0
        assert "usage:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("no such brain"), 2, "realtime-nb: no such brain\n"),
        (EndpointError("no server"), 1, "realtime-nb: no server\n"),
        (PermissionError(13, "Permission denied", "/x"), 1, "realtime-nb: /x: Permission denied\n"),
        (FileNotFoundError(2, "No file", "/\x1b[31m"), 1, "realtime-nb: /\u241b[31m: No file\n"),
        (KeyboardInterrupt(), 1, "\n"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    error: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(cli, "_lab", fail)
    assert run("lab") == code
    assert capsys.readouterr().err == line


def test_the_command_line_starts_without_the_heavy_rooms() -> None:
    code = (
        "import sys; from realtime_nb.__main__ import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'openai', 'IPython', 'tornado', 'pandas', 'anywidget', 'jupyterlab'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_serve_hands_its_options_to_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[object, ...]] = []

    def serve(host: str, port: int, **options: object) -> int:
        calls.append((host, port, options))
        return 0

    monkeypatch.setattr("realtime_nb.server.main", serve)
    assert run("serve") == 0
    leash = ("--exit-with-stdin", "--token-from-stdin")
    assert run("serve", "--port", "81", "--brain", "echo", "--pace", "0", *leash) == 0
    none = {"sip_port": None, "webhook_url": None, "webhook_secret": None}
    off, on = (dict.fromkeys(("exit_with_stdin", "token_from_stdin"), value) for value in (0, 1))
    assert calls == [
        ("127.0.0.1", 0, {"brain": None, "pace": None, **off, **none}),
        ("127.0.0.1", 81, {"brain": "echo", "pace": 0.0, **on, **none}),
    ]


@pytest.fixture
def server() -> Iterator[subprocess.Popen[str]]:
    """Start a practice server on a leash."""
    with subprocess.Popen(
        [sys.executable, "-m", "realtime_nb", "serve", "--exit-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"REALTIME_NB_TOKEN": "a-token"},
    ) as process:
        yield process
        process.kill()


def test_serve_names_itself_first_and_ends_with_its_leash(server: subprocess.Popen[str]) -> None:
    assert server.stdin is not None
    assert server.stdout is not None
    url = server.stdout.readline()
    assert re.fullmatch(r"url: http://127\.0\.0\.1:\d+/v1\n", url)
    assert server.stdout.readline() == "token: a-token\n"

    taken = url.split(":")[-1].split("/")[0]
    second = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-m", "realtime_nb", "serve", "--port", taken],
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 2
    assert second.stdout == ""
    assert len(second.stderr.splitlines()) == 1
    assert taken in second.stderr

    server.stdin.close()
    assert server.wait(timeout=30) == 0
