"""The sound of a call in a file: two WAV files, and where their stretches lie on the clock.

``recorded.json`` has for each side ``{"in": "audio/call-user.wav", "stretches": [{"start_ms":
0.0, "bytes": 96000}, …]}``: the stretches follow each other in the file.
"""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING, Any, Final

from realtime_nb.audio.wav import wav_header
from realtime_nb.inspection.archive.facts import LONGEST_MS
from realtime_nb.inspection.archive.sound import FOLDER
from realtime_nb.inspection.archive.zip import UNREADABLE
from realtime_nb.protocol.recorded_sound import RATE, TRACKS
from realtime_nb.protocol.told import as_list, as_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from realtime_nb.inspection.archive.zip import Members
    from realtime_nb.protocol.log.event_log import EventLog
    from realtime_nb.protocol.recorded_sound import RecordedSound, Stretch, Track

NAME: Final = "recorded.json"

_FILES: Final[Mapping[Track, str]] = {
    "input": f"{FOLDER}call-user.wav",
    "output": f"{FOLDER}call-assistant.wav",
}
_BLOCK_MS: Final = 1_000.0
_BYTES_PER_MS: Final = RATE * 2 // 1_000
_MOST: Final = 2**32 - 256  # of a WAV file


class CallSound:
    """What a page has recorded of a call by now, to be written.

    Parameters
    ----------
    recorded
        It; it may go on growing.
    """

    def __init__(self, recorded: RecordedSound) -> None:
        self._recorded = recorded
        self._tracks: dict[Track, list[Stretch]] = {
            track: stretches for track in TRACKS if (stretches := recorded.stretches(track))
        }

    def plain(self) -> dict[str, Any]:
        """Return where it lies, as JSON has it."""
        return {
            track: {
                "in": _FILES[track],
                "stretches": [{"start_ms": one.start_ms, "bytes": one.size} for one in stretches],
            }
            for track, stretches in self._tracks.items()
        }

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield the name of each file and what is in it."""
        for track, stretches in self._tracks.items():
            yield _FILES[track], self._blocks(track, stretches[0].before, stretches)

    def _blocks(self, track: Track, before: int, stretches: list[Stretch]) -> Iterator[bytes]:
        size = sum(stretch.size for stretch in stretches)
        yield wav_header(min(size, _MOST), RATE)
        at_ms, end_ms = before / _BYTES_PER_MS, (before + min(size, _MOST)) / _BYTES_PER_MS
        while at_ms < end_ms:
            ms = min(_BLOCK_MS, end_ms - at_ms)
            yield self._recorded.between(track, at_ms, ms)
            at_ms += ms


def read_call(plain: Mapping[str, Any], members: Members, log: EventLog) -> Iterator[str]:
    """Read a call's sound into `log`; yield what is wrong with it, a line each.

    Parameters
    ----------
    plain
        What the file's `NAME` holds.
    members
        The file.
    log
        Whose sound it is.
    """
    for track in TRACKS:
        told = plain.get(track)
        if told is None:
            continue
        places = _places(as_object(told))
        name = _FILES[track]
        if places is None or name not in members:
            yield f"the recorded {track} of the call is missing"
            continue
        try:
            with members.open(name) as file:
                whole = _read_track(file, track, places, log)
        except UNREADABLE:
            whole = False
        if not whole:
            yield f"{name} is cut short; what lies before has been read"


def _places(told: dict[str, Any]) -> list[tuple[float, int]] | None:
    places: list[tuple[float, int]] = []
    stretches = told.get("stretches")
    for one in as_list(stretches):
        with contextlib.suppress(TypeError, KeyError):
            start, size = one["start_ms"], one["bytes"]
            if not _is_number(start) or not isinstance(size, int) or isinstance(size, bool):
                return None
            if not 0 <= start <= LONGEST_MS or not 0 <= size <= LONGEST_MS * _BYTES_PER_MS:
                return None
            places.append((float(start), size))
    return places or None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_track(
    file: IO[bytes], track: Track, places: list[tuple[float, int]], log: EventLog
) -> bool:
    file.seek(len(wav_header(0, RATE)))
    for start_ms, size in places:
        at = 0
        while at < size:
            wanted = min(round(_BLOCK_MS * _BYTES_PER_MS), size - at)
            pcm = file.read(wanted)
            log.record_sound(track, pcm, start_ms + at / _BYTES_PER_MS)
            if len(pcm) < wanted:
                return False
            at += wanted
    return True
