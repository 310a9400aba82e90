from __future__ import annotations

from realtime_nb.client.phone.repeats import Repeats


def test_what_comes_again_is_known_for_a_while() -> None:
    repeats = Repeats(kept_s=900)
    assert repeats.first("a", 0)
    assert not repeats.first("a", 1)
    assert not repeats.first("a", 899)
    assert repeats.first("a", 901)


def test_what_could_not_be_worked_on_may_come_again() -> None:
    repeats = Repeats()
    assert repeats.first("a", 0)
    repeats.take_back("a")
    repeats.take_back("never seen")
    assert repeats.first("a", 1)


def test_a_flood_takes_no_more_than_its_share_of_memory() -> None:
    repeats = Repeats(kept=100)
    assert all(repeats.first(str(number), 0) for number in range(1000))
    assert len(repeats) == 100
    assert not repeats.first("999", 0)
    assert repeats.first("0", 0)
