"""`realtime-nb lab`: what is copied, what is kept, and what JupyterLab is opened on."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from realtime_nb import lab
from realtime_nb.__main__ import main
from realtime_nb.errors import RealtimeError, UsageError


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
    assert lab.copy_tutorials(tutorials, folder) == f"tutorials in {folder}: 3 copied"
    assert (folder / "00_hello.ipynb").read_text() == "hello"
    assert (folder / "media" / "tone.wav").read_bytes() == b"RIFF"
    assert not (folder / ".ipynb_checkpoints").exists()
    assert lab.copy_tutorials(tutorials, folder) == f"tutorials in {folder}: 0 copied"


def test_what_was_changed_is_kept_and_the_rest_renewed(tutorials: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    lab.copy_tutorials(tutorials, folder)
    (folder / "00_hello.ipynb").write_text("mine")
    for name in ("00_hello.ipynb", "01_next.ipynb"):
        (tutorials / name).write_text("a newer version")
    assert lab.copy_tutorials(tutorials, folder).endswith("1 copied; yours kept: 00_hello.ipynb")
    assert (folder / "00_hello.ipynb").read_text() == "mine"
    assert (folder / "01_next.ipynb").read_text() == "a newer version"
    # and it stays kept the next time
    assert lab.copy_tutorials(tutorials, folder).endswith("0 copied; yours kept: 00_hello.ipynb")


def test_a_strange_file_of_the_same_name_is_kept(tutorials: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "00_hello.ipynb").write_text("somebody else's")
    (folder / ".realtime-tutorials.json").write_text("{spoilt")
    assert lab.copy_tutorials(tutorials, folder).endswith("2 copied; yours kept: 00_hello.ipynb")
    assert (folder / "00_hello.ipynb").read_text() == "somebody else's"


def test_a_deleted_tutorial_comes_back(tutorials: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    lab.copy_tutorials(tutorials, folder)
    (folder / "00_hello.ipynb").unlink()
    assert lab.copy_tutorials(tutorials, folder).endswith("1 copied")
    assert json.loads((folder / ".realtime-tutorials.json").read_text()).keys() == {
        "00_hello.ipynb",
        "01_next.ipynb",
        "media/tone.wav",
    }


def test_a_file_is_no_folder(tutorials: Path) -> None:
    with pytest.raises(UsageError, match="is a file; name a folder"):
        lab.copy_tutorials(tutorials, tutorials / "00_hello.ipynb")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tutorials: Path) -> list[tuple[Path, int | None, bool]]:
    """Record what JupyterLab would be opened on."""
    calls: list[tuple[Path, int | None, bool]] = []

    def open_lab(folder: Path, port: int | None, *, browser: bool) -> int:
        calls.append((folder, port, browser))
        return 0

    monkeypatch.setattr(lab, "open_lab", open_lab)
    monkeypatch.setattr(lab, "find_tutorials", lambda: tutorials)
    return calls


def test_lab_copies_and_opens_the_copies(
    opened: list[tuple[Path, int | None, bool]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["lab", "--port", "8899", "--no-browser"]) == 0
    assert opened == [(Path("realtime-tutorials"), 8899, False)]
    assert (tmp_path / "realtime-tutorials" / "00_hello.ipynb").exists()


def test_lab_on_the_tutorials_themselves_copies_nothing(
    opened: list[tuple[Path, int | None, bool]], tutorials: Path
) -> None:
    assert main(["lab", str(tutorials)]) == 0
    assert opened == [(tutorials, None, True)]
    assert not (tutorials / ".realtime-tutorials.json").exists()


def test_the_checkout_has_tutorials() -> None:
    assert (lab.find_tutorials() / "00_hello.ipynb").exists()


def test_a_full_disk_is_one_line_and_what_was_there_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, folder = tmp_path / "source", tmp_path / "folder"
    source.mkdir()
    (source / "1.ipynb").write_text("{}")
    lab.copy_tutorials(source, folder)
    (source / "1.ipynb").write_text('{"newer": 1}')
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(RealtimeError, match=r"cannot write .*: No space left on device$"):
        lab.copy_tutorials(source, folder)
    assert (folder / "1.ipynb").read_text() == "{}"


def _full(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


STUB = """
import signal, sys, time, types
for name in ("SIGTERM", "SIGHUP"):
    signal.signal(getattr(signal, name), signal.SIG_DFL)  # also below nohup
from pathlib import Path
from realtime_nb import lab
takes_over = sys.argv[1] == "runs"
class LabApp:
    @staticmethod
    def launch_instance(arguments):
        def ends(*_):
            print("kernels end", flush=True)
            sys.exit(0)
        if takes_over:
            signal.signal(signal.SIGTERM, ends)
        print(sys.modules["os"].environ["JUPYTER_CONFIG_PATH"].split(":")[0], flush=True)
        for _ in range(1_200):
            time.sleep(0.05)
sys.modules["jupyterlab.labapp"] = types.SimpleNamespace(LabApp=LabApp)
sys.exit(lab.open_lab(Path(sys.argv[2]), None, browser=False))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no signal asks politely there")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize(("state", "said"), [("begins", ""), ("runs", "kernels end\n")])
def test_it_ends_on_a_signal_and_when_its_terminal_closes(
    tmp_path: Path, name: str, state: str, said: str
) -> None:
    (tmp_path / "a.ipynb").touch()
    with subprocess.Popen(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", STUB, state, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            config = Path(process.stdout.readline().strip())
            assert (config / "labconfig").is_dir()
            process.send_signal(getattr(signal, name))
            assert process.communicate(timeout=60) == (said, "")
        finally:
            process.kill()
    assert process.returncode == 0
    assert not config.exists()
