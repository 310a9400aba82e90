"""`%%realtime` and `%realtime`."""

# IPython's decorators and display have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUntypedFunctionDecorator=false

from __future__ import annotations

import contextlib
import getpass
import re
import sys
from typing import TYPE_CHECKING, Any, Final, cast

from IPython.core.error import UsageError as ParseError
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    no_var_expand,
)
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display
from traitlets import Bool, Enum, Float, Int, TraitError, Unicode, validate

from realtime_nb.errors import UsageError
from realtime_nb.inspection.report.sound import LIMIT_BYTES
from realtime_nb.notebook.cell.expressions import evaluator
from realtime_nb.notebook.cell.line import DEFAULT_NAME, CellOptions
from realtime_nb.notebook.cell.pasted_keys import refuse_keys
from realtime_nb.notebook.cell.running import Runner
from realtime_nb.notebook.magics.commands import Commands, unquoted
from realtime_nb.notebook.tools.place import CELL, OUTPUTS
from realtime_nb.notebook.transports.choice import CHOICES, WEBSOCKET
from realtime_nb.protocol.config.catalogue import field_names
from realtime_nb.protocol.config.shapes import nearest

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from realtime_nb.notebook.chats.chat import Chat

_AFTER_A_CELL: Final = "post_run_cell"
_REPLY_TIMEOUT_S: Final = 10.0
_SHORTEST_S: Final = 0.1
_LONGEST_S: Final = 600.0


@magics_class
class RealtimeMagics(Magics):
    """The magics; ``%config RealtimeMagics`` lists what can be set."""

    endpoint = Unicode(
        "", help="Where cells go that name no --endpoint: local, openai, azure, a name, a URL."
    ).tag(config=True)
    model = Unicode("", help="The model of conversations that name none.").tag(config=True)
    endpoints_file = Unicode(
        "", help="The TOML file that names endpoints; empty for the one in the user's folder."
    ).tag(config=True)
    transcriber = Unicode(
        "gpt-transcribe",
        help="What writes down your own words unless the cell says; empty for nothing.",
    ).tag(config=True)
    reply_timeout = Float(
        _REPLY_TIMEOUT_S, help="How long the service may take to answer, in seconds."
    ).tag(config=True)

    @validate("reply_timeout")
    def _sensible(self, proposal: dict[str, Any]) -> float:
        seconds = proposal["value"]
        if not _SHORTEST_S <= seconds <= _LONGEST_S:  # also of what is no number
            raise TraitError(
                f"reply_timeout is {seconds:g} s; it takes {_SHORTEST_S:g} to {_LONGEST_S:g}."
            )
        return seconds

    saved_audio_bytes = Int(
        LIMIT_BYTES,
        min=0,
        help="How many bytes of sound a saved notebook keeps of its chats, the newest; 0 for none.",
    ).tag(config=True)

    transport = Enum(
        CHOICES,
        default_value=WEBSOCKET,
        help="How sound goes where a cell names no --transport: websocket (through the kernel),"
        " or webrtc (from the page straight to the service).",
    ).tag(config=True)

    restore = Bool(
        default_value=True,
        help="Whether a chat that loses its connection is restored in a new session, with what"
        " was said; else it has failed. Of chats that begin from now on.",
    ).tag(config=True)

    tool_outputs = Enum(
        OUTPUTS,
        default_value=CELL,
        help="Where tools' plots, tables and prints show: the chat and its cell, the chat, none.",
    ).tag(config=True)

    critique_endpoint = Unicode(
        "", help="Where `%realtime prompt critique` asks a chat model: openai, a name, a URL."
    ).tag(config=True)
    critique_model = Unicode("", help="That chat model.").tag(config=True)

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        show = cast("Callable[[Any], object]", display)
        self._runner = Runner(
            shell.user_ns, evaluate=evaluator(shell), show=show, ask=self.ask_for_key, settings=self
        )
        self._commands = Commands(self._runner, show=show, propose=self._propose, settings=self)
        shell.events.register(_AFTER_A_CELL, self._after_cell)

    @property
    def chats(self) -> dict[str, Chat]:
        """The chats these magics made, by name."""
        return self._runner.chats

    @property
    def known_chats(self) -> dict[str, Chat]:
        """Those, and the agents that are open, by name."""
        return self._runner.known

    @no_var_expand
    @magic_arguments()
    @argument(
        "name", nargs="?", default=DEFAULT_NAME, help="The variable the chat is bound to (chat)."
    )
    @argument(
        "--endpoint",
        help="local, openai, azure, a name from your endpoints file, or the URL of a compatible"
        " service ending in /v1. Without it: OpenAI when OPENAI_API_KEY is set, which costs"
        " money, else the local practice server.",
    )
    @argument(
        "--transport",
        metavar="NAME",
        help="How sound goes: websocket (through the kernel), or webrtc (from the page straight"
        " to the service; needs an open page).",
    )
    @argument(
        "--direct",
        action="store_true",
        help="With --transport webrtc: the page calls by itself, with an ephemeral key.",
    )
    @argument(
        "--phone",
        metavar="LINE",
        help="Say what the calls of a realtime_nb.PhoneLine are accepted with; nothing is started.",
    )
    @argument("--model", help="The model; the front matter's `model:` says the same.")
    @argument("--config", metavar="FILE", help="YAML, JSON or TOML; the cell's own fields win.")
    @argument("--instructions-from", metavar="FILE", help="A file with the instructions.")
    @argument(
        "--budget",
        metavar="USD",
        help="What the session may cost; the front matter's `budget:` says the same.",
    )
    @argument(
        "--no-check",
        action="store_true",
        help="Send it unchecked: the service may know more than we do.",
    )
    @argument("--restart", action="store_true", help="Begin a new session instead of changing it.")
    @argument(
        "--keep", action="store_true", help="Tell the new session what was said in the old one."
    )
    @argument(
        "--agent",
        metavar="NAME",
        help="Define an agent that the chat may be handed to: its tools above, its instructions"
        " below. Nothing is started; chat.handoff(NAME) hands over.",
    )
    @argument(
        "--migrate",
        action="store_true",
        help="Rewrite a config of the beta API into a new cell; nothing is sent.",
    )
    @line_cell_magic
    def realtime(self, line: str, cell: str | None = None) -> Any:
        """Talk to a voice model: front matter between lines of ---, instructions below.

        Running the cell again changes the live session in place. As a line, %realtime lists
        the chats there are; %realtime help FIELD, %realtime secret and %realtime prompt do
        more.
        """
        if cell is None:
            refuse_keys(line, "")
            return self._commands.run(line)
        try:
            options = _parsed(self.realtime, line)
        except UsageError:
            self._runner.show_named(line)
            raise
        if options.migrate:
            self._migrate(line, cell)
        else:
            self._runner.run(_cell_options(options), line, cell)
        return None

    def close_all(self) -> None:
        """End every chat these magics made and every agent, and forget keys that were shown."""
        with contextlib.suppress(ValueError):  # closing twice is fine
            cast("Any", self.shell).events.unregister(_AFTER_A_CELL, self._after_cell)
        self._commands.close()
        self._runner.close_all()
        if lines := sys.modules.get("realtime_nb.notebook.phone.line"):
            lines.end_lines()

    @property
    def has_reader(self) -> bool:
        """Whether there is somebody who can answer a question."""
        kernel = getattr(self.shell, "kernel", None)
        # Without a terminal getpass would wait for a line of the input, and show it.
        return _has_terminal() if kernel is None else getattr(kernel, "_allow_stdin", False)

    def ask_for_key(self, prompt: str) -> str | None:
        """Ask for a key without showing it; None where nobody can be asked."""
        if not self.has_reader:
            return None
        try:
            return getpass.getpass(prompt)
        except EOFError:
            return None
        except KeyboardInterrupt:
            raise UsageError("no key was typed: the question was interrupted.") from None

    def _after_cell(self, *_: Any) -> None:
        self._runner.after_cell()

    def _migrate(self, line: str, body: str) -> None:
        from realtime_nb.notebook.cell.migrating import rewrite_cell  # noqa: PLC0415 -- for few

        refuse_keys(line, body)
        rewritten = rewrite_cell(line, body)
        display(rewritten)
        if rewritten.cell and rewritten.changes:
            self._propose(rewritten.cell)

    def _propose(self, text: str) -> None:
        cast("Any", self.shell).set_next_input(text, replace=False)


