"""Cells interrupted at any moment: nothing half, and the same cell works when run again."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.ends.kernels import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ends.kernels import Kernel

TALK = """\
%%realtime --endpoint local
---
output_modalities: [text]
---
Be brief."""
LINE = """\
from realtime_nb import PhoneLine
line = PhoneLine(endpoint="local")"""
# What comes before, and what is interrupted.
CELLS = {
    "the first cell": ("%reload_ext realtime_nb", TALK),
    "a change": (TALK, TALK.replace("brief", "long-winded")),
    "a new session": (TALK, TALK.replace("%%realtime", "%%realtime --restart --keep")),
    "closing": (TALK, "chat.close()"),
    "a phone line": ("%reload_ext realtime_nb", LINE),
    "closing a line": (LINE, "line.close()"),
    "loading": ("%unload_ext realtime_nb", "%load_ext realtime_nb"),
    "unloading": (f"{LINE}\nget_ipython().run_cell({TALK!r})", "%unload_ext realtime_nb"),
    "reloading": (f"{LINE}\nget_ipython().run_cell({TALK!r})", "%reload_ext realtime_nb"),
}
THREADS = """\
import gc, threading; gc.collect()
sorted(t.name for t in threading.enumerate() if t.name.startswith(("realtime", "work of")))"""
TIMES = 2


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with running(tmp_path_factory.mktemp("interrupts")) as kernel:
        yield kernel


_FAILED_TO_SHOW = re.compile(
    r"Traceback \(.*?\bKeyboardInterrupt\s+During handling .*?"
    r"assert isinstance\(frame_info\.lineno, int\)\s+.*?\bAssertionError\n",
    re.DOTALL,
)


@pytest.mark.parametrize("what", CELLS)
def test_an_interrupted_cell_leaves_nothing_half(kernel: Kernel, what: str) -> None:
    before, cell = CELLS[what]
    moments = random.Random(what)  # noqa: S311 -- the same moments each time
    kernel.run("%unload_ext realtime_nb")
    ports = kernel.ports
    kernel.good("%load_ext realtime_nb")
    kernel.good(before)
    began = time.monotonic()
    kernel.good(cell)
    length = time.monotonic() - began
    for _ in range(TIMES):
        kernel.run("%load_ext realtime_nb")
        kernel.good(before)
        request = kernel.send(cell)
        # Anywhere in it, its first milliseconds too.
        time.sleep(moments.uniform(0, length) * moments.random())
        kernel.interrupt()
        outputs = kernel.wait(request)
        assert outputs.error in ("", "KeyboardInterrupt: "), outputs.traceback
        # An interrupt on a line without a number is more than IPython's own traceback can show.
        errors = _FAILED_TO_SHOW.sub("", outputs.errors, count=1)
        assert "realtime_nb" not in errors
        kernel.run("%load_ext realtime_nb")
        kernel.good(TALK)
        assert kernel.value("chat.state") == "'open'"
    kernel.good("%unload_ext realtime_nb")
    assert kernel.value(THREADS) == "[]"
    assert kernel.children == []
    assert kernel.meetings == []
    assert kernel.ports == ports
