"""When a talk has lost enough sessions of the service."""

from __future__ import annotations

import pytest

from realtime_nb.client.restoring.limits import LossLimits
from realtime_nb.client.restoring.policy import RestorePolicy


def lose(limits, *, at_s, after_s=40.0, wanted=False):
    limits.opened(at_s - after_s)
    limits.ended(at_s, wanted=wanted)
    return limits.reached(at_s, "the connection broke")


def test_a_link_that_breaks_every_forty_seconds_is_over_after_its_hourly_number():
    limits = LossLimits(RestorePolicy())
    most = RestorePolicy().hour_most
    assert [lose(limits, at_s=40.0 * n) for n in range(most)] == [None] * most
    told = lose(limits, at_s=40.0 * most)
    assert told is not None
    assert told.startswith(f"the connection broke; {most + 1} sessions were lost within an hour")
    assert "\n" not in told


def test_as_many_over_a_whole_day_are_borne_with():
    limits = LossLimits(RestorePolicy(hour_most=2))
    assert [lose(limits, at_s=1_800.0 * n) for n in range(48)] == [None] * 48


def test_what_was_renewed_was_not_lost():
    limits = LossLimits(RestorePolicy(hour_most=1))
    assert [lose(limits, at_s=60.0 * n, wanted=True) for n in range(9)] == [None] * 9
    assert lose(limits, at_s=600.0) is None
    assert "2 sessions" in (lose(limits, at_s=660.0) or "")


@pytest.mark.parametrize("most", [0, 1, 5])
def test_brief_sessions_in_a_row_are_enough_sooner(most):
    limits = LossLimits(RestorePolicy(brief_most=most + 1))
    told = [lose(limits, at_s=100.0 + n, after_s=1.0) for n in range(most + 1)]
    assert told[:most] == [None] * most
    assert f"{most + 1} sessions in a row ended within 10 s" in (told[most] or "")


def test_an_end_of_what_was_never_opened_counts_nothing():
    limits = LossLimits(RestorePolicy(hour_most=0, brief_most=1))
    assert not limits.ended(1.0)
    assert limits.reached(1.0, "it broke") is None
