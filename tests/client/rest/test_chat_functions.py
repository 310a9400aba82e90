"""Functions of the notebook that end oddly: the model is told, and the answer still comes."""

from __future__ import annotations

import asyncio
import json

import pytest

from realtime_nb.client.rest.chat_functions import Functions
from realtime_nb.errors import UsageError
from realtime_nb.protocol.tools.options import ToolOptions, with_options


class Unprintable:
    def __repr__(self) -> str:
        raise LookupError("it has no words")


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise LookupError("it has no words")


def gives_what_cannot_be_written():
    """Fail later."""
    return Unprintable()


def raises_what_cannot_be_written():
    """Fail twice."""
    raise UnprintableError


def runs_out():
    """Take from nothing."""
    return next(iter(()))


def is_cancelled():
    """Give up."""
    raise asyncio.CancelledError


def leaves():
    """Leave."""
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("function", "output"),
    [
        (raises_what_cannot_be_written, '{"status":"failed","error":"UnprintableError"}'),
        (runs_out, '{"status":"failed","error":"StopIteration"}'),
        (is_cancelled, '{"status":"failed","error":"CancelledError"}'),
        (leaves, '{"status":"failed","error":"SystemExit: 3"}'),
    ],
)
async def test_however_a_function_ends_the_model_is_told(function, output):
    functions = Functions([function])
    call = {"id": "1", "function": {"name": function.__name__, "arguments": "{}"}}

    run = await asyncio.wait_for(functions.run(call), 10)

    assert (run.output, run.failed) == (output, True)


async def test_what_cannot_be_written_is_told_and_is_no_failure():
    call = {"id": "1", "function": {"name": "gives_what_cannot_be_written", "arguments": "{}"}}

    run = await asyncio.wait_for(Functions([gives_what_cannot_be_written]).run(call), 10)

    assert not run.failed
    assert run.output == (
        '{"result":"<Unprintable>","notes":["a Unprintable cannot be written: LookupError"]}'
    )


def tells_much():
    """Tell too much."""
    return ["word"] * 50_000


async def test_what_is_too_long_to_send_says_that_it_was_shortened():
    call = {"id": "1", "function": {"name": "tells_much", "arguments": "{}"}}

    run = await asyncio.wait_for(Functions([tells_much]).run(call), 10)

    written = json.loads(run.output)
    assert 15_000 < len(run.output) <= 20_000
    assert written["notes"] == [
        f"result has 50,000 entries, the first {len(written['result']):,} are here"
    ]


@pytest.mark.parametrize("asks", ["approve", "main"])
def test_what_only_a_session_can_do_is_refused(asks):
    function = with_options(lambda: 1, ToolOptions(name="one", **{asks: True}))
    with pytest.raises(UsageError, match=rf"the tool one\(\) has {asks}=True, which a %%realtime"):
        Functions([function])
