"""A conversation over Chat Completions: what was said, and how it goes back to the service.

Sound of the assistant goes back by its id until that expires, and as its transcript after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast, overload

from realtime_nb.protocol.shown_text import escaped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_MARGIN_S: Final = 10.0  # an id must still be known when the request has arrived
_LONGEST: Final = 2_000
_LEFT: Final = "text-align:left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message of a conversation.

    Attributes
    ----------
    role
        ``user``, ``assistant`` or ``tool``.
    text
        What was said or written; of sound that came in, nothing is known.
    message
        The message as the wire has it, in text where `audio_id` stands for sound.
    audio_id, expires_at
        What the service calls the assistant's sound, and until when, in seconds since 1970.
    seconds
        How long its sound is.
    partial
        Whether its end is missing.
    """

    role: str
    text: str
    message: Mapping[str, Any] = field(repr=False)
    audio_id: str | None = None
    expires_at: int | None = None
    seconds: float = 0.0
    partial: bool = False

    def by_id(self, now: float) -> bool:
        """Whether its sound can be named by id at `now`, in seconds since 1970."""
        if self.audio_id is None or self.partial:
            return False
        return self.expires_at is None or self.expires_at > now + _MARGIN_S

    @property
    def sound_size(self) -> int:
        """How much of the message is sound of the person's, in characters of base64."""
        return sum(len(part["input_audio"]["data"]) for part in _sounds(self.message))

    @property
    def silent(self) -> Entry:
        """The entry with a word in place of the person's sound."""
        left_out = {"type": "text", "text": f"[a recording of {self.seconds:.1f} s, left out]"}
        spoken = list(_sounds(self.message))
        parts = [left_out if part in spoken else part for part in self.message["content"]]
        return replace(self, message={**self.message, "content": parts})

    @property
    def named(self) -> dict[str, Any]:
        """The message with the sound's id in place of its text."""
        message = {name: value for name, value in self.message.items() if name != "content"}
        return {**message, "audio": {"id": self.audio_id}}


@dataclass(frozen=True, slots=True)
class Past:
    """What goes back to the service.

    Attributes
    ----------
    messages
        The messages.
    ids
        The ids among them.
    expired
        The ids that have expired, so that text goes in their place.
    places
        Which of the messages name an id, from 0.
    """

    messages: list[dict[str, Any]]
    ids: tuple[str, ...]
    expired: tuple[str, ...]
    places: tuple[int, ...] = ()


def past(
    entries: Sequence[Entry], now: float, *, ids: bool = True, unknown: Collection[str] = ()
) -> Past:
    """Return a conversation as it goes back to the service.

    Parameters
    ----------
    entries
        What was said.
    now
        The time, in seconds since 1970.
    ids
        Whether sound may go by id; text is what it goes as otherwise.
    unknown
        Ids that the service has said it does not know.
    """
    named = [ids and entry.by_id(now) and entry.audio_id not in unknown for entry in entries]
    return Past(
        [
            entry.named if by_id else dict(entry.message)
            for entry, by_id in zip(entries, named, strict=True)
        ],
        tuple(str(entry.audio_id) for entry, by_id in zip(entries, named, strict=True) if by_id),
        tuple(
            entry.audio_id
            for entry in entries
            if entry.audio_id is not None
            and entry.audio_id not in unknown
            and not entry.partial
            and not entry.by_id(now)
        ),
        tuple(place for place, by_id in enumerate(named) if by_id),
    )


def within(entries: Sequence[Entry], room: int) -> tuple[list[Entry], int]:
    """Return a conversation whose sound fits, and how many older recordings are left out of it.

    What a person said in sound has no id: all of it goes along again with every question.

    Parameters
    ----------
    entries
        What was said.
    room
        How much sound there may be, in characters of base64; the newest is kept first.
    """
    fitting: list[Entry] = []
    left_out = 0
    for entry in reversed(entries):
        room -= entry.sound_size
        gone = room < 0 and entry.sound_size > 0
        left_out += gone
        fitting.append(entry.silent if gone else entry)
    return fitting[::-1], left_out


def _sounds(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    content = message.get("content")
    if message.get("role") == "user" and isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        yield from (part for part in parts if part.get("type") == "input_audio")


def assistant_entry(
    message: Mapping[str, Any], *, seconds: float = 0.0, partial: bool = False
) -> Entry:
    """Return the entry of an answer.

    Parameters
    ----------
    message
        The assistant's message, as `CompletionStream.message` gives it.
    seconds
        How long its sound is.
    partial
        Whether its end is missing: it then goes back as the text that came.
    """
    audio: Mapping[str, Any] = message.get("audio") or {}
    text = audio.get("transcript") or message.get("content") or message.get("refusal") or ""
    plain: dict[str, Any] = {"role": "assistant", "content": text}
    if message.get("tool_calls"):
        plain["tool_calls"] = message["tool_calls"]
        plain["content"] = text or None
    return Entry(
        role="assistant",
        text=text,
        message=plain,
        audio_id=audio.get("id"),
        expires_at=audio.get("expires_at"),
        seconds=seconds,
        partial=partial,
    )


class History(Sequence[Entry]):
    """A conversation so far, as a table in a cell; a copy, which later turns do not change."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = tuple(entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> History: ...
    def __getitem__(self, index: int | slice) -> Entry | History:
        if isinstance(index, slice):
            return History(self._entries[index])
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<History of {len(self)} messages>"

    def _repr_html_(self) -> str:
        if not self._entries:
            return "<p>Nothing has been said yet.</p>"
        heads = "".join(f'<th style="{_LEFT}">{head}</th>' for head in ("", "Said", "Sound"))
        rows = "".join(_row(entry) for entry in self._entries)
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(entry: Entry) -> str:
    text = escaped(entry.text, _LONGEST) if entry.text else "<i>sound</i>" * bool(entry.seconds)
    calls = [
        f"calls {call['function']['name']}({call['function']['arguments']})"
        for call in entry.message.get("tool_calls") or ()
    ]
    cells = [text, *(escaped(call, _LONGEST) for call in calls)]
    sound = f"{entry.seconds:.1f} s" if entry.seconds else ""
    sound += " (partial)" if entry.partial else ""
    said = "<br>".join(cell for cell in cells if cell)
    role = escaped(entry.role, 20)
    return f'<tr><td>{role}</td><td style="{_LEFT}">{said}</td><td>{sound}</td></tr>'
