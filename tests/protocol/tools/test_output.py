from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import functools
import itertools
import json
import math
import pathlib

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from realtime_nb.protocol.tools.output import OUTPUT_LIMIT, output_text
from realtime_nb.protocol.tools.plain_value import NOT_FINITE


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Place:
    name: str
    key: str = dataclasses.field(default="hidden", repr=False)


class Trip(BaseModel):
    day: dt.date = dt.date(2026, 1, 2)
    secret: SecretStr = SecretStr("hidden")


Point = collections.namedtuple("Point", "x y")  # noqa: PYI024 -- as people make them


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is, “quoted”\n", "as it is, “quoted”\n"),
        ("half \ud800", "half \ufffd"),
        (None, "null"),
        (True, "true"),
        (3, "3"),
        (2**80, str(2**80)),
        ("Ö", "Ö"),
        ({"city": "Köln", 1: None}, '{"city":"Köln","1":null}'),
        ({1: "a", "1": "b"}, '{"1":"a","1\'":"b"}'),
        ((1, [2.5]), "[1,[2.5]]"),
        ({3}, "[3]"),
        (collections.deque([1]), "[1]"),
        (Colour.RED, '"red"'),
        (Place("Oslo"), '{"name":"Oslo"}'),
        (Point(1, 2), '{"x":1,"y":2}'),
        (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), '"2026-01-02T00:00:00+00:00"'),
        (decimal.Decimal("1.10"), '"1.10"'),
        (pathlib.PurePosixPath("/x"), '"/x"'),
        (b"hello", '{"bytes":5,"text":"hello"}'),
        (b"\x89PNG\r\n", '{"bytes":6,"begins":"89504e470d0a"}'),
        (map(str, [1, 2]), '["1","2"]'),
        (1 + 2j, '"(1+2j)"'),
        (np.float32(0.5), "0.5"),
        (np.eye(2), "[[1.0,0.0],[0.0,1.0]]"),
        (np.array(3), "3"),
        (pd.DataFrame({"a": [1], "b": ["x"]}), '[{"a":1,"b":"x"}]'),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), '[{"a":1,"a\'":2}]'),
        (
            pd.DataFrame({"n": [3]}, index=pd.Index(["Oslo"], name="city")),
            '[{"city":"Oslo","n":3}]',
        ),
        (pd.Series([1, 2], index=["x", "y"]), '{"x":1,"y":2}'),
        (pd.Series([1, 2]), "[1,2]"),
        (pd.Series([1, 2], index=["x", "x"]), '[{"index":"x","value":1},{"index":"x","value":2}]'),
        (pd.period_range("2026-01", periods=1, freq="M"), '["2026-01"]'),
        (pl.DataFrame({"a": [1, None]}), '[{"a":1},{"a":null}]'),
    ],
)
def test_what_a_model_gets(value, text) -> None:
    assert output_text(value) == text


def test_a_model_s_secret_stays_one() -> None:
    assert "hidden" not in output_text([Trip(), Place("Oslo")])
    assert json.loads(output_text(Trip()))["day"] == "2026-01-02"


def test_the_groups_of_a_table_keep_their_names() -> None:
    table = pd.DataFrame({"city": ["A", "A", "B"], "sold": [1, 2, 3]})
    told = table.groupby("city").agg({"sold": ["sum", "max"]})
    assert json.loads(output_text(told)) == [
        {"city": "A", "sold / sum": 3, "sold / max": 2},
        {"city": "B", "sold / sum": 3, "sold / max": 3},
    ]
    two = table.assign(year=2026).groupby(["city", "year"]).sum()
    assert json.loads(output_text(two))[0] == {"city": "A", "year": 2026, "sold": 3}


@pytest.mark.parametrize(
    "value",
    [math.nan, -math.inf, np.float64("nan"), decimal.Decimal("inf"), pd.NaT, pd.NA],
)
def test_what_is_no_number_is_null_and_told(value) -> None:
    assert json.loads(output_text(value)) == {"result": None, "notes": [NOT_FINITE]}
    assert json.loads(output_text({"a": [value, 1]}))["result"] == {"a": [None, 1]}


