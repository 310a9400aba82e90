"""A JupyterLab server for the browser tests: its own folders, its own port, its own log."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import psutil

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

_TOKEN = "browser-tests"  # noqa: S105 -- of a server on loopback that lives for one run
_LAB_DEFAULTS = {  # no question about news over the notebook, nothing fetched from elsewhere
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}
_START_S = 60.0
_STOP_S = 15.0


class LabError(RuntimeError):
    """The server did not start."""


class LabServer:
    """JupyterLab in a subprocess, on a free port of 127.0.0.1.

    Parameters
    ----------
    folder
        An empty folder: notebooks live in ``notebooks``, settings and the log beside it.
    relay
        Whether the relay of the fast path is enabled in it.
    classic
        Whether it is Notebook 7 that opens notebooks, and not JupyterLab.
    comms
        JupyterLab's setting for widget messages: ``perCommTarget``, as it comes, or
        ``disabled``, which has them wait while a cell runs.

    Kernels run on the interpreter that runs the tests. No key and no endpoint of the person
    who runs them reaches the server's environment.
    """

    def __init__(
        self,
        folder: Path,
        *,
        relay: bool = True,
        classic: bool = False,
        comms: str = "perCommTarget",
    ) -> None:
        self._comms = comms
        self._relay = relay
        self._classic = classic
        self.root = folder / "notebooks"
        self.log_path = folder / "jupyter.log"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.token = _TOKEN
        self._executor = ThreadPoolExecutor(4)
        self._ending: list[Future[None]] = []

    def start(self) -> Self:
        """Start the server and return when it answers.

        Raises
        ------
        LabError
            It ended, or did not come up in a minute; the end of its log is in the message.
        """
        self.root.mkdir(parents=True)
        defaults = self._folder / "config_dir" / "labconfig" / "default_setting_overrides.json"
        defaults.parent.mkdir(parents=True)
        kernels = {"@jupyterlab/apputils-extension:kernels-settings": self._kernel_settings}
        defaults.write_text(json.dumps({**_LAB_DEFAULTS, **kernels}))
        module, app = (
            ("notebook", "JupyterNotebookApp") if self._classic else ("jupyterlab", "LabApp")
        )
        command = [
            *(sys.executable, "-m", module, "--no-browser", "--allow-root"),
            # A language server beside us complains of second tabs, in a dialog over the page.
            "--LanguageServerManager.autodetect=False",
            f"--ServerApp.root_dir={self.root}",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--IdentityProvider.token={self.token}",
            f"--{app}.expose_app_in_browser=True",
            # Said here, over what installing the package has enabled in this environment.
            f"--ServerApp.jpserver_extensions=realtime_nb.relay={self._relay}",
            f"--{app}.user_settings_dir={self._folder / 'settings'}",
            f"--{app}.workspaces_dir={self._folder / 'workspaces'}",
        ]
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                start_new_session=True,  # Ctrl-C in the terminal is for pytest; we stop it by pid
            )
        try:
            self.url = self._wait_until_listening(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def _kernel_settings(self) -> dict[str, str]:
        return {"commsOverSubshells": self._comms}

    def place(self, path: str) -> str:
        """Return where a page opens a notebook of `root`, with the token, beside no other."""
        if self._classic:
            return f"{self.url}notebooks/{quote(path)}?token={self.token}"
        workspace = f"auto-{secrets.token_hex(4)}"
        return f"{self.url}lab/workspaces/{workspace}/tree/{quote(path)}?token={self.token}"

    def _environment(self) -> dict[str, str]:
        env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OPENAI_", "REALTIME_NB_", "JUPYTER", "JPY_", "IPYTHON"))
        }
        for kind in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
            env[f"JUPYTER_{kind}"] = str(self._folder / kind.lower())
        env["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of this environment, not a user's own
        env["IPYTHONDIR"] = str(self._folder / "ipython")
        return env

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> str:
        # The server writes this file when it has its port; on a busy machine it listens later.
        runtime = self._folder / "runtime_dir" / f"jpserver-{process.pid}.json"
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise LabError(f"JupyterLab ended with {process.returncode}:\n{self.log_tail()}")
            if runtime.exists():
                try:
                    said = json.loads(runtime.read_text())
                    socket.create_connection(("127.0.0.1", said["port"])).close()
                    return str(said["url"])
                except (ValueError, ConnectionRefusedError):
                    pass  # half written, or not yet
            time.sleep(0.05)
        raise LabError(f"JupyterLab did not start in {_START_S:.0f} s:\n{self.log_tail()}")

    def log_tail(self, start: int = 0, *, limit: int = 8000) -> str:
        """Return the log from byte `start` on, at most its last `limit` characters."""
        if not self.log_path.exists():
            return ""
        return self.log_path.read_bytes()[start:].decode(errors="replace")[-limit:]

    def start_kernel(self, path: str) -> None:
        """Start the kernel of a notebook, which the page that opens it then finds running.

        A page takes seconds to get to its kernel; the kernel starts in them.
        """
        session = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        self._request("POST", "api/sessions", session)

    def end_kernels(self) -> None:
        """Shut every kernel that runs now down, with its session, while the caller goes on."""
        self._wait_for_kernels()
        sessions = [session["id"] for session in json.loads(self._request("GET", "api/sessions"))]
        self._ending = [self._executor.submit(self._end_session, session) for session in sessions]

    def _end_session(self, session: str) -> None:
        self._request("DELETE", f"api/sessions/{session}")

    def _wait_for_kernels(self) -> None:
        ending, self._ending = self._ending, []
        for one in ending:
            one.result()

    def _request(self, method: str, path: str, body: object = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310 -- our own loopback URL
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- as above
            return answer.read()

    @property
    def pid(self) -> int | None:
        """The server's process id, None when it does not run."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """End the server and every process it started, each by its id."""
        if self._process is None:
            return
        process, self._process = self._process, None
        self._executor.shutdown()
        try:
            family = psutil.Process(process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        process.send_signal(signal.SIGTERM)  # shuts the kernels down in order
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _, alive = psutil.wait_procs(family, timeout=2)
        for child in alive:
            child.kill()
        psutil.wait_procs(alive, timeout=2)
