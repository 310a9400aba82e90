"""What running a `%%realtime` cell does: a new session, or a live one changed in place.

What holds whatever happens: a cell that cannot be read, or that the service would refuse,
changes nothing; and a live session ends only when its successor is open.
"""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import RealtimeError, ServerError, UsageError
from realtime_nb.notebook.agents import end_agents, end_replaced, find_chat, open_agents
from realtime_nb.notebook.budgeting import budget_notes, set_budget
from realtime_nb.notebook.carrying import carried, not_carried, said_in
from realtime_nb.notebook.cell.agent_cell import AgentCells, read_agent
from realtime_nb.notebook.cell.checking import (
    check_request,
    explain_refusal,
    live_session,
    refuse,
    warnings,
)
from realtime_nb.notebook.cell.defaults import default_config
from realtime_nb.notebook.cell.line import DEFAULT_NAME
from realtime_nb.notebook.cell.pasted_keys import refuse_keys
from realtime_nb.notebook.cell.place import stays_at, stays_by, where
from realtime_nb.notebook.cell.request import Request, read_request
from realtime_nb.notebook.cell.services import Services
from realtime_nb.notebook.cell.variable import variable_name
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.notebook.chats.restoring import await_connection, is_live
from realtime_nb.notebook.config_report import ConfigReport
from realtime_nb.notebook.transports.choice import asked_transport, require_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_nb.notebook.cell.applying import Outcome
    from realtime_nb.notebook.cell.line import CellOptions, Settings
    from realtime_nb.notebook.phone.line import PhoneLine
    from realtime_nb.notebook.transports.choice import Name
    from realtime_nb.protocol.config.problem import Problem

_ENDED_KEPT: Final = 20  # chats of earlier runs whose widgets still say that they have ended
_NO_INSTRUCTIONS: Final = "The cell has no instructions: the service's own are in force."


