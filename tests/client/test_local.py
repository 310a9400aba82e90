from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from realtime_nb.client import local as module
from realtime_nb.client.endpoints.endpoint import local_endpoint, resolve_endpoint
from realtime_nb.client.local import LocalServer
from realtime_nb.errors import EndpointError

pytestmark = pytest.mark.usefixtures("own_practice_server")

URL = "http://127.0.0.1:40123/v1"
# What the real one does at its start: the token comes first; afterwards it waits for the leash.
BEGIN = f"print('url: {URL}', flush=True); print('token: x', flush=True);"
LEASH = "sys.stdin.read()"
# One that does listen: on a thread, until the leash is let go.
LISTEN = (
    "import socket, threading;"
    "listener = socket.create_server(('127.0.0.1', 0));"
    "print('url: http://127.0.0.1:%d/v1' % listener.getsockname()[1], flush=True);"
    "serve = lambda: [{answer} for c, _ in iter(listener.accept, None)];"
    "threading.Thread(target=serve, daemon=True).start();"
)
LISTENING = LISTEN.format(
    answer="(c.recv(99), c.sendall(b'HTTP/1.0 404 x\\r\\n\\r\\n'), c.close())"
)
HANGING_UP = LISTEN.format(answer="c.close()")
MUTE = LISTEN.format(answer="c.recv(99)")


def program(*lines):
    return [sys.executable, "-c", "import os, sys, time;" + "".join(lines)]


@pytest.fixture
def start():
    servers = []

    def start(*lines, **options):
        servers.append(LocalServer(command=program(*lines), **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def ended(pid, within=5.0):
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_it_waits_for_the_address_and_stops_with_the_leash(start):
    server = start("time.sleep(0.1);", BEGIN, LEASH)
    assert server.url == URL
    assert server.alive
    assert repr(server) == f"<LocalServer at {URL}, pid {server.pid}>"
    server.stop()
    server.stop()
    assert not server.alive
    assert server._process.returncode == 0
    assert repr(server) == "<LocalServer ended>"


def test_it_passes_a_fresh_token_by_standard_input_alone_and_no_key(start, tmp_path):
    told = tmp_path / "environ.json"
    keys = {
        "OPENAI_API_KEY": "sk-1",
        "AWS_SECRET_ACCESS_KEY": "s",
        "REALTIME_NB_API_KEY": "k",
        "REALTIME_NB_TOKEN": "of another",
        "MY_PASSWORD": "p",
        "JUPYTER_TOKEN": "j",
        "OPENAI_BASE_URL": "https://h",
    }
    harmless = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)}
    dump = (
        "import json; told = [dict(os.environ), sys.argv, sys.stdin.readline()];"
        f"json.dump(told, open({str(told)!r}, 'w'));"
    )
    server = start(dump, BEGIN, LEASH, environ={**keys, **harmless})
    environ, arguments, line = json.loads(told.read_text())
    assert line == server.token + "\n"
    assert len(server.token) >= 32
    assert not {*environ} & {*keys}
    assert harmless.items() <= environ.items()
    assert server.token not in str((environ, arguments))
    other = start(BEGIN, LEASH)
    assert other.token != server.token


def test_the_token_is_not_shown(start):
    server = start(BEGIN, LEASH)
    assert server.token not in repr(server)
    assert server.token not in repr(vars(server))
    assert server.token not in repr(local_endpoint(server))
    assert server.token not in " ".join(server._process.args)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no /proc here")
def test_no_other_program_reads_the_token_off_the_list_of_processes():
    server = LocalServer()
    try:
        for name in ("environ", "cmdline"):
            assert server.token.encode() not in Path(f"/proc/{server.pid}/{name}").read_bytes()
        assert server.answers()
    finally:
        server.stop()


def test_a_talkative_server_is_never_blocked(start):
    chatter = "[print('x' * 100, file=f) for f in (sys.stdout, sys.stderr) for _ in range(5000)];"
    server = start(BEGIN, chatter, "sys.stdin.read(); sys.exit(7)")
    server._process.stdin.close()
    assert server._process.wait(10) == 7


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (
            ["print('odd', file=sys.stderr); sys.exit('Port 80: permission denied\\n')"],
            "did not start; it said: Port 80: permission denied",
        ),
        (
            ["raise ValueError('no such brain')"],
            "did not start; it said: ValueError: no such brain",
        ),
        (["sys.exit(1)"], "did not start$"),
        (["print('hello'); sys.exit(0)"], "did not start; it said: hello"),
    ],
)
def test_what_goes_wrong_at_the_start_is_told_in_one_line(start, lines, text):
    with pytest.raises(EndpointError, match=f"the local practice server {text}") as caught:
        start(*lines)
    assert "\n" not in str(caught.value)


