"""The three legs of a chain: which service each of them is, and what they are called together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from realtime_nb.client.endpoints.endpoint import PRACTICE_MODEL
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.rest.resolve import DEFAULT_MODELS, rest_endpoint
from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.transcriber_models import find_transcriber
from realtime_nb.protocol.chain import LEGS, LegName, chain_model
from realtime_nb.protocol.config.models import find_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.rest.resolve import RestKind

LegChoice: TypeAlias = str | tuple[str | None, str | Endpoint] | Endpoint | None
"""A model's name; (model, endpoint); an `Endpoint` with its model; None for the usual one."""

CHAT_MODEL: Final = "gpt-4.1-mini"
"""What thinks where no model is named: one that answers with words soon."""

_INSTEAD: Final[Mapping[LegName, str]] = {
    "transcribe": "it takes one that writes down recordings, such as gpt-transcribe",
    "chat": f"it takes a chat model of words, such as {CHAT_MODEL}",
    "speak": "it takes one that reads aloud, such as gpt-4o-mini-tts",
}

_KINDS: Final[Mapping[LegName, RestKind]] = {
    "transcribe": "transcription",
    "chat": "audio_chat",
    "speak": "speech",
}


@dataclass(frozen=True, slots=True)
class Legs:
    """Who hears, who thinks, who speaks.

    Attributes
    ----------
    transcribe, chat, speak
        The service of each, with its model.
    """

    transcribe: Endpoint
    chat: Endpoint
    speak: Endpoint

    def __getitem__(self, name: LegName) -> Endpoint:
        return cast("Endpoint", getattr(self, name))

    @property
    def model(self) -> str:
        """What the session calls its model: ``chain: A > B > C``."""
        legs = [self[name] for name in LEGS]
        # Whatever it was called: the practice server is no model.
        return chain_model([PRACTICE_MODEL if leg.practice else leg.model for leg in legs])

    @property
    def practice(self) -> bool:
        """Whether all of them are the practice server, which is no model."""
        return all(self[name].practice for name in LEGS)

    @property
    def costs(self) -> bool:
        """Whether talking may cost money."""
        return any(self[name].costs for name in LEGS)

    @property
    def service(self) -> str:
        """Whose services they are, for people; what is the practice server's is said."""
        names = [self[name].name for name in LEGS]
        if len(set(names)) == 1:
            return f"chain by {names[0]}" + (", not a model" if self.practice else "")
        return "chain by " + " > ".join(
            f"{self[name].name}, not a model" if self[name].practice else self[name].name
            for name in LEGS
        )


def resolve_legs(
    transcribe: LegChoice = None,
    chat: LegChoice = None,
    speak: LegChoice = None,
    *,
    endpoint: str | Endpoint | None = None,
    ask: Callable[[str], str | None] | None = None,
) -> Legs:
    """Return the legs that are meant.

    Parameters
    ----------
    transcribe, chat, speak
        For each a model's name, a pair of model and endpoint, or an `Endpoint`.
    endpoint
        Of those that name none; as with `realtime_nb.resolve_endpoint`.
    ask
        Asks a person for a key; see there.

    Raises
    ------
    UsageError
        For what is no leg.
    EndpointError
        When there is no such endpoint, or no key for it.
    """
    given: dict[LegName, LegChoice] = {"transcribe": transcribe, "chat": chat, "speak": speak}
    return Legs(**{name: _resolve(name, given[name], endpoint, ask) for name in LEGS})


def _resolve(
    name: LegName,
    choice: object,
    endpoint: str | Endpoint | None,
    ask: Callable[[str], str | None] | None,
) -> Endpoint:
    model, place = _split(name, choice, endpoint)
    found = rest_endpoint(place, model, kind=_KINDS[name], ask=ask)
    if model is not None and not found.practice:
        _check_use(name, model)
    if name == "chat" and model is None and found.model == DEFAULT_MODELS["audio_chat"]:
        # That one takes no conversation of words alone.
        return found.with_model(CHAT_MODEL)
    return found


def _check_use(name: LegName, model: str) -> None:
    """Refuse a model that is known to do something else; one that is not known may well do it."""
    known = find_model(model)
    if known is None or (name == "speak" and known.use == "speech"):
        return
    if name == "transcribe" and find_transcriber(model) is not None:
        return
    raise UsageError(f"{model} cannot be what {name}s in a chain: {_INSTEAD[name]}.")


def _split(
    name: LegName, choice: object, endpoint: str | Endpoint | None
) -> tuple[str | None, str | Endpoint | None]:
    """Return model and endpoint of what was given for a leg."""
    if choice is None:
        return None, endpoint
    if isinstance(choice, Endpoint):
        return None, choice
    if isinstance(choice, str) and choice.strip():
        return choice, endpoint
    if isinstance(choice, tuple):
        pair = cast("tuple[object, ...]", choice)
        model, place = pair if len(pair) == 2 else (0, 0)  # noqa: PLR2004 -- a pair
        if (model is None or isinstance(model, str)) and isinstance(place, str | Endpoint):
            return model or None, place
    raise UsageError(
        f'{name} is no leg: write a model\'s name, or a pair such as ("whisper-1", "local")'
    )