def test_missing_values_of_a_table_are_null_and_told() -> None:
    table = pd.DataFrame({"a": [1.5, None], "when": [pd.Timestamp("2026-01-02"), None]})
    assert json.loads(output_text(table)) == {
        "result": [{"a": 1.5, "when": "2026-01-02T00:00:00"}, {"a": None, "when": None}],
        "notes": [NOT_FINITE],
    }


class Unprintable:
    def __repr__(self) -> str:
        raise SystemExit(1)


class Lengthless(list):  # type: ignore[type-arg]
    def __len__(self) -> int:
        raise LookupError


def broken():
    yield 1
    raise ValueError


def test_what_fails_when_written_is_told_and_spoils_nothing_else() -> None:
    assert json.loads(output_text([1, Unprintable()])) == {
        "result": [1, "<Unprintable>"],
        "notes": ["a Unprintable cannot be written: SystemExit"],
    }
    assert json.loads(output_text(broken()))["result"] == [1]
    assert json.loads(output_text(Lengthless([1])))["notes"] == [
        "the result, a Lengthless, cannot be written: LookupError"
    ]


def test_what_holds_itself_ends() -> None:
    ring: list[object] = [1]
    ring.append(ring)
    deep = functools.reduce(lambda inner, _: [inner], range(100_000), [])
    assert output_text(ring) == '[1,"(itself again)"]'
    assert "more than 24 levels deep" in output_text(deep)


LONG = {
    "list": list(range(100_000)),
    "range": range(10**12),
    "dict": {str(key): key for key in range(100_000)},
    "texts": ["x" * 10**6] * 100,
    "nested": [[list(range(100))] * 100] * 100,
    "table": pd.DataFrame({"a": range(100_000), "b": "text"}),
    "wide": pd.DataFrame(np.zeros((3, 3000))),
    "series": pd.Series(range(100_000)),
    "generator": itertools.count(),
    "bytes": b"text" * 10**6,
    "array": np.arange(10**6),
    "integer": 10**5000,
    "repr": type("Long", (), {"__repr__": lambda _: "x" * 10**6})(),
}


@pytest.mark.parametrize("kind", LONG)
def test_what_is_long_is_json_within_the_limit_and_says_what_is_missing(kind) -> None:
    text = output_text(LONG[kind])
    assert len(text) <= OUTPUT_LIMIT
    json.loads(text)
    short = output_text(LONG[kind], 600)
    assert len(short) <= 600


def test_the_limit_is_told() -> None:
    told = json.loads(output_text(LONG["table"]))
    assert told["notes"] == [
        f"result has 100,000 entries, the first {len(told['result'])} are here"
    ]
    assert len(told["result"]) > 500
    told = json.loads(output_text({"rows": list(range(50_000))}))
    assert told["notes"] == [
        f"result.rows has 50,000 entries, the first {len(told['result']['rows']):,} are here"
    ]
    told = json.loads(output_text(itertools.count()))
    assert told["notes"] == ["result goes on, the first 1,000 entries are here"]
    text = output_text("x" * 30_000)
    assert text.startswith("[30,000 characters, of which these are the first]\nxxx")
    assert len(text) == OUTPUT_LIMIT


def test_a_long_array_is_told_by_its_range() -> None:
    values = np.array([1.0, 3.0, math.nan] * 1000)
    told = json.loads(output_text(values))["result"]
    assert told["shape"] == [3000]
    assert (told["min"], told["max"], told["mean"], told["not_finite"]) == (1.0, 3.0, 2.0, 1000)
    assert told["first"][:3] == [1.0, 3.0, None]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(st.characters(), max_size=9)
        | st.binary(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.integers() | st.just("1"), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.integers(300, 2000),
)
@settings(max_examples=60, deadline=None)
def test_anything_is_whole_text_within_the_limit(value, limit) -> None:
    text = output_text(value, limit)
    assert len(text) <= limit
    text.encode()
    if not isinstance(value, str):
        json.loads(text)
