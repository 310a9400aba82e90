"""What another user of this computer tries; run as root, which it stops being at once.

Reads what to try as JSON from standard input, and prints what it got.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

NOBODY = 65_534
KEYS = ("", "sk-guessed", "ek_guessed")
PATIENCE_S = 1.0


def become_nobody() -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    with suppress(OSError):
        os.setuid(0)
    assert os.getuid() == os.geteuid() == NOBODY


def read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def look_into(folder: Path) -> dict[str, str]:
    """Return what can be read below a folder, by path."""
    found = [Path(place) / name for place, _, names in os.walk(folder) for name in names]
    return {str(path): text for path in found if (text := read(path))}


def look_at(pid: int) -> dict[str, Any]:
    """Return what the system tells of a process."""
    place = Path("/proc") / str(pid)
    told: dict[str, Any] = {name: read(place / name) for name in ("environ", "cmdline", "maps")}
    for name in ("fd", "cwd", "root"):
        try:
            told[name] = [one.name for one in (place / name).iterdir()]
        except OSError:
            told[name] = []
    try:
        with (place / "mem").open("rb") as memory:
            told["mem"] = len(memory.read(1))
    except OSError:
        told["mem"] = 0
    try:
        os.kill(pid, 0)
        told["kill"] = True
    except OSError:
        told["kill"] = False
    return told


def say(port: int, *lines: str, body: bytes = b"") -> str:
    """Send a request and return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as link:
        link.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        came = b""
        with suppress(OSError):
            while piece := link.recv(65_536):
                came += piece
    return came.decode("utf-8", "replace")


def ask(port: int, method: str, path: str, key: str) -> str:
    host = f"Host: 127.0.0.1:{port}"
    return say(
        port, f"{method} {path} HTTP/1.1", host, *([f"Authorization: Bearer {key}"] if key else []),
        "Content-Length: 2", "Content-Type: application/json", "Connection: close", body=b"{}",
    )  # fmt: skip


def upgrade(port: int, path: str, key: str) -> str:
    nonce = base64.b64encode(os.urandom(16)).decode()
    return say(
        port, f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket",
        "Connection: Upgrade", f"Sec-WebSocket-Key: {nonce}", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{key}",
    )  # fmt: skip


def knock(port: int) -> int:
    """Return how many bytes a port says beyond its nonce, to who guesses at the proof."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as link:
        link.settimeout(PATIENCE_S)
        came = link.recv(32)
        link.sendall(os.urandom(64))
        with suppress(OSError):
            while piece := link.recv(4096):
                came += piece
    return len(came) - 32


def ring(port: int, *methods: str) -> bool:
    """Return whether a SIP port answers to any of some requests."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(PATIENCE_S)
        here = f"127.0.0.1:{phone.getsockname()[1]}"
        for method in methods:
            lines = [
                f"{method} sip:a@127.0.0.1:{port} SIP/2.0",
                f"Via: SIP/2.0/UDP {here};branch=z9hG4bKx",
                f"From: <sip:b@{here}>;tag=1", "To: <sip:a@127.0.0.1>", "Call-ID: x",
                f"CSeq: 1 {method}", f"Contact: <sip:b@{here}>", "Content-Length: 0", "", "",
            ]  # fmt: skip
            phone.sendto("\r\n".join(lines).encode(), ("127.0.0.1", port))
        try:
            return bool(phone.recv(4096))
        except OSError:
            return False


def main() -> None:
    wanted: dict[str, Any] = json.load(sys.stdin)
    "".encode("idna")  # what is imported late could not be read any more
    become_nobody()
    answers: dict[str, Any] = {
        "files": {path: text for folder in wanted["folders"]
                  for path, text in look_into(Path(folder)).items()},
        "processes": {pid: look_at(pid) for pid in wanted["pids"]},
        "asked": {f"{method} {path} {key}": ask(wanted["http"], method, path, key)
                  for method, path in wanted["requests"] for key in KEYS},
        "upgraded": {path: upgrade(wanted["http"], path, "guessed") for path in wanted["sockets"]},
        "webhook": ask(wanted["webhook"], "POST", "/webhook", ""),
        "knocked": knock(wanted["meeting"]),
        "rang": ring(wanted["sip"], "OPTIONS", "INVITE"),
    }  # fmt: skip
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
