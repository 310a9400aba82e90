"""The person who calls: lets the other side begin, speaks in real time, hangs up in the end."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from realtime_nb.client.practice_phone.caller import ANSWER_S, QUIET_S, Caller
from tests.server.fakes import tone, virtual

FRAME = bytes(960)


class Line:
    """What the caller sends, and when."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, bytes]] = []
        self.keys: list[str] = []

    async def send(self, message: dict[str, str]) -> None:
        self.keys.append(message["digit"])

    async def send_sound(self, pcm: bytes) -> None:
        self.sent.append((asyncio.get_running_loop().time(), pcm))


async def converse(caller: Caller, greeting_s: tuple[float, float] | None) -> tuple[Line, float]:
    """Let a caller speak to somebody who greets; return the line and when the call was taken."""
    line = Line()
    loop = asyncio.get_running_loop()
    speaking = asyncio.ensure_future(caller.speak(line))  # type: ignore[arg-type]
    caller.hear(tone(20).tobytes())  # before it is answered: the tone that rings
    caller.answered()
    begin_s = loop.time()
    while not speaking.done():
        now_s = loop.time() - begin_s
        greets = greeting_s is not None and greeting_s[0] <= now_s < greeting_s[1]
        caller.hear(tone(20).tobytes() if greets else FRAME)
        await asyncio.wait([speaking], timeout=0.02)
    return line, begin_s


def spoken(line: Line, begin_s: float) -> list[float]:
    return [at - begin_s for at, pcm in line.sent if any(pcm)]


@virtual
async def test_who_hears_nothing_speaks_after_a_second_and_hangs_up_in_silence() -> None:
    line, begin_s = await converse(Caller(tone(400).tobytes(), "12", 2.0), None)
    times = spoken(line, begin_s)
    assert len(times) == 20
    assert 0.98 <= times[0] <= 1.1
    assert 0.37 <= times[-1] - times[0] <= 0.39  # real time
    assert line.keys == ["1", "2"]
    over_s = line.sent[-1][0] - begin_s
    assert 1.4 + 0.5 + 1.9 <= over_s <= 1.4 + 0.5 + 2.2


@virtual
async def test_who_is_greeted_lets_the_greeting_end() -> None:
    line, begin_s = await converse(Caller(tone(100).tobytes(), "", 1.0), (0.6, 3.0))
    assert 3.6 <= spoken(line, begin_s)[0] <= 3.8


@virtual
async def test_an_answer_is_waited_for_however_slow_and_the_caller_stays_four_seconds() -> None:
    said = tone(100).tobytes()
    late_s = 2.5 * QUIET_S
    line, begin_s = await converse(Caller(said, "1", None), (late_s, late_s + 1))
    assert line.sent[-1][0] - begin_s == pytest.approx(late_s + 1 + QUIET_S, abs=0.1)
    line, begin_s = await converse(Caller(said, "", None), (0.0, 0.5))  # greeted, not answered
    assert line.sent[-1][0] - begin_s == pytest.approx(1.2 + 0.1 + ANSWER_S, abs=0.1)


@virtual
async def test_an_answer_to_the_last_word_need_not_wait_for_the_end_of_the_clip() -> None:
    said = tone(100).tobytes() + bytes(2 * 48_000)
    line, begin_s = await converse(Caller(said, "", None), (1.6, 2.0))
    assert line.sent[-1][0] - begin_s == pytest.approx(3.1 + QUIET_S, abs=0.1)


@virtual
async def test_who_says_nothing_waits_for_no_answer() -> None:
    line, begin_s = await converse(Caller(bytes(4_800), "12", None), None)
    assert line.sent[-1][0] - begin_s == pytest.approx(1.1 + 0.5 + QUIET_S, abs=0.1)


@virtual
async def test_what_is_heard_is_kept_from_the_answer_on_and_a_line_is_never_absent() -> None:
    caller = Caller(b"", "", 1.0)
    line, begin_s = await converse(caller, None)
    heard_s = len(caller.heard) / 48_000
    assert abs(heard_s - (line.sent[-1][0] - begin_s)) < 0.1
    assert not any(caller.heard)
    gaps = [b[0] - a[0] for a, b in pairwise(line.sent)]
    assert max(gaps) < 0.03
