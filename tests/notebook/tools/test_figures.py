"""Pyplot in calls: each has figures of its own, and cells keep theirs."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib._pylab_helpers import Gcf

from realtime_nb.notebook.tools.figures import OwnFigures


@pytest.fixture(autouse=True)
def _agg(monkeypatch: pytest.MonkeyPatch):
    before = mpl.get_backend()
    plt.switch_backend("agg")
    usual = Gcf.figs
    yield
    plt.close("all")
    monkeypatch.setattr(Gcf, "figs", usual)
    plt.switch_backend(before)


def test_a_call_has_its_own_figures_and_leaves_a_cells_alone() -> None:
    plt.figure("of a cell")
    with OwnFigures() as own:
        assert plt.get_fignums() == []
        made, _ = plt.subplots()
        assert plt.gcf() is made
        plt.figure(7)
        plt.close(7)
    assert plt.get_figlabels() == ["of a cell"]
    assert own.take() == [made]
    assert own.take() == []
    assert plt.get_figlabels() == ["of a cell"]


def test_calls_at_once_do_not_see_each_others_figures() -> None:
    meet = threading.Barrier(2)
    seen: dict[str, SimpleNamespace] = {}

    def call(name: str) -> None:
        with OwnFigures() as own:
            meet.wait(10)
            figure = plt.figure()
            meet.wait(10)
            seen[name] = SimpleNamespace(figure=figure, now=plt.gcf(), all=plt.get_fignums())
            meet.wait(10)
        seen[name].taken = own.take()

    threads = [threading.Thread(target=call, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in seen.values():
        assert one.now is one.figure
        assert one.all == [1]
        assert one.taken == [one.figure]
    assert plt.get_fignums() == []


def test_closing_all_in_a_call_closes_its_own_only() -> None:
    plt.figure("of a cell")
    with OwnFigures() as own:
        plt.figure()
        plt.close("all")
    assert own.take() == []
    assert plt.get_figlabels() == ["of a cell"]
