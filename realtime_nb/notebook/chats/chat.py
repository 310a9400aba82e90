"""`Chat`: a session, the pages that show it, and the bridge between them."""

from __future__ import annotations

from concurrent.futures import Future
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge import Bridge
from realtime_nb.bridge.recording.recorder import Recorder
from realtime_nb.client.agents import Agents
from realtime_nb.client.guards.guarding import Guards
from realtime_nb.client.loop import BackgroundLoop, Call
from realtime_nb.client.practice import fetch_card, fetch_missing
from realtime_nb.client.redaction import without_queries
from realtime_nb.client.session import RealtimeSession
from realtime_nb.errors import ConfigError
from realtime_nb.inspection import RealtimeLog, Talk
from realtime_nb.inspection.tables import LiveTurns
from realtime_nb.inspection.talk import config_rows
from realtime_nb.notebook.cell.applying import Outcome, begin, change
from realtime_nb.notebook.cell.checking import check_request, live_session, refuse
from realtime_nb.notebook.cell.fields import read_budget
from realtime_nb.notebook.cell.place import model_of
from realtime_nb.notebook.cell.request import Request
from realtime_nb.notebook.chats.agents import HasAgents
from realtime_nb.notebook.chats.asking import HasAsides
from realtime_nb.notebook.chats.history import HasHistory
from realtime_nb.notebook.chats.listening import Listening
from realtime_nb.notebook.chats.restoring import HasRestoration, state_words
from realtime_nb.notebook.chats.tools import HasTools
from realtime_nb.notebook.ending import end_each
from realtime_nb.notebook.inspecting import Inspecting
from realtime_nb.notebook.saved.resuming import service_name
from realtime_nb.notebook.tools.binding import bind_tools
from realtime_nb.notebook.tools.of_chat import ChatTools
from realtime_nb.notebook.transports.calling import HasCall, transport_of
from realtime_nb.protocol.config.paths import MISSING, merge
from realtime_nb.protocol.config.read import read_config
from realtime_nb.widget import ChatWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.audio.source import Sound
    from realtime_nb.client.endpoints.endpoint import Endpoint
    from realtime_nb.client.sound.heard import Heard
    from realtime_nb.client.sound.listening import Then
    from realtime_nb.client.transport.transports import Transport
    from realtime_nb.client.turns.response import Response
    from realtime_nb.notebook.config_report import ConfigReport
    from realtime_nb.protocol.config.problem import SessionKind
    from realtime_nb.protocol.conversation.items import Item

REPLY_TIMEOUT_S: Final = 10.0
# A translation is given time to say what it still has.
CLOSE_TIMEOUT_S: Final = 8.0
# Connecting, and the first update; each has the reply timeout of its own.
_OPENING: Final = 3


