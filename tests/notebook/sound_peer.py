"""A service of the tests' own: HTTP on a loopback port, saying what the test scripts."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    Script = Callable[["Exchange"], None]

RATE = 24_000


def tone(ms: float) -> bytes:
    """Return PCM16 at 24 kHz."""
    t = np.arange(round(ms * RATE / 1000)) / RATE
    return (8000 * np.sin(2 * np.pi * 440 * t)).astype("<i2").tobytes()


class Exchange(BaseHTTPRequestHandler):
    """One request, and the means to answer it."""

    server: Peer

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        size = int(self.headers.get("content-length", 0))
        self.body = self.rfile.read(size)
        peer = self.server
        script = peer.scripts[min(len(peer.bodies), len(peer.scripts) - 1)]
        peer.bodies.append(self.body)
        try:
            script(self)
        except OSError:
            peer.gone.set()

    def begin(self, status: int = 200, kind: str = "application/json", **more: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def event(self, **told: Any) -> None:
        self.wfile.write(b"data: " + json.dumps(told).encode() + b"\n\n")
        self.wfile.flush()

    def delta(self, words: str = "", pcm: bytes = b"") -> None:
        """Send a piece of an answer."""
        audio: dict[str, Any] = {"id": "audio_1"}
        if words:
            audio["transcript"] = words
        if pcm:
            audio["data"] = base64.b64encode(pcm).decode()
        choice = {"index": 0, "delta": {"audio": audio}, "finish_reason": None}
        self.event(id="c", object="chat.completion.chunk", model="gpt-audio-1.5", choices=[choice])

    def stay(self) -> None:
        """Say nothing more until the client is gone."""
        self.connection.settimeout(30)
        if not self.connection.recv(1):
            self.server.gone.set()


class Peer(ThreadingHTTPServer):
    """The service; each request takes the next script, the last for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.scripts: list[Script] = []
        self.bodies: list[bytes] = []
        self.gone = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def says(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.bodies.clear()


def answers(words: str = "Yes, very.", ms: float = 500, **message: Any) -> Script:
    """Return a script that answers a chat completion whole."""
    import io  # noqa: PLC0415
    import wave  # noqa: PLC0415

    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(tone(ms))
    audio = {
        "id": "audio_1",
        "data": base64.b64encode(file.getvalue()).decode(),
        "transcript": words,
        "expires_at": 4_000_000_000,
    }
    told = {
        "id": "c",
        "object": "chat.completion",
        "model": "gpt-audio-1.5",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": None, "audio": audio, **message},
            }
        ],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {"text_tokens": 100, "audio_tokens": 0},
            "completion_tokens_details": {"text_tokens": 10, "audio_tokens": 40},
        },
    }

    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.wfile.write(json.dumps(told).encode())

    return script


def refuses(status: int, message: str, **headers: str) -> Script:
    """Return a script that refuses."""

    def script(exchange: Exchange) -> None:
        exchange.begin(status, **headers)
        exchange.wfile.write(json.dumps({"error": {"message": message}}).encode())

    return script
