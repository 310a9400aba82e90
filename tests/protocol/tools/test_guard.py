"""What a guard may say, and how its options are checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import UsageError
from realtime_nb.protocol.tools.guard import GuardOptions, read_verdict


@pytest.mark.parametrize("value", [None, True, np.True_])
def test_none_and_true_let_pass(value: Any) -> None:
    assert read_verdict(value, "g").passed


@pytest.mark.parametrize(
    ("value", "reason", "failed"),
    [
        ("no\nrain", "no rain", False),
        (False, "g() said no", False),
        (np.False_, "g() said no", False),
        ("", "g() returned ''; return None or True", True),
        (0, "g() returned 0", True),
        ([], "g() returned []", True),
    ],
)
def test_everything_else_stops_with_a_reason(value: Any, reason: str, *, failed: bool) -> None:
    verdict = read_verdict(value, "g")
    assert not verdict.passed
    assert verdict.reason.startswith(reason)
    assert verdict.failed is failed


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError


@given(st.text() | st.integers() | st.lists(st.none()) | st.just(Hostile()))
def test_a_reason_is_one_line_of_bounded_length(value: Any) -> None:
    verdict = read_verdict(value, "g")
    assert not verdict.passed
    assert verdict.reason
    assert len(verdict.reason.splitlines()) == 1
    assert len(verdict.reason) <= 300


@pytest.mark.parametrize(
    "options",
    [
        {"on": "system"},
        {"on": "user", "hold": True},
        {"on": "user", "on_stop": "Say sorry."},
        {"timeout_s": 0},
        {"timeout_s": float("nan")},
        {"timeout_s": True},
        {"timeout_s": "5"},
        {"timeout_s": 1e9},
    ],
)
def test_options_that_mean_nothing_are_refused(options: Any) -> None:
    with pytest.raises(UsageError, match="guard"):
        GuardOptions(**options)
