"""A slice of ``make fuzz``: each parser gets its good inputs and some that are almost right."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.mutate import Mutator
from tests.fuzz.running import Tally, Target, fuzz, try_one
from tests.fuzz.targets import TARGETS

_FOUND = Path(__file__).with_name("corpus") / "found"
_SLOW = {"archive": 12, "inspection": 15, "server": 40, "frames": 60, "messages": 60}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_nothing_crashes_hangs_or_grows(name: str):
    target = TARGETS[name]
    tally = fuzz(target, len(target.seeds) + _SLOW.get(name, 150), 0)
    assert not tally.findings, next(iter(tally.findings.values()))[0]
    # What is all refused would have tested a single line.
    assert tally.refused < tally.inputs or name == "signature"


@pytest.mark.parametrize("path", sorted(_FOUND.iterdir()), ids=lambda path: path.name)
def test_what_was_found_once_stays_mended(path: Path):
    tally = Tally()
    try_one(TARGETS[path.name.partition("-")[0]], path.read_bytes(), tally)
    assert not tally.findings, next(iter(tally.findings.values()))[0]


def test_the_corpus_is_small():
    assert sum(path.stat().st_size for path in _FOUND.parent.rglob("*") if path.is_file()) < 200_000


def test_a_fault_is_found_and_told_once():
    def run(data: bytes) -> None:
        if b"7" in data:
            raise KeyError(data)
        if b"8" in data:
            raise ValueError

    tally = fuzz(Target("x", run, [b'{"a": 1}'], "json", (ValueError,)), 400, 1)
    assert [place.split()[0] for place in tally.findings] == ["KeyError"]
    assert tally.refused > 0
    assert tally.inputs == 400


@pytest.mark.parametrize("kind", ["lines", "json", "text", "bytes", "zip"])
def test_the_same_seed_makes_the_same_inputs(kind: str):
    first, again = (
        Mutator(kind, [b'{"a": [1, {"b": "c"}]}\n{"a": 2}', b"x: y"], random.Random(3))  # noqa: S311 -- no secret
        for _ in range(2)
    )
    made = [first.next() for _ in range(200)]
    assert made == [again.next() for _ in range(200)]
    assert len(set(made)) > 100
