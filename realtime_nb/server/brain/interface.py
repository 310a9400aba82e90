"""What stands between the server and whatever thinks: a brain.

A brain is made for each session. It is asked once for each response, with everything the
response may look at, and streams text and function calls. It never sees the wire, the
audio, or another session.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping

    from realtime_nb.server.pictures import Picture

Json = dict[str, Any]


class BrainError(Exception):
    """A brain cannot answer; the response ends as `failed` with this message.

    Parameters
    ----------
    message
        One line for people.
    code
        `status_details.error.code`.
    """

    def __init__(self, message: str, *, code: str = "server_error") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that came with a message, as far as it was understood.

    Parameters
    ----------
    text
        The words recognised; empty when there were none.
    duration_s
        How long it is.
    level_dbfs
        How loud it is on the whole, in dB below full scale.
    silent
        Whether there is no sound in it at all.
    """

    text: str
    duration_s: float
    level_dbfs: float
    silent: bool = False

    def described(self) -> str:
        """Return in brackets what is known of it, for a reader that cannot hear."""
        words = f'recognised as: "{self.text}"' if self.text else "no words were understood"
        level = "silent" if self.silent else f"{self.level_dbfs:.0f} dBFS"
        return f"[a recording of {self.duration_s:.1f} s, {level}; {words}]"


@dataclass(frozen=True, slots=True)
class ContextItem:
    """One item of the conversation, as a brain sees it.

    Parameters
    ----------
    kind
        As the item's type on the wire.
    role
        Of messages.
    text
        A message's words, typed or recognised; empty when they are unknown, as after a
        truncation.
    spoken
        Whether a user's words were spoken.
    unheard
        Why spoken words could not be recognised; empty when they were.
    images
        How many pictures the message holds (brains here do not see them).
    pictures
        What is known of them, in their order.
    image_urls
        The pictures themselves, as data or web URLs, for brains that do.
    name, arguments, call_id, output
        Of function calls and their outputs.
    server
        Label of the MCP server that a call went to.
    made_s
        When the item was made, on the same clock as `BrainRequest.now_s`.
    typed
        A message's typed words, where recordings came with it.
    recordings
        Those that came as files with a message; their words stand in `text` too.
    """

    kind: Literal["message", "function_call", "function_call_output"]
    role: Literal["system", "user", "assistant"] | None = None
    text: str = ""
    spoken: bool = False
    unheard: str = ""
    images: int = 0
    pictures: tuple[Picture, ...] = ()
    image_urls: tuple[str, ...] = field(default=(), repr=False)
    name: str = ""
    arguments: str = ""
    call_id: str = ""
    output: str = ""
    made_s: float = 0.0
    typed: str = ""
    recordings: tuple[Recording, ...] = ()
    server: str = ""

    @property
    def told(self) -> str:
        """The words for a reader who must be told which of them come from a recording.

        A message that was only spoken is its words, as in a session.
        """
        if not self.recordings or (self.text and not self.typed):
            return self.text
        described = [recording.described() for recording in self.recordings]
        return "\n".join([self.typed, *described] if self.typed else described)


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function the session offers.

    Parameters
    ----------
    name, description
        As the client wrote them.
    parameters
        JSON schema of the arguments.
    server
        Label of the MCP server that runs it; empty for a function of the client.
    """

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    server: str = ""


@dataclass(frozen=True, slots=True)
class BrainRequest:
    """All that one response may look at.

    Parameters
    ----------
    instructions
        The session's, or the response's own.
    items
        The conversation so far, oldest first.
    tools
        Functions that may be called.
    tool_choice
        ``auto``, ``none`` or ``required``; or ``function`` with `forced_tool`.
    forced_tool
        Name of the function that must be called; of an MCP server any, when it is empty.
    forced_server
        Label of the MCP server whose tool must be called; empty for a function.
    now_s
        The session's clock, in seconds.
    idle
        True when nobody said anything and the idle timeout asks for a word.
    response_id
        Of the response that is wanted.
    beside
        Whether it is out-of-band: it answers beside the talk and does not enter it.
    """

    instructions: str
    items: tuple[ContextItem, ...]
    tools: tuple[FunctionTool, ...] = ()
    tool_choice: Literal["auto", "none", "required", "function"] = "auto"
    forced_tool: str = ""
    forced_server: str = ""
    now_s: float = 0.0
    idle: bool = False
    response_id: str = ""
    beside: bool = False

    @property
    def last(self) -> ContextItem | None:
        """The newest item."""
        return self.items[-1] if self.items else None

    @property
    def last_user(self) -> ContextItem | None:
        """The newest message of the user."""
        return next((item for item in reversed(self.items) if item.role == "user"), None)


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """The brain wants a function called.

    Parameters
    ----------
    name
        One of the request's tools.
    arguments
        A JSON object as text.
    server
        Label of the MCP server whose tool it is; empty for a function of the client.
    outcome
        Runs a call whose result the brain knows; by default the MCP server is asked.
    """

    name: str
    arguments: str
    server: str = ""
    outcome: Callable[[], Awaitable[str]] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Breath:
    """Say what was given so far: more may take a while."""


Piece: TypeAlias = str | FunctionCall | Breath


async def closable(pieces: AsyncIterator[Piece]) -> AsyncGenerator[Piece]:
    """Pass pieces on as a generator, so that closing it closes the brain's own."""
    try:
        async for piece in pieces:
            yield piece
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()


class Brain(Protocol):
    """What answers. One is made for each session.

    Attributes
    ----------
    name : str
        Which brain this is, one word.
    about : str
        What it is and can do, one or two lines for people.
    card : tuple[str, ...]
        Examples of what may be said, for people; may be empty.
    phrases : tuple[str, ...]
        What it understands, in the notation of `speech`'s grammar; may be empty. The
        recogniser listens for these first.
    """

    @property
    def name(self) -> str:
        """Which brain this is."""
        ...

    @property
    def about(self) -> str:
        """What it is and can do."""
        ...

    @property
    def card(self) -> tuple[str, ...]:
        """Examples of what may be said."""
        ...

    @property
    def phrases(self) -> tuple[str, ...]:
        """What it understands."""
        ...

    def respond(self, request: BrainRequest) -> AsyncIterator[Piece]:
        """Stream an answer: pieces of text (joined as they are), breaths, function calls.

        Closing the iterator cancels the answer.

        Raises
        ------
        BrainError
            When there can be no answer, at any point of the stream.
        """
        ...
