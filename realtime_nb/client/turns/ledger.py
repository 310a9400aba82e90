"""Which call an answer belongs to.

Every client event that is answered is entered here in the order of sending, with or without
somebody waiting, and every answer crosses one out. The rules:

- An `error` names the event it answers by `event_id`; then that entry is refused.
- Some errors come with a null `event_id` although one was sent (seen live for truncate and
  for a duplicate item id). Their code or parameter says which kind of event they answer,
  and the oldest entry of that kind, or the one whose item the message names, is refused.
- An error that fits nothing belongs to nobody; `last_stray` keeps it for a later message.
- Other answers go to the oldest entry of their kind, by item id where there is one; a
  `session.updated` to the oldest whose fields it holds, if there is one.
- What nobody waits for any more gives way to what somebody does: a service that has once
  left an event unanswered does not make every later one wait.
- What the service's voice activity detection commits by itself answers nothing of ours.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

from realtime_nb.errors import RealtimeError, ServerError
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.told import as_object, as_text

# Answer: what it answers, and where it names the item.
_ANSWERS: Final[Mapping[str, tuple[str, str]]] = {
    "session.updated": ("session.update", ""),
    "input_audio_buffer.committed": ("input_audio_buffer.commit", ""),
    "input_audio_buffer.cleared": ("input_audio_buffer.clear", ""),
    "output_audio_buffer.cleared": ("output_audio_buffer.clear", ""),
    "conversation.item.added": ("conversation.item.create", "item.id"),
    "conversation.item.created": ("conversation.item.create", "item.id"),
    "conversation.item.retrieved": ("conversation.item.retrieve", "item.id"),
    "conversation.item.truncated": ("conversation.item.truncate", "item_id"),
    "conversation.item.deleted": ("conversation.item.delete", "item_id"),
}
# Answered by `response.created` and `response.done`, which the sequencer matches and then
# strikes out here; entered for their errors.
_RESPONSES: Final = frozenset({"response.create", "response.cancel"})
_ANSWERED: Final = frozenset(kind for kind, _ in _ANSWERS.values()) | _RESPONSES

_OF_INTEREST: Final = frozenset(_ANSWERS) | {
    "error",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.timeout_triggered",
    "response.created",
    "response.done",
}

# What the code, parameter or message of an error without event_id begins with or holds.
_CODES: Final[tuple[tuple[str, str], ...]] = (
    ("item_create_", "conversation.item.create"),
    ("invalid_tool_call_id", "conversation.item.create"),
    ("item_truncate_", "conversation.item.truncate"),
    ("item_delete_", "conversation.item.delete"),
    ("item_retrieve_", "conversation.item.retrieve"),
    ("input_audio_buffer_commit_", "input_audio_buffer.commit"),
    ("response_cancel_", "response.cancel"),
    ("conversation_already_has_active_response", "response.create"),
    ("conversation_too_long", "response.create"),
    ("cannot_update_voice", "session.update"),
)
_PARAMETERS: Final[tuple[tuple[str, str], ...]] = (
    ("session", "session.update"),
    ("item", "conversation.item.create"),
    ("previous_item_id", "conversation.item.create"),
    ("response", "response.create"),
    ("audio_end_ms", "conversation.item.truncate"),
    ("content_index", "conversation.item.truncate"),
)
_MESSAGES: Final[tuple[tuple[str, str], ...]] = (
    ("is already shorter than", "conversation.item.truncate"),
    ("Only model output audio", "conversation.item.truncate"),
    ("Error adding item", "conversation.item.create"),
    ("Error deleting item", "conversation.item.delete"),
    ("Error retrieving item", "conversation.item.retrieve"),
    ("Error truncating item", "conversation.item.truncate"),
    ("Error committing input audio", "input_audio_buffer.commit"),
)
_KEPT: Final = 512

Answer: TypeAlias = Callable[[Event], None]
Refuse: TypeAlias = Callable[[RealtimeError], None]


@dataclass(eq=False, slots=True)
class Entry:
    """One client event that is to be answered.

    Attributes
    ----------
    kind, event_id
        Its type and id.
    item_id
        The item it is about, where it names one.
    shape
        Type and role of an item to be created.
    session
        What an update asks for.
    given_up
        Whether its answer is overdue, and nobody waits for it any more.
    event
        The event itself, to be sent again to a new session.
    again
        Whether it was.
    answer, refuse
        One of them is called, once, with the event that answers it or with what went wrong.
    """

    kind: str
    event_id: str
    item_id: str | None
    shape: tuple[Any, Any] = (None, None)
    session: Any = None
    given_up: bool = False
    event: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    again: bool = False
    answer: Answer | None = None
    refuse: Refuse | None = None


class Ledger:
    """The client events that wait for an answer, in order.

    Attributes
    ----------
    last_stray
        The last error that belonged to nothing.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        # Items that the service commits, or has committed, from the sound.
        self._cut_by_service: deque[str] = deque(maxlen=_KEPT)
        self._spoken: deque[str] = deque(maxlen=_KEPT)
        self.last_stray: ServerError | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def enter(
        self,
        event: Mapping[str, Any],
        answer: Answer | None = None,
        refuse: Refuse | None = None,
    ) -> None:
        """Enter a client event that is about to be sent; one that is never answered is not."""
        kind = event["type"]
        if kind not in _ANSWERED:
            return
        item = as_object(event.get("item"))
        entry = Entry(
            kind,
            event_id=str(event.get("event_id", "")),
            item_id=event.get("item_id") or item.get("id"),
            shape=(item.get("type"), item.get("role")),
            session=event.get("session"),
            event=event,
            answer=answer,
            refuse=refuse,
        )
        self._entries.append(entry)
        if len(self._entries) > _KEPT:
            self._drop_unwaited()

    def _drop_unwaited(self) -> None:
        """Forget the oldest entry that nobody waits for; only those would be kept for ever."""
        for entry in self._entries:
            if entry.given_up or (entry.answer is None and entry.refuse is None):
                self._entries.remove(entry)
                return

    def strike(self, event_id: str) -> None:
        """Cross out an entry that needs no answer any more."""
        self._entries = [entry for entry in self._entries if entry.event_id != event_id]

    def give_up(self, event_id: str) -> None:
        """Note that nobody waits for the answer to an event any more; it may still come."""
        entry = self._named(event_id)
        if entry is not None:
            entry.given_up = True

    def received(self, event: Event) -> ServerError | None:
        """Take in a server event; return the error that belongs to nobody, if it is one."""
        if event.type not in _OF_INTEREST:
            return None
        match event.type:
            case "error":
                return self._refuse(event)
            case "input_audio_buffer.speech_stopped" | "input_audio_buffer.timeout_triggered":
                self._cut_by_service.append(event.get("item_id", ""))
            case "input_audio_buffer.committed":
                self._spoken.append(event.get("item_id", ""))
                if event.get("item_id") not in self._cut_by_service:
                    self._answer(event)
            case "response.created":
                self._strike_unwatched("response.create")
            case "response.done":
                self._strike_unwatched("response.cancel")
            case _:
                self._answer(event)
        return None

    def refuse(self, event_ids: Container[str], make_error: Callable[[], RealtimeError]) -> None:
        """Refuse the entries of these events, which are not sent."""
        refused = [entry for entry in self._entries if entry.event_id in event_ids]
        self._entries = [entry for entry in self._entries if entry.event_id not in event_ids]
        for entry in refused:
            if entry.refuse is not None:
                entry.refuse(make_error())

    def fail_all(self, make_error: Callable[[], RealtimeError]) -> None:
        """Refuse every entry: the connection is gone."""
        entries, self._entries = self._entries, []
        for entry in entries:
            if entry.refuse is not None:
                entry.refuse(make_error())

    def unanswered(
        self, make_error: Callable[[], RealtimeError], unsent: Container[str]
    ) -> list[Entry]:
        """Return what was sent to a session that is gone and is to be sent to the next, in order.

        Once each: what was sent a second time and is not answered either is refused. What asks
        for the end of a response is not sent again, and what nobody waits for is forgotten.

        Parameters
        ----------
        make_error
            Makes what those are refused with.
        unsent
            Ids of the events that have not left yet; they stay as they are.
        """
        again: list[Entry] = []
        for entry in tuple(self._entries):
            if entry.event_id in unsent:
                continue
            if entry.given_up or entry.again or entry.kind == "response.cancel":
                self._entries.remove(entry)
                if entry.again and entry.refuse is not None:
                    entry.refuse(make_error())
            else:
                entry.again = True
                again.append(entry)
        self._cut_by_service.clear()
        return again

    def not_sent(self, event_ids: Container[str]) -> None:
        """Note that these were to be sent a second time, and have not left."""
        for entry in self._entries:
            if entry.event_id in event_ids:
                entry.again = False

    def missed(self, make_error: Callable[[], RealtimeError], unsent: Container[str]) -> None:
        """Refuse what was sent while nobody listened for its answer, but not what is `unsent`."""
        away = [entry for entry in self._entries if entry.event_id not in unsent]
        self._entries = [entry for entry in self._entries if entry.event_id in unsent]
        for entry in away:
            if entry.refuse is not None:
                entry.refuse(make_error())

    def _answer(self, event: Event) -> None:
        kind, path = _ANSWERS[event.type]
        entries = [entry for entry in self._entries if entry.kind == kind]
        if path:
            entries = [one for one in entries if self._about(one, event, event.get(path))]
        entries.sort(key=lambda one: (one.given_up, not _holds(event.get("session"), one.session)))
        if not entries:
            return
        entry = entries[0]
        if not path:
            # Answers come in order: what is overdue and was sent before is never answered.
            at = self._entries.index(entry)
            late = [one for one in entries[1:] if one.given_up and self._entries.index(one) < at]
            self._entries = [one for one in self._entries if one not in late]
        self._entries.remove(entry)
        if entry.answer is not None:
            entry.answer(event)

    def _strike_unwatched(self, kind: str) -> None:
        """Cross out the oldest of a kind that the user sent by hand and nobody watches."""
        for entry in self._entries:
            if entry.kind == kind and entry.refuse is None:
                self._entries.remove(entry)
                return

    def _about(self, entry: Entry, event: Event, item_id: Any) -> bool:
        if entry.item_id is not None:
            return entry.item_id == item_id
        # A new item whose id was left to the service: known by what it is.
        shape = (event.get("item.type"), event.get("item.role"))
        return entry.shape == shape and item_id not in self._spoken

    def _refuse(self, event: Event) -> ServerError | None:
        error = server_error(event)
        entry = self._named(error.event_id) if error.event_id else self._guessed(error)
        if entry is None:
            self.last_stray = error
            return error
        self._entries.remove(entry)
        if entry.refuse is not None:
            entry.refuse(error)
        return None

    def _named(self, event_id: str) -> Entry | None:
        return next((entry for entry in self._entries if entry.event_id == event_id), None)

    def _guessed(self, error: ServerError) -> Entry | None:
        kind = _kind_of(error)
        entries = [entry for entry in self._entries if entry.kind == kind]
        entries.sort(key=lambda entry: entry.given_up)
        named = [entry for entry in entries if entry.item_id and entry.item_id in str(error)]
        return next(iter(named or entries), None)


