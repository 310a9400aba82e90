"""A Jupyter Server of its own, with the extension as an installation enables it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TOKEN = "t0ken"  # noqa: S105 -- of a server on loopback that lives for these tests
MOST_PAGES = 4
ALLOWED = "https://allowed.example"
CONFIG = """
import os
from jupyter_server.auth import Authorizer
from realtime_nb.relay import handler

handler.MOST_PAGES = {most}


class OneFile(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        with open({asked!r}, "a") as asked:
            print(user.username != "", action, resource, file=asked)
        return not (os.path.exists({refuse!r}) and (action, resource) == ("execute", "kernels"))


c.ServerApp.authorizer_class = OneFile
c.ServerApp.allow_origin = {allowed!r}
c.IdentityProvider.token = {token!r}
"""


@contextmanager
def jupyter_server(folder: Path) -> Iterator[str]:
    """Run one below ``/base/``; give its host and port.

    Parameters
    ----------
    folder
        Where `JUPYTER_CONFIG_DIR` and `JUPYTER_RUNTIME_DIR` lead, to CONFIG and RUNTIME in it. What
        the authorizer was asked stands in its file `asked`; with a file `refuse` it refuses.
    """
    fields = {"asked": str(folder / "asked"), "refuse": str(folder / "refuse")}
    config = CONFIG.format(**fields, allowed=ALLOWED, token=TOKEN, most=MOST_PAGES)
    (folder / "CONFIG" / "jupyter_server_config.py").write_text(config)
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--ServerApp.base_url=/base/"),
        f"--ServerApp.root_dir={folder}",
    ]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 -- our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "JUPYTER_CONFIG_PATH": str(ROOT / "jupyter-config")},
        )
    info = folder / "RUNTIME" / f"jpserver-{process.pid}.json"
    try:
        end = time.monotonic() + 60
        while not info.exists() or not info.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield f"127.0.0.1:{json.loads(info.read_text())['port']}"
    finally:
        process.terminate()
        process.wait(30)
