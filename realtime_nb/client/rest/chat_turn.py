"""One question of a conversation over REST, and all it takes to answer it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_nb.audio.spool import PcmSpool
from realtime_nb.client.rest.chat_gathered import MAX_ROUNDS, Gathered, Manner
from realtime_nb.client.rest.chat_reply import Reply
from realtime_nb.client.rest.daemon_thread import on_daemon_thread
from realtime_nb.client.rest.notices import Notice, tell
from realtime_nb.errors import RequestRefused
from realtime_nb.protocol.audio_api.completion import RATE, STREAM_FORMAT, completion_request
from realtime_nb.protocol.audio_api.thread import Entry, Past, assistant_entry, past
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from realtime_nb.client.rest.chat_functions import Functions
    from realtime_nb.client.rest.progress import Progress
    from realtime_nb.client.rest.service import RestService

    Said: TypeAlias = Callable[[], tuple[Sequence[Entry], Sequence[Entry]]]

_BAD_REQUEST: Final = 400
_UNKNOWN_ID_STATUSES: Final = (400, 404, 422)
_LONGEST: Final = 200


@dataclass(slots=True)
class Learned:
    """What a conversation learns of its service.

    Attributes
    ----------
    gone
        Ids of sound that it does not know any more.
    stream_only
        Whether it answers with sound in a stream only.
    """

    gone: set[str] = field(default_factory=set[str])
    stream_only: bool = False


class Turn:
    """A question, its requests, and the functions called on the way.

    Parameters
    ----------
    service
        Who is asked.
    functions
        What the model may call.
    manner
        How it is asked.
    learned
        What is known of the service; it may become more.
    clock
        Gives the time in seconds since 1970, which ids expire by.
    on_progress, on_notice
        Told how far it is, and what was done otherwise than asked.
    """

    def __init__(  # noqa: PLR0913 -- each is of another kind
        self,
        service: RestService,
        functions: Functions,
        manner: Manner,
        *,
        learned: Learned,
        clock: Callable[[], float],
        on_progress: Callable[[Progress], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
    ) -> None:
        self.gathered = Gathered()
        self.manner = manner
        self._service = service
        self._functions = functions
        self._learned = learned
        self._clock = clock
        self._on_progress = on_progress
        self._on_notice = on_notice
        self._asked_at = time.monotonic()
        self._before: Sequence[Entry] = ()

    async def run(self, said: Said) -> None:
        """Ask, call the functions the model asks for, and ask again, until it answers.

        What comes is in `gathered`, also when this is cancelled.

        Parameters
        ----------
        said
            Gives what was said before, and what the person says now; called on a thread, since
            it may encode sound.

        Raises
        ------
        RealtimeError
            When the service refuses or is not reached, and nothing of an answer came.
        """
        self._before, now = await on_daemon_thread(said, "question")
        self.gathered.entries = list(now)
        if self.manner.stream and self._sounds and self.manner.format != STREAM_FORMAT:
            self._note(
                f"a stream's sound is {STREAM_FORMAT} on the wire; it is made into"
                f" {self.manner.format} here"
            )
        for _ in range(MAX_ROUNDS):
            reply = await self._ask()
            if reply.problem or not await self._answered_calls(reply):
                return

    @property
    def _sounds(self) -> bool:
        return not self.manner.text_only

    @property
    def _streams(self) -> bool:
        return self.manner.stream or (self._learned.stream_only and self._sounds)

    async def _ask(self) -> Reply:
        """Return what comes; a refusal that another request can mend is mended once."""
        mended = False
        while True:
            sent = past(
                [*self._before, *self.gathered.entries],
                self._clock(),
                ids=self._sounds,
                unknown=self._learned.gone,
            )
            if sent.expired and self._sounds:
                self._by_transcript(sent.expired, "has expired")
            try:
                return await self._request(sent.messages)
            except RequestRefused as refusal:
                if mended or not self._mend(refusal, sent):
                    raise
                mended = True

    def _mend(self, refusal: RequestRefused, sent: Past) -> bool:
        """Take note of why a request was refused; whether another one may be answered."""
        said = f"{refusal.param} {refusal.code} {refusal}".lower()
        named = [name for name in sent.ids if name.lower() in said]
        if not named and refusal.status in _UNKNOWN_ID_STATUSES:
            numbers = [number + bool(self.manner.system) for number in sent.places]
            about_ids = _about_ids(refusal, said) or _names_message(said, numbers)
            named = list(sent.ids) if about_ids else []
        if named:
            self._by_transcript(named, "is not taken by the service")
            return True
        if refusal.status == _BAD_REQUEST and not self._streams and _wants_stream(said):
            self._learned.stream_only = True
            self._note("the service answers with sound in a stream only; asked again for that")
            return True
        return False

    def _by_transcript(self, ids: Collection[str], why: str) -> None:
        """Have the sound of some ids go as text from now on, and say so."""
        self._learned.gone.update(ids)
        which = "an earlier answer" if len(ids) == 1 else f"{len(ids)} earlier answers"
        self._note(f"the sound of {which} {why}; its transcript goes instead")

    async def _request(self, messages: Sequence[Mapping[str, Any]]) -> Reply:
        manner, streams, gathered = self.manner, self._streams, self.gathered
        system = [{"role": "system", "content": manner.system}] if manner.system else []
        body = completion_request(
            [*system, *messages],
            model=self._service.endpoint.model,
            voice=manner.voice,
            format=STREAM_FORMAT if streams else manner.format,
            text_only=manner.text_only,
            stream=streams,
            tools=self._functions.definitions,
            overrides=manner.overrides,
        )
        if streams and gathered.spool is None:
            # One for the whole turn: whoever plays it hears on when a function has been called.
            gathered.spool = PcmSpool(RATE)
        reply = Reply(
            self._service,
            body,
            spool=gathered.spool if streams else None,
            on_progress=self._on_progress,
            asked_at=self._asked_at,
        )
        gathered.replies.append(reply)
        try:
            await reply.run()
        except RequestRefused:
            gathered.replies.remove(reply)
            raise
        wanted = STREAM_FORMAT if streams else manner.format
        if reply.completion.sound_bytes and reply.sent_format != wanted:
            self._note(f"the service sent {reply.sent_format} where {wanted} was asked for")
        return reply

    async def _answered_calls(self, reply: Reply) -> bool:
        """Run the functions that a reply calls; whether all its calls are answered by that."""
        gathered, calls = self.gathered, reply.completion.tool_calls
        gathered.open_calls = [call for call in calls if not self._functions.runs(call)]
        outputs: list[Entry] = []
        for call in calls:
            if call in gathered.open_calls:
                continue
            name, arguments = call["function"]["name"], call["function"]["arguments"]
            asked = shorten(f"the model calls {name}({arguments})", _LONGEST)
            self._tell(Notice("progress", asked))
            done = await self._functions.run(call)
            if done.failed:
                self._note(shorten(f"{name} failed: {done.output}", _LONGEST))
            gathered.runs.append(done)
            outputs.append(tool_entry(str(call["id"]), done.output))
        if calls:
            # At once: a call without its output is refused in the next request.
            message = reply.completion.message()
            gathered.entries += [assistant_entry(message), *outputs]
        return bool(calls) and not gathered.open_calls

    def _note(self, text: str) -> None:
        self._tell(Notice("note", text))

    def _tell(self, notice: Notice) -> None:
        tell(self._on_notice, notice)


def tool_entry(call_id: str, output: str) -> Entry:
    """Return the entry of a function's output."""
    message = {"role": "tool", "tool_call_id": call_id, "content": output}
    return Entry(role="tool", text=output, message=message)


def _about_ids(refusal: RequestRefused, said: str) -> bool:
    """Whether a refusal is of an id of earlier sound that it does not name."""
    if refusal.code == "model_not_found" or "input_audio" in said:
        return False
    if re.search(r"messages.*\.audio\b", refusal.param or ""):
        return True
    # Not the `audio` of the request itself, which has its voice and format.
    return "audio" in said and (
        "expired" in said or re.search(r"audio\b.*\bid\b", said) is not None
    )


def _names_message(said: str, numbers: Sequence[int]) -> bool:
    """Whether a refusal names one of these messages, as ``messages[1]`` or ``messages.1``."""
    named = re.search(r"\bmessages\W{1,4}(\d{1,6})\b", said)
    return named is not None and int(named[1]) in numbers


def _wants_stream(said: str) -> bool:
    return "stream" in said and any(word in said for word in ("requires", "must", "only", "need"))
