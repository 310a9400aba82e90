"""What the programs of this folder share: how a flow is tried and told of.

They run in an environment of their own, with nothing of this project in it, and know of the
server what a user knows: its URL and a key.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

URL = os.environ["STRANGERS_URL"]  # http://127.0.0.1:PORT/v1
SOCKET_URL = URL.replace("http", "ws", 1)
KEY = os.environ["STRANGERS_KEY"]
PHONE: list[str] = json.loads(os.environ["STRANGERS_PHONE"])  # a command that calls
_SOUND = Path(os.environ["STRANGERS_SOUND"])

LONGEST_S = 120.0  # one flow; it takes a few seconds on a quiet machine
MODEL = "gpt-realtime-2.1"
SUM = "What is seven plus five?"  # the practice server answers: 7 plus 5 is 12.
TIME = "What time is it?"  # It is 19:30.
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "The city."}},
        "required": ["city"],
    },
}


def sound(name: str) -> bytes:
    """Return what somebody says (``time``, ``stop``): PCM16 mono at 24 kHz."""
    return (_SOUND / f"{name}.pcm").read_bytes()


def wav(name: str) -> bytes:
    """Return the same as a WAV file."""
    return Path(sound_file(name)).read_bytes()


def sound_file(name: str) -> str:
    """Return where that WAV is."""
    return str(_SOUND / f"{name}.wav")


def silence(ms: int) -> bytes:
    """Return silence, PCM16 mono at 24 kHz."""
    return bytes(48 * ms)


def chunks(pcm: bytes, ms: int = 100) -> list[bytes]:
    """Cut sound into pieces of so many ms, as a microphone gives them."""
    return [pcm[first : first + 48 * ms] for first in range(0, len(pcm), 48 * ms)]


def expect(met: object, what: str) -> None:
    """Fail a flow that did not get what it should."""
    if not met:
        raise AssertionError(what)


class Flows:
    """The flows of one client, tried one after the other.

    Parameters
    ----------
    client
        What the table calls it.
    package
        The distribution whose version the table tells.
    """

    def __init__(self, client: str, package: str) -> None:
        self.client = client
        self.version = importlib.metadata.version(package)
        self._flows: list[tuple[str, Callable[[], Any]]] = []

    def flow(self, name: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
        """Add a function, or a coroutine function, as the flow of this name."""

        def add(function: Callable[[], Any]) -> Callable[[], Any]:
            self._flows.append((name, function))
            return function

        return add

    def run(self) -> None:
        """Try every flow and print a line of JSON for each; nothing stops at a failure."""
        chosen = set(sys.argv[1:])
        for name, function in self._flows:
            if chosen and name not in chosen:
                continue
            began = time.monotonic()
            why = ""
            try:
                made = function()
                if made is not None:
                    asyncio.run(_within(made))
            except Exception as error:  # noqa: BLE001 -- whatever a stranger raises is its verdict
                traceback.print_exc()
                why = f"{type(error).__name__}: {error}"[:300] or type(error).__name__
            self._tell(name, why, time.monotonic() - began)

    def _tell(self, name: str, why: str, seconds: float) -> None:
        verdict = {
            "client": self.client,
            "version": self.version,
            "flow": name,
            "why": why,
            "seconds": round(seconds, 2),
        }
        print(json.dumps(verdict), flush=True)  # noqa: T201 -- a program's answer


async def _within(made: Awaitable[None]) -> None:
    async with asyncio.timeout(LONGEST_S):
        await made
