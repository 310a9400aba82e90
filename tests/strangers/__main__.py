"""Drive the practice server with clients nobody here wrote (`make strangers`).

The server is the program that everybody starts, with its own voice and its own ears. Each client
is a program of its own in an environment of its own and prints a line of JSON for each flow.
Names of clients on the command line (``python -m tests.strangers openai-agents``) choose some;
then the page in the docs is left as it is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
import wave
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.strangers import table
from tests.strangers.table import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "strangers.md"

_PYTHON = str(ROOT / ".strangers" / "bin" / "python")
_NODE = "node"  # make puts the environment's own first
PROGRAMS: Mapping[str, list[str]] = {
    "openai (async)": [_PYTHON, str(HERE / "python" / "openai_async.py")],
    "openai (sync)": [_PYTHON, str(HERE / "python" / "openai_sync.py")],
    "openai (calls)": [_PYTHON, str(HERE / "python" / "openai_calls.py")],
    "openai-agents": [_PYTHON, str(HERE / "python" / "agents_sdk.py")],
    "livekit-plugins-openai": [_PYTHON, str(HERE / "python" / "livekit_plugin.py")],
    "@openai/agents-realtime (Node)": [_NODE, str(HERE / "node" / "agents_sdk.mjs")],
    "@openai/agents-realtime (Chromium, WebRTC)": [sys.executable, "-m", "tests.strangers.page"],
}
_SAID = {"time": "What time is it?", "stop": "Stop."}
_LONGEST_S = 600
_AT_A_TIME = 2  # a client waits for sound most of the time
_PAUSE = bytes(48 * 300)  # nobody speaks from the first sample of a recording to its last


@contextmanager
def practice_server() -> Iterator[tuple[str, str]]:
    """Run the practice server; yield its URL and its token."""
    command = [sys.executable, "-m", "realtime_nb", "serve", "--exit-with-stdin"]
    with subprocess.Popen(  # noqa: S603 -- our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        lines = [server.stdout.readline().partition(": ")[2].strip() for _ in range(2)]
        try:
            yield lines[0], lines[1]
        finally:
            server.stdin.close()


def record(url: str, token: str, folder: Path) -> None:
    """Have the practice server's own voice say what the clients will say."""
    for name, text in _SAID.items():
        body = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"}
        request = urllib.request.Request(  # noqa: S310 -- the server just started
            f"{url}/audio/speech",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310 -- as above
            pcm = _PAUSE + answer.read() + _PAUSE
        (folder / f"{name}.pcm").write_bytes(pcm)
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(24_000)
            file.writeframes(pcm)


def try_client(client: str, command: list[str], environment: dict[str, str]) -> Iterator[Verdict]:
    """Run one client's program and yield what it tells."""
    done = subprocess.run(  # noqa: S603 -- our own programs
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    failed = done.returncode != 0
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            verdict = Verdict(**json.loads(line))
            failed |= not verdict.passed
            yield verdict
    if done.returncode:
        yield Verdict(client, "", "its program", f"ended with {done.returncode}", 0.0)
    if failed:
        sys.stderr.write(done.stderr)


def main(chosen: list[str]) -> int:
    """Try the clients, print and write the table; return the exit code."""
    programs = {name: PROGRAMS[name] for name in chosen} if chosen else PROGRAMS
    with tempfile.TemporaryDirectory() as folder, practice_server() as (url, token):
        record(url, token, Path(folder))
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OPENAI_", "REALTIME_NB_"))  # no way to a service
        }
        given = {
            "STRANGERS_URL": url,
            "STRANGERS_KEY": token,
            "STRANGERS_SOUND": folder,
            "STRANGERS_PHONE": json.dumps([sys.executable, "-m", "realtime_nb", "call"]),
        }

        def attempt(client: str) -> list[Verdict]:
            verdicts = list(try_client(client, programs[client], {**kept, **given}))
            for verdict in verdicts:
                said = "passed" if verdict.passed else f"FAILED: {verdict.why}"
                line = f"{client}: {verdict.flow}: {said} ({verdict.seconds:.1f} s)"
                print(line, flush=True)  # noqa: T201
            return verdicts

        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            verdicts = [each for told in pool.map(attempt, programs) for each in told]
    silent = table.missing(verdicts, programs)
    print(f"\n{table.markdown(verdicts)}")  # noqa: T201 -- a program's answer
    for name in silent:
        print(f"{name}: its program told nothing")  # noqa: T201
    good = not silent and all(verdict.passed for verdict in verdicts)
    if good and not chosen:
        table.write(PAGE, verdicts)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
