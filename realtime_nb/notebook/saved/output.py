"""What a notebook keeps of its chats: each one's report, in an output beside its widget.

A widget is nothing without its kernel, and what takes its place in a saved notebook must be
there before: so each chat has a second output with the report, brought up to date in quiet
moments and hidden in the page by the widget as long as that lives (``js/src/ui/saved.ts``).

- The widget's own output is never touched: a view drawn anew would lose its microphone.
- A report is made and sent where nothing plays, nobody speaks and no answer is being made, on
  a thread of its own, no more often than that it takes a twentieth of the time, the picture of
  the timeline a hundredth. One of 2 MB keeps a page from drawing for about 0.1 s.
- Where no page is connected, as when a notebook is executed without one, it is sent at the
  end of a cell: later there is nobody to take it.
- It stands where the chat was shown last. Earlier places say so, for each sound is kept once.
- All chats share one limit of sound; of all, the oldest turns lose their players first.
"""

from __future__ import annotations

import html
import logging
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from realtime_nb.inspection.report.html import Report
from realtime_nb.notebook.chats.chat import Chat

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.protocol.log.event_log import Record

TELLING: Final = frozenset(
    {
        "conversation.item.added",
        "conversation.item.created",
        "conversation.item.deleted",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.input_audio_transcription.failed",
        "conversation.item.truncated",
        "error",
        "response.done",
        "session.closed",
        "session.input_transcript.done",
        "session.output_transcript.done",
        "session.updated",
    }
)
"""The events after which a report is out of date."""

QUIET_S: Final = 0.4
"""How long nothing may have happened before a report is made."""
_LONGEST_TURN_S: Final = 60.0
_SHARE: Final = 20.0
_BYTES_A_SECOND: Final = 500_000.0
_LOOK_S: Final = 0.2
_KEPT: Final = 20  # chats whose reports are followed

_log = logging.getLogger(__name__)


class Settings(Protocol):
    """What ``%config RealtimeMagics`` sets."""

    saved_audio_bytes: Any


class Publish(Protocol):
    """Shows a mime bundle, or brings up to date what was shown under a display id."""

    def __call__(self, bundle: dict[str, Any], display_id: str, *, update: bool) -> object:
        """Do so."""
        ...


class SavedOutput:
    """The report of one chat in the notebook.

    Parameters
    ----------
    chat
        The chat.
    publish
        Shows, or brings up to date, a mime bundle by its display id.

    Attributes
    ----------
    report
        The report; its players count against the limit that all chats share.
    stale
        Whether the notebook has an older one.
    failed
        Whether the last attempt failed.
    """

    def __init__(self, chat: Chat, publish: Publish) -> None:
        self._chat = chat
        self._publish = publish
        self._lock = threading.Lock()
        self._place = ""
        self._quiet_from = 0.0
        self._rest_until = 0.0
        self.report = Report()
        self.stale = False
        self.failed = False
        self.key = chat.widget.saved_key
        self._undo = [
            chat.session.subscribe(self._on_record),
            chat.session.on_state(lambda _: self.touch()),
        ]

    # -- on the session's thread: only notes

    def _on_record(self, record: Record, _changed: frozenset[str]) -> None:
        if record.event.type in TELLING:
            self.touch()

    def touch(self) -> None:
        """Note that the report is out of date; from any thread."""
        self._quiet_from = time.monotonic() + QUIET_S
        self.stale = True

    # -- on any other

    def show(self) -> None:
        """Show the report in the cell that runs, and no longer where it stood."""
        with self._lock:
            before, self._place = self._place, f"realtime_nb-{secrets.token_hex(8)}"
            if before:
                words = f"The chat {self._chat.name} was shown again in another cell, "
                self._publish(self._note(f"{words}and is kept there."), before, update=True)
            try:
                bundle = self._bundle()
            except Exception:  # its place is there for the next one
                words = f"The report of the chat {self._chat.name} could not be made."
                self._publish(self._note(words), self._place, update=False)
                raise
            self._publish(bundle, self._place, update=False)

    def bring_up_to_date(self) -> None:
        """Make the report and send it; nothing while there is nowhere it stands."""
        with self._lock:
            if not self._place:
                return
            self.stale = False
            began = time.monotonic()
            bundle = self._bundle()
            size = sum(map(len, bundle.values()))
            self._publish(bundle, self._place, update=True)
            now = time.monotonic()
            self._rest_until = now + max(_SHARE * (now - began), size / _BYTES_A_SECOND)

    @property
    def due(self) -> bool:
        """Whether a report may be made now: it is out of date, and nothing goes on."""
        now = time.monotonic()
        return (
            (self.stale or self._picture_due(now))
            and bool(self._place)
            and now >= max(self._quiet_from, self._rest_until)
            and self._quiet()
        )

    def _picture_due(self, now: float) -> bool:
        return self.report.picture.behind and now >= self.report.picture.rest_until

    @property
    def alone(self) -> bool:
        """Whether no page is connected that could be disturbed."""
        return not self._chat.bridge.has_page

    def stop(self) -> None:
        """Follow the chat no more."""
        for undo in self._undo:
            undo()

    def _quiet(self) -> bool:
        if self._chat.state != "open":
            return True
        try:
            waits = self._chat.bridge.unplayed_ms > 0
        except RuntimeError:  # the session's thread changed it meanwhile
            return False
        answering = self._chat.session.conversation.active_response_id is not None
        return not waits and not answering and not self._speaking()

    def _speaking(self) -> bool:
        """Return whether the user is in the middle of a turn, for as long as one may take."""
        if time.monotonic() > self._quiet_from + _LONGEST_TURN_S:
            return False  # of a service that never says that it was over
        newest = self._chat.session.conversation.items[-2:]
        return any(item.role == "user" and item.status == "in_progress" for item in newest)

    def _bundle(self) -> dict[str, str]:
        talk = self._chat.talk()
        self.report.gather(talk, now=time.monotonic())
        # Where nothing is disturbed there is no need to spare the picture, and no later either.
        whole = self._chat.state != "open" or self.alone
        return {
            "text/html": f"{self._style()}{self._box(self.report.html(talk, whole=whole))}",
            "text/plain": self.report.text(talk),
        }

    def _note(self, words: str) -> dict[str, str]:
        box = self._box(f"<p><small>{html.escape(words)}</small></p>")
        return {"text/html": f"{self._style()}{box}", "text/plain": words}

    def _box(self, inner: str) -> str:
        # Classes are kept by those who trust nobody; the widget finds it by the second.
        return f'<div class="rnb-saved rnb-saved-{self.key}">{inner}</div>'

    def _style(self) -> str:
        # Without a kernel JupyterLab writes "model not found" in the widget's place. What is
        # hidden here holds words alone, so that it can be no widget.
        failed = ":has(> .jp-OutputArea-output.jupyter-widgets):not(:has(> .jupyter-widgets > *))"
        ours = f":has(+ * .rnb-saved-{self.key})"
        return f"<style>.jp-OutputArea-child{failed}{ours} {{ display: none; }}</style>"


