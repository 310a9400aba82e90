"""SubRip and WebVTT read back into segments: what a service answers when asked for them."""

from __future__ import annotations

import html
import re
from typing import Final

from realtime_nb.protocol.audio_api.transcript_times import Segment

_TIME: Final = r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{3})"
_TIMES: Final = re.compile(rf"\s*{_TIME}\s+-->\s+{_TIME}(?:\s.*)?")
_VOICE: Final = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_TAG: Final = re.compile(r"</?[a-zA-Z][^>]*>|<\d[\d:.]*>")


def read_subtitles(text: str) -> tuple[Segment, ...]:
    """Return the cues of a file as segments; what is none is passed over."""
    whole = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    escaped = whole.lstrip().startswith("WEBVTT")
    found: list[Segment] = []
    for block in re.split(r"\n{2,}", whole):
        lines = block.split("\n")
        for number, line in enumerate(lines):
            times = _TIMES.fullmatch(line)
            if times is not None:
                found.append(_segment(times, " ".join(lines[number + 1 :]), escaped=escaped))
                break
    return tuple(found)


def _segment(times: re.Match[str], text: str, *, escaped: bool) -> Segment:
    start_s, end_s = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
    voice = _VOICE.search(text) if escaped else None
    speaker = html.unescape(voice[1]).strip() if voice else ""
    said = html.unescape(_TAG.sub("", text)) if escaped else text
    return Segment(" ".join(said.split()), start_s, max(start_s, end_s), speaker)


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, ms = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds + ms / 1000
