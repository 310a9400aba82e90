"""How often, how well, how long."""

from __future__ import annotations

from realtime_nb.client.tools.counts import Counts, ToolCount
from realtime_nb.client.tools.outcome import ToolCall
from realtime_nb.client.tools.records import MAX_RECORDS, CallRecords


def test_what_is_cancelled_or_denied_is_neither_good_nor_bad():
    counts = Counts()
    for status, ms in [("ok", 10.0), ("ok", 30.0), ("failed", 50.0), ("denied", 0.0)]:
        counts.add("a", status, ms)
    counts.add("b", "cancelled", 5.0)
    counts.add("a", "bad_arguments", 1.0)
    assert counts() == [
        ToolCount("a", calls=5, ok=2, failed=2, median_ms=30.0, last_ms=50.0),
        ToolCount("b", calls=1, ok=0, failed=0, median_ms=None, last_ms=None),
    ]


def test_names_that_a_model_makes_up_are_not_counted_without_end():
    counts = Counts()
    for at in range(1500):
        counts.add(f"made_up_{at}", "unknown", 0.0)
    assert len(counts()) == 1000


def test_records_are_bounded_and_what_runs_is_kept():
    records = CallRecords()
    records.begin(ToolCall("first", "wait", "{}"), "running", 0.0)
    for at in range(MAX_RECORDS + 5):
        records.begin(ToolCall(f"call_{at}", "add", "{}"), "queued", 0.0)
        records.change(f"call_{at}", status="ok", ms=1.0)
    kept = records.all(250.0)
    assert len(kept) == MAX_RECORDS
    assert kept[0].call_id == "first"
    assert kept[0].ms == 250.0
    assert kept[1].call_id == "call_6"
    assert records.change("call_9", status="failed") is None  # what has ended stays as it is
