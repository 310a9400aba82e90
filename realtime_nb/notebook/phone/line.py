"""`PhoneLine`: telephone calls that ring in a notebook."""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.endpoints.endpoint import resolve_endpoint
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.phone.desk import WebhookDesk
from realtime_nb.client.phone.signature import find_secret
from realtime_nb.client.practice_phone.call import DEFAULT_CALLER, place_call
from realtime_nb.client.practice_phone.published import PublishedLine, publish_line
from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.notebook.ending import end_each
from realtime_nb.notebook.phone.answering import Answering, read_answer
from realtime_nb.notebook.phone.book import CallBook, CallTable
from realtime_nb.notebook.phone.call import PhoneCall
from realtime_nb.notebook.phone.complaints import told
from realtime_nb.notebook.phone.line_fields import check_line
from realtime_nb.notebook.phone.mount import JupyterMount, jupyter_url, on_port
from realtime_nb.notebook.phone.pages import Pages
from realtime_nb.notebook.phone.ringing import Ringing
from realtime_nb.protocol.shown_text import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.audio.clip_sources import Readable
    from realtime_nb.client.endpoints.secret import Secret
    from realtime_nb.client.loop import Call
    from realtime_nb.client.phone.incoming import Incoming
    from realtime_nb.client.practice_phone.call import PhoneCallResult
    from realtime_nb.notebook.phone.mount import Mount

NOTICES_KEPT: Final = 20
RINGS_S: Final = 180.0
"""How long a call rings before nobody can be waiting any more, in seconds."""
NOBODY: Final = "it rang for three minutes"
_START_TIMEOUT_S: Final = 15.0
_HUNG_UP_AT_ONCE: Final = 16

_lines: dict[str, PhoneLine] = {}
_log = logging.getLogger(__name__)


