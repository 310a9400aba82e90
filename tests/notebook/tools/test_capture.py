"""What calls show, each its own: several at once, and cells beside them."""

# ruff: noqa: T201 -- what calls print

from __future__ import annotations

import asyncio
import contextvars
import io
import sys
import threading
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from ipykernel.zmqshell import ZMQDisplayPublisher
from IPython.display import HTML, DisplayHandle, clear_output, display

from realtime_nb.errors import UsageError
from realtime_nb.notebook.tools.capture import Capture
from realtime_nb.notebook.tools.captured import DISPLAYS, PRINTED_BYTES, Captured
from realtime_nb.notebook.tools.streams import Routes

if TYPE_CHECKING:
    from collections.abc import Iterator


class Session:
    """Stands for the kernel's session: keeps what would be sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def msg(self, kind: str, content: dict[str, Any], parent: Any = None) -> dict[str, Any]:
        return {"header": {"msg_type": kind}, "parent_header": parent, "content": content}

    def send(self, _socket: Any, message: dict[str, Any], ident: Any = None) -> None:
        del ident
        self.sent.append(message)


@pytest.fixture
def kernel(shell, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The shell with a kernel's way to publish, whose messages end in a list."""
    session = Session()
    publisher: Any = ZMQDisplayPublisher(shell=shell)
    publisher.add_traits()
    monkeypatch.setattr(type(publisher).session, "klass", object)
    publisher._trait_values["session"] = session
    monkeypatch.setattr(shell, "display_pub", publisher)
    # A terminal's shell shows plain text alone.
    monkeypatch.setattr(shell.display_formatter, "active_types", ["text/plain", "text/html"])
    return SimpleNamespace(shell=shell, session=session)


@pytest.fixture
def routes(kernel: Any) -> Iterator[Routes]:
    made = Routes(kernel.shell)
    yield made
    made.close()


def texts(captured: Captured) -> list[str]:
    return [
        output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"]
        for output in captured.outputs
    ]


