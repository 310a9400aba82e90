"""A connection whose other end has vanished is noticed; a slow one is not mistaken for it."""

from __future__ import annotations

import asyncio

import pytest

from realtime_nb.client.restoring import heartbeat as module
from realtime_nb.client.restoring.heartbeat import ANSWER_S, EVERY_S, Heartbeat
from realtime_nb.client.testing import ScriptedPeer, hold, send, session_created, stop_reading
from realtime_nb.client.transport.wire import Wire
from realtime_nb.errors import ConnectionLost


class Clock:
    """A loop whose time is turned by hand."""

    def __init__(self):
        self.now_s = 100.0
        self.due = []

    def time(self):
        return self.now_s

    def call_later(self, delay_s, function, *args):
        timer = Timer(self.now_s + delay_s, lambda: function(*args))
        self.due.append(timer)
        return timer

    def turn(self, until_s):
        while ready := [one for one in self.due if one.at_s <= until_s and not one.gone]:
            timer = min(ready, key=lambda one: one.at_s)
            self.due.remove(timer)
            self.now_s = timer.at_s
            timer.function()
        self.now_s = until_s


class Timer:
    def __init__(self, at_s, function):
        self.at_s, self.function, self.gone = at_s, function, False

    def cancel(self):
        self.gone = True


class Socket:
    def __init__(self, clock):
        self.clock, self.heard_s, self.pings, self.answers = clock, clock.now_s, [], True

    def beat(self):
        self.pings.append(self.clock.now_s)
        if self.answers:
            self.heard_s = self.clock.now_s
        return True


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module.asyncio, "get_running_loop", lambda: clock)
    return clock


def test_silence_is_noticed_within_fifteen_seconds_of_the_last_sign_of_life(clock):
    socket, silences = Socket(clock), []
    beating = Heartbeat(socket, lambda: silences.append(clock.now_s))
    clock.turn(141)
    assert (len(socket.pings), silences) == (8, [])
    assert socket.pings[1] - socket.pings[0] == EVERY_S
    socket.answers = False
    clock.turn(200)
    assert len(silences) == 1
    assert silences[0] - socket.heard_s <= EVERY_S + ANSWER_S == beating.silence_s == 15
    clock.turn(300)
    assert len(silences) == 1


def test_any_byte_is_a_sign_of_life_also_when_the_pong_waits_behind_sound(clock):
    socket, silences = Socket(clock), []
    Heartbeat(socket, lambda: silences.append(clock.now_s))
    socket.answers = False
    for _ in range(20):
        clock.turn(clock.now_s + 4)
        socket.heard_s = clock.now_s
    assert silences == []


def test_a_socket_that_is_closed_is_not_watched_any_more(clock):
    socket, silences = Socket(clock), []
    socket.beat = lambda: False
    beating = Heartbeat(socket, lambda: silences.append(clock.now_s))
    clock.turn(200)
    assert silences == []
    beating.stop()


async def test_a_peer_that_reads_nothing_is_dropped_and_the_line_says_so():
    script = [send(session_created()), stop_reading(), hold(5)]
    async with ScriptedPeer(script, patience=0) as peer:
        wire = await Wire.dial(peer.endpoint, pings=(0.02, 0.05))
        await wire.receive()
        with pytest.raises(ConnectionLost, match=r"no longer answers \(no sign of life for 0\.07"):
            await wire.receive()
        assert (await asyncio.wait_for(wire.ended(), 5)) is None
        peer._left.clear()


async def test_a_peer_that_is_there_stays():
    script = [send(session_created()), hold(0.3), send({"type": "late"})]
    async with ScriptedPeer(script) as peer:
        wire = await Wire.dial(peer.endpoint, pings=(0.01, 2.0))
        await wire.receive()
        assert b"late" in await wire.receive()
        await wire.close()
