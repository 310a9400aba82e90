"""Sound of answers that may not be heard yet: kept here until it may, or is dropped.

What is held is bounded by `MAX_HELD` bytes; of a response that holds more, what comes past that
is lost, and counted in `refused_bytes` (an answer of over twenty minutes).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from realtime_nb.bridge.playing.downlink import Downlink
    from realtime_nb.protocol.conversation.playback import PartKey

MAX_HELD: Final = 64 * 2**20


@dataclass(slots=True)
class _Piece:
    """Sound of a part, or with none the end of it."""

    key: PartKey
    pcm: bytes
    before: int


@dataclass(slots=True)
class _Hold:
    """A response that is held, by how many, its sound so far, and whether some was refused."""

    holders: int = 0
    full: bool = False
    pieces: list[_Piece] = field(default_factory=list[_Piece])


class Holding:
    """Stands between the answers and the way to the page.

    Parameters
    ----------
    downlink
        The way to the page.
    """

    def __init__(self, downlink: Downlink) -> None:
        self._downlink = downlink
        self._holds: dict[str, _Hold] = {}
        self._bytes = 0
        self.refused_bytes = 0

    def hold(self, response_id: str) -> None:
        """Keep the sound of a response; as often as it is held it must be let go."""
        self._holds.setdefault(response_id, _Hold()).holders += 1

    def release(self, response_id: str) -> None:
        """Let a response go: once nobody holds it, what was kept is played, in order."""
        hold = self._holds.get(response_id)
        if hold is None:
            return
        hold.holders -= 1
        if hold.holders > 0:
            return
        for piece in self._take(response_id):
            self._pass(piece)

    def drop(self, response_id: str) -> tuple[str, ...]:
        """Forget the sound of a response, whoever holds it; return the items it was of."""
        pieces = self._take(response_id)
        return tuple(dict.fromkeys(piece.key[0] for piece in pieces if piece.pcm))

    def add(self, response_id: object, key: PartKey, pcm: bytes, *, before: int) -> None:
        """Take sound of a response; see `Downlink.add`."""
        hold = self._holds.get(response_id) if isinstance(response_id, str) else None
        if hold is None:
            self._downlink.add(key, pcm, before=before)
        elif hold.full or self._bytes + len(pcm) > MAX_HELD:
            # A hole would put what is behind it at a wrong place.
            hold.full = True
            self.refused_bytes += len(pcm)
        else:
            self._bytes += len(pcm)
            hold.pieces.append(_Piece(key, pcm, before))

    def end(self, response_id: object, key: PartKey) -> None:
        """Note that a content part has no more sound."""
        hold = self._holds.get(response_id) if isinstance(response_id, str) else None
        if hold is None:
            self._downlink.end(key)
        else:
            hold.pieces.append(_Piece(key, b"", 0))

    def _take(self, response_id: str) -> list[_Piece]:
        hold = self._holds.pop(response_id, None)
        pieces = [] if hold is None else hold.pieces
        self._bytes -= sum(len(piece.pcm) for piece in pieces)
        return pieces

    def _pass(self, piece: _Piece) -> None:
        if piece.pcm:
            self._downlink.add(piece.key, piece.pcm, before=piece.before)
        else:
            self._downlink.end(piece.key)
