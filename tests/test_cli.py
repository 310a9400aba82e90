"""The command line: one-line complaints, exit codes, and what `lab` copies."""

from __future__ import annotations

import json
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
    from pathlib import Path


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
        (["lab", "a", "b"], "unrecognized arguments: b"),
        (["doctor", "--speed", "2"], "unrecognized arguments"),
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
    for command in ("lab", "serve", "doctor"):
        assert run(command, "--help") == 0
        assert "usage:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("no such brain"), 2, "realtime-nb: no such brain\n"),
        (EndpointError("no server"), 1, "realtime-nb: no server\n"),
        (PermissionError(13, "Permission denied", "/x"), 1, "realtime-nb: /x: Permission denied\n"),
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
    assert run("serve", "--port", "81", "--brain", "echo", "--pace", "0", "--exit-with-stdin") == 0
    assert calls == [
        ("127.0.0.1", 0, {"brain": None, "pace": None, "exit_with_stdin": False}),
        ("127.0.0.1", 81, {"brain": "echo", "pace": 0.0, "exit_with_stdin": True}),
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


# -------------------------------------------------------------------- tutorials


@pytest.fixture
def tutorials(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    (source / "media").mkdir(parents=True)
    (source / "00_hello.ipynb").write_text("hello")
    (source / "01_next.ipynb").write_text("next")
    (source / "media" / "tone.wav").write_bytes(b"RIFF")
    (source / ".ipynb_checkpoints").mkdir()
    (source / ".ipynb_checkpoints" / "00_hello-checkpoint.ipynb").write_text("old")
    return source


def test_the_tutorials_are_copied_whole(tutorials: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    assert cli._copy(tutorials, folder) == f"tutorials in {folder}: 3 copied"
    assert (folder / "00_hello.ipynb").read_text() == "hello"
    assert (folder / "media" / "tone.wav").read_bytes() == b"RIFF"
    assert not (folder / ".ipynb_checkpoints").exists()
    assert cli._copy(tutorials, folder) == f"tutorials in {folder}: 0 copied"


def test_what_was_changed_is_kept_and_the_rest_renewed(tutorials: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    cli._copy(tutorials, folder)
    (folder / "00_hello.ipynb").write_text("mine")
    for name in ("00_hello.ipynb", "01_next.ipynb"):
        (tutorials / name).write_text("a newer version")
    assert cli._copy(tutorials, folder).endswith("1 copied; yours kept: 00_hello.ipynb")
    assert (folder / "00_hello.ipynb").read_text() == "mine"
    assert (folder / "01_next.ipynb").read_text() == "a newer version"
    # and it stays kept the next time
    assert cli._copy(tutorials, folder).endswith("0 copied; yours kept: 00_hello.ipynb")


def test_a_strange_file_of_the_same_name_is_kept(tutorials: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "00_hello.ipynb").write_text("somebody else's")
    (folder / ".realtime-tutorials.json").write_text("{spoilt")
    assert cli._copy(tutorials, folder).endswith("2 copied; yours kept: 00_hello.ipynb")
    assert (folder / "00_hello.ipynb").read_text() == "somebody else's"


def test_a_deleted_tutorial_comes_back(tutorials: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    cli._copy(tutorials, folder)
    (folder / "00_hello.ipynb").unlink()
    assert cli._copy(tutorials, folder).endswith("1 copied")
    assert json.loads((folder / ".realtime-tutorials.json").read_text()).keys() == {
        "00_hello.ipynb",
        "01_next.ipynb",
        "media/tone.wav",
    }


def test_a_file_is_no_folder(tutorials: Path) -> None:
    with pytest.raises(UsageError, match="is a file; name a folder"):
        cli._copy(tutorials, tutorials / "00_hello.ipynb")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tutorials: Path) -> list[tuple[Path, int | None, bool]]:
    """Record what JupyterLab would be opened on."""
    calls: list[tuple[Path, int | None, bool]] = []

    def open_lab(folder: Path, port: int | None, *, browser: bool) -> int:
        calls.append((folder, port, browser))
        return 0

    monkeypatch.setattr(cli, "_open_lab", open_lab)
    monkeypatch.setattr(cli, "_tutorials", lambda: tutorials)
    return calls


def test_lab_copies_and_opens_the_copies(
    opened: list[tuple[Path, int | None, bool]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("lab", "--port", "8899", "--no-browser") == 0
    assert opened == [(tmp_path / "realtime-tutorials", 8899, False)]
    assert (tmp_path / "realtime-tutorials" / "00_hello.ipynb").exists()


def test_lab_on_the_tutorials_themselves_copies_nothing(
    opened: list[tuple[Path, int | None, bool]], tutorials: Path
) -> None:
    assert run("lab", str(tutorials)) == 0
    assert opened == [(tutorials, None, True)]
    assert not (tutorials / ".realtime-tutorials.json").exists()


def test_the_checkout_has_tutorials() -> None:
    assert (cli._tutorials() / "00_hello.ipynb").exists()
