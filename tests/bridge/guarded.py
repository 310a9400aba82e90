"""A guarded chat on a stage: what a service sends, what guards say, what the page is given."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from realtime_nb.client.guards.guarding import Guards
from realtime_nb.client.testing import session_created, session_updated, spoken
from realtime_nb.protocol.config.paths import merge
from realtime_nb.protocol.tools.guard import GuardOptions
from tests.bridge.page import Page, sound
from tests.bridge.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = {"audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}}
TRANSCRIPT = "conversation.item.input_audio_transcription"


class Guarded:
    """A chat with guards, a page that plays, and a service that the test plays itself.

    Attributes
    ----------
    obeys
        Whether the service takes ``create_response: false``.
    """

    def __init__(self, *, session: dict[str, Any] | None = None, obeys: bool = True) -> None:
        self.stage = Stage()
        self.guards = Guards(self.stage.session, self.stage.bridge.guarded, self.stage.loop)
        self.obeys = obeys
        self._session = session_created(**merge(WORDS, session or {}))["session"]
        self.stage.tell({"type": "session.created", "session": self._session})
        self.page = Page(self.stage, "page")
        self.page.say("hello")

    def guard(self, function: Callable[[str], Any], name: str = "guard", **options: Any) -> None:
        self.guards.add(name, function, GuardOptions(**options))
        self.stage.run()
        self.take_updates()

    def take_updates(self) -> None:
        """Answer the updates that were sent as a service does, or as one that does not obey."""
        line = self.stage.line
        for event in [one for one in line.posted if one["type"] == "session.update"]:
            line.posted.remove(event)
            if self.obeys:
                self._session = session_updated(event, self._session)["session"]
            self.stage.tell({"type": "session.updated", "session": self._session})

    def judge(self) -> None:
        """Let the guards come to their verdicts."""
        for _ in range(50):
            self.stage.run()
            judging = [one for one in threading.enumerate() if one.name.startswith("guard ")]
            if not judging:
                break
            for thread in judging:
                thread.join(0.2)
        self.stage.run()
        self.page.read()

    # -- what the service does

    def say(self, item_id: str, words: str | None = None) -> None:
        """A turn of the user ends; with words its transcript comes at once."""
        start = {"item_id": item_id, "audio_start_ms": 0}
        stop = {"item_id": item_id, "audio_end_ms": 900}
        self.stage.tell(
            {"type": "input_audio_buffer.speech_started", **start},
            {"type": "input_audio_buffer.speech_stopped", **stop},
            {"type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": None},
        )
        if words is not None:
            self.transcribe(item_id, words)

    def transcribe(self, item_id: str, words: str) -> None:
        event = {"item_id": item_id, "content_index": 0, "transcript": words}
        self.stage.tell({"type": f"{TRANSCRIPT}.completed", **event})

    def answer(
        self, rid: str, words: str, request: dict[str, Any] | None = None, *, ms: int = 400
    ) -> list[dict[str, Any]]:
        """Return the events of a whole spoken answer; of the service's own without a request."""
        return spoken(
            request, words, pcm=sound(0, ms), response_id=rid, item_id=f"item_{rid}", chunks=4
        )

    def begin(self, rid: str, words: str, request: dict[str, Any] | None = None) -> None:
        """Send a whole answer."""
        self.stage.tell(*self.answer(rid, words, request))
        self.page.read()

    # -- what came of it

    def posted(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.stage.line.posted if event["type"] == kind]

    @property
    def audible_ms(self) -> int:
        """How much sound the page was ever given, in milliseconds."""
        frames = [
            buffers for message, buffers in self.stage.view.sent if message["kind"] == "audio"
        ]
        return sum(len(one) // 48 for buffers in frames for one in buffers)

    def played_ms(self, item_id: str) -> int:
        """How much of an item the page plays when it is left to, in milliseconds."""
        self.stage.wait(0.25)
        self.page.read()
        self.page.play(60_000)
        return self.page.heard_ms.get((item_id, 0), 0)

    @property
    def notices(self) -> list[str]:
        return [message["text"] for message in self.stage.view.of_kind("notice")]

    def note_of(self, item_id: str) -> str | None:
        """What the page shows beside an item."""
        self.stage.wait(1.0)
        shown = [
            item
            for message in self.stage.view.of_kind("items")
            for item in message["items"]
            if item["id"] == item_id
        ]
        return shown[-1]["note"] if shown else None

    def close(self) -> None:
        self.stage.close()
