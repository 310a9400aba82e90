"""Two carriers, one talk: agreed, lost and found again without a message lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.bridge.carrier import carrier as module
from realtime_nb.bridge.carrier import listener as listener_module
from realtime_nb.bridge.carrier.carrier import Carriers
from realtime_nb.bridge.carrier.listener import Listener
from realtime_nb.bridge.carrier.order import (
    MAX_EARLY,
    MAX_EARLY_BYTES,
    MAX_UNCONFIRMED,
    MAX_UNCONFIRMED_BYTES,
    Inbox,
    Outbox,
)
from realtime_nb.bridge.carrier.packet import Packet
from realtime_nb.relay.meeting import Line, NotMet, Place, call
from tests.bridge.fakes import FakeLoop, FakeView

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def runtime_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    return tmp_path


class Room:
    """A chat's carriers, its comm, and what the bridge behind them was given."""

    def __init__(self) -> None:
        self.comm = FakeView()
        self.carriers = Carriers(self.comm, FakeLoop())  # type: ignore[arg-type]  # a stand-in
        self.got: list[tuple[dict[str, Any], list[bytes]]] = []
        self.pages: list[Page] = []
        self.undo = self.carriers.on_message(
            lambda message, buffers: self.got.append((message, [bytes(b) for b in buffers]))
        )

    def stop(self) -> None:
        undo, self.undo = self.undo, lambda: None
        undo()

    def said(self) -> list[Any]:
        return [message["text"] for message, _ in self.got if message["kind"] == "text"]

    def over_comm(self, kind: str) -> list[dict[str, Any]]:
        return self.comm.of_kind(kind)

    async def page(self, place_id: str, client: str = "page") -> Page:
        """Return a page that has called, and has not joined yet."""
        self.pages.append(Page(await call(place_id), client))
        return self.pages[-1]

    async def hello(self, client: str = "page", **more: Any) -> str:
        """Say hello as a page that may join; return the id it is offered."""
        before = len(self.over_comm("offer"))
        self.comm.page_says("hello", client=client, **{"relay": True, "e": 0, **more})
        await settle()
        offers = self.over_comm("offer")[before:]
        return offers[0]["relay"] if offers else ""


class Page:
    """A page on the fast path; the relay is left out, as it changes nothing."""

    def __init__(self, line: Line, client: str = "page", epoch: int = 1) -> None:
        self.line = line
        self.client = client
        self.epoch = epoch
        self.n = 1  # the first goes over the comm

    async def join(self, got: int = 0) -> Packet:
        self.send_control({"kind": "join", "client": self.client, "e": self.epoch}, got)
        return await self.receive()

    def send_control(self, message: dict[str, Any], got: int = 0) -> None:
        self.line.send(Packet(0, got, message).pack())

    def say(self, text: str, *, got: int = 0, n: int | None = None) -> None:
        if n is None:
            self.n += 1
            n = self.n
        self.line.send(Packet(n, got, {"kind": "text", "text": text}, (b"ab", b"c")).pack())

    async def receive(self) -> Packet:
        async with asyncio.timeout(5):
            data = await self.line.receive()
        assert data is not None
        return Packet.unpack(data)


async def settle(seconds: float = 0.05) -> None:
    await asyncio.sleep(seconds)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    one = Room()
    yield one
    for page in one.pages:
        page.line.close()
    one.stop()
    await settle()


async def joined(room: Room, client: str = "page") -> Page:
    """Return a page that has joined, both its `moved` exchanged."""
    page = await room.page(await room.hello(client), client)
    assert (await page.join()).message == {"kind": "joined"}
    room.comm.page_says("moved", client=client, e=1, n=1)
    await settle()
    return page


async def test_a_page_without_a_server_of_its_own_stays_on_the_comm(room: Room) -> None:
    room.comm.page_says("hello", version=1)
    await settle()
    assert room.over_comm("offer") == []
    room.comm.page_says("text", text="a")
    room.carriers.send_message({"kind": "state"})
    assert room.comm.sent[-1] == ({"kind": "state"}, ())
    assert room.said() == ["a"]