class Chat(HasTools, HasAgents, HasAsides, HasHistory, HasCall, HasRestoration, Inspecting):
    """A live conversation in a notebook.

    A `%%realtime` cell makes one and binds it to a name; it is shown where it is the last
    value of a cell. Calls that take time return at once with a `Call`: await it, or ask it
    for its ``.result()``.

    Parameters
    ----------
    endpoint
        Which service, and with which model.
    config
        What its author asks for, in the GA shape; see
        `realtime_nb.protocol.config.read.read_config`.
    name
        What the chat is called.
    defaults
        What is asked for beside it.
    reply_timeout
        How long the service may take to answer an event, in seconds.
    functions
        Those among the config's `tools` that run here, by tool name.
    before
        The chat whose place it takes: its registered tools go along.
    transport
        How it reaches the service: ``"websocket"``, where sound goes through the kernel;
        ``"webrtc"``, where it goes from the page straight there; ``"webrtc-direct"``, where
        the page calls by itself with an ephemeral key; or a
        `realtime_nb.client.transport.transports.Transport`. None for the first.
    restore
        Whether a lost connection is mended in a new session; see `RealtimeSession`.

    Attributes
    ----------
    asked
        The config its author asked for the last time it was accepted.
    config
        Requested, effective and verdict for each field, as of the last time the cell ran.
    earlier
        What was said in a session that ended by itself, and this one has not been told.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        endpoint: Endpoint,
        config: Mapping[str, Any],
        *,
        name: str = "chat",
        defaults: Mapping[str, Any] | None = None,
        reply_timeout: float = REPLY_TIMEOUT_S,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        before: Chat | None = None,
        transport: str | Transport | None = None,
        restore: bool = True,
    ) -> None:
        loop = BackgroundLoop.shared()
        self.name = name
        self.asked: dict[str, Any] = deepcopy(dict(config))
        self.config: ConfigReport | None = None
        self.earlier: list[Item] = []
        self._defaults: dict[str, Any] = deepcopy(dict(defaults or {}))
        self._timeout_s = reply_timeout
        self._tools = ChatTools(functions or {}, None if before is None else before.toolbox)
        wanted = merge(self._defaults, self._asked_with_tools(config))
        wanted.pop("model", None)  # the endpoint has it, and it cannot change
        way, peer = transport_of(transport)
        self.session = RealtimeSession(
            endpoint,
            wanted,
            loop=loop,
            reply_timeout=reply_timeout,
            transport=way,
            restore=restore,
        )
        self.widget = ChatWidget(label=name)
        self.bridge = Bridge(self.session, self.widget, loop=loop, name=name, peer=peer)
        self._tools.begin(
            self.session,
            self.bridge,
            loop,
            self.widget.displays,
            page=lambda: self.widget.session_of(self.bridge.owner),
        )
        self._listening = Listening(self.session, self.bridge, loop)
        self._recorder = Recorder(
            self.session, self.bridge.playback, self.bridge.uplink, lambda: self.bridge.has_page
        )
        self._guards = Guards(self.session, self.bridge.guarded, loop)
        self._agents = Agents(self.session)
        if before is not None:
            self.take_over(before)
        self._events = RealtimeLog(self.session.log, name=name)
        self._closed = False

    def open(self) -> Outcome:
        """Connect, and wait for the service to have taken the config.

        Returns
        -------
        Outcome
            Field by field; with the service's error where it refused the config: the
            session is then open with its defaults.

        Raises
        ------
        ConnectionFailed
            When the service cannot be reached or refuses us.
        """
        if self.session.endpoint.practice:
            self.bridge.phrases = fetch_card(self.session.endpoint)
            if missing := fetch_missing(self.session.endpoint):
                self.bridge.notice("warning", " ".join(missing))
        self.bridge.start()
        self._recorder.start()
        self._tools.start()
        asked = self._asked_with_tools(self.asked)
        outcome = begin(self.session, self._open, asked, self._defaults)
        if outcome.without_defaults:
            self._defaults = {}
        if outcome.error is not None:
            self.asked = {"type": self.kind}
            self.bridge.notice(
                "error", f"The cell's config is not in force; the service said: {outcome.error}"
            )
        return outcome

    def _open(self) -> None:
        self.session.open().result(self._timeout_s * _OPENING)

    def change(
        self,
        config: Mapping[str, Any],
        *,
        whole: bool = False,
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> Outcome:
        """Bring the live session to a config: only what differs is sent, and waited for.

        Parameters
        ----------
        config
            What its author asks for now, in the GA shape. What it leaves out stays as it is.
        whole
            Send all of it, also what seems to be in force already.
        functions
            Those among its `tools` that run here, by tool name.

        Returns
        -------
        Outcome
            Field by field; with the service's error where it refused: then nothing changed.

        Raises
        ------
        ConnectionLost
            When the session has ended.
        """
        before = self._asked_with_tools(self.asked)
        undo = self._tools.bind(functions or {})
        wanted = self._asked_with_tools(config)
        try:
            outcome = change(self.session, wanted, self._defaults, before, whole=whole)
        except BaseException:
            undo()
            raise
        if outcome.error is None:
            self.asked = deepcopy(dict(config))
            self._agents.leave()
        else:
            undo()
        return outcome

    @property
    def kind(self) -> SessionKind:
        """``realtime``, ``transcription`` or ``translation``."""
        return self.session.kind

    @property
    def defaults(self) -> dict[str, Any]:
        """What is asked for beside what the author wrote."""
        return deepcopy(self._defaults)

    @property
    def state(self) -> str:
        """``connecting``, ``open``, ``restoring`` (calls wait), ``closed`` or ``failed``."""
        return self.session.state

    @property
    def endpoint(self) -> Endpoint:
        """Which service, and with which model."""
        return self.session.endpoint

    @property
    def events(self) -> RealtimeLog:
        """Every event in both directions; ``.df`` is a `pandas.DataFrame`."""
        return self._events

    @property
    def service(self) -> str:
        """What `resolve_endpoint` calls the service; ``""`` where only its address tells it."""
        return service_name(self.endpoint)

    @property
    def effective(self) -> dict[str, Any] | None:
        """The session object in force, as the service last told it, without credentials."""
        told = self.session.effective
        return told and without_queries(told)

    def talk(self) -> Talk:
        """Return the facts of the conversation so far, as what inspects it wants them."""
        return Talk(
            log=self.session.log,
            conversation=self.session.conversation,
            notes=self._recorder.notes(),
            timings=tuple(self.bridge.timing.turns),
            model=model_of(self),
            kind=self.kind,
            config_rows=config_rows(self.config.rows if self.config is not None else ()),
            name=self.name,
            practice=self.endpoint.practice,
        )

    @property
    def budget(self) -> float | None:
        """What the session may cost, in USD; None for no limit. It may be changed at any time.

        Once it is spent, no response is asked for and no sound is sent; see
        `RealtimeSession.budget`.

        Raises
        ------
        UsageError
            When it is set to what is no amount.
        """
        return self.session.budget

    @budget.setter
    def budget(self, limit_usd: float | None) -> None:
        self.session.budget = limit_usd

    def say(self, text: str) -> Call[Response]:
        """Say `text` as the user and ask for an answer; it waits for an active one to end.

        Returns
        -------
        Call
            Of the `Response` that the turn ends with: where tools are called, of the answer
            that follows them, with the responses that called them in `Response.before`.
        """
        return self.session.say(text)

    def listen(self, source: Sound, *, realtime: bool = True, then: Then = "auto") -> Call[Heard]:
        """Hear a clip as if it came from the microphone, and have it answered.

        Parameters
        ----------
        source, realtime, then
            As for `RealtimeSession.listen`: a WAV file's path, a clip or ``(samples, rate)``;
            at the pace of speech or as fast as the service takes it; what ends the turn.
            The page's own microphone is off meanwhile. At the pace of speech the call ends
            when the page has played the answer. Where tools are called it ends with the
            answer that follows them.
        """
        return self._listening.start(source, realtime=realtime, then=then)

    def update(self, *, check: bool = True, **settings: Any) -> Call[dict[str, Any]]:
        """Change the live session; names as in a cell's front matter.

        Parameters
        ----------
        check
            Whether to check it before it is sent; the service may know more than we do.
        **settings
            Only what is to change. ``budget`` is none of the service's: it is not sent.

        Raises
        ------
        ConfigError
            At once, for what the service would refuse. What it refuses all the same is
            raised by the `Call`, as `ServerError`.
        """
        budget = read_budget(settings.pop("budget", MISSING))
        if budget is not MISSING and not settings:
            self.budget = budget
            done: Future[dict[str, Any]] = Future()
            done.set_result(self.session.effective or {})
            return Call(done, "update")
        functions: dict[str, Callable[..., Any]] = {}
        if "tools" in settings:
            settings["tools"], functions = bind_tools(settings["tools"], {})
        draft = read_config({"type": self.kind, **settings})
        request = Request(draft.config, self.kind, draft.problems).upon(
            self.session.effective or {}
        )
        if check:
            refuse(check_request(request, {}, live=live_session(self.session)), request)
        elif any(problem.severity == "error" for problem in draft.problems):
            raise ConfigError(f"{draft.problems[0]}.")
        if budget is not MISSING:
            self.budget = budget
        if "tools" in settings:
            return self._update_tools(request.config, functions)
        return self.session.update(request.config)

    @property
    def turns(self) -> LiveTurns:
        """The turns so far, with ``.df``; called, it changes how turns end.

        ``chat.turns("push_to_talk")``; see `LiveTurns.__call__`.
        """
        return LiveTurns(self.talk, self.bridge.change_turns)

    def interrupt(self) -> None:
        """Stop the answer that is being made or heard, and cut it where it was heard to."""
        self.bridge.interrupt()

    def close(self) -> None:
        """End the session and let the microphone go; closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        # Each of them also when another fails, takes too long or is interrupted.
        end_each(
            (
                self._tools.stop,
                lambda: self.session.close().result(CLOSE_TIMEOUT_S),
                lambda: self.bridge.stop().result(CLOSE_TIMEOUT_S),
            )
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        # Off the page, as when its name went to another, it is only told about.
        gone = self.widget.comm is None
        return {"text/plain": repr(self)} if gone else self.widget.mime_bundle(**kwargs)

    def __repr__(self) -> str:
        endpoint = self.session.endpoint
        where = f"{endpoint.name}, {endpoint.model}" if endpoint.model else endpoint.name
        return f"<chat {self.name!r}: {state_words(self)}, {where}, {len(self.items)} items>"
