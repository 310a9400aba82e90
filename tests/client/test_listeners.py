from __future__ import annotations

import logging
from asyncio import CancelledError

import pytest

from realtime_nb.client.listeners import Listeners


def test_listeners_are_told_in_order():
    seen = []
    listeners = Listeners()
    listeners.add(lambda n: seen.append(("a", n)))
    listeners.add(lambda n: seen.append(("b", n)))
    listeners.tell(1)
    assert seen == [("a", 1), ("b", 1)]


def test_the_same_function_may_listen_twice_and_leave_once():
    seen = []
    listeners = Listeners()
    first, second = listeners.add(seen.append), listeners.add(seen.append)
    listeners.tell(1)
    assert seen == [1, 1]
    first()
    first()
    listeners.tell(2)
    assert seen == [1, 1, 2]
    second()
    assert len(listeners) == 0


def test_a_failing_listener_harms_nobody_and_is_reported_once(caplog):
    seen = []
    listeners = Listeners()
    listeners.add(lambda _n: 1 / 0)
    listeners.add(seen.append)
    with caplog.at_level(logging.ERROR):
        listeners.tell(1)
        listeners.tell(2)
    assert seen == [1, 2]
    assert caplog.text.count("ZeroDivisionError") == 1


def test_leaving_while_being_told():
    seen = []
    listeners = Listeners()

    def once(n):
        seen.append(n)
        leave()

    leave = listeners.add(once)
    listeners.add(seen.append)
    listeners.tell(1)
    listeners.tell(2)
    assert seen == [1, 1, 2]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, CancelledError])
def test_what_ends_a_program_ends_no_session(error, caplog):
    def leave(_n):
        raise error

    seen = []
    listeners = Listeners()
    listeners.add(leave)
    listeners.add(seen.append)
    listeners.tell(1)
    assert seen == [1]
    assert error.__name__ in caplog.text
