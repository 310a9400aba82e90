"""A chain's session: the practice server's, with services for its ears, its brain and its mouth."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.chain.brain import ChainBrain
from realtime_nb.chain.ears import RestEars
from realtime_nb.chain.mouth import RestMouth
from realtime_nb.chain.requests import Requests
from realtime_nb.protocol.ids import new_id
from realtime_nb.protocol.told import as_object
from realtime_nb.server.config.config import SessionConfig
from realtime_nb.server.ears.transcribers import transcriber_of
from realtime_nb.server.emitter import Emitter
from realtime_nb.server.parts import Parts
from realtime_nb.server.session import Session
from realtime_nb.server.wire_errors import invalid_value
from realtime_nb.server.workers import MAX_SESSION_S, Settings
from realtime_nb.speech.engines import load_voice_activity
from realtime_nb.speech.interfaces import Engines
from realtime_nb.speech.speaker import ToneSpeaker

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.chain.legs import Legs
    from realtime_nb.client.rest.service import Notice
    from realtime_nb.protocol.chain import LegName
    from realtime_nb.server.connection import Exits
    from realtime_nb.server.mcp.definition import McpDefinition

Json = dict[str, Any]

INSTRUCTIONS: Final = (
    "You are talking with the user: what they say is transcribed for you, and what you write is"
    " read aloud. Answer in one to three short sentences, as one speaks: no lists, no headings,"
    " no markdown. The transcript may hold mistakes; go by what was probably meant."
)
"""What a chain's chat model is told where nobody tells it anything."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What holds for every session of a chain.

    Parameters
    ----------
    legs
        Who hears, thinks and speaks.
    voice
        The name of a voice of the one that speaks.
    prompt
        What the one that hears should expect, until a session says otherwise.
    on_notice
        Called with what a leg does otherwise than usual, such as a retry.
    """

    legs: Legs
    voice: str
    prompt: str = ""
    on_notice: Callable[[LegName, Notice], object] | None = None


class ChainConfig(SessionConfig):
    """The session object of a chain.

    Parameters
    ----------
    settled
        Of the chain.
    """

    def __init__(self, settled: Settled) -> None:
        legs = settled.legs
        self._transcriber = legs.transcribe.model
        transcription: Json = {"model": self._transcriber}
        if settled.prompt and transcriber_of(transcription).prompt:
            transcription["prompt"] = settled.prompt
        super().__init__(
            new_id("sess"),
            int(time.time() + MAX_SESSION_S),
            defaults={
                "model": legs.model,
                "instructions": INSTRUCTIONS,
                "audio": {
                    "input": {"transcription": transcription},
                    "output": {"voice": settled.voice},
                },
            },
        )

    def update(
        self,
        update: Any,
        *,
        assistant_spoke: bool = False,
        answering: bool = False,
        refuse_mcp: Callable[[McpDefinition], str] | None = None,
    ) -> None:
        """Check an update and let it take force; who transcribes cannot change.

        Raises
        ------
        WireError
            When any field is refused; then nothing has changed.
        """
        named: Any = as_object(update)
        for key in ("audio", "input", "transcription", "model"):
            named = as_object(named).get(key)
        if isinstance(named, str) and named != self._transcriber:
            raise invalid_value(
                "session.audio.input.transcription.model",
                f"this chain's words come from '{self._transcriber}'; make another chain for"
                " another transcriber.",
            )
        super().update(
            update, assistant_spoke=assistant_spoke, answering=answering, refuse_mcp=refuse_mcp
        )


class ChainSession(Session):
    """One session of a chain; see `realtime_nb.server.session.Session`.

    Parameters
    ----------
    exits
        Where its events go.
    settled
        Of the chain.
    """

    def __init__(self, exits: Exits, settled: Settled) -> None:
        config = ChainConfig(settled)
        # Of its own, so that the ids of its events are, too.
        self._requests = Requests(settled.legs, Emitter(exits.sink), settled.on_notice)
        self._ears = RestEars(self._requests, config)
        activity, missing = load_voice_activity()
        super().__init__(
            exits.sink,
            brain=ChainBrain(self._requests),
            engines=Engines(activity, None, ToneSpeaker(), missing),
            settings=Settings(),
            gate=exits.gate,
            on_over=exits.on_over,
            parts=Parts(
                config,
                self._ears,
                lambda spec: RestMouth(self._requests, spec),
            ),
        )
        self._handlers["response.cancel"] = self._cancel

    def start(self) -> None:
        """Begin, and make the legs' clients ready before anybody speaks."""
        super().start()
        self._requests.warm_up()

    def _cancel(self, event: Json) -> None:
        """End an answer on the client's wish, and with it the long wait for words to answer."""
        asked = event.get("response_id")
        current = asked in {None, self._responding.active_id}
        self._responding.cancel(asked)
        if current:
            self._ears.stop_waiting()

    async def close(self) -> None:
        """End everything the session runs, every request with it."""
        await super().close()
        await self._requests.close()
