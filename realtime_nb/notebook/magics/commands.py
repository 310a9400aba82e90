"""``%realtime`` as a line: lists, help, a look inside, ephemeral keys, the prompt's tools."""

# IPython's parser has no types.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from IPython.core.magic_arguments import MagicArgumentParser

from realtime_nb.client.endpoints.ephemeral import create_client_secret
from realtime_nb.errors import UsageError
from realtime_nb.notebook.agents import open_agents
from realtime_nb.notebook.cell.line import DEFAULT_NAME
from realtime_nb.notebook.cell.request import Options, read_request
from realtime_nb.notebook.cell.variable import variable_name
from realtime_nb.notebook.field_help import describe_field, list_fields
from realtime_nb.notebook.magics.looking import OF_A_CHAT, look
from realtime_nb.protocol.config.paths import merge
from realtime_nb.widget import SecretWidget

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping

    from realtime_nb.client.endpoints.ephemeral import EphemeralKey
    from realtime_nb.notebook.cell.running import Runner
    from realtime_nb.notebook.chats.chat import Chat
    from realtime_nb.notebook.saved.saved_chat import SavedChat
    from realtime_nb.notebook.sound.which import Which
    from realtime_nb.notebook.transports.ways import Ways

_USAGE: Final = (
    "%realtime lists the chats; there are %realtime help [FIELD],\n"
    "%realtime secret [NAME] [--expires S], %realtime prompt new|check|critique [NAME],\n"
    "%realtime events|cost|check|timeline [NAME or FILE], %realtime tools [NAME or TOOL],\n"
    "%realtime save [NAME] [FILE], %realtime open FILE,\n"
    "%realtime transports [NAME] (how sound may go here), %realtime page [NAME] [FILE],\n"
    "%realtime which [ANSWERS] (which API to take for sound);\n"
    "%%realtime? explains the options of a cell"
)


