"""The tornado side: one loopback port for WebSocket and HTTP."""

from __future__ import annotations

import logging
from typing import Any, Final

import tornado.web

from realtime_nb.server.audio_api.speech import SpeechHandler
from realtime_nb.server.audio_api.transcriptions import (
    AudioTranslationHandler,
    TranscriptionHandler,
)
from realtime_nb.server.calls.handlers import call_routes
from realtime_nb.server.completions.handler import ChatCompletionsHandler, ModelsHandler
from realtime_nb.server.config.config import MODEL
from realtime_nb.server.config.stored_prompts import shelf_to_wire
from realtime_nb.server.door.secret_requests import (
    ClientSecretsHandler,
    MovedHandler,
    TranslationSecretsHandler,
)
from realtime_nb.server.door.web import MAX_FRAME, LocalHandler, NotFoundHandler, Shared
from realtime_nb.server.door.websocket import RealtimeHandler, TranslationHandler
from realtime_nb.server.phone.handler import PhoneHandler, PhoneLinesHandler

Json = dict[str, Any]

_log = logging.getLogger(__name__)

PING_S: Final = 60.0


class HealthHandler(LocalHandler):
    """Whether the server is well, and what it works with."""

    def get(self) -> None:
        """Answer who has the token."""
        if not self.require_token():
            return
        shared, engines = self.shared, self.shared.engines
        brain = shared.make_brain()
        self.reply(
            {
                "status": "ok",
                "model": MODEL,
                "brain": brain.name,
                "voice_activity": engines.voice_activity().name,
                "recogniser": engines.recogniser.name if engines.recogniser else None,
                "speaker": engines.speaker.name,
                "missing": [
                    {"name": part.name, "why": part.why, "fallback": part.fallback,
                     "install": part.install}
                    for part in engines.missing
                ],
                "sessions": len(shared.connections),
                "calls": len(shared.calls),
                "pace": shared.settings.pace.factor,
            }
        )  # fmt: skip


class CardHandler(LocalHandler):
    """What can be said to the brain."""

    def get(self) -> None:
        """Answer with phrases for people, patterns for a recogniser, and stored prompts."""
        if self.require_token():
            brain = self.shared.make_brain()
            self.reply(
                {
                    "phrases": list(brain.card),
                    "patterns": list(brain.phrases),
                    "prompts": shelf_to_wire(),
                    "about": brain.about,
                    "brain": brain.name,
                }
            )


def make_app(shared: Shared) -> tornado.web.Application:
    """Return the server's application.

    Parameters
    ----------
    shared
        What its handlers share.
    """
    given: Json = {"shared": shared}
    return tornado.web.Application(
        [
            (r"/v1/realtime/?", RealtimeHandler, given),
            (r"/v1/realtime/translations/?", TranslationHandler, given),
            (r"/v1/realtime/translations/client_secrets/?", TranslationSecretsHandler, given),
            (r"/v1/realtime/client_secrets/?", ClientSecretsHandler, given),
            (
                r"/v1/realtime/(?:sessions|transcription|transcription_sessions)/?",
                MovedHandler,
                given,
            ),
            *call_routes(given),
            (r"/v1/audio/speech/?", SpeechHandler, given),
            (r"/v1/audio/transcriptions/?", TranscriptionHandler, given),
            (r"/v1/audio/translations/?", AudioTranslationHandler, given),
            (r"/v1/chat/completions/?", ChatCompletionsHandler, given),
            (r"/v1/models/?", ModelsHandler, given),
            (r"/v1/models/([^/]+)/?", ModelsHandler, given),
            (r"/v1/practice/card/?", CardHandler, given),
            (r"/v1/practice/phone/?", PhoneHandler, given),
            (r"/v1/practice/phone/lines/?", PhoneLinesHandler, given),
            (r"/health/?", HealthHandler, given),
        ],
        default_handler_class=NotFoundHandler,
        default_handler_args=given,
        websocket_ping_interval=PING_S,
        websocket_ping_timeout=PING_S,
        websocket_max_message_size=MAX_FRAME,
        log_function=_log_request,
    )


def _log_request(handler: tornado.web.RequestHandler) -> None:
    # Tornado would log a warning for each refused request; tokens never stand in the URL.
    _log.debug("%s %s %d", handler.request.method, handler.request.path, handler.get_status())