def test_the_token_is_blotted_out_of_what_it_said(start):
    with pytest.raises(EndpointError, match=r"it said: token \[key\]"):
        start("sys.exit('token ' + sys.stdin.readline())")


def test_a_server_that_never_listens_is_given_up_and_ended(start, monkeypatch):
    processes = []
    launch = LocalServer._launch

    def remember(self, *args):
        processes.append(launch(self, *args))
        return processes[-1]

    monkeypatch.setattr(LocalServer, "_launch", remember)
    with pytest.raises(
        EndpointError, match=r"does not listen after 0\.3 s; it said: still loading"
    ):
        start("print('still loading', file=sys.stderr, flush=True);", LEASH, timeout=0.3)
    assert processes[0].returncode is not None


def test_a_program_that_is_not_there():
    with pytest.raises(EndpointError, match="cannot be started: No such file"):
        LocalServer(command=["/no/such/program"])


def test_one_that_ignores_the_leash_is_ended_otherwise(start, monkeypatch):
    monkeypatch.setattr(module, "_STOP_TIMEOUT_S", 0.1)
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    server = start(ignore, BEGIN, "time.sleep(60)")
    server.stop()
    assert server._process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="no process is stopped there")
def test_one_that_was_stopped_goes_on_and_ends(start):
    server = start(LISTENING, LEASH)
    os.kill(server.pid, signal.SIGSTOP)
    server.stop()
    assert server._process.returncode == 0


def test_there_is_one_for_the_process_and_a_new_one_when_it_died(monkeypatch):
    monkeypatch.setattr(module, "_command", lambda: program(LISTENING, LEASH))
    first = LocalServer.shared()
    assert LocalServer.shared() is first
    assert resolve_endpoint("local").headers() == {"Authorization": f"Bearer {first.token}"}
    os.kill(first.pid, signal.SIGKILL)
    first._process.wait(5)
    second = LocalServer.shared()
    assert second is not first
    assert second.alive
    LocalServer.stop_shared()
    assert not second.alive
    LocalServer.stop_shared()


@pytest.mark.parametrize(
    ("lines", "answers"),
    [(LISTENING, True), (MUTE, True), (HANGING_UP, False), (BEGIN, False)],
)
def test_whether_it_answers_or_is_as_good_as_dead(start, monkeypatch, lines, answers):
    monkeypatch.setattr(module, "_ANSWER_TIMEOUT_S", 0.1)
    server = start(lines, LEASH)
    assert server.alive
    assert server.answers() is answers


@pytest.mark.parametrize("how", ["os._exit(0)", "os.kill(os.getpid(), 9)", "sys.exit(0)"])
def test_the_server_ends_with_its_kernel_however_that_ends(how):
    command = program(BEGIN, LEASH)
    code = (
        "import os, sys;"
        "from realtime_nb.client.local import LocalServer;"
        f"server = LocalServer(command={command!r});"
        "print(server.pid, flush=True);" + how
    )
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert ended(int(done.stdout))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_at_an_exit_sessions_end_before_their_server_also_one_that_was_started_anew():
    code = f"""
from realtime_nb.client.local import LocalServer
from realtime_nb.client.loop import BackgroundLoop
command = {program(LISTENING, LEASH)!r}
def told(self, stop=LocalServer.stop):
    print("sessions live:", loop.alive)
    stop(self)
LocalServer.stop = told
first = LocalServer(command=command)
loop = BackgroundLoop.shared()
second = LocalServer(command=command)
"""
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- our own
    assert ran.stdout.splitlines() == ["sessions live: False"] * 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_ends_nothing(start):
    server = start(BEGIN, LEASH)
    child = os.fork()
    if child == 0:
        alive = server.alive
        server.stop()
        os._exit(int(alive))
    assert os.waitpid(child, 0)[1] == 0
    assert server.alive


def test_the_command_is_the_package_itself_and_no_file_of_the_notebooks_folder():
    command = module._command()
    assert command[0] == sys.executable
    assert command[1:7] == ["-P", "-m", "realtime_nb", "serve", "--port", "0"]
    assert command[7:] == ["--exit-with-stdin", "--token-from-stdin"]
    assert str(module.Path(module.__file__).parents[2]) in module._surroundings({})["PYTHONPATH"]