class Commands:
    """The words that may follow ``%realtime``.

    Parameters
    ----------
    runner
        Whose chats they are about.
    show
        Shows a value below the cell.
    propose
        Puts a new cell below this one.
    settings
        The magics' traits.
    """

    def __init__(
        self,
        runner: Runner,
        *,
        show: Callable[[Any], object],
        propose: Callable[[str], object],
        settings: Any,
    ) -> None:
        self._runner = runner
        self._show = show
        self._propose = propose
        self._settings = settings
        self._shown_key: SecretWidget | None = None
        self._words: Mapping[str, Callable[[str], object]] = {
            "help": self._help,
            "secret": self._secret,
            "prompt": self._prompt,
            "save": self._save,
            "open": self._open,
            "which": self._which,
            "transports": self._transports,
            "page": self._page,
            **{word: partial(self._look, word) for word in OF_A_CHAT},
        }

    def run(self, line: str) -> Any:
        """Do what the line says; return what the cell's value is to be.

        Raises
        ------
        UsageError
            When it says nothing known.
        """
        word, _, rest = line.strip().partition(" ")
        if not word:
            return self._list()
        command = self._words.get(word)
        if command is None:
            raise UsageError(f"%realtime knows no {word!r}. {_USAGE}.")
        return command(rest.strip())

    def close(self) -> None:
        """Forget the key that was shown last."""
        if self._shown_key is not None:
            self._shown_key.close()
            self._shown_key = None

    def _list(self) -> None:
        chats = [*self._runner.chats.values(), *open_agents()]
        if not chats:
            print("No chats yet: start a cell with %%realtime.")  # noqa: T201 -- the answer
        for chat in chats:
            print(chat)  # noqa: T201 -- the answer

    def _help(self, name: str) -> None:
        if name:
            self._show(describe_field(name))
        else:
            print(f"{_USAGE}.\n\n{list_fields()}")  # noqa: T201 -- the answer

    def _which(self, rest: str) -> Which:
        # Imported here: sessions start without what few ask for.
        from realtime_nb.notebook.sound.which import ask_which  # noqa: PLC0415

        return ask_which(rest.split(), input if self._settings.has_reader else None)

    def _transports(self, rest: str) -> Ways:
        # Imported here: sessions start without what few ask for.
        from realtime_nb.notebook.transports.facts import Facts  # noqa: PLC0415
        from realtime_nb.notebook.transports.ways import ways_here  # noqa: PLC0415

        parser = _parser("transports")
        parser.add_argument("name", nargs="?")
        name = _parsed(parser, rest).name
        chat = self._runner.chat(name) if name else self._runner.find(DEFAULT_NAME)
        if chat is None:
            return ways_here(Facts.of_service(self._settings.endpoint))
        return ways_here(Facts.of_chat(chat), name=chat.name)

    def _look(self, word: str, rest: str) -> Any:
        parser = _parser(word)
        parser.add_argument("what", nargs="?", default="")
        return look(word, _parsed(parser, rest).what, self._runner)

    # -- ephemeral keys

    def _secret(self, rest: str) -> EphemeralKey:
        parser = _parser("secret")
        parser.add_argument("name", nargs="?")
        parser.add_argument("--expires", type=int, default=600, metavar="SECONDS")
        parser.add_argument("--endpoint")
        options = _parsed(parser, rest)
        chat = self._chat_or_none(options.name)
        if chat is not None and not options.endpoint:
            endpoint, config = chat.endpoint, merge(chat.defaults, chat.asked)
        else:
            request = read_request(Options(), "")
            endpoint = self._runner.services.of_request(options.endpoint, request)
            config = merge(chat.defaults, chat.asked) if chat is not None else request.config
        if endpoint.model and config.get("type") != "transcription":
            config = {"model": endpoint.model, **config}
        key = create_client_secret(endpoint, config, expires_s=options.expires)
        self.close()
        self._shown_key = SecretWidget(key.masked, key.expires_at, key.reveal)
        self._show(self._shown_key)
        return key

    def _chat_or_none(self, name: str | None) -> Chat | None:
        return self._runner.chat(name) if name else self._runner.chats.get(DEFAULT_NAME)

    # -- files

    def _named_file(self, word: str, rest: str) -> tuple[Chat, str]:
        """Return the chat and the file that follow a word; either may be left out."""
        parser = _parser(word)
        parser.add_argument("name", nargs="?")
        parser.add_argument("path", nargs="?")
        options = _parsed(parser, rest)
        name, path = options.name, options.path
        if name and path is None and not name.isidentifier():
            name, path = None, name  # a file's
        chat = self._runner.chat(name or DEFAULT_NAME)
        return chat, path or chat.name

    def _page(self, rest: str) -> None:
        # Imported here: sessions start without what few ask for.
        from realtime_nb.notebook.transports.page import write_page  # noqa: PLC0415

        path, notes = write_page(*self._named_file("page", rest))
        print(f"Written to {path}: open it in a browser and put in a key of %realtime secret.")  # noqa: T201 -- the answer
        for note in notes:
            print(note)  # noqa: T201 -- the answer

    def _save(self, rest: str) -> None:
        chat, path = self._named_file("save", rest)
        print(f"Saved as {chat.save(path)}.")  # noqa: T201 -- the answer

    def _open(self, rest: str) -> SavedChat:
        # Imported here: sessions start without what few ask for.
        from realtime_nb.notebook.saved.saved_chat import open_saved  # noqa: PLC0415

        parser = _parser("open")
        parser.add_argument("path")
        return open_saved(_parsed(parser, rest).path)

    # -- prompts

    def _prompt(self, rest: str) -> None:
        # Imported here: sessions start without what few ask for.
        from realtime_nb.notebook.prompting import Findings, SectionGuide, new_cell  # noqa: PLC0415
        from realtime_nb.protocol.prompting.rules import check_prompt  # noqa: PLC0415

        word, _, name = rest.partition(" ")
        name = name.strip() or DEFAULT_NAME
        if word == "new":
            self._propose(new_cell(variable_name(name, "%realtime prompt", "chat")))
            self._show(SectionGuide())
        elif word == "check":
            chat = self._runner.chat(name)
            prompt, tools = _prompt_of(chat)
            findings = check_prompt(prompt, tools, more_tools=_has_servers(chat))
            self._show(Findings(prompt, findings, _lines_above(chat)))
        elif word == "critique":
            self._critique(self._runner.chat(name))
        else:
            raise UsageError("%realtime prompt new|check|critique [NAME]: choose one of the three.")

    def _critique(self, chat: Chat) -> None:
        from realtime_nb.client.critique import critique  # noqa: PLC0415 -- as above
        from realtime_nb.notebook.prompting import Critique  # noqa: PLC0415

        settings = self._settings
        if not settings.critique_endpoint or not settings.critique_model:
            raise UsageError(
                "no chat model is set for critiques: %config RealtimeMagics.critique_endpoint ="
                ' "openai" (or a URL), and %config RealtimeMagics.critique_model = its name.'
            )
        model = settings.critique_model
        endpoint = self._runner.services.of_chat_model(settings.critique_endpoint, model)
        prompt, tools = _prompt_of(chat)
        text = critique(prompt, model=model, endpoint=endpoint, tools=tools)
        self._show(Critique(text))


def _prompt_of(chat: Chat) -> tuple[str, list[str]]:
    """Return a chat's instructions in force, and the names of its tools."""
    session = chat.effective or {}
    listed = cast("list[dict[str, Any]]", session.get("tools") or [])
    return session.get("instructions") or "", [tool["name"] for tool in listed if "name" in tool]


def _has_servers(chat: Chat) -> bool:
    """Whether tools come from MCP servers, whose names are not known here."""
    tools = cast("list[dict[str, Any]]", (chat.effective or {}).get("tools") or [])
    return any(tool.get("type") == "mcp" for tool in tools)


def _lines_above(chat: Chat) -> int:
    """Return how many lines of the cell stand above its instructions."""
    place = dict(chat.config.lines).get("instructions", "") if chat.config else ""
    number = place.removeprefix("line ")
    return int(number) - 1 if number.isdigit() else 0


def _parser(word: str) -> MagicArgumentParser:
    return MagicArgumentParser(prog=f"%realtime {word}", add_help=False)


def _parsed(parser: MagicArgumentParser, rest: str) -> Namespace:
    try:
        return unquoted(cast("Namespace", parser.parse_argstring(rest)))
    except ValueError as error:  # of quotes
        raise UsageError(f"{parser.prog} {rest}: {str(error).lower()}; close it.") from None


def unquoted(options: Namespace) -> Namespace:
    """Return options without the quotes that IPython leaves around a value with blanks in it."""
    for name, value in vars(options).items():
        if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] in "\"'":
            setattr(options, name, value[1:-1])
    return options
