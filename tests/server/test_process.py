"""The server as a program: its first lines, its exits, and a conversation with real engines."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "t0ken"  # noqa: S105 -- planted
LIMIT_S = 60


def command(**options: Any) -> list[str]:
    arguments = ", ".join(f"{name}={value!r}" for name, value in options.items())
    return [
        sys.executable,
        "-c",
        f"import sys; from realtime_nb.server import main; sys.exit(main({arguments}))",
    ]


class Server:
    """A server process that has said where it listens."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        url, token = (self._line(process.stdout) for _ in range(2))
        self.url = url.removeprefix("url: ")
        self.token = token.removeprefix("token: ")
        assert url.startswith("url: ")
        assert token.startswith("token: ")

    @staticmethod
    def _line(stream: IO[str] | None) -> str:
        assert stream is not None
        return stream.readline().rstrip("\n")

    def wait(self) -> int:
        return self.process.wait(LIMIT_S)


@contextmanager
def started(token: str | None = TOKEN, *, said: str = "", **options: Any) -> Iterator[Server]:
    environ = {name: value for name, value in os.environ.items() if name != "REALTIME_NB_TOKEN"}
    if token is not None:
        environ["REALTIME_NB_TOKEN"] = token
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter
        command(**options),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        text=True,
    )
    try:
        if said and process.stdin is not None:
            process.stdin.write(said)
            process.stdin.flush()
        yield Server(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_the_first_two_lines_say_where_and_with_which_token():
    with started() as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", server.url)
        assert server.token == TOKEN
        answer = httpx.get(f"{server.url}/models", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.json()["data"][0]["id"] == "local-demo"


def test_without_a_token_a_random_one_is_made():
    with started(token=None) as one, started(token=None) as other:
        assert len(one.token) >= 24
        assert one.token != other.token


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly_with_a_client_in_the_middle(number: signal.Signals):
    with started(brain="echo") as server:
        url = server.url.replace("http", "ws", 1) + "/realtime?model=local-demo"
        with connect(url, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            assert "session.created" in client.recv()
            server.process.send_signal(number)
            with pytest.raises(ConnectionClosed) as closed:
                client.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
        assert server.wait() == 0
        assert server.process.stderr is not None
        assert "Traceback" not in server.process.stderr.read()


def test_it_ends_with_its_standard_input():
    with started(exit_with_stdin=True) as server:
        time.sleep(0.3)
        assert server.process.poll() is None
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.wait() == 0
        server.process.stdin = None


def test_a_token_by_standard_input_is_the_token_and_the_leash_holds_after_it():
    # A token in the environment is of somebody else then.
    with started(exit_with_stdin=True, token_from_stdin=True, said="sa1d\n") as server:
        assert server.token == "sa1d"  # noqa: S105 -- planted
        answer = httpx.get(f"{server.url}/models", headers={"Authorization": "Bearer sa1d"})
        assert answer.status_code == 200
        assert server.process.poll() is None
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.wait() == 0
        server.process.stdin = None


@pytest.mark.parametrize("said", ["", "\n", "two\x07\n", "t" * 600, "schlüssel\n"])
def test_what_is_no_token_is_one_line_and_exit_code_2(said: str):
    assert "begins with no token" in refused(said, token_from_stdin=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no signal asks politely there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_before_there_is_anything_to_end_is_an_end_as_well(number: signal.Signals):
    code = """
import signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also below nohup
from realtime_nb.server import main, process
def load():
    print("loading", flush=True)
    for _ in range(1_200):
        time.sleep(0.05)
process.load_engines = load
sys.exit(main())
"""
    with subprocess.Popen(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "loading\n"
            process.send_signal(number)
            assert process.communicate(timeout=LIMIT_S) == ("", "")
        finally:
            process.kill()
    assert process.returncode == 0


def refused(said: str = "", **options: Any) -> str:
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        command(**options), input=said, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_taken_port_is_one_line_and_exit_code_2():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} of 127.0.0.1 cannot be used" in refused(port=port)


def test_what_cannot_be_is_one_line_and_exit_code_2(tmp_path: Path):
    assert "not this computer alone" in refused(host="192.0.2.1")
    assert "there is no brain" in refused(brain="parrot")
    assert "cannot be read" in refused(brain=f"scripted:{tmp_path / 'none.json'}")