def test_prints_and_displays_are_the_calls_own_in_their_order(
    kernel: Any, routes: Routes, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = Capture(kernel.shell, routes)

    def work() -> int:
        print("one")
        display(HTML("<b>two</b>"))
        print("three", file=sys.stderr)
        return 5

    assert capture.run(work) == 5
    kinds = [output["output_type"] for output in capture.captured.outputs]
    assert kinds == ["stream", "display_data", "stream"]
    first, second, third = capture.captured.outputs
    assert first["text"] == "one\n"
    assert second["data"]["text/html"] == "<b>two</b>"
    assert (third["name"], third["text"]) == ("stderr", "three\n")
    assert kernel.session.sent == []
    assert capsys.readouterr() == ("", "")


def test_calls_at_once_do_not_mix_and_a_cells_prints_pass(
    kernel: Any, routes: Routes, capsys: pytest.CaptureFixture[str]
) -> None:
    meet = threading.Barrier(3)

    def work(name: str) -> None:
        for number in range(20):
            meet.wait(10)
            print(f"{name}{number}")
            display(HTML(name), metadata={"n": number}) if number % 10 == 0 else None

    captures = [Capture(kernel.shell, routes) for _ in range(2)]
    threads = [
        threading.Thread(target=one.run, args=(lambda name=name: work(name),))
        for name, one in zip("ab", captures, strict=True)
    ]
    for thread in threads:
        thread.start()
    for number in range(20):
        meet.wait(10)
        print(f"cell{number}")
    for thread in threads:
        thread.join()
    for name, capture in zip("ab", captures, strict=True):
        printed = "".join(
            one["text"] for one in capture.captured.outputs if one["output_type"] == "stream"
        )
        assert printed.split() == [f"{name}{number}" for number in range(20)]
        shown = [one for one in capture.captured.outputs if one["output_type"] != "stream"]
        assert [one["data"]["text/html"] for one in shown] == [name, name]
    assert capsys.readouterr().out.split() == [f"cell{number}" for number in range(20)]


def test_what_a_call_leaves_running_with_its_context_is_still_its_own(
    kernel: Any, routes: Routes, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = Capture(kernel.shell, routes)
    context = capture.run(contextvars.copy_context)
    context.run(print, "later")
    print("the cell's")
    assert texts(capture.captured) == ["later\n"]
    assert capsys.readouterr().out == "the cell's\n"


def test_a_megabyte_of_prints_is_cut_and_that_is_told(kernel: Any, routes: Routes) -> None:
    capture = Capture(kernel.shell, routes)
    capture.run(lambda: [print("x" * 999) for _ in range(1000)])
    printed, told = texts(capture.captured)
    assert len(printed) == PRINTED_BYTES
    left = 1_000_000 - PRINTED_BYTES
    assert told == f"[{left:,} characters past the first {PRINTED_BYTES:,} left out]\n"


def test_too_many_displays_are_left_out_and_that_is_told(kernel: Any, routes: Routes) -> None:
    capture = Capture(kernel.shell, routes)
    capture.run(lambda: [display(HTML("x")) for _ in range(DISPLAYS + 3)])
    assert len(capture.captured.outputs) == DISPLAYS + 1
    assert "3 displays past 20 or 8 MiB left out" in texts(capture.captured)[-1]
    large = Capture(kernel.shell, routes)
    large.run(lambda: [display(HTML("x" * (5 << 20))) for _ in range(2)])
    assert len(large.captured.outputs) == 2
    assert "1 displays past" in texts(large.captured)[-1]


def test_a_display_is_brought_up_to_date_in_place_and_cleared(kernel: Any, routes: Routes) -> None:
    capture = Capture(kernel.shell, routes)

    def work() -> None:
        print("gone")
        clear_output(wait=True)
        handle: Any = display(HTML("half"), display_id="bar")
        handle.update(HTML("whole"))

    capture.run(work)
    (shown,) = capture.captured.outputs
    assert shown["data"]["text/html"] == "whole"
    assert kernel.session.sent == []
    # One that a cell displayed is brought up to date where it stands.
    Capture(kernel.shell, routes).run(lambda: DisplayHandle("a cell's").update(HTML("new")))
    (message,) = kernel.session.sent
    assert message["header"]["msg_type"] == "update_display_data"


def test_a_result_is_drawn_with_the_notebooks_formatters(kernel: Any, routes: Routes) -> None:
    class Rich:
        def _repr_html_(self) -> str:
            print("drawing")
            return "<i>rich</i>"

    capture = Capture(kernel.shell, routes)
    capture.draw(capture.run(Rich))
    printed, shown = capture.captured.outputs
    assert printed["text"] == "drawing\n"
    assert shown["data"]["text/html"] == "<i>rich</i>"
    plain = Capture(kernel.shell, routes)
    for value in (None, "text", 5, {"a": 1}):
        plain.draw(value)
    assert plain.captured.outputs == []


def test_a_result_whose_formatter_fails_is_told(kernel: Any, routes: Routes) -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ValueError("no words")

    capture = Capture(kernel.shell, routes)
    capture.draw(capture.run(Broken))
    assert "no words" in "".join(texts(capture.captured))


def test_a_traceback_begins_at_the_function_and_one_of_ours_is_none(
    kernel: Any, routes: Routes
) -> None:
    def fails() -> None:
        raise KeyError("city")

    capture = Capture(kernel.shell, routes)
    with pytest.raises(KeyError):
        capture.run(fails)
    (text,) = texts(capture.captured)
    assert text.endswith("KeyError: 'city'\n")
    assert "fails" in text
    assert "capture.py" not in text.replace(__file__, "")

    def refuses() -> None:
        raise UsageError("one line")

    ours = Capture(kernel.shell, routes)
    with pytest.raises(UsageError):
        ours.run(refuses)
    assert ours.captured.outputs == []


def test_a_traceback_of_an_async_function_begins_at_it_too(kernel: Any, routes: Routes) -> None:
    async def fails() -> None:
        raise KeyError("city")

    capture = Capture(kernel.shell, routes)
    with pytest.raises(KeyError):
        capture.run(partial(asyncio.run, fails()))
    (text,) = texts(capture.captured)
    assert "in fails" in text
    assert "asyncio" not in text


def test_prints_are_caught_after_a_cell_has_put_its_own_write_back(
    routes: Routes,
) -> None:
    # As IPython does it around each cell, to keep what it prints.
    usual = sys.stdout.write
    first, second, third = Captured(), Captured(), Captured()
    with routes.to(first):
        print("in a cell")
    sys.stdout.write = usual
    with routes.to(second):
        print("after it")
    with routes.to(third):
        print("once")
    assert [*texts(first), *texts(second), *texts(third)] == ["in a cell\n", "after it\n", "once\n"]


def test_the_streams_are_as_they_were_at_the_end(
    kernel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A stream of its own: the process's may still ask for a shell that other tests have unloaded
    # in the middle of a cell, at whose end IPython puts back the `write` from before.
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    before = sys.stdout.write
    routes = Routes(kernel.shell)
    Capture(kernel.shell, routes).run(lambda: None)
    assert sys.stdout.write != before
    routes.close()
    assert sys.stdout.write == before


def test_a_picture_is_text_as_a_notebook_holds_it() -> None:
    captured = Captured()
    captured.display({"image/png": b"\x89PNG", "text/plain": "a picture"}, {})
    (output,) = captured.outputs
    assert output["data"] == {"image/png": "iVBORw==", "text/plain": "a picture"}
