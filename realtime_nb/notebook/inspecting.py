"""What can be asked of a conversation, whether it runs or was opened from a file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from realtime_nb.bridge.recording.notes import Notes
from realtime_nb.bridge.recording.recording import make_recording
from realtime_nb.inspection.archive.saving import save
from realtime_nb.inspection.chain_legs import legs
from realtime_nb.inspection.check import check
from realtime_nb.inspection.cost.usage_table import bill, usage
from realtime_nb.inspection.frames import spoken_ms
from realtime_nb.inspection.latency import latency
from realtime_nb.inspection.tables import ItemList, TurnTable
from realtime_nb.inspection.timeline.view import timeline
from realtime_nb.protocol.shown_text import visible
from realtime_nb.widget import TimelineWidget

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from realtime_nb.bridge.recording.recording import Recording
    from realtime_nb.inspection import Talk
    from realtime_nb.inspection.chain_legs import LegTable
    from realtime_nb.inspection.check import CheckReport
    from realtime_nb.inspection.cost.usage_table import Bill, UsageTable
    from realtime_nb.inspection.latency import Latency


class Inspecting(ABC):
    """The tables, players and files of one conversation; `Chat` and `SavedChat` have them.

    All of it is made from `talk` when it is asked for.
    """

    @abstractmethod
    def talk(self) -> Talk:
        """Return the facts of the conversation so far, as what inspects it wants them."""

    @property
    @abstractmethod
    def service(self) -> str:
        """What `resolve_endpoint` calls the service; ``""`` where only its address tells it."""

    @property
    def items(self) -> ItemList:
        """The items of the conversation, in order; ``.df`` is a `pandas.DataFrame`."""
        talk = self.talk()
        return ItemList(talk.conversation.items, spoken_ms(talk))

    @property
    def turns(self) -> TurnTable:
        """The turns so far; ``.df`` is a `pandas.DataFrame`."""
        return TurnTable(self.talk)

    @property
    def transcript(self) -> str:
        """What was said, a line for each message; of an answer that was cut, what was heard."""
        said = [(item.role, item.heard_text) for item in self.items if item.type == "message"]
        # What turns the line around or moves the cursor of who prints it is shown as a sign.
        lines = [f"{role}: {' '.join(text.split())}" for role, text in said if text]
        return "\n".join(map(visible, lines))

    @property
    def budget(self) -> float | None:
        """What it may cost, in USD; None where nobody said."""
        return None

    @property
    def usage(self) -> UsageTable:
        """What the service counted: a row for each response and transcript.

        ``.df`` and ``.by_turn`` are frames, ``.total`` is what it comes to.
        """
        return usage(self.talk())

    @property
    def cost(self) -> Bill:
        """What it has cost, by model and kind; ``.usd`` is None where a part is not known."""
        return bill(self.talk(), budget_usd=self.budget)

    @property
    def legs(self) -> LegTable:
        """Of a chain: what was asked of each leg, when it answered, and what it cost.

        ``.df`` has a row for each request, ``.by_turn`` one for each turn: milliseconds from
        its end to the transcript, the first word, the first sound.
        """
        return legs(self.talk())

    def check(self) -> CheckReport:
        """Return where the log breaks the protocol's rules; it shows as a table."""
        return check(self.talk().log)

    @property
    def latency(self) -> Latency:
        """Where each turn's time went: end of speech to the first sample audible, leg by leg.

        ``.df`` is a frame with a row for each turn; see `Latency.df`.
        """
        return latency(self.talk())

    def timeline(self) -> TimelineWidget:
        """Return both sides' sound and everything that happened, on one clock.

        In a cell it can be zoomed into and listened to; ``.df`` has its marks, ``.svg()`` and
        ``.plot()`` are pictures.
        """
        return TimelineWidget(lambda: timeline(self.talk()))

    @property
    def audio(self) -> Recording:
        """Both sides as sound so far: turn by turn, and on one clock.

        It is made from the log, which keeps the newest 512 MiB of sound as the wire has it,
        over an hour of both sides; `Recording.lost_ms` says how much it has let go.
        ``events.max_audio_bytes`` changes that.
        """
        talk = self.talk()
        return make_recording(talk.notes or Notes(), talk.log, talk.conversation)

    def save_audio(self, path: str | os.PathLike[str]) -> Path:
        """Write both sides so far as a stereo WAV file, 24 kHz; return its path.

        The user is to the left, the assistant to the right.

        Raises
        ------
        UsageError
            For a name that ends in another format's suffix, or a place that cannot be
            written.
        """
        return self.audio.save(path)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write all of it so far into one file, which `realtime_nb.open` reads; return its path.

        The file holds events, sound, config and items, and no key: what an MCP server is
        authorised with and the variables of a stored prompt are left out, too. It is whole
        or not there.

        Parameters
        ----------
        path
            Ends in ``.rtnb``, which is added to a name without suffix. A file that is there
            is replaced.

        Raises
        ------
        UsageError
            For a name that ends in another suffix, or a place that cannot be written.
        """
        return save(self.talk(), path, endpoint=self.service)
