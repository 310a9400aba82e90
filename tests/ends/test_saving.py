"""What saves, saves all of it or nothing: killed in the middle, on a full disk, interrupted."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pytest

import realtime_nb
from realtime_nb.audio import whole_file as module
from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.stereo import StereoClip
from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.inspection import RealtimeLog, Talk
from realtime_nb.inspection.archive.saving import save
from realtime_nb.protocol.audio_api.transcript import Transcript
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OLD = b"what was there before"


@pytest.fixture(params=["without a name", "with one"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save as Linux does on most file systems, and as is done elsewhere."""
    if request.param == "with one":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(target: Path, data: bytes, error: BaseException | None = None) -> None:
    with whole_file(target) as file:
        file.write(data)
        if error is not None:
            raise error


@pytest.mark.usefixtures("_both_ways")
def test_a_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "talk.rtnb"
    target.write_bytes(OLD)
    with whole_file(target) as file:
        file.write(b"new")
        file.flush()
        assert target.read_bytes() == OLD
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == ["talk.rtnb"]


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
def test_what_is_raised_in_the_middle_leaves_the_old_one(
    tmp_path: Path, error: BaseException
) -> None:
    target = tmp_path / "talk.rtnb"
    target.write_bytes(OLD)
    with pytest.raises(type(error)):
        write(target, b"half", error)
    assert target.read_bytes() == OLD
    assert names(tmp_path) == ["talk.rtnb"]


@pytest.mark.usefixtures("_both_ways")
def test_permissions_links_and_long_names_stay(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.write_bytes(OLD)
    private.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(private)
    write(link, b"new")
    assert link.is_symlink()
    assert private.read_bytes() == b"new"
    assert stat.S_IMODE(private.stat().st_mode) == 0o640
    long = tmp_path / ("ü" * 127)
    write(long, b"1")
    write(long, b"2")
    assert long.read_bytes() == b"2"
    new = tmp_path / "new"
    before = os.umask(0o027)
    try:
        write(new, b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


@pytest.mark.usefixtures("_both_ways")
def test_what_a_killed_process_left_goes_with_the_next_save(tmp_path: Path) -> None:
    target = tmp_path / "a*b[1].wav"
    left, writing = (tmp_path / f".{target.name}.{name}.tmp" for name in ("0123abcd", "89abcdef"))
    for path in (left, writing):
        path.write_bytes(b"half")
    long_ago = time.time() - 2 * module.ABANDONED_S
    os.utime(left, (long_ago, long_ago))
    write(target, b"new")
    assert names(tmp_path) == sorted([target.name, writing.name])


@pytest.mark.parametrize("name", ["", ".", "..", "/"])
def test_a_folder_s_name_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for saver in SAVERS.values():
        with pytest.raises(UsageError) as caught:
            saver(Path(name))
        assert "\n" not in str(caught.value)
    assert names(tmp_path) == []


def test_what_tries_for_files_without_a_name_is_swept_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_path: Path, *, missing_ok: bool) -> NoReturn:
        assert missing_ok
        raise OSError

    target = tmp_path / "talk.rtnb"
    with monkeypatch.context() as patch:
        patch.setattr(type(target), "unlink", killed)
        write(target, b"1")
    long_ago = time.time() - 2 * module.ABANDONED_S
    for path in tmp_path.iterdir():
        os.utime(path, (long_ago, long_ago))
    write(target, b"2")
    assert names(tmp_path) == [target.name]


def test_the_home_folder_s_sign_is_known_wherever_something_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for name, saver in SAVERS.items():
        saver(Path("~") / name)
    Transcript(text="Hello").save("~/words.txt")
    stereo = StereoClip(np.zeros((10, 2), np.int16), 24_000)
    stereo.save("~/both.wav")
    assert names(tmp_path) == sorted([*SAVERS, "both.wav", "words.txt"])


SAVE = """\
import sys
from pathlib import Path
from realtime_nb.audio.whole_file import whole_file
target, size = Path(sys.argv[1]), 4_000_000
print("ready", flush=True)
for number in range(10**9):
    with whole_file(target) as file:
        for _ in range(40):
            file.write(bytes([number % 256]) * (size // 40))
"""


def test_a_process_killed_in_the_middle_leaves_one_whole_file(tmp_path: Path) -> None:
    target = tmp_path / "talk.rtnb"
    target.write_bytes(bytes(4_000_000))
    for delay_ms in (3, 11, 29, 53, 90):
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter
            [sys.executable, "-c", SAVE, str(target)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(delay_ms / 1000)
        process.kill()
        process.communicate()
        data = target.read_bytes()
        assert data == data[:1] * 4_000_000
    if sys.platform == "linux":  # between its name beside and its place a file is whole already
        assert {path.stat().st_size for path in tmp_path.iterdir()} == {4_000_000}


@pytest.fixture
def small_disk() -> Iterator[None]:
    """A limit of a file's size stands in for a disk that gets full in the middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def a_talk() -> Talk:
    log, conversation = EventLog(), Conversation()
    for number in range(2_000):
        data = {"type": "session.update", "event_id": f"event_{number}_{os.urandom(16).hex()}"}
        log.append("sent", Event(data), t_ms=float(number), size=100)
    return Talk(log=log, conversation=conversation)


def sound() -> AudioClip:
    return AudioClip.silence(2_000, 24_000)


SAVERS: dict[str, Callable[[Path], object]] = {
    "talk.rtnb": lambda path: save(a_talk(), path),
    "log.jsonl": lambda path: RealtimeLog(a_talk().log).to_jsonl(path),
    "log.jsonl.gz": lambda path: RealtimeLog(a_talk().log).to_jsonl(path),
    "clip.wav": lambda path: sound().save(path),
    "clip.flac": lambda path: AudioClip.from_pcm16(os.urandom(96_000), 24_000).save(path),
}


@pytest.mark.parametrize("name", SAVERS)
def test_a_full_disk_is_one_line_and_the_old_file_is_whole(
    tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    target = tmp_path / name
    target.write_bytes(OLD)
    saver = SAVERS[name]
    request.getfixturevalue("small_disk")
    with pytest.raises((RealtimeError, OSError)) as caught:
        saver(target)
    assert "\n" not in str(caught.value)
    assert "too large" in str(caught.value)
    assert target.read_bytes() == OLD
    assert names(tmp_path) == [name]


def test_a_talk_that_was_saved_over_an_older_one_is_the_newer(tmp_path: Path) -> None:
    target = tmp_path / "talk.rtnb"
    save(a_talk(), target)
    target.chmod(0o600)
    save(a_talk(), target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert len(realtime_nb.open(target).events) == 2_000