async def test_messages_go_by_the_fast_path_once_both_have_agreed(room: Room) -> None:
    page = await joined(room)
    (moved,) = room.over_comm("moved")
    assert (moved["to"], moved["n"], moved["e"]) == ("page", 1, 1)
    before = len(room.comm.sent)
    room.carriers.send_message({"kind": "audio", "to": "page"}, (b"sound",))
    room.carriers.send_message({"kind": "state"})
    sound, state = await page.receive(), await page.receive()
    assert (sound.n, sound.message["kind"], [bytes(b) for b in sound.buffers]) == (
        2,
        "audio",
        [b"sound"],
    )
    assert (state.n, state.message) == (3, {"kind": "state"})
    assert len(room.comm.sent) == before
    page.say("hello")
    await settle()
    message, buffers = room.got[-1]
    assert (message["text"], message["client"], buffers) == ("hello", "page", [b"ab", b"c"])
    assert room.carriers.fast == ["page"]


async def test_what_was_said_over_the_comm_before_comes_first(room: Room) -> None:
    page = await room.page(await room.hello())
    await page.join()
    page.say("second")
    await settle()
    assert room.said() == []
    room.comm.page_says("text", text="first")
    room.comm.page_says("moved", e=1, n=1)
    await settle()
    assert room.said() == ["first", "second"]


async def test_a_lost_fast_path_loses_and_doubles_nothing(room: Room) -> None:
    page = await joined(room)
    for text in ("a", "b"):
        page.say(text)
    for number in range(3):
        room.carriers.send_message({"kind": "items", "number": number})
    await page.receive()
    page.send_control({"kind": "got"}, got=2)  # the first of three
    await settle()
    page.line.close()
    await settle()
    # Told again over the comm: what was not confirmed, whether it came or not.
    assert [(m["n"], m["number"]) for m in room.over_comm("items")] == [(3, 1), (4, 2)]
    # The page does not know that we had both: it says them again.
    for n, text in ((2, "a"), (3, "b"), (4, "c")):
        room.comm.page_says("text", text=text, e=1, n=n)
    room.carriers.send_message({"kind": "items", "number": 3})
    await settle()
    assert room.said() == ["a", "b", "c"]
    assert room.over_comm("items")[-1] == {
        "kind": "items",
        "number": 3,
        "to": "page",
        "e": 1,
        "n": 5,
    }
    # And the fast path again.
    again = await room.page(room.carriers._listener.place.id)  # type: ignore[union-attr]  # it listens by now
    assert (await again.join(got=5)).got == 4
    again.say("d", n=5)
    room.carriers.send_message({"kind": "items", "number": 4})
    assert (await again.receive()).n == 6
    await settle()
    assert room.said() == ["a", "b", "c", "d"]


async def test_a_line_lost_on_the_pages_side_only_is_taken_over(room: Room) -> None:
    page = await joined(room)
    room.carriers.send_message({"kind": "state"})
    again = await room.page(room.carriers._listener.place.id)  # type: ignore[union-attr]  # it listens by now
    await again.join(got=1)
    assert (await again.receive()).n == 2
    async with asyncio.timeout(5):
        while await page.line.receive() is not None:
            pass
    await settle()
    assert room.carriers.fast == ["page"]
    assert room.over_comm("state") == []


async def test_a_second_page_on_the_comm_hears_everything_once(room: Room) -> None:
    page = await joined(room)
    room.comm.page_says("hello", client="other", version=1)
    await settle()
    room.carriers.send_message({"kind": "state"})
    room.carriers.send_message({"kind": "end", "to": "other"})
    assert (await page.receive()).message == {"kind": "state"}
    assert room.over_comm("state") == [{"kind": "state"}]
    assert room.over_comm("end") == [{"kind": "end", "to": "other"}]


