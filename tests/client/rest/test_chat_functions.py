"""Functions of the notebook that end oddly: the model is told, and the answer still comes."""

from __future__ import annotations

import asyncio

import pytest

from realtime_nb.client.rest.chat_functions import Functions


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
        (gives_what_cannot_be_written, '{"error":"LookupError: it has no words"}'),
        (raises_what_cannot_be_written, '{"error":"UnprintableError"}'),
        (runs_out, '{"error":"StopIteration"}'),
        (is_cancelled, '{"error":"CancelledError"}'),
        (leaves, '{"error":"SystemExit: 3"}'),
    ],
)
async def test_however_a_function_ends_the_model_is_told(function, output):
    functions = Functions([function])
    call = {"id": "1", "function": {"name": function.__name__, "arguments": "{}"}}

    run = await asyncio.wait_for(functions.run(call), 10)

    assert (run.output, run.failed) == (output, True)


def tells_much():
    """Tell too much."""
    return ["word"] * 50_000


async def test_what_is_too_long_to_send_says_that_it_was_shortened():
    call = {"id": "1", "function": {"name": "tells_much", "arguments": "{}"}}

    run = await asyncio.wait_for(Functions([tells_much]).run(call), 10)

    assert len(run.output) == 200_000
    assert run.output.startswith("[the function returned 350,001 characters; these are the first")
    assert '\n["word","word"' in run.output
