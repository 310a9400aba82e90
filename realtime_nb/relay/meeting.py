"""How a relay finds the kernel's port, and how the two know each other.

The kernel listens on a free port of the loopback interface and writes port and secret into a
file in Jupyter's runtime folder, readable by its owner only and named by a random id. The page
is told the id, never the port or the secret. Who connects must have read the file, and so must
who listens: a port that its kernel left may be anybody's by now. Both sides show that they know
the secret without saying it.

::

    kernel  nonce of the kernel, 32 bytes
    relay   nonce of the relay, 32 bytes, then HMAC-SHA256(secret, "relay" + both nonces)
    kernel  HMAC-SHA256(secret, "kernel" + both nonces)

After that each side sends packets: a length, 4 bytes, little endian, and as many bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import re
import secrets
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jupyter_core.paths import jupyter_runtime_dir

from realtime_nb.errors import ConnectionFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[Path, Mapping[str, Any]], object]

ID_PATTERN: Final = "[0-9a-f]{32}"
MAX_PACKET: Final = 16 * 2**20
"""Bytes of the longest packet; whoever sends a longer one is cut off."""
GREETING_TIMEOUT_S: Final = 5.0

_LENGTH: Final = struct.Struct("<I")
_NONCE: Final = 32
_PROOF: Final = 32


class NotMet(ConnectionFailed):
    """There is nobody at the meeting place, or not the one who was expected."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kernel waits.

    Attributes
    ----------
    id
        What the page calls it.
    port
        On the loopback interface.
    secret
        What both sides know.
    """

    id: str
    port: int
    secret: bytes = field(repr=False)

    @classmethod
    def publish(cls, port: int, write: Write | None = None) -> Place:
        """Write the file by which a relay finds `port`.

        Parameters
        ----------
        port
            On the loopback interface.
        write
            Writes a new file for its owner only; None for what needs nothing of the kernel's.

        Raises
        ------
        OSError
            When the file cannot be written.
        """
        place = cls(secrets.token_hex(16), port, secrets.token_bytes(32))
        (write or _write)(_path(place.id), {"port": port, "secret": place.secret.hex()})
        return place

    @classmethod
    def find(cls, place_id: str) -> Place:
        """Read the file of an id.

        Raises
        ------
        NotMet
            When there is none, or it is spoilt.
        """
        if re.fullmatch(ID_PATTERN, place_id) is None:
            raise NotMet("this is no id of a chat")
        try:
            fields: Any = json.loads(_path(place_id).read_text(encoding="ascii"))
            return cls(place_id, int(fields["port"]), bytes.fromhex(fields["secret"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotMet("no chat of this id is open") from error

    def withdraw(self) -> None:
        """Take the file away; once is enough."""
        with contextlib.suppress(OSError):
            _path(self.id).unlink(missing_ok=True)

    def proof(self, side: bytes, kernel_nonce: bytes, relay_nonce: bytes) -> bytes:
        """Return what shows that a side (``b"kernel"`` or ``b"relay"``) knows the secret."""
        return hmac.digest(self.secret, side + kernel_nonce + relay_nonce, "sha256")


def _path(place_id: str) -> Path:
    return Path(jupyter_runtime_dir()) / f"realtime-nb-{place_id}.json"


def _write(path: Path, told: Mapping[str, Any]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
        json.dump({**told, "pid": os.getpid()}, file)


class Line:
    """One TCP connection between relay and kernel, once both have greeted; packets each way."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> bytes | None:
        """Return the next packet, None at the end of the line."""
        try:
            (length,) = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))
            return None if length > MAX_PACKET else await self._reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            return None

    def send(self, packet: bytes) -> None:
        """Send one packet; never waits, and sends into nothing once the line is down."""
        if not self._writer.is_closing():
            self._writer.write(_LENGTH.pack(len(packet)) + packet)

    async def drain(self) -> None:
        """Wait until the other side has taken most of what was sent."""
        with contextlib.suppress(OSError):
            await self._writer.drain()

    def close(self) -> None:
        """Hang up; what was not sent by now is not sent."""
        self._writer.transport.abort()


async def answer(place: Place, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Line:
    """Greet whoever called, as the kernel.

    Raises
    ------
    NotMet
        When the caller does not know the secret, or says nothing. The connection is closed.
    """
    ours = secrets.token_bytes(_NONCE)
    try:
        async with asyncio.timeout(GREETING_TIMEOUT_S):
            writer.write(ours)
            theirs = await reader.readexactly(_NONCE)
            _check(await reader.readexactly(_PROOF), place.proof(b"relay", ours, theirs))
        writer.write(place.proof(b"kernel", ours, theirs))
    except (OSError, TimeoutError, asyncio.IncompleteReadError, _WrongProof) as error:
        writer.transport.abort()
        raise NotMet("a caller did not know the secret") from error
    return Line(reader, writer)


async def call(place_id: str) -> Line:
    """Call the kernel of an id, as the relay.

    Raises
    ------
    NotMet
        When nobody is there, or somebody else.
    """
    place = Place.find(place_id)
    try:
        async with asyncio.timeout(GREETING_TIMEOUT_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    except (OSError, TimeoutError) as error:
        if isinstance(error, ConnectionRefusedError):
            place.withdraw()  # left behind by a kernel that was killed
        raise NotMet("the chat of this id is gone") from error
    ours = secrets.token_bytes(_NONCE)
    try:
        async with asyncio.timeout(GREETING_TIMEOUT_S):
            theirs = await reader.readexactly(_NONCE)
            writer.write(ours + place.proof(b"relay", theirs, ours))
            _check(await reader.readexactly(_PROOF), place.proof(b"kernel", theirs, ours))
    except (OSError, TimeoutError, asyncio.IncompleteReadError, _WrongProof) as error:
        writer.transport.abort()
        raise NotMet("somebody else is where the chat was") from error
    except BaseException:
        writer.transport.abort()  # the page that waited for it has left
        raise
    return Line(reader, writer)


class _WrongProof(Exception):
    pass


def _check(proof: bytes, expected: bytes) -> None:
    if not hmac.compare_digest(proof, expected):
        raise _WrongProof
