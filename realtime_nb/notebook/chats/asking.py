"""`chat.ask`, `chat.respond` and `chat.guard`: questions beside the talk, and who may stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from realtime_nb.client.turns.asking import ask_fields
from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.overriding import overrides
from realtime_nb.protocol.shown_text import inert, visible
from realtime_nb.protocol.tools.guard import TIMEOUT_S, GuardOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from realtime_nb.client.guards.guarding import Guards
    from realtime_nb.client.guards.worker import Guard
    from realtime_nb.client.loop import Call
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.client.turns.response import Response

F = TypeVar("F", bound="Callable[[str], Any]")


class GuardTable:
    """The guards of a chat; ``del chat.guards["name"]`` takes one off."""

    def __init__(self, guards: Guards) -> None:
        self._guards = guards

    def __len__(self) -> int:
        return len(self._guards)

    def __iter__(self) -> Iterator[str]:
        return iter([guard.name for guard in self._guards])

    def __getitem__(self, name: str) -> Guard:
        """Return a guard by its name.

        Raises
        ------
        UsageError
            When there is none.
        """
        for guard in self._guards:
            if guard.name == name:
                return guard
        raise UsageError(f"no guard is called {name!r:.80}; there is {', '.join(self) or 'none'}")

    def __delitem__(self, name: str) -> None:
        self._guards.remove(name)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                guard.name,
                guard.options.on,
                "yes" if guard.options.hold else "no",
                str(guard.checked),
                str(guard.stopped),
                str(guard.failed),
                visible(guard.last_reason),
            )
            for guard in self._guards
        ]

    def __repr__(self) -> str:
        lines = [
            f"{row[0]} on {row[1]}: {row[3]} checked, {row[4]} stopped" for row in self._rows()
        ]
        return "\n".join(lines) or "<no guards>"

    def _repr_html_(self) -> str:
        head = ("guard", "on", "holds", "checked", "stopped", "failed", "last reason")
        cells = "".join(f"<th>{name}</th>" for name in head)
        rows = "".join(
            f"<tr>{''.join(f'<td>{inert(cell)}</td>' for cell in row)}</tr>" for row in self._rows()
        )
        return f"<table><tr>{cells}</tr>{rows}</table>" if rows else "<em>no guards</em>"


class HasAsides:
    """The part of a `Chat` that asks beside the talk and guards what is said in it."""

    if TYPE_CHECKING:
        session: RealtimeSession
        _guards: Guards

    def ask(  # noqa: PLR0913 -- what a response may be asked with
        self,
        question: str,
        *,
        modality: Literal["text", "audio"] = "text",
        input: Sequence[Any] | None = None,  # noqa: A002 -- the wire's own name
        instructions: str | None = None,
        tools: Any = None,
        tool_choice: Any = None,
        voice: Any = None,
        metadata: Mapping[str, str] | None = None,
        max_output_tokens: int | Literal["inf"] | None = None,
    ) -> Call[Response]:
        """Ask the model beside the talk: nothing of it enters the talk, and nobody hears it.

        It runs while the chat speaks, as many at once as you like; each is billed.
        ``(await chat.ask("Summarise the talk as JSON")).json()`` is the answer's JSON.

        Parameters
        ----------
        question
            What is asked.
        modality
            ``"text"``, or ``"audio"`` for an answer whose `Response.audio` can be played.
        input
            What the model sees in place of the talk: texts (as the user's), items of
            `items` or their ids (as references), items in the service's shape. None for the
            talk as it stands.
        instructions
            In place of the session's. Over the talk as it stands the question is the
            instructions, and stands below these.
        tools, tool_choice
            As in a cell. Calls of functions are in `Response.calls`; they are not run.
        voice, max_output_tokens
            As in a cell.
        metadata
            At most 15 pairs of texts, to tell answers apart.

        Raises
        ------
        ConfigError, UsageError
            At once, for what cannot be asked. What the service refuses is raised by the
            `Call`.
        """
        asked = ask_fields(
            self.session.conversation,
            question,
            source=input,
            instructions=instructions,
            metadata=metadata,
        )
        given = {
            "modality": modality,
            "tools": tools,
            "tool_choice": tool_choice,
            "voice": voice,
            "max_output_tokens": max_output_tokens,
        }
        named = {name: value for name, value in given.items() if value is not None}
        return self.session.respond(**asked, **overrides(named, self.session, "ask"))

    def respond(self, **settings: Any) -> Call[Response]:
        """Ask for an answer to the conversation as it stands.

        Parameters
        ----------
        **settings
            For this answer only, by the names of a cell: ``instructions``, ``modality``,
            ``voice``, ``tools``, ``tool_choice``, ``max_output_tokens``, … They are checked
            before they are sent. They hold for this response; what follows its tools is
            answered as the session has it.

        Returns
        -------
        Call
            Of the `Response` that the turn ends with, as for `say`.

        Raises
        ------
        ConfigError
            At once, for what the service would refuse.
        """
        return self.session.respond(**overrides(settings, self.session, "respond"))

    @overload
    def guard(self, function: F, /) -> F: ...
    @overload
    def guard(
        self,
        function: None = None,
        /,
        *,
        on: Literal["assistant", "user"] = "assistant",
        hold: bool = False,
        timeout_s: float = TIMEOUT_S,
        on_stop: str | None = None,
    ) -> Callable[[F], F]: ...
    def guard(
        self,
        function: Any = None,
        /,
        *,
        on: Literal["assistant", "user"] = "assistant",
        hold: bool = False,
        timeout_s: float = TIMEOUT_S,
        on_stop: str | None = None,
    ) -> Any:
        """Have a function judge what is said; a decorator, with or without arguments.

        The function is given a text and runs beside the session. None or True lets it pass; a
        reason, or False, stops it. What it cannot judge does not pass: one that raises, takes
        longer than `timeout_s`, or returns something else stops what it was shown.

        Parameters
        ----------
        on
            ``"assistant"``: the words of each answer as they stream, all of them so far each
            time. A stop cancels the answer, clears the sound and cuts it at what was heard.
            ``"user"``: what the user said, once it is final. Nobody answers before it has
            passed; this needs transcription.
        hold
            Of the assistant's: play nothing of an answer before all of it has passed. It is
            heard later by the time that the service takes to make the whole of it.
        timeout_s
            How long the function may take over one text, in seconds.
        on_stop
            Of the assistant's: instructions of an answer to be asked for in place of the
            stopped one.

        Raises
        ------
        UsageError
            For options that mean nothing; for ``on="user"`` without transcription; in a
            session that is no conversation.
        """
        if self.session.kind != "realtime":
            raise UsageError(f"guard(): a {self.session.kind} session answers nobody.")
        options = GuardOptions(on=on, hold=hold, timeout_s=timeout_s, on_stop=on_stop)

        def apply(guarding: Any) -> Any:
            if not callable(guarding):
                raise UsageError(f"guard({guarding!r:.60}): give a function of one text")
            name = getattr(guarding, "__name__", type(guarding).__name__)
            self._guards.add(name, guarding, options)
            return guarding

        return apply if function is None else apply(function)

    @property
    def guards(self) -> GuardTable:
        """The guards, with what they have stopped; ``del chat.guards["name"]`` removes one."""
        return GuardTable(self._guards)