def _has_terminal() -> bool:
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def _parsed(magic: Any, line: str) -> Namespace:
    magic.parser.allow_abbrev = False  # half a name is a slip, and is told its whole
    try:
        return unquoted(cast("Namespace", parse_argstring(magic, line)))
    except ValueError as error:  # of quotes
        refuse_keys(line, "")
        raise UsageError(f"%%realtime {line}: {str(error).lower()}; close it.") from None
    except ParseError as error:
        refuse_keys(line, "")
        raise UsageError(f"%%realtime: {error}{_meant(str(error), magic.parser)}") from None


def _meant(error: str, parser: Any) -> str:
    """Return what may be meant by an option that there is not."""
    word = re.search(r"unrecognized arguments: --([\w-]+)", error)
    if word is None:
        return "; %%realtime? explains the options."
    if word[1] in field_names("realtime"):
        return f"; {word[1]!r} is no option: write it between two lines of --- below."
    known = [name for action in getattr(parser, "_actions", ()) for name in action.option_strings]
    return nearest(f"--{word[1]}", known) or "; %%realtime? explains the options."


def _cell_options(options: Namespace) -> CellOptions:
    return CellOptions(
        name=options.name,
        endpoint=options.endpoint,
        model=options.model,
        config=options.config,
        instructions_from=options.instructions_from,
        budget=options.budget,
        check=not options.no_check,
        restart=options.restart,
        keep=options.keep,
        agent=options.agent,
        transport=options.transport,
        direct=options.direct,
        phone=options.phone,
    )
