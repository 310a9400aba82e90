"""A page on either carrier that may be left, lose its fast path, or begin anew."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from realtime_nb.bridge.carrier.order import Inbox, Outbox
from realtime_nb.bridge.carrier.packet import Packet
from tests.bridge.page import PER_MS, Page

if TYPE_CHECKING:
    from realtime_nb.bridge.frames import Frame
    from tests.bridge.stage import Stage

Known = dict[tuple[str, int], int]


class Wire:
    """The kernel's end of one WebSocket."""

    def __init__(self) -> None:
        self.up: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.down: list[bytes] = []
        self.closed = False

    async def receive(self) -> bytes | None:
        return await self.up.get()

    def send(self, packet: bytes) -> None:
        if not self.closed:
            self.down.append(packet)

    def close(self) -> None:
        self.closed = True
        self.up.put_nowait(None)


class Tab(Page):
    """One tab.

    Attributes
    ----------
    everybody
        All tabs there ever were.
    reported
        How far the kernel was told that each content part was played, by whichever tab.
    unkept
        How far each content part came while there was nobody to play it.
    """

    def __init__(
        self, stage: Stage, client: str, everybody: list[Tab], reported: Known, unkept: Known
    ) -> None:
        super().__init__(stage, client)
        # No real port: a wire is handed over by hand.
        place = SimpleNamespace(id="relay")
        self.carriers._listener = SimpleNamespace(place=place, close=lambda: None)
        self.everybody = everybody
        self.reported = reported
        self.unkept = unkept
        self.alive = True
        self.live = False
        self.welcomed = False
        self.microphone = False
        self.wire: Wire | None = None
        self.joined = False
        self.epoch = 0
        self.inbox: Inbox[tuple[dict[str, Any], Any]] | None = None
        self.outbox = Outbox()
        self.agreed = False

    @property
    def carriers(self) -> Any:
        return self.stage.bridge._view

    def hello(self) -> None:
        self.stage.view.page_says("hello", client=self.client, version=1, relay=True, e=self.epoch)
        self.stage.run()

    def say(self, kind: str, **fields: Any) -> None:
        if not self.alive or not self.live:
            return
        self._note(kind, fields)
        message = {"kind": kind, **fields}
        if not self.agreed:
            super().say(kind, **fields)
            return
        number = self.outbox.number()
        if self.wire is None or not self.joined:
            super().say(kind, **fields, e=self.epoch, n=number)
            return
        packet = Packet(number, self.inbox.last, message).pack()
        assert self.outbox.keep(number, message, (), len(packet), 0.0)
        if not self.wire.closed:
            self.wire.up.put_nowait(packet)
        self.stage.run()

    def _note(self, kind: str, fields: dict[str, Any]) -> None:
        speaker = self.stage.bridge._loudspeaker
        asked = fields.get("id") in speaker.interruption._answers
        for entry in fields.get("streams", ()):
            stream = speaker.downlink.stream(entry["stream"])
            if stream is not None and (kind == "played" or asked):
                known = self.reported.get(stream.key, 0)
                self.reported[stream.key] = max(known, entry["samples"])

    # -- carriers

    def join(self) -> None:
        """Open the fast path."""
        if self.wire is not None or not self.live:
            return
        if self.inbox is None:
            self.epoch += 1
            self.inbox = Inbox()
        self.wire = Wire()
        self.stage.loop._loop.create_task(self.carriers._talk(self.wire))
        join = {"kind": "join", "client": self.client, "e": self.epoch}
        self.wire.up.put_nowait(Packet(0, self.inbox.last, join).pack())
        self.stage.run()

    def lose_carrier(self) -> None:
        """Lose the fast path, with what is on its way in both directions."""
        wire, self.wire = self.wire, None
        used, self.joined = self.joined, False
        if wire is None:
            return
        while not wire.up.empty():
            wire.up.get_nowait()
        wire.close()
        if self.alive and used and self.inbox is not None:
            for kept in self.outbox.unconfirmed():
                self._repeat(kept.number, kept.message)
            self.outbox.clear()
            self._repeat(self.outbox.number(), {"kind": "back"})
        self.stage.run()

    def _repeat(self, number: int, message: dict[str, Any]) -> None:
        self.stage.view.page_says(client=self.client, **message, e=self.epoch, n=number)

    def drop(self) -> None:
        """Begin anew."""
        self.live = self.agreed = self.joined = False
        self.inbox = None
        self.outbox = Outbox()
        if self.wire is not None:
            self.wire.close()
            self.wire = None
        self.hello()

    def go(self) -> None:
        """Be there no more, without a word."""
        self.alive = False
        self.lose_carrier()

    # -- in

    def read(self) -> None:
        if not self.alive:
            return
        fresh = self.stage.view.sent[self._read :]
        self._read += len(fresh)
        for message, buffers in fresh:
            if message.get("to", self.client) == self.client:
                self._from_comm(message, buffers)
        wire = self.wire
        if wire is not None:
            packets, wire.down = wire.down, []
            for data in packets:
                if wire is self.wire:
                    self._from_wire(Packet.unpack(data))
            if wire is self.wire and wire.closed:
                self.lose_carrier()
            elif wire is self.wire and packets:
                wire.up.put_nowait(Packet(0, self.inbox.last, {"kind": "got"}).pack())
                self.stage.run()

    def _from_comm(self, message: dict[str, Any], buffers: Any) -> None:
        if message["kind"] == "reset":
            self.drop()
        elif "n" not in message:
            if self.inbox is None or not self.inbox.last:
                self._take(message, buffers)
        elif self.inbox is not None and message["e"] == self.epoch:
            self._due(message["n"], message, buffers)

    def _from_wire(self, packet: Packet) -> None:
        if not self.joined:
            self.joined = True
            if not self.agreed:
                self.agreed = True
                self._repeat(self.outbox.number(), {"kind": "moved"})
                self.stage.run()
        self.outbox.confirm(packet.got)
        if packet.n:
            self._due(packet.n, packet.message, packet.buffers)

    def _due(self, number: int, message: dict[str, Any], buffers: Any) -> None:
        for each, sound in self.inbox.take(number, (message, buffers)):
            self._take(each, [bytes(one) for one in sound])

    def _take(self, message: dict[str, Any], buffers: Any) -> None:
        match message["kind"]:
            case "welcome":
                self.live = True
                if not message["owner"]:
                    self.release()
                elif self.welcomed:
                    self.say("mic", on=self.microphone)
                self.welcomed = True
            case "owner" if message["client"] != self.client:
                self.release()
            case "mic_off":
                self.release()
            case "audio" if not self.live:
                return
        super()._take(message, buffers)

    def release(self) -> None:
        if self.microphone:
            self.microphone = False
            self.say("mic", on=False)

    def _push(self, frame: Frame, key: tuple[str, int]) -> None:
        current = self.stage.bridge._loudspeaker.downlink.stream(frame.stream)
        if current is not None and frame.stream not in self.rings:
            heard = max(tab.heard_ms.get(key, 0) * PER_MS for tab in self.everybody)
            assert frame.offset <= max(heard, self.unkept.get(key, 0)), "sound was lost"
            assert frame.offset >= self.reported.get(key, 0), "played twice"
        super()._push(frame, key)