class PhoneLine:
    """Takes calls that a service announces by webhook; shown in a cell it is a live table.

    Whoever calls is untrusted: webhooks count only when they are signed, and what headers say
    is shown as text and decides nothing. With a practice server `ring` is the telephone.

    Parameters
    ----------
    webhook_secret
        What webhooks are signed with, ``whsec_…``; None takes ``OPENAI_WEBHOOK_SECRET``, and
        with a practice server a fresh one.
    endpoint
        Which service has the calls: a name or URL as for `realtime_nb.resolve_endpoint`, or
        an `Endpoint`.
    port
        Of 127.0.0.1, for ``mount="port"``; 0 takes a free one.
    mount
        ``"port"`` listens on a port of its own; ``"jupyter"`` on a route of the Jupyter Server
        that runs this kernel. Either way the service needs an address that it can reach, such
        as a tunnel's, in front of `url`.
    config
        What calls are accepted with, names as in a cell's front matter. A cell
        ``%%realtime --phone line`` says it anew.
    on_call
        Called with each `PhoneCall` that rings, on a thread of its own; it may accept it.
    name
        What the line is called. Another of this name takes its place and its calls.

    Raises
    ------
    UsageError
        When there is no secret, no such mount, or the port is taken.
    ConfigError
        For a config that the service would refuse.
    EndpointError
        When there is no endpoint.
    """

    def __init__(  # noqa: PLR0913 -- each is named by who gives it
        self,
        webhook_secret: str | Secret | None = None,
        *,
        endpoint: str | Endpoint | None = None,
        port: int = 0,
        mount: str = "port",
        config: Mapping[str, Any] | None = None,
        on_call: Callable[[PhoneCall], object] | None = None,
        name: str = "line",
    ) -> None:
        check_line(mount, port, name, on_call)
        found = endpoint if isinstance(endpoint, Endpoint) else resolve_endpoint(endpoint)
        self.name = name
        self.endpoint = found
        self.on_call = on_call
        self._secret = find_secret(webhook_secret, practice=found.practice)
        self._answering = Answering.of(read_answer(config), found)
        self._notices: deque[str] = deque(maxlen=NOTICES_KEPT)
        self._closed = False
        self._published: PublishedLine | None = None
        before = _lines.get(name)
        self._book = CallBook() if before is None else before.book
        self._loop = BackgroundLoop.shared()
        self._desk = WebhookDesk(self._secret, self._rings, self._notice, on_refusal=self._show)
        if before is not None and before.takes_port(mount, port):
            before.stop()
        mounting = self._loop.call(self._mounted(mount, port), "PhoneLine")
        try:
            self._begin(mounting, before)
        except BaseException:  # an interrupted cell leaves no port that nobody can close
            self._abandon(mounting)
            raise

    def _begin(self, mounting: Call[Mount], before: PhoneLine | None) -> None:
        self._mount = mounting.result(_START_TIMEOUT_S)
        self._pages = Pages(self, self._book, self._loop)
        atexit.register(self.stop)
        self._publish()
        _lines[self.name] = self
        if before is not None:
            before.stop()
            for call in self._book.all():
                call.move_to(self)
            self.changed()

    def _abandon(self, mounting: Call[Mount]) -> None:
        """Let go of what a line that is none has begun, also of a port that opens later."""
        self._closed = True
        atexit.unregister(self.stop)
        mounting.add_done_callback(self._unmount)
        self._withdraw()
        if _lines.get(self.name) is self:
            del _lines[self.name]

    def _unmount(self, mounting: Call[Mount]) -> None:
        with contextlib.suppress(RealtimeError):
            self._loop.call(mounting.result(0).close(), "close")

    # -- what it is

    @property
    def url(self) -> str:
        """Where its webhooks are posted, on this computer."""
        return self._mount.url

    @property
    def calls(self) -> CallTable:
        """The calls so far; ``.df`` is a frame."""
        return CallTable(self._book)

    @property
    def book(self) -> CallBook:
        """Where its calls are kept, which whoever takes its place goes on with."""
        return self._book

    @property
    def closed(self) -> bool:
        """Whether it takes no calls any more."""
        return self._closed

    @property
    def notices(self) -> tuple[str, ...]:
        """What else arrived lately, and why it was ignored; those refused have one line in all.

        Anybody who reaches the route can send webhooks that are refused; they push nothing out.
        """
        refusals = self._desk.refusals
        return (*self._notices, refusals) if refusals else tuple(self._notices)

    @property
    def config(self) -> dict[str, Any]:
        """What calls are accepted with, in the GA shape."""
        return dict(self._answering.request.config)

    def __getitem__(self, key: str | int) -> PhoneCall:
        return self.calls[key]

    def __iter__(self) -> Iterator[PhoneCall]:
        return iter(self.calls)

    def __len__(self) -> int:
        return len(self.calls)

    # -- what may be done

    def configure(self, answering: Answering | Mapping[str, Any]) -> None:
        """Say what calls are accepted with from now on; those under way stay as they are.

        Parameters
        ----------
        answering
            A config, names as in a cell's front matter; or what a cell asks for, made by
            ``Answering.of(request, line.endpoint, transcriber=…)``.

        Raises
        ------
        ConfigError
            For what the service would refuse; then nothing changed.
        """
        self._answering = (
            answering
            if isinstance(answering, Answering)
            else Answering.of(read_answer(answering), self.endpoint)
        )
        self.changed()

    def ring(
        self,
        clip: Readable | AudioClip,
        *,
        caller: str = DEFAULT_CALLER,
        headers: Sequence[tuple[str, str]] = (),
        dtmf: str = "",
        quiet_s: float | None = None,
    ) -> Call[PhoneCallResult]:
        """Ring the line as a caller would, without a trunk; of a practice server only.

        Parameters
        ----------
        clip
            What the caller says once answered: a WAV file's path, an `AudioClip`, …
        caller
            The caller's number, as in ``+15550100``.
        headers
            Further SIP headers, names and values.
        dtmf
            Keys pressed after the clip.
        quiet_s
            How long nothing is heard before the caller hangs up, in seconds. None for 4 once
            what was said has been answered, and 30 before that.

        Returns
        -------
        Call
            Of what became of the call, with what the caller heard.

        Raises
        ------
        UsageError
            When the endpoint is no practice server, or the clip holds no sound.
        """
        if not self.endpoint.practice:
            raise UsageError(
                f"ring() is for a practice server: to ring {self.endpoint.name}, dial its number."
            )
        if self._closed:
            raise UsageError(f"the line {self.name!r} is closed; make another PhoneLine.")
        ringing = Ringing(self._book)
        placed = place_call(
            self.endpoint,
            clip,
            webhook_url=self.url,
            webhook_secret=self._secret,
            caller=caller,
            headers=headers,
            dtmf=dtmf,
            quiet_s=quiet_s,
            on_state=ringing.hear,
        )
        placed.add_done_callback(lambda _placed: ringing.over("the caller gave up"))
        return placed

    def close(self) -> None:
        """Take no more calls, and hang up those that are active; closing twice is fine.

        The chats of its calls are in ``%realtime`` no more; `PhoneCall.chat` has them still.
        """
        end_each((self.stop, self._hang_up_all, self._unlist))

    def _hang_up_all(self) -> None:
        active = [call for call in self._book.all() if call.may_run]
        # Side by side: a service that cannot be reached takes its time for each.
        several = ThreadPoolExecutor(_HUNG_UP_AT_ONCE, "realtime_nb phone")
        try:
            list(several.map(_hang_up, active))
        finally:
            several.shutdown(wait=False)  # who interrupts does not want to wait

    def _unlist(self) -> None:
        for call in self._book.all():
            call.unlist()
        if _lines.get(self.name) is self:
            del _lines[self.name]

    # -- for its calls, its cell and those who come after it

    def answering(self, config: Mapping[str, Any] | None) -> Answering:
        """Return what a call is accepted with: the line's, or a config's own."""
        if self._closed:
            raise UsageError(f"the line {self.name!r} is closed, and takes no calls any more.")
        if config is None:
            return self._answering
        return Answering.of(read_answer(config), self.endpoint)

    def chat_name(self, call: PhoneCall) -> str:
        """Return what a call's chat is called, as in ``%realtime timeline line_1``."""
        return f"{self.name}_{call.number}"

    def changed(self) -> None:
        """Have the pages show what is now."""
        self._pages.update()

    def takes_port(self, mount: str, port: int) -> bool:
        """Whether it stands where another wants to."""
        return mount == "port" and port != 0 and f":{port}/" in self.url

    def stop(self) -> None:
        """Take no more calls; those under way go on."""
        atexit.unregister(self.stop)
        if self._closed:
            return
        self._closed = True
        end_each((self._unlisten, self._withdraw, self.changed))

    def _unlisten(self) -> None:
        with contextlib.suppress(RealtimeError):  # the loop may be gone, and the port with it
            self._loop.call(self._mount.close(), "close").result(_START_TIMEOUT_S)

    def _withdraw(self) -> None:
        if self._published is not None:
            self._published.withdraw()

    # -- inside

    async def _mounted(self, mount: str, port: int) -> Mount:
        if mount == "port":
            return await on_port(self._desk, port)
        return JupyterMount(self._desk, self._loop.loop, jupyter_url())

    def _publish(self) -> None:
        """Let `realtime-nb call` find the line; that is a help, not a need."""
        if not self.endpoint.practice:
            return
        try:
            self._published = publish_line(self.endpoint, self.url, self._secret)
        except (RealtimeError, OSError) as error:
            self._notice(f"`realtime-nb call` will not find this line: {told(error)}")

    def _rings(self, incoming: Incoming) -> None:
        call = self._book.add(incoming.call_id, lambda number: PhoneCall(incoming, self, number))
        if call is None:
            self._notice(f"Call {incoming.call_id} was announced again; it is in the table once.")
            return
        # The service does not tell that a caller has given up; nobody waits that long.
        self._loop.post(self._loop.loop.call_later, RINGS_S, call.given_up, NOBODY)
        self.changed()
        if self.on_call is not None:
            threading.Thread(
                target=self._tell, args=(self.on_call, call), name="realtime_nb call", daemon=True
            ).start()

    def _tell(self, on_call: Callable[[PhoneCall], object], call: PhoneCall) -> None:
        try:
            on_call(call)
        except BaseException as error:  # noqa: BLE001 -- of the user's own function
            self._notice(f"on_call failed for call {call.id}: {told(error)}")

    def _notice(self, line: str) -> None:
        self._notices.append(line)
        _log.info("%s", line)
        self._show()

    def _show(self) -> None:
        with contextlib.suppress(AttributeError):  # before it has pages
            self.changed()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self._pages.mime_bundle(repr(self), **kwargs)

    def __repr__(self) -> str:
        where = "closed" if self._closed else self.url
        count = plural(len(self), "call")
        return f"<phone line {self.name!r}: {where}, {self.endpoint.name}, {count}>"


def _hang_up(call: PhoneCall) -> None:
    with contextlib.suppress(RealtimeError):  # it is let go of, however it ends
        call.hang_up()


def open_lines() -> list[PhoneLine]:
    """Return the lines that take calls, the oldest first."""
    return [line for line in _lines.values() if not line.closed]


def end_lines() -> None:
    """Close every line."""
    for line in list(_lines.values()):
        line.close()
