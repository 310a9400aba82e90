"""A session and a view that remember what they were told."""

from __future__ import annotations

import asyncio
import base64
from types import SimpleNamespace
from typing import Any

from realtime_nb.client.transport.transports import WebSocketTransport
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.cost.meter import Total
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog


class FakeLoop:
    """The running loop in the place of a background one."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.alive = True

    def post(self, function: Any, *args: Any) -> bool:
        self.loop.call_soon_threadsafe(function, *args)
        return True

    def call(self, coroutine: Any) -> asyncio.Task[Any]:
        return self.loop.create_task(coroutine)


class FakeCall:
    """A call under way; `end` ends it."""

    def __init__(self) -> None:
        self._callbacks: list[Any] = []
        self._error: Exception | None = None

    def add_done_callback(self, callback: Any) -> None:
        self._callbacks.append(callback)

    def exception(self) -> Exception | None:
        return self._error

    def end(self, error: Exception | None = None) -> None:
        self._error = error
        for callback in self._callbacks:
            callback(self)


class FakeSession:
    def __init__(self) -> None:
        self.state = "open"
        self.transport: Any = WebSocketTransport()
        self.recorded: list[tuple[str, bytes, float]] = []
        self.interruptions = 0
        self.failure: Exception | None = None
        self.restoration: Any = None
        self.endpoint = SimpleNamespace(
            name="local practice server",
            model="local-demo",
            practice=True,
            costs=False,
            base_url="http://127.0.0.1:1/v1",
        )
        self.log = EventLog()
        self.conversation = Conversation()
        self.did: list[tuple[Any, ...]] = []
        self.commits: list[FakeCall] = []
        self.cancels: list[FakeCall] = []
        self.requested = False
        self.asked_kind = "realtime"
        self.has_room = True
        self.clock_ms = 0.0
        self._listeners: list[Any] = []
        self._states: list[Any] = []
        self._costs: list[Any] = []
        self.spent = Total(free=True)
        self.budget: float | None = None
        self.budget_refusal: str | None = None

    def on_cost(self, listener: Any) -> Any:
        self._costs.append(listener)
        return lambda: self._costs.remove(listener)

    def charge(self, total: Total) -> None:
        self.spent = total
        for listener in tuple(self._costs):
            listener(total)

    def subscribe(self, listener: Any) -> Any:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_state(self, listener: Any) -> Any:
        self._states.append(listener)
        return lambda: self._states.remove(listener)

    def on_stray(self, _listener: Any) -> Any:
        return lambda: None

    @property
    def kind(self) -> str:
        return (self.conversation.session or {}).get("type", self.asked_kind)

    @property
    def responding(self) -> bool:
        return self.requested or self.conversation.active_response_id is not None

    def now_ms(self) -> float:
        return self.clock_ms

    def append_audio(self, pcm: bytes) -> bool:
        if self.has_room:
            payload = base64.b64encode(pcm).decode()
            self.did.append(("append", pcm))
            self.pass_event("sent", {"type": "input_audio_buffer.append", "audio": payload})
        return self.has_room

    def record(self, side: str, pcm: bytes, t_ms: float) -> None:
        self.recorded.append((side, pcm, t_ms))

    def send(self, event: dict[str, Any]) -> FakeCall:
        self.did.append(("send", event["type"]))
        return FakeCall()

    def say(self, text: str) -> FakeCall:
        self.did.append(("say", text))
        return FakeCall()

    def commit(self) -> FakeCall:
        self.did.append(("commit",))
        self.commits.append(FakeCall())
        return self.commits[-1]

    def respond(self) -> FakeCall:
        self.did.append(("respond",))
        return FakeCall()

    def cancel(self) -> FakeCall:
        self.did.append(("cancel",))
        self.cancels.append(FakeCall())
        return self.cancels[-1]

    def retry_now(self) -> None:
        self.did.append(("retry",))

    def close(self) -> FakeCall:
        self.did.append(("close",))
        return FakeCall()

    def interrupted(self) -> None:
        self.interruptions += 1

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> FakeCall:
        self.did.append(("truncate", item_id, content_index, audio_end_ms))
        return FakeCall()

    def pass_event(self, direction: Any, data: dict[str, Any], t_ms: float = 0.0) -> None:
        event = Event(data)
        record = self.log.append(direction, event, t_ms=t_ms, size=len(event.to_json()))
        changed = self.conversation.apply(direction, event, t_ms)
        for listener in list(self._listeners):
            listener(record, changed)

    def receive(self, *events: dict[str, Any], t_ms: float = 0.0) -> None:
        for data in events:
            self.pass_event("received", data, t_ms)

    def become(self, state: str) -> None:
        self.state = state
        for listener in list(self._states):
            listener(state)


class FakeView:
    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], tuple[bytes, ...]]] = []
        self.handlers: list[Any] = []

    def send_message(self, message: dict[str, Any], buffers: Any = ()) -> None:
        self.sent.append((message, tuple(bytes(b) for b in buffers)))

    def on_message(self, handler: Any) -> Any:
        self.handlers.append(handler)
        return lambda: self.handlers.remove(handler)

    def page_says(self, kind: str, *buffers: bytes, client: str = "page", **fields: Any) -> None:
        for handler in list(self.handlers):
            handler({"kind": kind, "client": client, **fields}, [memoryview(b) for b in buffers])

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [message for message, _ in self.sent if message["kind"] == kind]