async def test_a_page_that_never_said_hello_cannot_join(room: Room) -> None:
    place = await room.hello()
    for first in (
        {"kind": "join", "client": "stranger", "e": 1},
        {"kind": "join", "client": "page", "e": "1"},
        {"kind": "text", "client": "page"},
    ):
        line = await call(place)
        line.send(Packet(0, 0, first).pack())
        async with asyncio.timeout(5):
            assert await line.receive() is None
        line.close()
    assert room.carriers.fast == []


@pytest.mark.parametrize("junk", [b"", b"x" * 15, b"\xff" * 64, Packet(2, 0, {}).pack()[:-1]])
async def test_junk_on_the_line_moves_the_page_to_the_comm(room: Room, junk: bytes) -> None:
    page = await joined(room)
    page.line.send(junk)
    async with asyncio.timeout(5):
        assert await page.line.receive() is None
    await settle()
    assert room.carriers.fast == []
    room.comm.page_says("text", text="still here", e=1, n=2)
    await settle()
    assert room.said() == ["still here"]


async def test_a_page_that_confirms_nothing_goes_back_to_the_comm(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.1)
    monkeypatch.setattr(module, "_WATCH_S", 0.05)
    await joined(room)
    room.carriers.send_message({"kind": "state"})
    async with asyncio.timeout(20):
        while room.carriers.fast:  # noqa: ASYNC110 -- there is no event to wait for
            await asyncio.sleep(0.05)
    assert [m["n"] for m in room.over_comm("state")] == [2]


