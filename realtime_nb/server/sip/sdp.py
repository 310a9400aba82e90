"""Session descriptions (RFC 4566, RFC 3264) of one telephone: G.711, keys, this computer."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Codec: TypeAlias = Literal["PCMU", "PCMA"]

# Static payload types of RFC 3551.
PAYLOADS: Final[dict[Codec, int]] = {"PCMU": 0, "PCMA": 8}
DEFAULT_KEYS_PAYLOAD: Final = 101
_KEYS: Final = "telephone-event/8000"
_MOST_MEDIA: Final = 16
_MOST_FORMATS: Final = 64
_MAX_PAYLOAD: Final = 127
_MAX_PORT: Final = 65_535
MEDIA_TYPE: Final = "application/sdp"


class Unacceptable(Exception):
    """A description that no call can be made of here; the text says why."""


@dataclass(frozen=True, slots=True)
class Media:
    """The other side's end of the sound.

    Attributes
    ----------
    host, port
        Where it listens, on this computer; the port is 0 while the call is on hold.
    codec, payload
        What it is sent and sends.
    keys_payload
        The payload type of telephone events; None where it sends none.
    others
        The other media of an offer, as the first lines of their refusals.
    position
        Where the sound stands among the media.
    """

    host: str
    port: int
    codec: Codec
    payload: int
    keys_payload: int | None
    others: tuple[str, ...]
    position: int


def read(description: bytes) -> Media:
    """Return what an offer or an answer says of the sound.

    Raises
    ------
    Unacceptable
        When it is none, has no G.711 sound in RTP, or leads to another computer.
    """
    session, media = _sections(description.decode("utf-8", "replace"))
    if not media or len(media) > _MOST_MEDIA:
        raise Unacceptable("no media are described")
    refused: list[str] = []
    for position, section in enumerate(media):
        found = _sound(section, session)
        if found is not None:
            refused += [_refusal(other) for other in media[position + 1 :]]
            return Media(*found, tuple(refused), position)
        refused.append(_refusal(section))
    raise Unacceptable("no G.711 sound in RTP/AVP is offered")


def answer(host: str, port: int, media: Media) -> bytes:
    """Return the answer to an offer.

    Parameters
    ----------
    host, port
        Where we listen.
    media
        What `read` returned of the offer.
    """
    sound = _described(port, {media.codec: media.payload}, media.keys_payload)
    parts = [*media.others]
    parts.insert(media.position, sound)
    return _description(host, parts)


def offer(host: str, port: int) -> bytes:
    """Return an offer of our own, for a caller who made none."""
    return _description(host, [_described(port, PAYLOADS, DEFAULT_KEYS_PAYLOAD)])


def _description(host: str, media: list[str]) -> bytes:
    number = secrets.randbelow(2**31)
    lines = [
        "v=0",
        f"o=- {number} {number} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        *media,
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def _described(port: int, payloads: dict[Codec, int], keys: int | None) -> str:
    formats = [*payloads.values(), *([keys] if keys is not None else [])]
    lines = [f"m=audio {port} RTP/AVP {' '.join(map(str, formats))}"]
    lines += [f"a=rtpmap:{number} {codec}/8000" for codec, number in payloads.items()]
    if keys is not None:
        lines += [f"a=rtpmap:{keys} {_KEYS}", f"a=fmtp:{keys} 0-15"]
    return "\r\n".join([*lines, "a=ptime:20", "a=sendrecv"])


def _sections(text: str) -> tuple[list[str], list[list[str]]]:
    """Return the lines of the session, and those of each of its media."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or lines[0] != "v=0":
        raise Unacceptable("this is no session description")
    session: list[str] = []
    media: list[list[str]] = []
    for line in lines:
        if line.startswith("m="):
            media.append([])
        (media[-1] if media else session).append(line)
    return session, media


def _refusal(section: list[str]) -> str:
    kind, _port, *rest = [*section[0][2:].split(" ")[: _MOST_FORMATS + 3], "", ""]
    return f"m={kind} 0 {' '.join(part for part in rest if part)}"


def _sound(
    section: list[str], session: list[str]
) -> tuple[str, int, Codec, int, int | None] | None:
    """Return host, port, codec, payload and keys' payload of a media section we can talk by."""
    kind, port_text, profile, *formats = [*section[0][2:].split(" "), "", "", ""]
    if kind != "audio" or profile != "RTP/AVP":
        return None
    port = _number(port_text.partition("/")[0], _MAX_PORT)
    payloads = [_number(given, _MAX_PAYLOAD) for given in formats[:_MOST_FORMATS] if given]
    chosen = _first_codec(payloads, _names(section))
    if port <= 0 or chosen is None:
        return None
    names = _names(section)
    keys = next((n for n in payloads if names.get(n, "").lower() == _KEYS), None)
    host = _host(section, session)
    held = host == "0.0.0.0" or not {"a=sendonly", "a=inactive"}.isdisjoint(section)  # noqa: S104 -- the old sign for a call on hold
    payload, codec = chosen
    if held:
        return "127.0.0.1", 0, codec, payload, keys
    return _loopback(host), port, codec, payload, keys


def _first_codec(payloads: list[int], names: dict[int, str]) -> tuple[int, Codec] | None:
    for payload in payloads:
        codec = _codec(payload, names)
        if payload >= 0 and codec is not None:
            return payload, codec
    return None


def _codec(payload: int, names: dict[int, str]) -> Codec | None:
    name = names.get(payload, "").upper()
    for codec, number in PAYLOADS.items():
        if name.removesuffix("/1") == f"{codec}/8000" or (not name and payload == number):
            return codec
    return None


def _names(section: list[str]) -> dict[int, str]:
    names: dict[int, str] = {}
    for line in section:
        if line.startswith("a=rtpmap:"):
            number, _, name = line.removeprefix("a=rtpmap:").partition(" ")
            names[_number(number, _MAX_PAYLOAD)] = name.strip()
    return names


def _host(section: list[str], session: list[str]) -> str:
    for line in (*section, *session):
        if line.startswith("c=IN IP4 "):
            return line.removeprefix("c=IN IP4 ").partition("/")[0].strip()
    raise Unacceptable("there is no IPv4 address for the sound")


def _loopback(host: str) -> str:
    try:
        if ipaddress.IPv4Address(host).is_loopback:
            return host
    except ValueError:
        pass
    raise Unacceptable("the sound would leave this computer")


def _number(text: str, highest: int) -> int:
    """Return a number, -1 for what is none."""
    short = len(text) <= len(str(highest))
    number = int(text) if short and text.isascii() and text.isdigit() else -1
    return number if number <= highest else -1
