"""``POST /v1/chat/completions``, and the list of models."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from realtime_nb.audio.codec import encoders
from realtime_nb.server.brain.interface import Brain, BrainError, BrainRequest
from realtime_nb.server.completions.conversation import find_spoken, understand
from realtime_nb.server.completions.fields import AUDIO_OUT
from realtime_nb.server.completions.listening import RecordingEar
from realtime_nb.server.completions.models import model_entry
from realtime_nb.server.completions.replies import Replying
from realtime_nb.server.completions.request import read_request
from realtime_nb.server.config.config import MODEL
from realtime_nb.server.door.web import LocalHandler
from realtime_nb.server.http.body import ApiHandler
from realtime_nb.server.http.errors import Refusal, model_not_found, server_fault
from realtime_nb.server.http.sse import ClientGone, EventStream
from realtime_nb.server.http.work import working
from realtime_nb.server.wire_errors import WireError, listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.server.completions.request import ChatRequest

Json = dict[str, Any]

_log = logging.getLogger(__name__)

_DOWN: Final = "brain_unavailable"


@runtime_checkable
class _Advancing(Protocol):
    """A brain whose answers come in an order: it must be told of those it gave before."""

    def skip(self, request: BrainRequest) -> None:
        """Take the answer to an earlier request as given."""
        ...


class ChatCompletionsHandler(ApiHandler):
    """Answers a conversation, with or without sound."""

    async def answer(self, *_parts: str) -> None:
        """Answer whole, or in chunks as it is made."""
        asked = read_request(self.json_body())
        self.body = b""
        _check_encoder(asked)
        spoken = find_spoken(asked, self.shared.spoken_answers)
        self.set_header("openai-model", MODEL)
        async with working(self.shared) as workers:
            expected = self.shared.make_brain().phrases
            ear = RecordingEar(workers, expected, self.shared.remembered)
            talk = await understand(asked, ear, spoken)
            make_brain = _informed(self.shared.make_brain, talk.request)
            answers = self.shared.spoken_answers
            replying = Replying(asked, talk, workers, make_brain, answers)
            if asked.stream:
                await self._stream(replying)
                return
            try:
                reply = await replying.whole()
            except BrainError as error:
                raise _fault(error) from None
        self.reply(reply)

    async def _stream(self, replying: Replying) -> None:
        events = EventStream(self)
        try:
            await replying.stream(events)
        except ClientGone:
            raise
        except BrainError as error:
            if not self._headers_written:
                raise _fault(error) from None
            await events.send(_fault(error).body())
        except Exception as error:
            if not self._headers_written:
                raise
            # The status is out: what went wrong is told as the last event.
            _log.exception("a stream failed")
            await events.send(server_fault(f"The server had an error: {error}").body())
        self.finish()  # pyright: ignore[reportUnknownMemberType] -- tornado's dict


class ModelsHandler(LocalHandler):
    """The one model there is, truthfully named, in a list or alone."""

    def get(self, model: str = "") -> None:
        """Answer as the service's list of models, or as one of its entries."""
        if not self.require_token():
            return
        if not model:
            self.reply({"object": "list", "data": [model_entry()]})
        elif model == MODEL:
            self.reply(model_entry())
        else:
            refusal = model_not_found(model)
            self.set_status(refusal.status)
            self.reply(refusal.body())


def _informed(make_brain: Callable[[], Brain], request: BrainRequest) -> Callable[[], Brain]:
    """Return what makes a brain that has given this conversation's answers already.

    A session keeps its brain from turn to turn; here every request brings all turns.
    """

    def make() -> Brain:
        brain = make_brain()
        if isinstance(brain, _Advancing):
            for earlier in _answered(request):
                brain.skip(earlier)
        return brain

    return make


def _answered(request: BrainRequest) -> list[BrainRequest]:
    """Return the requests whose answers stand in a conversation."""
    earlier: list[BrainRequest] = []
    was_ours = False
    for index, item in enumerate(request.items):
        is_ours = item.role == "assistant" or item.kind == "function_call"
        if is_ours and not was_ours:
            earlier.append(BrainRequest(request.instructions, request.items[:index]))
        was_ours = is_ours
    return earlier


def _check_encoder(asked: ChatRequest) -> None:
    """Raise `WireError` for a format that this computer cannot make."""
    makes = encoders()
    if asked.speaks and asked.format not in makes:
        here = [form for form in AUDIO_OUT if form in makes]
        raise WireError(
            f"Invalid value: '{asked.format}'. This computer has no encoder for it "
            f"(pip install 'realtime_nb[formats]' brings one). "
            f"Supported values here are: {listed(here)}.",
            code="invalid_value",
            param="audio.format",
        )


def _fault(error: BrainError) -> Refusal:
    if error.code == _DOWN:
        return Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE, str(error), kind="server_error", code=error.code
        )
    return server_fault(str(error), error.code)
