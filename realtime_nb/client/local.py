"""The practice server of this package, run as a process of its own.

Its token goes to it as the first line of its standard input: an environment is read by every
program of the user, and handed on to children. The server lives as long as the leash does: the
write end of that input, which this process holds and writes nothing else to. When the kernel
dies, however it dies, the system closes the leash and the server ends.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import IO, TYPE_CHECKING, ClassVar, Final
from urllib.parse import urlsplit

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

START_TIMEOUT_S: Final = 30.0
_STOP_TIMEOUT_S = 3.0
_ANSWER_TIMEOUT_S = 1.0
_KEPT_LINES = 40

# What a Python program needs of its surroundings. Anything else, keys above all, stays here.
_PASSED_ON = frozenset(
    {
        "APPDATA", "COMSPEC", "CONDA_PREFIX", "DYLD_LIBRARY_PATH", "ESPEAK_DATA_PATH", "HOME",
        "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LOCALAPPDATA", "LOGNAME", "PATH", "PATHEXT",
        "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "PYTHONUTF8", "SYSTEMDRIVE",
        "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "USER", "USERPROFILE", "VIRTUAL_ENV",
        "WINDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME",
    }
)  # fmt: skip

_running: set[LocalServer] = set()


def _stop_all() -> None:
    for server in tuple(_running):
        server.stop()


# Here, and not when one is started: what is registered later ends earlier, and sessions end before
# their server. One whose server goes first takes that for a lost connection.
atexit.register(_stop_all)


class LocalServer:
    """One running practice server.

    Constructing it starts the process and waits until it listens. `shared` gives the one
    of this kernel.

    Parameters
    ----------
    arguments
        Further arguments of ``realtime_nb serve``, such as ``("--brain", "echo")``.
    command
        The program to run instead of ``python -m realtime_nb serve``; for tests.
    environ
        The surroundings; only harmless variables are passed on.
    timeout
        How long to wait for it to listen, in seconds.

    Raises
    ------
    EndpointError
        When it does not start; the text carries the last line the server wrote.
    """

    _shared: ClassVar[LocalServer | None] = None
    _shared_lock: ClassVar[threading.Lock] = threading.Lock()
    # Where those of this process listened, the newest last.
    _urls: ClassVar[deque[str]] = deque(maxlen=64)

    def __init__(
        self,
        arguments: Sequence[str] = (),
        *,
        command: Sequence[str] | None = None,
        environ: Mapping[str, str] = os.environ,
        timeout: float = START_TIMEOUT_S,
    ) -> None:
        self._owner_pid = os.getpid()
        self._token = Secret(secrets.token_urlsafe(24))
        self._url = ""
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._process = self._launch([*(command or _command()), *arguments], environ)
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._readers = (
            threading.Thread(target=self._read_out, args=(lines,), daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        )
        for reader in self._readers:
            reader.name = "realtime_nb server output"
            reader.start()
        try:
            self._await_address(lines, timeout)
        except BaseException:
            self.stop()
            raise
        _running.add(self)

    @classmethod
    def shared(cls) -> LocalServer:
        """Return this process's practice server, started on first use and after it died.

        Raises
        ------
        EndpointError
            When it does not start.
        """
        with cls._shared_lock:
            server = cls._shared
            if server is None or not (server.alive and server.answers()):
                if server is not None:
                    server.stop()
                server = cls._shared = cls()
                cls._urls.append(server.url)
            return server

    @classmethod
    def was_ours(cls, url: str) -> bool:
        """Whether a base URL is that of a server that `shared` has started."""
        return url in cls._urls or (cls._shared is not None and cls._shared.url == url)

    @classmethod
    def stop_shared(cls) -> None:
        """Stop this process's practice server, where there is one."""
        with cls._shared_lock:
            server, cls._shared = cls._shared, None
        if server is not None:
            server.stop()

    @property
    def url(self) -> str:
        """Base URL, such as ``http://127.0.0.1:40123/v1``."""
        return self._url

    @property
    def token(self) -> str:
        """The token it asks for; random, and known to this process and the server only."""
        return self._token.reveal()

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs, and is this process's own rather than its parent's."""
        return os.getpid() == self._owner_pid and self._process.poll() is None

    def answers(self) -> bool:
        """Whether it answers HTTP; a server that is slow counts as one that does.

        A process that is just being killed runs still, and may even accept connections.
        """
        parts = urlsplit(self._url)
        request = f"HEAD {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n"
        try:
            with socket.create_connection(
                (parts.hostname or "", parts.port or 0), timeout=_ANSWER_TIMEOUT_S
            ) as connection:
                connection.sendall(request.encode())
                return bool(connection.recv(1))
        except TimeoutError:
            return True
        except OSError:
            return False

    def stop(self) -> None:
        """End the process and wait for it; idempotent. A forked child's copy ends nothing."""
        if os.getpid() != self._owner_pid:
            return
        _running.discard(self)
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        for end in (self._wake, self._process.terminate, self._process.kill):
            end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_TIMEOUT_S)
                break
        for reader in self._readers:
            if reader.is_alive():
                reader.join(_STOP_TIMEOUT_S)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _wake(self) -> None:
        # One that was stopped (SIGSTOP, a debugger) sees that its leash is gone only when it goes
        # on, and Jupyter gives a kernel that ends less time than it takes to cut it off.
        if sys.platform != "win32":
            self._process.send_signal(signal.SIGCONT)

    def _launch(self, command: list[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_surroundings(environ),
                # An interrupt of the kernel is meant for the cell, not for the server.
                start_new_session=True,
            )
        except OSError as error:
            raise EndpointError(
                f"the local practice server cannot be started: {error.strerror or error}"
            ) from None
        leash = process.stdin
        if leash is not None:
            # Less than a pipe takes at once, so that nobody waits for one that does not read; one
            # that is gone already says why on its way out.
            with contextlib.suppress(OSError):
                leash.write(self._token.reveal().encode() + b"\n")
                leash.flush()
        return process

    def _await_address(self, lines: queue.SimpleQueue[str | None], timeout: float) -> None:
        try:
            line = lines.get(timeout=timeout)
        except queue.Empty:
            raise EndpointError(
                f"the local practice server does not listen after {timeout:g} s{self._last()}"
            ) from None
        if line is None or not line.startswith("url: "):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_TIMEOUT_S)
            self._readers[1].join(_STOP_TIMEOUT_S)
            if line is not None:
                self._said.append(line)
            raise EndpointError(f"the local practice server did not start{self._last()}")
        self._url = line.removeprefix("url: ").strip()

    def _last(self) -> str:
        said = [line for line in self._said if line.strip()]
        return f"; it said: {self._token.scrub(said[-1].strip())[:300]}" if said else ""

    def _read_out(self, lines: queue.SimpleQueue[str | None]) -> None:
        # Read to the end, so that a talkative server never blocks on a full pipe.
        for line in _text(self._process.stdout):
            if line.strip():
                lines.put(line)
                break
        for _line in _text(self._process.stdout):
            pass
        lines.put(None)

    def _read_errors(self) -> None:
        self._said.extend(_text(self._process.stderr))

    def __repr__(self) -> str:
        state = f"at {self._url}, pid {self.pid}" if self.alive else "ended"
        return f"<LocalServer {state}>"


def _command() -> list[str]:
    # -P: a file of the notebook's folder must not shadow a module of the server.
    own = [sys.executable, "-P", "-m", "realtime_nb"]
    return [*own, "serve", "--port", "0", "--exit-with-stdin", "--token-from-stdin"]


def _surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    passed = {
        name: value
        for name, value in environ.items()
        if name.upper() in _PASSED_ON or name.upper().startswith("LC_")
    }
    # The server is this very package, wherever it was imported from.
    home = str(Path(__file__).resolve().parents[2])
    paths = [path for path in passed.get("PYTHONPATH", "").split(os.pathsep) if path]
    passed["PYTHONPATH"] = os.pathsep.join([*(path for path in paths if path != home), home])
    return passed


def _text(stream: IO[bytes] | None) -> list[str] | map[str]:
    if stream is None:
        return []
    return map(_decode, stream)


def _decode(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r\n")
