"""The page on transports: its numbers and names are those of the code."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import realtime_nb
from realtime_nb.bridge.rtc import PAGE_S
from realtime_nb.client.phone.desk import LARGEST_BODY
from realtime_nb.client.phone.signature import TOLERANCE_S
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.notebook.phone.call import PhoneCall
from realtime_nb.notebook.phone.line import PhoneLine
from realtime_nb.notebook.transports.page import PLACEHOLDER

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "transports.md").read_text(encoding="utf-8")


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"that takes {PAGE_S:g} s" in PAGE
    assert f"over {LARGEST_BODY // 1024} KiB is refused" in PAGE
    assert f"older than {TOLERANCE_S} s" in PAGE
    assert f"`{PLACEHOLDER}`" in PAGE


def test_what_it_names_is_there() -> None:
    for owner, kind in (("chat", Chat), ("line", PhoneLine), ("call", PhoneCall)):
        named = set(re.findall(rf"(?<![\w.]){owner}\.(\w+)", PAGE)) - {"df"}
        # An attached chat is called `call`, too.
        there = {*dir(kind), *(dir(Chat) if owner == "call" else ())}
        there |= set(re.findall(r"self\.(\w+) =", inspect.getsource(kind.__init__)))
        assert named
        assert named <= there, named - there
    for name in re.findall(r"realtime_nb\.(\w+)\(", PAGE):
        assert callable(getattr(realtime_nb, name))
