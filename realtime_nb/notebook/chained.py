"""`ChainedAgent`: a chat whose ears, words and voice are three services, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.chain import ChainServer, resolve_legs
from realtime_nb.client.budget import valid_budget
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.practice import fetch_card, fetch_missing
from realtime_nb.errors import UsageError
from realtime_nb.notebook.agents import forget, remember
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.notebook.tools.binding import bind_tools
from realtime_nb.protocol.cost.prices import prices_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_nb.chain.legs import LegChoice, Legs
    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.rest.service import Notice
    from realtime_nb.protocol.chain import LegName


class ChainedAgent(Chat):
    """A live conversation with a chain: speech to text, text to text, text to speech.

    It is a `Chat` in everything: the same widget, events, timeline, report and budget. The
    session behind it is no realtime model but three services of the audio API, each of which
    waits for the one before it; the session itself (turns, voice activity, barge-in) runs in
    this process. Shown in a cell it can be talked to.

    Parameters
    ----------
    transcribe, chat, speak
        Who hears, who thinks, who speaks: a model's name; a pair of model and endpoint, such
        as ``("whisper-1", "local")``; or an `Endpoint`. None takes the usual one:
        gpt-transcribe, gpt-4.1-mini, gpt-4o-mini-tts, and ``local-demo`` locally. Any
        chat-completions model will do, and functions may be offered to those that call them.
    endpoint
        Of the legs that name none; as with `realtime_nb.resolve_endpoint`.
    voice
        The name of a voice of the one that speaks.
    instructions
        What the chat model is told; by default to answer briefly, as one speaks.
    tools
        Functions, or definitions of functions, that it may call; as in a `%%realtime` cell.
    name
        What the agent is called, as in ``%realtime cost agent``. In a notebook another agent of
        this name takes its place: it is closed after a cell when no variable holds it any more.
    budget
        What the conversation may cost, in USD; None for no limit.

    Raises
    ------
    UsageError
        For what is no leg, or no tool.
    EndpointError
        When a leg has no such endpoint, or no key.
    """

    def __init__(  # noqa: PLR0913 -- each is named by who gives it
        self,
        transcribe: LegChoice = None,
        chat: LegChoice = None,
        speak: LegChoice = None,
        *,
        endpoint: str | Endpoint | None = None,
        voice: str = "alloy",
        instructions: str | None = None,
        tools: Sequence[Any] = (),
        name: str = "agent",
        budget: float | None = None,
    ) -> None:
        _check_words(voice=voice, instructions=instructions, name=name)
        limit = valid_budget(budget)
        found = resolve_legs(transcribe, chat, speak, endpoint=endpoint)
        config: dict[str, Any] = {"type": "realtime"}
        if instructions is not None:
            config["instructions"] = instructions
        functions: dict[str, Callable[..., Any]] = {}
        if tools:
            config["tools"], functions = _defined(tools)
        # What a practice leg knows to answer is what it should listen for.
        card = fetch_card(found.chat) if found.chat.practice else []
        prompt = ". ".join(card) if found.transcribe.practice else ""
        self._server = ChainServer(found, voice=voice, prompt=prompt, on_notice=self._on_notice)
        self._legs: Legs = found
        try:
            super().__init__(self._server.endpoint, config, name=name, functions=functions)
            self.budget = limit
            self._begin()
            self.bridge.phrases = card
        except BaseException:
            self._server.close()
            raise
        remember(self)

    def _begin(self) -> None:
        outcome = self.open()
        if outcome.error is not None:
            self.close()
            raise outcome.error
        without = [str(part) for part in self._server.missing]
        practice = next((leg for leg in self.services if leg.practice), None)
        if practice is not None:
            without += fetch_missing(practice)
        if without:
            self.bridge.notice("warning", " ".join(without))
        self._warn_of_budget()

    def _warn_of_budget(self) -> None:
        if self.budget is None:
            return
        billed = {leg.model for leg in self.services if not leg.practice}
        if unpriced := sorted(model for model in billed if not prices_of(model)):
            self.bridge.notice(
                "warning",
                f"No price is known of {' and '.join(unpriced)}: what it costs is not counted,"
                " and the budget does not hold for it.",
            )

    @property
    def services(self) -> tuple[Endpoint, Endpoint, Endpoint]:
        """Who hears, who thinks and who speaks."""
        return self._legs.transcribe, self._legs.chat, self._legs.speak

    @property
    def service(self) -> str:
        """Return ``""``: a chain is no service, so a file of it goes on wherever a cell would."""
        return ""

    def _on_notice(self, leg: LegName, notice: Notice) -> None:
        # On the chain's thread: the bridge lives on the session's.
        text = f"{leg}: {notice.text}"
        BackgroundLoop.shared().post(self.bridge.notice, "warning", text)

    def close(self) -> None:
        """End the session, its requests and its port; closing twice is fine."""
        forget(self)
        try:
            super().close()
        finally:
            self._server.close()


def _check_words(**given: Any) -> None:
    """Refuse what is no text before anything is opened."""
    for name, value in given.items():
        if value is None and name == "instructions":
            continue
        if not isinstance(value, str) or (name != "instructions" and not value.strip()):
            raise UsageError(f'{name}={value!r:.80} is no text; write {name}="…".')


def _defined(tools: Sequence[Any]) -> tuple[list[Any], dict[str, Callable[..., Any]]]:
    """Return the definitions of functions, or of what is defined already; and the functions."""
    given = [tools] if callable(tools) or isinstance(tools, dict | str) else list(tools)
    for tool in given:
        if not callable(tool) and not isinstance(tool, dict):
            raise UsageError(f"{tool!r:.80} is no tool: give a function, or its definition.")
    return bind_tools(given, {})
