from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from realtime_nb.audio import private_file
from realtime_nb.audio.private_file import process_runs, write_private

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def dead() -> int:
    """The number of a process that runs no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def left_by(pid: int, path: Path, **told: object) -> Path:
    write_private(path, {})
    path.write_text(json.dumps({**json.loads(path.read_text()), "pid": pid, **told}))
    return path


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "realtime-nb-1.json"
    write_private(path, {"port": 1})
    told = json.loads(path.read_text())
    assert (told["port"], told["pid"]) == (1, os.getpid())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        write_private(path, {})
    assert json.loads(path.read_text()) == told


def test_the_next_one_takes_away_what_a_dead_process_left(tmp_path: Path, dead: int) -> None:
    gone = left_by(dead, tmp_path / "realtime-nb-gone.json")
    alive = left_by(os.getpid(), tmp_path / "realtime-nb-alive.json")
    # A folder that several computers share: there the number means another process.
    elsewhere = left_by(dead, tmp_path / "realtime-nb-elsewhere.json", host="another")
    foreign = tmp_path / "realtime-nb-foreign.json"
    foreign.write_text("[1, 2]")
    half = tmp_path / "realtime-nb-half.json"
    half.write_text('{"port": ')
    write_private(tmp_path / "realtime-nb-new.json", {})
    assert not gone.exists()
    assert all(path.exists() for path in (alive, elsewhere, foreign, half))


def test_what_cannot_be_written_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(private_file.os, "fdopen", full)
    path = tmp_path / "realtime-nb-1.json"
    with pytest.raises(OSError, match="No space left"):
        write_private(path, {})
    assert not path.exists()


@pytest.mark.parametrize("pid", [0, -1, None, "1", 10**30])
def test_what_is_no_process_does_not_run(pid: object) -> None:
    assert not process_runs(pid)


def test_whether_a_process_runs(dead: int) -> None:
    assert process_runs(os.getpid())
    assert not process_runs(dead)
