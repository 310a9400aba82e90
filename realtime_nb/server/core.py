"""What the parts of one session share: its config, its items, and what runs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.audio.pcm import float_to_int16, int16_to_float
from realtime_nb.audio.resample import resample
from realtime_nb.server.answers.speech_stream import Voice
from realtime_nb.server.ears.hearing import RATE
from realtime_nb.server.items import Conversation, Item
from realtime_nb.server.mcp.hub import McpHub
from realtime_nb.server.mcp.package import PackageReach
from realtime_nb.server.workers import Settings, Workers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_nb.server.answers.response_events import ResponseSpec
    from realtime_nb.server.brain.interface import Brain
    from realtime_nb.server.config.config import SessionConfig
    from realtime_nb.server.emitter import Emitter
    from realtime_nb.server.mcp.reach import McpReach
    from realtime_nb.server.parts import Mouth, Parts
    from realtime_nb.speech.interfaces import Engines


class Core(Workers):
    """The shared parts of one session; made and used on one event loop.

    Parameters
    ----------
    emit, engines, settings, gate
        As in `Workers`.
    config
        The session object.
    brain
        Answers.
    parts
        Who hears and speaks in the engines' place.
    on_interrupt
        Called when the user interrupts, before a response under way is cancelled.
    """

    def __init__(  # noqa: PLR0913 -- what a session shares, each by name
        self,
        *,
        emit: Emitter,
        config: SessionConfig,
        brain: Brain,
        engines: Engines,
        settings: Settings,
        gate: Callable[[], Awaitable[None]] | None = None,
        parts: Parts | None = None,
        on_interrupt: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(emit, engines, settings, gate, ears=parts.ears if parts else None)
        self._parts = parts
        self.interrupted = on_interrupt or _nobody_listens
        self.config = config
        self.brain = brain
        self.conversation = Conversation()
        # A script may play the MCP servers itself; what others make has none.
        reach: McpReach | None = getattr(brain, "mcp", None) or PackageReach()
        self.mcp = McpHub(self, reach if parts is None else None)

    @property
    def counts(self) -> bool:
        """Whether tokens are counted here: what others made, they count."""
        return self._parts is None

    def mouth(self, spec: ResponseSpec) -> Mouth:
        """Return who speaks a response."""
        if self._parts is not None:
            return self._parts.mouth(spec)
        return Voice(self.engines.speaker, self.speaking, spec.voice, spec.speed, spec.format)

    def listen_to(self, item: Item) -> None:
        """Recognise the user audio of an item that came as a whole."""
        for part in item.parts:
            if part.type == "input_audio" and part.format is not None:
                samples = int16_to_float(part.format.decode(part.audio))
                pcm = float_to_int16(resample(samples, part.format.rate, RATE))
                utterance = self.hearing.start(*self.expected_words())
                utterance.feed(pcm)
                part.understood = utterance.finish()

    def expected_words(self) -> tuple[tuple[str, ...], str]:
        """Return the phrases and the prompt that the recogniser should expect."""
        transcription = self.config.transcription or {}
        return self.brain.phrases, transcription.get("prompt") or ""


def _nobody_listens() -> None:
    return
