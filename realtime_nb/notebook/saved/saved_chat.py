"""`SavedChat`: a conversation read from a file, with the tables and players of a running one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.endpoints.endpoint import resolve_endpoint
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.errors import ServerError
from realtime_nb.inspection import RealtimeLog
from realtime_nb.inspection.archive.facts import rows_from_plain
from realtime_nb.inspection.archive.reading import LIMIT_BYTES
from realtime_nb.inspection.archive.saving import read
from realtime_nb.inspection.report.html import report_html
from realtime_nb.notebook.budgeting import budget_notes
from realtime_nb.notebook.carrying import carried
from realtime_nb.notebook.chats.chat import REPLY_TIMEOUT_S, Chat
from realtime_nb.notebook.config_report import ConfigReport
from realtime_nb.notebook.inspecting import Inspecting
from realtime_nb.notebook.saved.resuming import budget_in, config_of, config_over, service_name
from realtime_nb.protocol.chain import is_chain
from realtime_nb.protocol.config.paths import MISSING
from realtime_nb.protocol.shown_text import escaped

if TYPE_CHECKING:
    import datetime as dt
    import os
    from collections.abc import Mapping

    from realtime_nb.errors import RealtimeError
    from realtime_nb.inspection import Talk
    from realtime_nb.inspection.archive.saving import Saved
    from realtime_nb.protocol.config.problem import SessionKind

_SHOWN_PROBLEMS: Final = 5
_LONGEST: Final = 300


def open_saved(path: str | os.PathLike[str], *, limit_bytes: int = LIMIT_BYTES) -> SavedChat:
    """Open a file that ``chat.save`` wrote; in the package it is ``realtime_nb.open``.

    Parameters
    ----------
    path
        The file.
    limit_bytes
        What it may unpack to, so that a file from elsewhere cannot fill the memory.

    Raises
    ------
    UsageError
        When there is no such file, or it cannot be read at all. What of it could not be read
        stands in `SavedChat.problems`.
    """
    return SavedChat(read(path, limit_bytes=limit_bytes), Path(path))


class SavedChat(Inspecting):
    """A conversation from a file; nothing more is said in it, until it is resumed.

    Parameters
    ----------
    saved
        What was in the file.
    path
        The file.

    Attributes
    ----------
    path
        As given.
    """

    def __init__(self, saved: Saved, path: Path) -> None:
        self._saved = saved
        self._events = RealtimeLog(saved.talk.log, problems=saved.problems, name=saved.talk.name)
        self.path = path

    def talk(self) -> Talk:
        """Return the facts of the conversation, as what inspects it wants them."""
        return self._saved.talk

    @property
    def name(self) -> str:
        """What the chat was called."""
        return self._saved.talk.name

    @property
    def kind(self) -> SessionKind:
        """``realtime``, ``transcription`` or ``translation``."""
        return self._saved.talk.kind

    @property
    def saved_at(self) -> dt.datetime | None:
        """When it was saved; None where the file does not say."""
        return self._saved.saved_at

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the file could not be read, a line each."""
        return self._saved.problems

    @property
    def events(self) -> RealtimeLog:
        """Every event in both directions; ``.df`` is a `pandas.DataFrame`."""
        return self._events

    @property
    def effective(self) -> dict[str, Any] | None:
        """The session object in force at the end, as the service last told it."""
        return self._saved.talk.conversation.session

    @property
    def config(self) -> ConfigReport:
        """Requested, effective and verdict for each field, as of the last time its cell ran."""
        talk = self._saved.talk
        where = " · ".join(part for part in (self.path.name, talk.model) if part)
        return ConfigReport(talk.name, where, rows_from_plain(talk.config_rows))

    @property
    def service(self) -> str:
        """What the service is called, ``""`` where only its address would tell."""
        return self._saved.endpoint

    def resume(
        self,
        endpoint: str | Endpoint | None = None,
        *,
        model: str | None = None,
        config: Mapping[str, Any] | None = None,
        name: str | None = None,
        reply_timeout: float = REPLY_TIMEOUT_S,
    ) -> Chat:
        """Begin a new session that knows what was said, and go on in it.

        What was said goes over as text, answers as far as they were heard, with pictures,
        function calls and their outputs; the chat's ``config.notes`` say what did not.

        Parameters
        ----------
        endpoint
            As in a cell: ``"openai"``, ``"local"``, a name, a URL; None for the one it was
            with, where the file has its name, and else as in a cell that names none. The key
            is the one of this computer, as ever: the file holds none.
        model
            None for the one it was with, at the same service, and else the service's default.
        config
            What is to be otherwise than it was; names as in a cell's front matter, ``budget``
            too, since the old one ended with its session. At the service it was with all that
            was in force is asked for, at another what its author had asked for.
        name
            What the chat is called; None for its old name.
        reply_timeout
            How long the service may take to answer an event, in seconds.

        Returns
        -------
        Chat
            Connected, and told.

        Raises
        ------
        EndpointError
            When there is no such endpoint, or no key for it.
        ConnectionFailed
            When the service cannot be reached or refuses us.
        ServerError
            When it refuses the config: then there is no new session.
        """
        talk = self._saved.talk
        target = self._endpoint(endpoint, model)
        elsewhere = service_name(target) != self.service or not self.service
        before, notes = config_of(talk, elsewhere=elsewhere)
        asked, budget = budget_in(config)
        wanted = config_over(before, asked)
        chat = Chat(target, wanted, name=name or talk.name, reply_timeout=reply_timeout)
        try:
            outcome = chat.open()
            _fail(outcome.error)
            if budget is not MISSING:
                chat.budget = budget
            notes.append(carried(chat, talk.conversation.items, talk.log))
            notes += budget_notes(chat)
        except BaseException:
            chat.close()
            chat.widget.close()
            raise
        where = " · ".join(part for part in (target.name, target.model) if part)
        chat.config = ConfigReport(chat.name, where, outcome.rows, notes=tuple(notes))
        for note in notes:
            chat.bridge.notice("info", note)
        return chat

    def _endpoint(self, endpoint: str | Endpoint | None, model: str | None) -> Endpoint:
        if isinstance(endpoint, Endpoint):
            return endpoint if model is None else endpoint.with_model(model)
        known = self.service or None
        wanted = known if endpoint is None else endpoint
        before = self._saved.talk.model
        # A chain is no model that a service has.
        if model is None and wanted == known and not is_chain(before):
            model = before if before and self.kind != "transcription" else None
        return resolve_endpoint(wanted, model, kind=self.kind)

    def __repr__(self) -> str:
        talk = self._saved.talk
        when = f", saved {self.saved_at:%Y-%m-%d %H:%M}" if self.saved_at is not None else ""
        wrong = f", {len(self.problems)} problems" if self.problems else ""
        counts = f"{len(talk.conversation.items)} items, {len(talk.log)} events"
        return f"<saved chat {self.name!r} from {self.path.name}{when}: {counts}{wrong}>"

    def _repr_html_(self) -> str:
        # What a file says of itself is anybody's text.
        shown = list(self.problems[:_SHOWN_PROBLEMS])
        if len(self.problems) > _SHOWN_PROBLEMS:
            shown.append(f"… and {len(self.problems) - _SHOWN_PROBLEMS} more in .problems")
        wrong = "".join(f"<li>{escaped(problem, _LONGEST)}</li>" for problem in shown)
        return (f"<ul>{wrong}</ul>" if wrong else "") + report_html(self.talk())


def _fail(error: RealtimeError | None) -> None:
    """Raise what the service said against a config, if anything, with what can be done."""
    if isinstance(error, ServerError):
        raise ServerError(
            f"{str(error).rstrip('.')}. Write resume(config={{…}}) with what is to be asked for"
            " in its place.",
            code=error.code,
            type=error.type,
            event_id=error.event_id,
        ) from None
    if error is not None:
        raise error
