"""The newest stay, the oldest go, and nothing is larger than it says."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import UsageError
from realtime_nb.protocol.bounded import BoundedDict, BoundedSet


@given(st.integers(1, 6), st.lists(st.tuples(st.sampled_from("sdpx"), st.integers(0, 9))))
def test_it_holds_the_newest_whatever_is_done(most, steps):
    kept: BoundedDict[int, int] = BoundedDict(most)
    model: list[int] = []
    for count, (what, key) in enumerate(steps):
        if what == "s":
            kept[key] = count
        elif what == "d":
            kept.setdefault(key, count)
        elif what == "p":
            kept.pop(key, None)
        else:
            kept.update({key: count})
        if what == "p":
            model = [one for one in model if one != key]
        elif key not in model:
            model = [*model, key][-most:]
        assert list(kept) == model


def test_what_was_pushed_out_is_counted():
    kept: BoundedDict[int, None] = BoundedDict(2)
    for key in range(5):
        kept[key] = None
    assert (list(kept), kept.dropped) == ([3, 4], 3)


def test_copies_keep_the_bound():
    kept: BoundedDict[str, int] = BoundedDict(2)
    kept["a"] = 1
    for other in (
        kept.copy(),
        copy.copy(kept),
        copy.deepcopy(kept),
        pickle.loads(pickle.dumps(kept)),  # noqa: S301 -- our own
    ):
        other["b"], other["c"] = 2, 3
        assert (dict(other), dict(kept)) == ({"b": 2, "c": 3}, {"a": 1})


def test_a_set_of_the_newest():
    kept: BoundedSet[str] = BoundedSet(2)
    kept.update("aab")
    kept.add("c")
    kept.discard("b")
    kept.discard("nobody")
    assert (list(kept), len(kept), kept.dropped, "c" in kept, "a" in kept) == (
        ["c"],
        1,
        1,
        True,
        False,
    )
    kept.clear()
    assert not kept


def test_nothing_can_be_kept_by_none():
    with pytest.raises(UsageError, match="1 or more, not 0"):
        BoundedDict(0)
