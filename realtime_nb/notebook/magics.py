"""`%%realtime` and `%realtime`."""

# IPython's decorators and display have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUntypedFunctionDecorator=false

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING, Any, Final, cast

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    no_var_expand,
)
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from realtime_nb.client.endpoint import resolve_endpoint
from realtime_nb.errors import ConfigError, UsageError
from realtime_nb.notebook.cell import read_cell
from realtime_nb.notebook.chat import Chat
from realtime_nb.protocol.config.paths import merge
from realtime_nb.protocol.config.read import read_config

if TYPE_CHECKING:
    from argparse import Namespace

DEFAULT_NAME: Final = "chat"

# The service transcribes nothing unless asked, and a chat that does not show what was heard
# is no use to anybody; `transcription: none` switches it off.
DEFAULTS: Final[dict[str, Any]] = {
    "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}
}


@magics_class
class RealtimeMagics(Magics):
    """The magics, and the chats they made by name."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._names: dict[str, Any] = shell.user_ns
        self.chats: dict[str, Chat] = {}

    @no_var_expand
    @magic_arguments()
    @argument(
        "name", nargs="?", default=DEFAULT_NAME, help="The variable the chat is bound to (chat)."
    )
    @argument(
        "--endpoint",
        help="local, openai, or the URL of a compatible service ending in /v1. Without it:"
        " OpenAI when OPENAI_API_KEY is set, else the local practice server.",
    )
    @argument("--model", help="The model; the front matter's `model:` says the same.")
    @line_cell_magic
    def realtime(self, line: str, cell: str | None = None) -> None:
        """Talk to a voice model: front matter between lines of ---, instructions below.

        As a line, %realtime lists the chats there are.
        """
        if cell is None:
            self._list()
            return
        options = cast("Namespace", parse_argstring(self.realtime, line))
        self._start(options, cell)

    def _list(self) -> None:
        if not self.chats:
            print("No chats yet: start a cell with %%realtime.")  # noqa: T201 -- the answer
        for chat in self.chats.values():
            print(chat)  # noqa: T201 -- the answer

    def _start(self, options: Namespace, body: str) -> None:
        name = _check_name(options.name)
        cell = read_cell(body)
        draft = read_config(cell.settings)
        if draft.problems:
            raise ConfigError(f"{draft.problems[0]}.")
        config = draft.config
        model = _one_model(options.model, config.pop("model", None))
        if cell.instructions:
            config["instructions"] = _one_text(cell.instructions, config.get("instructions"))
        self._close(name)
        endpoint = resolve_endpoint(options.endpoint, model)
        chat = Chat(endpoint, merge(DEFAULTS, config), name=name)
        self.chats[name] = chat
        self._names[name] = chat
        display(chat)
        if "instructions" not in config:
            chat.bridge.notice(
                "info", "The cell has no instructions: the service's own are in force."
            )
        chat.open()

    def _close(self, name: str) -> None:
        chat = self.chats.pop(name, None)
        if chat is not None:
            chat.close()
            chat.widget.close()

    def close_all(self) -> None:
        """End every chat these magics made."""
        for name in list(self.chats):
            self._close(name)


def _check_name(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(
            f"%%realtime {name}: {name!r} cannot be a variable; write a name such as chat."
        )
    return name


def _one_model(option: str | None, written: Any) -> str | None:
    if option and written and option != written:
        raise UsageError(f"--model {option} and `model: {written}` disagree; keep one.")
    return option or written


def _one_text(body: str, written: Any) -> str:
    if written:
        raise UsageError(
            "the cell has `instructions:` in its front matter and a text below it; keep one."
        )
    return body
