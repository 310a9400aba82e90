from __future__ import annotations

import sys

import pytest

from realtime_nb.client.switching import LIVE_SWITCH_INTERVAL_S, switch_interval


@pytest.fixture
def before():
    interval = sys.getswitchinterval()
    yield interval
    sys.setswitchinterval(interval)


def test_it_is_short_while_anybody_holds_it(before):
    switch_interval.hold()
    switch_interval.hold()
    assert sys.getswitchinterval() == pytest.approx(LIVE_SWITCH_INTERVAL_S)
    switch_interval.release()
    assert sys.getswitchinterval() == pytest.approx(LIVE_SWITCH_INTERVAL_S)
    switch_interval.release()
    assert sys.getswitchinterval() == before


@pytest.mark.usefixtures("before")
def test_a_shorter_one_is_left_alone():
    sys.setswitchinterval(0.0002)
    shorter = sys.getswitchinterval()
    switch_interval.hold()
    assert sys.getswitchinterval() == shorter
    switch_interval.release()
    assert sys.getswitchinterval() == shorter


@pytest.mark.usefixtures("before")
def test_what_somebody_sets_meanwhile_stays():
    switch_interval.hold()
    sys.setswitchinterval(0.02)
    switch_interval.release()
    assert sys.getswitchinterval() == pytest.approx(0.02)