async def test_a_page_on_the_comm_that_is_not_heard_of_is_forgotten(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FORGOTTEN_S", 0.1)
    monkeypatch.setattr(module, "_WATCH_S", 0.05)
    page = await joined(room)
    page.line.close()
    async with asyncio.timeout(20):
        while not room.over_comm("reset"):  # noqa: ASYNC110 -- there is no event to wait for
            await asyncio.sleep(0.05)
    # It was there all the same: what it says is taken, and it begins anew.
    room.comm.page_says("text", text="here", e=1, n=2)
    await settle()
    assert room.said() == ["here"]
    assert len(room.over_comm("reset")) == 2
    assert await room.hello(e=1) != ""


async def test_a_page_of_whose_messages_one_is_missing_begins_anew(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.1)
    monkeypatch.setattr(module, "_WATCH_S", 0.05)
    page = await joined(room)
    page.line.close()
    # Said over the comm while the network was gone: one of them was lost on the way.
    room.comm.page_says("text", text="before", e=1, n=2)
    room.comm.page_says("text", text="behind", e=1, n=4)
    async with asyncio.timeout(20):
        while not room.over_comm("reset"):  # noqa: ASYNC110 -- there is no event to wait for
            await asyncio.sleep(0.05)
    assert room.said() == ["before"]
    room.comm.page_says("hello", relay=True, e=1)
    room.comm.page_says("text", text="anew")
    await settle()
    assert room.said() == ["before", "anew"]


async def test_a_page_that_stops_reading_is_told_to_begin_anew(room: Room) -> None:
    await joined(room)
    piece = bytes(2**20)
    for _ in range(MAX_UNCONFIRMED_BYTES // len(piece) + 2):
        room.carriers.send_message({"kind": "audio", "to": "page"}, (piece,))
    assert room.over_comm("reset") == [{"kind": "reset", "to": "page"}]
    assert room.carriers.fast == []


async def test_what_is_received_is_confirmed_without_an_answer(room: Room) -> None:
    page = await joined(room)
    page.say("a")
    confirmed = await page.receive()
    assert (confirmed.n, confirmed.got) == (0, 2)


async def test_an_old_hello_that_was_overtaken_changes_nothing(room: Room) -> None:
    await joined(room)
    room.comm.page_says("hello", relay=True, e=0)
    await settle()
    assert room.carriers.fast == ["page"]
    room.comm.page_says("hello", relay=True, e=1)
    await settle()
    assert room.carriers.fast == []


async def test_the_end_of_a_chat_takes_the_offer_back_and_the_last_words_go_by_comm(
    room: Room,
) -> None:
    await joined(room)
    place = room.carriers._listener.place.id  # type: ignore[union-attr]  # it listens by now
    room.stop()
    await settle()
    room.carriers.send_message({"kind": "mic_off", "to": "page", "reason": "closed"})
    assert room.over_comm("offer")[-1]["relay"] == ""
    assert room.over_comm("mic_off")[-1]["n"] == 3
    with pytest.raises(NotMet):
        Place.find(place)


async def test_where_no_file_can_be_written_the_comm_does(
    room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "file" / "in it"))
    assert await room.hello() == ""
    room.comm.page_says("text", text="a")
    assert room.said() == ["a"]


@given(st.lists(st.integers(1, 30), max_size=80))
def test_an_inbox_delivers_each_once_and_in_order(numbers: list[int]) -> None:
    inbox: Inbox[int] = Inbox()
    delivered = [each for number in numbers for each in inbox.take(number, number)]
    assert delivered == list(range(1, len(delivered) + 1))
    assert inbox.last == len(delivered)
    assert inbox.last + 1 not in numbers


def test_an_inbox_does_not_wait_for_ever() -> None:
    inbox: Inbox[int] = Inbox()
    for number in range(2, MAX_EARLY + 2):
        assert inbox.take(number, number) == []
    with pytest.raises(OverflowError):
        inbox.take(MAX_EARLY + 2, 0)


def test_an_inbox_waits_with_so_many_bytes() -> None:
    inbox: Inbox[int] = Inbox()
    half = MAX_EARLY_BYTES // 2
    assert inbox.take(2, 2, half) == []
    assert inbox.take(2, 2, half) == []  # the same again counts once
    assert inbox.take(3, 3, half) == []
    assert inbox.take(1, 1, half) == [1, 2, 3]
    assert inbox.take(5, 5, half) == []
    assert inbox.take(6, 6, half) == []
    with pytest.raises(OverflowError):
        inbox.take(7, 7, 1)


def test_an_outbox_holds_so_much_and_no_more() -> None:
    outbox = Outbox()
    kept = [outbox.keep(outbox.number(), {}, (), 1, 0.0) for _ in range(MAX_UNCONFIRMED + 1)]
    assert kept.count(False) == 1
    outbox.confirm(MAX_UNCONFIRMED)
    assert outbox.unconfirmed() == []
    assert not outbox.keep(outbox.number(), {}, (), MAX_UNCONFIRMED_BYTES + 1, 0.0)


async def test_who_calls_in_the_moment_of_closing_is_hung_up_on() -> None:
    async def serve(_line: Line) -> None:
        pytest.fail("nobody is served any more")

    listener = Listener(asyncio.get_running_loop(), serve)
    await settle()
    listener.close()
    served: list[asyncio.StreamReader] = []

    async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(reader)
        # The task of one whom the system let in before; it had not begun.
        await listener._called(reader, writer)

    server = await asyncio.start_server(let_in, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    assert served
    writer.transport.abort()
    server.close()
    await settle()


async def test_strangers_on_the_port_are_let_in_by_the_handful(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener_module, "MOST_STRANGERS", 2)
    served = asyncio.Event()

    async def serve(line: Line) -> None:
        served.set()
        await line.receive()

    listener = Listener(asyncio.get_running_loop(), serve)
    await settle()
    strangers = [await asyncio.open_connection("127.0.0.1", listener.place.port) for _ in "abc"]
    async with asyncio.timeout(5):
        nonces = [await reader.read(32) for reader, _ in strangers]
        assert [len(nonce) for nonce in nonces] == [32, 32, 32]
        with contextlib.suppress(ConnectionError):
            assert await strangers[0][0].read() == b""  # the oldest made room
        line = await call(listener.place.id)  # and the next one does, for who knows the secret
        await served.wait()
    for _, writer in strangers:
        writer.write(bytes(64))  # no proof
    async with asyncio.timeout(5):
        for reader, _ in strangers:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
    assert caplog.text.count("was refused") == 1
    line.close()
    listener.close()
    for _, writer in strangers:
        writer.transport.abort()
    await settle()
