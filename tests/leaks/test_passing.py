"""Canaries are not in what passes: files that are there for a moment, and verbose tracebacks."""

from __future__ import annotations

import _thread
import io
import json
import os
import re
import signal
import socket
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import realtime_nb
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    expect,
    refuse,
    send,
    session_created,
    session_updated,
)
from realtime_nb.notebook.chats.chat import Chat
from tests.notebook.conftest import _one_shell, shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["_one_shell", "shell"]  # fixtures

KEY = "sk-planted-key-of-the-endpoint-0123456789"
HEADER = "planted-header-of-the-endpoint"


def endpoint_of(url: str) -> Endpoint:
    return Endpoint(url, "m", "the peer", api_key=Secret(KEY), extra_headers={"X-Api-Key": HEADER})


def quotes(_event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an answer that repeats the key and the header."""
    item = {"type": "message", "role": "assistant", "id": "item_1", "status": "completed",
            "content": [{"type": "output_text", "text": f"I know {KEY}, {HEADER}."}]}  # fmt: skip
    done = {"id": "resp_1", "status": "completed", "output": [item]}
    return [
        {"type": "conversation.item.added", "previous_item_id": None, "item": item},
        {"type": "conversation.item.done", "previous_item_id": None, "item": item},
        {"type": "response.done", "response": done},
    ]


class Passing:
    """Keeps what a file held when it was renamed, taken away, or never had a name."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.found: dict[str, bytes] = {}
        self._nameless: list[int] = []
        patch.setattr(tempfile, "tempdir", str(folder))
        for name in ("replace", "rename", "unlink", "remove", "link"):
            patch.setattr(os, name, self._reading(getattr(os, name)))
        made = tempfile.TemporaryFile

        def keeping(*args: Any, **kwargs: Any) -> Any:
            file = made(*args, **kwargs)
            self._nameless.append(os.dup(file.fileno()))
            return file

        patch.setattr(tempfile, "TemporaryFile", keeping)

    def _reading(self, function: Any) -> Any:
        def reading(path: Any, *args: Any, **kwargs: Any) -> Any:
            if Path(path).is_file():
                self.found[f"{function.__name__} of {path}"] = Path(path).read_bytes()
            return function(path, *args, **kwargs)

        return reading

    def end(self) -> dict[str, bytes]:
        """Return all that was found, and what is there still."""
        for number, one in enumerate(self._nameless):
            self.found[f"nameless {number}"] = os.pread(one, os.fstat(one).st_size, 0)
            os.close(one)
        there = {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        return self.found | there


@pytest.fixture
def passing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Passing]:
    with monkeypatch.context() as patch:
        yield Passing(tmp_path, patch)


def test_no_file_holds_a_key_for_a_moment(passing: Passing) -> None:
    script = [
        send(session_created()),
        expect("session.update"),
        answer(session_updated),
        expect("of.mine"),
        answer(quotes),
        expect("of.the.end"),
    ]
    folder = passing.folder
    with ScriptedPeer(script) as peer:
        chat = Chat(endpoint_of(peer.url), {"instructions": f"Never say {KEY}."})
        chat.open()
        answered = threading.Event()
        chat.session.subscribe(lambda one, _: one.event.type == "response.done" and answered.set())
        chat.session.send({"type": "of.mine", "text": f"I am {KEY}", "api_key": KEY}).result(10)
        assert answered.wait(30)
        for _ in range(2):  # over the file that is there, too
            chat.save(folder / "talk.rtnb")
            chat.events.to_jsonl(folder / "talk.jsonl")
            realtime_nb.to_csv(chat.events.df, folder / "talk.csv")
        realtime_nb.AudioClip.silence(200, 24_000).save(folder / "sound.wav")
        realtime_nb.open(folder / "talk.rtnb").events.to_jsonl(folder / "again.jsonl")
        chat.session.send({"type": "of.the.end"}).result(10)
        chat.close()
    found = passing.end()
    assert [name for name in found if name.startswith(("replace", "rename", "link"))]
    for name, held in found.items():
        for canary in (KEY, HEADER):
            assert canary.encode() not in unpacked(held), (name, canary)
    for name in ("talk.jsonl", "again.jsonl", "talk.csv", "talk.rtnb"):
        assert b"I know [key]" in unpacked(found[str(folder / name)]), name


def unpacked(held: bytes) -> bytes:
    """Return what a file holds, with each part of a ZIP."""
    if not zipfile.is_zipfile(io.BytesIO(held)):
        return held
    with zipfile.ZipFile(io.BytesIO(held)) as file:
        return held + b"".join(file.read(name) for name in file.namelist())


MINE = """\
def mine(chat, endpoint, session, secret):
    return 1 / 0
mine(chat, endpoint, chat.session, endpoint.api_key)"""


def test_a_verbose_traceback_shows_no_key(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    said = json.dumps({"error": {"message": f"no: {KEY}, {HEADER}"}})
    shell.run_line_magic("xmode", "Verbose")
    # What is started in the background of a shell ignores interrupts, and its tests with it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with (
            ScriptedPeer([refuse(401, said)]) as refusing,
            socket.create_server(("127.0.0.1", 0)) as silent,
        ):
            endpoint = endpoint_of(refusing.url)
            never = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
            shell.user_ns.update(
                endpoint=endpoint,
                chat=Chat(endpoint, {}),
                waiting=Chat(endpoint_of(never), {}),
            )
            for cell in ("chat.open()", "%tb", MINE):
                shell.run_cell(cell)
            stop = threading.Timer(1.0, _thread.interrupt_main)
            stop.start()
            shell.run_cell("waiting.open()")
            stop.join()
            shell.run_cell("%tb")
            shown = "".join(capsys.readouterr())
    finally:
        signal.signal(signal.SIGINT, before)
        shell.run_line_magic("xmode", "Context")
    shown = re.sub("\x1b\\[[0-9;]*m", "", shown)
    assert "ZeroDivisionError" in shown
    assert "Secret(set)" in shown  # it did show what there is
    assert "KeyboardInterrupt" in shown
    for canary in (KEY, HEADER):
        assert canary not in shown, shown[max(0, shown.index(canary) - 2000) :][:2500]