def server_error(event: Event) -> ServerError:
    """Return what an `error` event says, as an exception."""
    error = as_object(event.get("error"))
    code = as_text(error.get("code"))
    message = " ".join(str(error.get("message") or code or "an error without a message").split())
    return ServerError(
        message,
        code=code,
        param=as_text(error.get("param")),
        type=as_text(error.get("type")),
        event_id=as_text(error.get("event_id")),
    )


def _holds(told: Any, asked: Any) -> bool:
    """Whether an object that a service tells has every field of the one asked for."""
    if isinstance(asked, dict):
        fields = cast("dict[str, Any]", asked)
        return all(_holds(as_object(told).get(name), value) for name, value in fields.items())
    if isinstance(asked, float) and isinstance(told, int | float):
        return math.isclose(told, asked, rel_tol=1e-5)  # a service may keep half as many digits
    return told == asked


def _kind_of(error: ServerError) -> str | None:
    """Return the type of client event that an error without an `event_id` answers."""
    for beginning, kind in _CODES:
        if (error.code or "").startswith(beginning):
            return kind
    for words, kind in _MESSAGES:
        if words in str(error):
            return kind
    for name, kind in _PARAMETERS:
        if error.param is not None and (error.param == name or error.param.startswith(name + ".")):
            return kind
    return None
