"""A kernel of its own, without a page: cells run in it, and it ends in every way a kernel ends."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
from jupyter_client.manager import KernelManager

from tests.ends.leaks import is_running, listening, meetings

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_START_S = 60.0
_CELL_S = 60.0
_END_S = 30.0
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Outputs:
    """What a cell left.

    Attributes
    ----------
    text
        What was printed on standard output, and values as text, one after the other.
    errors
        What was printed on standard error.
    error
        ``Name: value`` of what was raised, ``""`` where nothing was.
    traceback
        As shown, without colours.
    """

    text: str = ""
    errors: str = ""
    error: str = ""
    traceback: str = ""
    shown: list[dict[str, Any]] = field(default_factory=list)


class Kernel:
    """A kernel that runs; see `running`."""

    def __init__(self, manager: KernelManager, runtime: Path) -> None:
        self.manager = manager
        self.runtime = runtime
        self.client = manager.blocking_client()
        self.client.start_channels()

    @property
    def process(self) -> psutil.Process:
        """The kernel's process."""
        provisioner: Any = self.manager.provisioner
        return psutil.Process(provisioner.process.pid)

    @property
    def children(self) -> list[psutil.Process]:
        """The processes below it that run."""
        return [child for child in self.process.children(recursive=True) if is_running(child)]

    @property
    def ports(self) -> list[int]:
        """What it and those below it listen on, the kernel's own five aside."""
        info: Any = self.manager.get_connection_info()
        own = {value for name, value in info.items() if name.endswith("_port")}
        family = (self.process, *self.children)
        return sorted({port for one in family for port in listening(one)} - own)

    @property
    def meetings(self) -> list[str]:
        """Files by which others find what listens in it."""
        return meetings(self.runtime)

    def send(self, code: str) -> str:
        """Begin a cell; return what `wait` asks for."""
        return self.client.execute(code, allow_stdin=False)

    def wait(self, request: str, *, within_s: float = _CELL_S) -> Outputs:
        """Wait for the end of a cell, and return what it left."""
        outputs = Outputs()
        end = time.monotonic() + within_s
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return outputs
            _note(outputs, kind, content)

    def run(self, code: str, *, within_s: float = _CELL_S) -> Outputs:
        """Run a cell to its end."""
        return self.wait(self.send(code), within_s=within_s)

    def value(self, expression: str) -> str:
        """Return the text of an expression's value."""
        outputs = self.run(expression)
        assert not outputs.error, outputs.traceback
        return outputs.text

    def good(self, code: str) -> Outputs:
        """Run a cell that must not fail."""
        outputs = self.run(code)
        assert not outputs.error, outputs.traceback
        return outputs

    def interrupt(self) -> None:
        """What the square button does."""
        self.manager.interrupt_kernel()

    def restart(self) -> None:
        """Begin anew, as *Restart Kernel* does."""
        self.manager.restart_kernel(now=False)
        self.client.wait_for_ready(timeout=_START_S)

    def shut_down(self) -> None:
        """End it as *Shut Down Kernel* does: asked politely, and killed when that takes long."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)

    def signal(self, number: int) -> None:
        """End it from outside."""
        os.kill(self.process.pid, number)


def _note(outputs: Outputs, kind: str, content: dict[str, Any]) -> None:
    if kind == "stream":
        name = "text" if content["name"] == "stdout" else "errors"
        setattr(outputs, name, getattr(outputs, name) + content["text"])
    elif kind in ("execute_result", "display_data"):
        outputs.shown.append(content["data"])
        outputs.text += content["data"].get("text/plain", "")
    elif kind == "error":
        outputs.error = f"{content['ename']}: {content['evalue']}"
        outputs.traceback = _ESCAPES.sub("", "\n".join(content["traceback"]))


@contextmanager
def running(folder: Path, *, load: bool = True) -> Generator[Kernel]:
    """Run a kernel with the extension loaded, its folders below `folder`, until the end."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "REALTIME_NB_", "JUPYTER", "JPY_", "IPYTHON"))
    }
    runtime = folder / "runtime"
    runtime.mkdir(exist_ok=True)
    environ |= {
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "IPYTHONDIR": str(folder / "ipython"),
        "TMPDIR": str(_made(folder / "tmp")),
    }
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=environ, cwd=str(_made(folder / "notebooks")))
    family: list[psutil.Process] = []
    kernel = Kernel(manager, runtime)
    try:
        kernel.client.wait_for_ready(timeout=_START_S)
        if load:
            kernel.good("%load_ext realtime_nb")
        family = [kernel.process]
        yield kernel
    finally:
        family += [child for one in family[:1] for child in _children(one)]
        # Its thread would go on looking for a kernel that has ended, with a new socket each time.
        kernel.client.stop_channels()
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
        for one in family:  # whatever a failed test has left
            if is_running(one):
                one.send_signal(signal.SIGKILL)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def ended(processes: list[psutil.Process], *, within_s: float = _END_S) -> list[psutil.Process]:
    """Return those of some processes that still run when the time is up."""
    end = time.monotonic() + within_s
    while (left := [one for one in processes if is_running(one)]) and time.monotonic() < end:
        time.sleep(0.02)
    return left