class Runner:
    """Runs cells, and keeps the chats they made.

    Parameters
    ----------
    names
        The notebook's variables; chats are bound in them.
    evaluate
        Gives the value of ``{{expression}}``.
    show
        Shows a value below the cell.
    ask
        Asks for a key without showing it; None where nobody can be asked.
    settings
        The defaults of the options.
    """

    def __init__(
        self,
        names: dict[str, Any],
        *,
        evaluate: Callable[[str], Any],
        show: Callable[[Any], object],
        ask: Callable[[str], str | None] | None,
        settings: Settings,
    ) -> None:
        self.chats: dict[str, Chat] = {}
        self._names = names
        self._evaluate = evaluate
        self._show = show
        self.services = Services(settings, ask)
        self._settings = settings
        self._shown: Chat | None = None
        self._ended: deque[Chat] = deque()
        self._agents = AgentCells()

    def run(self, options: CellOptions, line: str, body: str) -> None:
        """Run a cell.

        Raises
        ------
        UsageError
            When it asks for what cannot be.
        RealtimeError
            When there is no endpoint, or the service refuses.
        """
        try:
            options = replace(options, name=variable_name(options.name, "%%realtime", "chat"))
            self._transport(options)
        except UsageError:
            refuse_keys(line, body)  # which would be repeated
            raise
        if options.agent is not None:
            refuse_keys(line, body)
            request = read_request(options, body, evaluate=self._evaluate, names=self._names)
            agent = read_agent(options.agent, request)
            self._show(self._agents.define(agent, options.name, self.chats.get(options.name)))
            return
        if options.phone is not None:
            refuse_keys(line, body)
            self._show(self._phone(options.phone, options, body))
            return
        self._shown = None
        old = self.chats.get(options.name)
        live = old if old is not None and is_live(old) else None
        if live is not None and not options.restart:
            # The cell's old output is gone, and the page lets a microphone go that nothing
            # shows for a few seconds.
            self._show_chat(live)
        try:
            refuse_keys(line, body)
            request = read_request(options, body, evaluate=self._evaluate, names=self._names)
            if live is not None and not options.restart:
                self._change(live, request, options)
            else:
                self._begin(request, options, old, live)
        except BaseException:  # also of an interrupted cell
            if live is not None and is_live(live):
                self._show_chat(live)
            raise

    def _phone(self, name: str, options: CellOptions, body: str) -> PhoneLine:
        """Have a line's calls accepted with what a cell asks for."""
        # Imported here: sessions start without what few ask for.
        from realtime_nb.notebook.phone.cell import answer_with  # noqa: PLC0415

        if options.transport or options.direct or options.endpoint:
            raise UsageError(
                "--phone takes calls as the line has them: leave --transport, --direct and"
                " --endpoint out (PhoneLine(endpoint=…) says which service)."
            )
        if options.restart or options.keep:
            raise UsageError(
                "--phone begins nothing: what calls are accepted with changes from the next one"
                " on; leave --restart and --keep out."
            )
        request = read_request(options, body, evaluate=self._evaluate, names=self._names)
        return answer_with(
            name,
            request,
            self._names,
            transcriber=self._settings.transcriber,
            reply_timeout=self._settings.reply_timeout,
        )

    def show_named(self, line: str) -> None:
        """Show the live chat that a cell's line means, where the line itself is no good.

        The cell's old output is gone, and the page lets a microphone go that nothing shows.
        """
        words = [word for word in line.split() if word in self.chats] or [DEFAULT_NAME]
        chat = self.chats.get(words[0])
        if chat is not None and is_live(chat):
            self._show(chat)

    def close(self, name: str) -> None:
        """End a chat and take its widget off the page."""
        chat = self.chats.pop(name, None)
        if chat is not None:
            _end(chat)

    def close_all(self) -> None:
        """End every chat, also when one cannot be ended well."""
        with contextlib.ExitStack() as ending:
            for name in list(self.chats):
                ending.callback(self.close, name)
            ending.callback(end_agents)
            while self._ended:
                ending.callback(self._ended.pop().widget.close)

    def chat(self, name: str) -> Chat:
        """Return a chat by its name.

        Raises
        ------
        UsageError
            When there is none, with those there are.
        """
        chat = self.find(name)
        if chat is None:
            names = self.known
            there = f"there is {', '.join(names)}" if names else "there is none yet"
            raise UsageError(f"there is no chat {name!r}: {there}; a %%realtime cell starts one.")
        return chat

    def find(self, name: str) -> Chat | None:
        """Return a chat or an agent by its name or its variable's, None where there is none."""
        return self.chats.get(name) or find_chat(name, self._names)

    @property
    def known(self) -> dict[str, Chat]:
        """The chats of the cells, and the agents that are open, by name."""
        agents = {agent.name: agent for agent in open_agents()}
        return {**agents, **self.chats}

    def after_cell(self) -> None:
        """End agents whose place others have taken, and tell chats of tools defined anew."""
        end_replaced(self._names, self.chats)
        for chat in self.known.values():
            chat.after_cell()

    # -- a new session

    def _begin(
        self, request: Request, options: CellOptions, old: Chat | None, live: Chat | None
    ) -> None:
        # Checked before anybody is asked for a key.
        transport = self._transport(options) or self._settings.transport
        require_kind(transport, request.kind)
        transcriber = self._settings.transcriber
        defaults = default_config(request.kind, transcriber, azure=options.endpoint == "azure")
        problems = self._checked(request, defaults, options)
        endpoint = self.services.of_request(options.endpoint, request)
        defaults = default_config(request.kind, transcriber, azure=endpoint.azure)
        chat = Chat(
            endpoint,
            request.config,
            name=options.name,
            defaults=defaults,
            reply_timeout=self._settings.reply_timeout,
            functions=request.functions,
            before=old,
            transport=transport,
            restore=self._settings.restore,
        )
        set_budget(chat, request)
        self._agents.join(options.name, chat)
        said = said_in(old) if old is not None else []
        ended = old if live is None and not options.restart else None
        if live is None and (options.keep or not options.restart):
            chat.earlier = said
        if live is None:
            self._bind(chat)
        self._show_chat(chat)
        if _lacks_instructions(request):
            chat.bridge.notice("info", _NO_INSTRUCTIONS)
        outcome = self._opened(chat, request, live)
        notes = [*warnings(problems, request, endpoint), *budget_notes(chat)]
        if old is not None and said and options.keep:
            notes.append(carried(chat, said, old.session.log))
            chat.earlier = []
        elif said and ended is not None:
            notes.append(not_carried(ended))
        if outcome.without_defaults:
            notes.append("The service refused the notebook's own defaults; they were left out.")
        self._report(chat, request, outcome, notes)

    def _opened(self, chat: Chat, request: Request, live: Chat | None) -> Outcome:
        """Open a chat; one that is to follow a live one takes its place only when all is well."""
        try:
            outcome = chat.open()
            if live is not None:
                _fail(outcome, chat, request)
        except BaseException as error:
            # An interrupted cell leaves nothing behind that opens later.
            if live is not None or not isinstance(error, RealtimeError):
                _end(chat)
            else:
                chat.bridge.cell_tells()
            raise
        if live is not None:
            self._bind(chat)
        return outcome

    def _bind(self, chat: Chat) -> None:
        old = self.chats.get(chat.name)
        self.chats[chat.name] = chat
        self._names[chat.name] = chat
        if old is not None and old is not chat:
            # Its widget stays: earlier cells show that it has ended, also after a reload.
            self._ended.append(old)
            if len(self._ended) > _ENDED_KEPT:
                self._ended.popleft().widget.close()
            with contextlib.suppress(RealtimeError):  # it is let go of, however it ends
                old.close()

    # -- a live one

    def _change(self, chat: Chat, request: Request, options: CellOptions) -> None:
        self._same_place(chat, request, options)
        await_connection(chat, self._settings.reply_timeout)
        request = request.upon(chat.session.effective or {})
        problems = self._checked(request, chat.defaults, options, chat)
        if not options.check and request.kind != chat.kind:
            raise UsageError(f"{chat.name!r} is a {chat.kind} session; --restart begins another.")
        # Somebody may have called something else so.
        self._names[chat.name] = chat
        outcome = chat.change(request.config, whole=not options.check, functions=request.functions)
        if outcome.error is None:
            set_budget(chat, request)
        notes = [*warnings(problems, request, chat.endpoint), *budget_notes(chat)]
        if options.keep:
            notes.append("--keep is for --restart: this session goes on, and keeps what was said.")
        self._report(chat, request, outcome, notes, changed_only=True)

    def _transport(self, options: CellOptions) -> Name | None:
        """Return the transport that the cell's line asks for, None where it names none."""
        return asked_transport(
            options.transport, direct=options.direct, setting=self._settings.transport
        )

    def _same_place(self, chat: Chat, request: Request, options: CellOptions) -> None:
        stays_by(chat, self._transport(options))
        if options.endpoint:
            stays_at(chat, self.services.place(options.endpoint, request))

    # -- telling

    def _show_chat(self, chat: Chat) -> None:
        if self._shown is not chat:
            self._shown = chat
            self._show(chat)

    def _checked(
        self,
        request: Request,
        defaults: dict[str, Any],
        options: CellOptions,
        chat: Chat | None = None,
    ) -> list[Problem]:
        if not options.check:
            return []
        live = live_session(chat.session) if chat is not None else None
        problems = check_request(request, defaults, live=live)
        refuse(problems, request)
        return problems

    def _report(
        self,
        chat: Chat,
        request: Request,
        outcome: Outcome,
        notes: Sequence[str],
        *,
        changed_only: bool = False,
    ) -> None:
        chat.config = ConfigReport(
            chat.name,
            where(chat),
            outcome.rows,
            notes=tuple(notes),
            lines=tuple((row.path, request.where(row.path)) for row in outcome.rows),
            changed_only=changed_only and outcome.error is None,
        )
        self._show(chat.config)
        _fail(outcome, chat, request)


def _fail(outcome: Outcome, chat: Chat, request: Request) -> None:
    """Raise what the service said against a config, if anything."""
    if isinstance(outcome.error, ServerError):
        problems = check_request(request, chat.defaults)
        raise explain_refusal(outcome.error, outcome.refused, problems, request) from None
    if outcome.error is not None:
        raise outcome.error


def _lacks_instructions(request: Request) -> bool:
    config = request.config
    return request.kind == "realtime" and not config.get("prompt") and "instructions" not in config


def _end(chat: Chat) -> None:
    try:
        chat.close()
    finally:
        chat.widget.close()
