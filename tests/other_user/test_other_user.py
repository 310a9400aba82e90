"""Another user of the same computer gets nothing: no file, no memory, no answer, no call."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.bridge.carrier.listener import Listener
from realtime_nb.client.endpoints.endpoint import local_endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.local import LocalServer
from realtime_nb.client.phone.desk import WebhookDesk
from realtime_nb.client.phone.route import Route
from realtime_nb.client.practice_phone.published import publish_line
from tests.client.phone.webhooks import SECRET
from tests.other_user.probe import KEYS, ring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_nb.relay.meeting import Line

PROBE = Path(__file__).with_name("probe.py")
REQUESTS = [
    ("GET", "/health"), ("GET", "/v1/models"), ("GET", "/v1/practice/card"), ("GET", "/"),
    ("POST", "/v1/realtime/client_secrets"), ("POST", "/v1/chat/completions"),
    ("POST", "/v1/audio/speech"), ("POST", "/v1/realtime/calls"),
    ("POST", "/v1/realtime/calls/rtc_1/hangup"), ("POST", "/v1/practice/phone/lines"),
]  # fmt: skip

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0,
    reason="only root can become another user",
)


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder that others may enter: each file in it must look after itself."""
    folder = Path(tempfile.mkdtemp(prefix="runtime-", dir="/tmp"))
    folder.chmod(0o755)
    (folder / "anybody").write_text("may read this")
    (folder / "anybody").chmod(0o644)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-key-of-the-service")
    yield folder
    shutil.rmtree(folder)


async def probe(**wanted: Any) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(PROBE),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate(json.dumps(wanted).encode())
    assert process.returncode == 0
    return json.loads(out)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


async def test_another_user_gets_nothing(open_folder: Path) -> None:
    loop = asyncio.get_running_loop()
    calls: list[Any] = []
    served: list[Line] = []

    async def serve(line: Line) -> None:
        served.append(line)

    sip = free_udp_port()
    server = await asyncio.to_thread(LocalServer, ("--sip-port", str(sip)))
    desk = WebhookDesk(Secret(SECRET), calls.append)
    route = Route(desk)
    listener = Listener(loop, serve)
    try:
        route.start()
        endpoint = local_endpoint(server)
        published = await asyncio.to_thread(publish_line, endpoint, route.url, Secret(SECRET))
        hidden = [server.token, SECRET, listener.place.secret.hex(), "sk-the-key-of-the-service",
                  json.loads(published.path.read_text())["ticket"]]  # fmt: skip
        assert await asyncio.to_thread(ring, sip, "OPTIONS")  # we may
        got = await probe(
            folders=[str(open_folder)],
            pids=[server.pid, os.getpid()],
            http=int(server.url.split(":")[2].partition("/")[0]),
            requests=REQUESTS,
            sockets=["/v1/realtime?model=gpt-realtime", "/v1/practice/phone"],
            webhook=route.port,
            meeting=listener.place.port,
            sip=sip,
        )
        published.withdraw()
    finally:
        listener.close()
        await route.close()
        await asyncio.to_thread(server.stop)
    look_at_what_it_got(got, hidden)
    assert (calls, served) == ([], [])
    assert desk.counts["refused"] == 1


def look_at_what_it_got(got: dict[str, Any], hidden: list[str]) -> None:
    told = json.dumps(got)
    assert not [secret for secret in hidden if secret in told]
    # It did look: what anybody may read it has read.
    assert [Path(path).name for path in got["files"]] == ["anybody"]
    for process in got["processes"].values():
        closed = {key: value for key, value in process.items() if key != "cmdline"}
        assert not any(closed.values()), closed
    assert any("serve" in process["cmdline"] for process in got["processes"].values())
    assert len(got["asked"]) == len(KEYS) * len(REQUESTS)
    for asked, answer in got["asked"].items():
        assert answer.startswith("HTTP/1.1 401 "), (asked, answer)
    realtime, phone = got["upgraded"].values()
    assert "session.created" not in realtime
    assert "invalid_api_key" in realtime
    assert phone.startswith("HTTP/1.1 401 ")
    assert got["webhook"].startswith("HTTP/1.1 400 ")
    assert got["knocked"] == 0
    assert got["rang"] is False
