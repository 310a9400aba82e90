"""Where a REST request goes, and with which model."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from realtime_nb.client.endpoints.endpoint import PRACTICE_MODEL, resolve_endpoint
from realtime_nb.client.endpoints.named import BUILT_IN, find_named
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.protocol.config.models import find_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

RestKind: TypeAlias = Literal["audio_chat", "speech", "transcription", "translation"]

DEFAULT_MODELS: Final[Mapping[RestKind, str]] = {
    "audio_chat": "gpt-audio-1.5",
    "speech": "gpt-4o-mini-tts",
    "transcription": "gpt-transcribe",
    "translation": "whisper-1",
}
"""What is asked where no model is named."""

_USES: Final[Mapping[RestKind, str]] = {
    "audio_chat": "chat",
    "speech": "speech",
    "transcription": "transcription",
    "translation": "transcription",
}


def rest_endpoint(  # noqa: PLR0913 -- as `resolve_endpoint`
    endpoint: str | Endpoint | None = None,
    model: str | None = None,
    *,
    kind: RestKind,
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
    ask: Callable[[str], str | None] | None = None,
    api_key: str | None = None,
) -> Endpoint:
    """Return the endpoint that a name or URL stands for, with a model for a kind of request.

    Parameters
    ----------
    endpoint
        As with `realtime_nb.resolve_endpoint`; or an endpoint, which keeps its model where
        that is none known to be for something else.
    model
        Name of the model; when None that of the endpoints file, where it may be of the kind,
        then that of `DEFAULT_MODELS`, and ``local-demo`` locally.
    kind
        What will be asked.
    environ, file, ask, api_key
        As with `realtime_nb.resolve_endpoint`.

    Raises
    ------
    EndpointError
        As there.
    """
    if isinstance(endpoint, Endpoint):
        default = PRACTICE_MODEL if endpoint.practice else DEFAULT_MODELS[kind]
        return replace(endpoint, model=model or _fitting(endpoint.model, kind) or default)
    if model is None and endpoint is not None and not _is_place(endpoint):
        model = _fitting(find_named(endpoint, file, environ=environ).model, kind)
    local = endpoint == "local" or (
        endpoint is None and not environ.get("OPENAI_API_KEY", "").strip()
    )
    return resolve_endpoint(
        endpoint,
        model or (PRACTICE_MODEL if local else DEFAULT_MODELS[kind]),
        environ=environ,
        file=file,
        ask=ask,
        api_key=api_key,
    )


def _is_place(endpoint: str) -> bool:
    return endpoint in BUILT_IN or "://" in endpoint


def _fitting(model: str, kind: RestKind) -> str:
    """Return the model, or nothing where it is known to be for something else."""
    known = find_model(model) if model else None
    return "" if known is not None and known.use != _USES[kind] else model