class SavedOutputs:
    """Keeps the reports of all chats of a notebook up to date.

    Parameters
    ----------
    settings
        Says how many bytes of sound the notebook keeps.
    publish
        See `SavedOutput`.
    """

    def __init__(self, settings: Settings, publish: Publish) -> None:
        self._settings = settings
        self._publish = publish
        self._outputs: dict[Chat, SavedOutput] = {}
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._making = threading.Lock()

    def show(self, chat: Chat) -> None:
        """Show a chat's report in the cell that runs."""
        output = self._outputs.get(chat)
        if output is None:
            output = self._outputs[chat] = SavedOutput(chat, self._publish)
            self._let_go()
        self._try(output, output.show)
        output.touch()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="realtime_nb saved outputs", daemon=True
            )
            self._thread.start()

    def flush(self, *_: Any) -> None:
        """Send what is out of date and disturbs nobody; called at the end of a cell."""
        for output in list(self._outputs.values()):
            if output.stale and output.alone:
                self._make(output)

    def stop(self) -> None:
        """Send what is out of date, and end."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        for output in list(self._outputs.values()):
            output.stop()
            if output.stale:
                self._make(output)

    def _let_go(self) -> None:
        """Leave the oldest of many chats as it is, without its sound: nobody counts that then."""
        if len(self._outputs) > _KEPT:
            output = self._outputs.pop(next(iter(self._outputs)))
            output.stop()
            output.report.players.close()
            self._make(output)

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_S):
            for output in list(self._outputs.values()):
                if output.due:
                    self._make(output)

    def _make(self, output: SavedOutput) -> None:
        self._try(output, output.bring_up_to_date)

    def _try(self, output: SavedOutput, send: Callable[[], None]) -> None:
        with self._making:
            output.report.players.limit_bytes = self._limit
            try:
                send()
                self._share()
                output.failed = False
            except Exception:  # noqa: BLE001 -- whatever it is, the chat goes on without it
                # Said once: after every turn again it would bury what the cells say.
                level = logging.DEBUG if output.failed else logging.WARNING
                _log.log(level, "the report of a chat could not be made", exc_info=True)
                output.failed = True

    def _share(self) -> None:
        """Let the oldest players of all chats go, as far as there are too many."""
        while sum(one.report.players.size for one in self._all) > self._limit:
            oldest = min(
                (one for one in self._all if one.report.players.by_item),
                key=lambda one: one.report.players.oldest or (0.0, 0.0),
            )
            oldest.report.players.drop_oldest()
            oldest.touch()

    @property
    def _all(self) -> list[SavedOutput]:
        return list(self._outputs.values())

    @property
    def _limit(self) -> int:
        return int(self._settings.saved_audio_bytes)


def register(shell: Any, settings: Settings) -> SavedOutputs | None:
    """Have every chat that is shown keep its report in the notebook.

    Returns
    -------
    SavedOutputs or None
        None where there is no notebook, as in a terminal: there every report would be printed.
    """
    if getattr(shell, "kernel", None) is None:
        return None

    def publish(bundle: dict[str, Any], display_id: str, *, update: bool) -> None:
        transient = {"display_id": display_id} if display_id else {}
        shell.display_pub.publish(bundle, {}, transient=transient, update=update)

    def show(chat: Chat) -> None:
        bundle, _ = shell.display_formatter.mimebundle_formatter(chat)
        # The report says it all in words; where there is no widget, these would stand above it.
        publish({**bundle, "text/plain": ""}, "", update=False)
        outputs.show(chat)
        chat.stands_here()

    outputs = SavedOutputs(settings, publish)
    shell.display_formatter.ipython_display_formatter.for_type(Chat, show)
    shell.events.register("post_run_cell", outputs.flush)
    return outputs


def unregister(shell: Any, outputs: SavedOutputs | None) -> None:
    """Bring the reports up to date for the last time."""
    if outputs is None:
        return
    shell.events.unregister("post_run_cell", outputs.flush)
    shell.display_formatter.ipython_display_formatter.pop(Chat, None)
    outputs.stop()
