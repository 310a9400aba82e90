"""`%%audio_chat`: conversations with a chat model over cells, by REST."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import EndpointError, RealtimeError, UsageError
from realtime_nb.notebook.cell.variable import variable_name
from realtime_nb.notebook.sound.desk import EARS, VOICE
from realtime_nb.protocol.shown_text import visible
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Generator

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.loop import Call
    from realtime_nb.client.rest.chat import AudioAnswer, AudioChat
    from realtime_nb.notebook.sound.desk import Desk

DEFAULT_NAME: Final = "main"
"""The conversation of cells that name none."""
_STOP_S: Final = 5.0


class AudioChats:
    """The conversations of a notebook, by name.

    Parameters
    ----------
    desk
        The notebook.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.by_name: dict[str, AudioChat] = {}

    def run(self, options: Namespace, body: str) -> None:
        """Ask what a cell says, and bind the answer.

        Raises
        ------
        RealtimeError
            For a mistake in the cell, or what the request failed with.
        """
        out = variable_name(options.out, "--out", "reply")
        prompt = self._desk.text(body)
        clips = [self._desk.sound(text, "--in") for text in options.inputs or ()]
        if not prompt and not clips:
            raise UsageError(
                "nothing is asked: write a prompt below %%audio_chat, or add --in CLIP."
            )
        chat = self._continued(options) if options.go_on else self._begun(options)
        overrides = _overrides(options)
        plays = options.stream and not options.text_only
        live = self._desk.live(options.model or chat.endpoint.model, plays=plays)
        heard = [EARS] if clips else []
        said = [] if options.text_only else [VOICE]
        self._desk.tell_missing(live, chat.endpoint, *heard, *said)
        with _for_this_question(chat, self._tools(options.tools or []) if options.go_on else []):
            call = chat.ask(
                prompt,
                *clips,
                stream=options.stream,
                encode=options.in_format,
                on_progress=live.on_progress,
                on_notice=live.on_notice,
                **overrides,
            )
        try:
            self._desk.run(live, out, call, lambda _why: _halted(chat, call))
        finally:
            # A conversation whose first question came to nothing takes nobody's place.
            if chat.answer is not None:
                self.by_name[options.name] = chat

    def history(self, name: str) -> Any:
        """Return what was said in a conversation.

        Raises
        ------
        UsageError
            When there is no such conversation.
        """
        return self._chat(name).history

    def reset(self, name: str) -> str:
        """Forget what was said in a conversation, or all of them; return what to say."""
        if name and name not in self.by_name:
            self._chat(name)
        names = [name] if name else list(self.by_name)
        for one in names:
            del self.by_name[one]
        return f"Forgotten: {', '.join(names)}." if names else "There is no conversation to forget."

    def listed(self) -> str:
        """Return the conversations there are, a line each."""
        if not self.by_name:
            return "No conversations yet: start a cell with %%audio_chat."
        wide = max(map(len, self.by_name))
        return "\n".join(f"{name:<{wide}}  {_told(chat)}" for name, chat in self.by_name.items())

    def _chat(self, name: str) -> AudioChat:
        if name not in self.by_name:
            there = f"there is {', '.join(self.by_name)}" if self.by_name else "there is none yet"
            raise UsageError(
                f"there is no conversation {name!r}: {there}; a %%audio_chat cell starts one"
                " (--name names it)."
            )
        return self.by_name[name]

    def _continued(self, options: Namespace) -> AudioChat:
        chat = self._chat(options.name)
        if options.endpoint and not self._is_place(options.endpoint, chat.endpoint):
            raise UsageError(
                f"--endpoint {options.endpoint}: this conversation is with {chat.endpoint.name},"
                " and stays there; leave it out, or leave out --continue to begin another."
            )
        return chat

    def _is_place(self, name: str, place: Endpoint) -> bool:
        """Return whether an endpoint's name means where a conversation is; nobody is asked."""
        try:
            named = self._desk.endpoint("audio_chat", name, place.model, may_ask=False)
        except EndpointError:  # what has no key cannot be where one has talked
            return False
        return (named.base_url, named.practice) == (place.base_url, place.practice)

    def _begun(self, options: Namespace) -> AudioChat:
        from realtime_nb.client.rest.chat import AudioChat  # noqa: PLC0415 -- when first asked

        settings = self._desk.settings
        given: dict[str, Any] = {"format": options.format} if options.format else {}
        model = options.model or settings.chat_model
        return AudioChat(
            self._desk.endpoint("audio_chat", options.endpoint, model),
            model=model or None,
            system=options.system or "",
            voice=options.voice or settings.voice,
            tools=self._tools(options.tools or []),
            text_only=options.text_only,
            name=options.name,
            timeout_s=settings.timeout,
            **given,
        )

    def _tools(self, words: list[str]) -> list[Any]:
        tools: list[Any] = []
        for word in (part for text in words for part in _parts(text)):
            try:
                value = self._desk.value(word)
            except Exception as error:  # noqa: BLE001 -- the author's own code
                why = " ".join(str(error).split())[:200]
                raise UsageError(
                    f"--tools {word}: {why}; name a function or a definition of the notebook's."
                ) from None
            tools += value if isinstance(value, list | tuple) else [value]
        return tools


def _told(chat: AudioChat) -> str:
    """Return with whom a conversation is, how long it is, and what was said last."""
    place, answer = chat.endpoint, chat.answer
    who = place.name if place.practice else f"{place.model} at {place.name}"
    last = "" if answer is None else f" · {shorten(visible(answer.text), 50)}"
    return f"{who} · {len(chat.history)} messages{last}"


def _parts(text: str) -> list[str]:
    return (
        [part for part in text.split(",") if part.strip()]
        if text.replace(",", "").replace(" ", "").replace("_", "").isalnum()
        else [text]
    )


def _overrides(options: Namespace) -> dict[str, Any]:
    """Return what a cell says for this question alone."""
    names = ("voice", "format", "model", "system") if options.go_on else ()
    told = {name: getattr(options, name) for name in names}
    given = {name: value for name, value in told.items() if value}
    if options.stream and not options.format:
        given["format"] = "pcm16"  # as it comes: nobody asked for a file
    return {**given, "text_only": True} if options.text_only else given


@contextmanager
def _for_this_question(chat: AudioChat, tools: list[Any]) -> Generator[None]:
    """Have a question that is asked meanwhile be asked with other tools, where there are any."""
    from realtime_nb.client.rest.chat_functions import Functions  # noqa: PLC0415 -- as above

    own = chat.functions
    chat.functions = Functions(tools) if tools else own
    try:
        yield
    finally:
        chat.functions = own


def _halted(chat: AudioChat, call: Call[AudioAnswer]) -> AudioAnswer | None:
    """End a question, and return what had come of its answer; None where that is nothing."""
    if not chat.stop() and not call.done():
        call.cancel()  # nothing is there any more that could end it
        return None
    try:
        answer = call.result(_STOP_S)
    except RealtimeError:
        return None
    return answer if answer.text or answer.clip is not None else None
