"""When a chat's report goes into the notebook, and where it stands."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from nbclient import NotebookClient

from realtime_nb.inspection.report.sound import Player
from realtime_nb.notebook.saved import output as saved_output
from realtime_nb.notebook.saved.output import SavedOutputs
from realtime_nb.protocol.events import Event

CELL = "You are a guide."


class Page:
    """What a front end holds: outputs by display id, in the order in which they were shown."""

    def __init__(self) -> None:
        self.outputs: dict[str, dict[str, Any]] = {}
        self.updates = 0

    def __call__(self, bundle: dict[str, Any], display_id: str, *, update: bool) -> None:
        if update:
            assert display_id in self.outputs
            self.updates += 1
        self.outputs[display_id] = bundle

    @property
    def texts(self) -> list[str]:
        return [bundle["text/plain"] for bundle in self.outputs.values()]


@pytest.fixture
def chat(shell):
    shell.run_cell_magic("realtime", "--endpoint local", CELL)
    return shell.user_ns["chat"]


@pytest.fixture
def page():
    return Page()


@pytest.fixture
def outputs(page):
    made = SavedOutputs(SimpleNamespace(saved_audio_bytes=2_000_000), page)
    yield made
    made.stop()


def test_a_finished_turn_comes_into_the_notebook_at_the_end_of_the_cell(
    chat, page, outputs
) -> None:
    outputs.show(chat)
    chat.say("what is seven plus five").result(30)
    outputs.flush()
    (text,) = page.texts
    assert "what is seven plus five" in text
    assert "12" in text
    (bundle,) = page.outputs.values()
    assert "<audio" in bundle["text/html"]
    before = page.updates
    outputs.flush()
    assert page.updates == before


def test_it_comes_by_itself_when_all_is_quiet(
    chat, page, outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs.show(chat)
    done = threading.Event()
    make = SavedOutputs._make

    def noted(self, output):
        make(self, output)
        if "12" in page.texts[0]:
            done.set()

    monkeypatch.setattr(SavedOutputs, "_make", noted)
    chat.say("what is seven plus five").result(30)
    assert done.wait(30)


def test_it_waits_while_something_plays_or_is_being_made(chat, outputs) -> None:
    outputs.show(chat)
    (output,) = outputs._all
    output.touch()
    output._quiet_from = time.monotonic()
    output._rest_until = 0.0
    assert output.due
    chat.session.conversation._state.open.ids = ("resp_1",)
    assert not output.due
    chat.session.conversation._state.open.ids = ()
    assert output.due
    told = {"type": "input_audio_buffer.speech_started", "item_id": "u1"}
    chat.session.conversation.apply("received", Event(told), 0.0)
    assert not output.due
    output._quiet_from = time.monotonic() - 2 * saved_output._LONGEST_TURN_S
    assert output.due
    output._rest_until = float("inf")
    assert not output.due


def test_a_picture_that_was_spared_follows_when_it_may(chat, outputs, monkeypatch) -> None:
    outputs.show(chat)
    (output,) = outputs._all
    outputs.stop()
    monkeypatch.setattr(saved_output.SavedOutput, "alone", property(lambda _: False))
    chat.say("what is seven plus five").result(30)
    output.touch()
    output.report.picture.rest_until = float("inf")
    output.bring_up_to_date()
    output._quiet_from = output._rest_until = 0.0
    output.stale = False
    monkeypatch.setattr(output, "_quiet", lambda: True)
    assert not output.due
    output.report.picture.rest_until = 0.0
    assert output.due
    output.bring_up_to_date()
    assert not output.report.picture.behind


def test_it_stands_where_the_chat_was_shown_last(chat, page, outputs) -> None:
    chat.say("what is seven plus five").result(30)
    outputs.show(chat)
    assert "12" in page.texts[0]
    outputs.show(chat)
    assert len(page.texts) == 2
    assert "12" not in page.texts[0]
    assert "another cell" in page.texts[0]
    assert "12" in page.texts[1]
    audio = [bundle["text/html"].count("<audio") for bundle in page.outputs.values()]
    assert audio == [0, 1]


def test_all_chats_share_one_limit_and_the_oldest_turns_go_first(shell, outputs) -> None:
    for name in ("one", "two"):
        shell.run_cell_magic("realtime", f"{name} --endpoint local", CELL)
        outputs.show(shell.user_ns[name])
    one, two = outputs._all
    for output, order in ((one, 1.0), (two, 2.0)):
        output.report.players.by_item = {
            f"i{n}": Player("x" * 100, 1000.0, (order, float(n))) for n in range(5)
        }
    outputs._settings.saved_audio_bytes = 700
    outputs._share()
    assert sorted(one.report.players.by_item) == ["i3", "i4"]
    assert len(two.report.players.by_item) == 5
    assert one.stale


def test_a_report_that_fails_harms_nothing_and_is_told_once(
    chat, page, outputs, monkeypatch, caplog
) -> None:
    def fail(*_, **__):
        raise ValueError("no report")

    with monkeypatch.context() as patched:
        patched.setattr(saved_output.Report, "html", fail)
        outputs.show(chat)
        outputs.flush()
        outputs._all[0].touch()
        outputs.flush()
        told = [record for record in caplog.records if record.levelname == "WARNING"]
        assert [record.getMessage() for record in told] == [
            "the report of a chat could not be made"
        ]
        assert "no report" in caplog.text
        assert chat.state == "open"
        assert page.texts == ["The report of the chat chat could not be made."]
    outputs._all[0].touch()
    outputs.flush()
    (text,) = page.texts
    assert text.startswith("Chat chat")


def test_many_chats_leave_their_sound_behind(shell, page, outputs, monkeypatch) -> None:
    monkeypatch.setattr(saved_output, "_KEPT", 1)
    for name in ("one", "two"):
        shell.run_cell_magic("realtime", f"{name} --endpoint local", CELL)
        shell.user_ns[name].say("what is seven plus five").result(30)
        outputs.show(shell.user_ns[name])
    first, second = page.outputs.values()
    assert "<audio" not in first["text/html"]
    assert "over the limit" in first["text/html"]
    assert "<audio" in second["text/html"]
    assert len(outputs._all) == 1


def test_a_terminal_prints_no_reports(shell, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    shell.run_cell_magic("realtime", "--endpoint local", CELL)
    assert len(publisher.outputs) == 2  # the widget, and the table of the config
    assert not any("rnb-saved" in str(output) for output in publisher.outputs)


def test_in_a_kernel_the_report_follows_the_widget(shell, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    settings = SimpleNamespace(saved_audio_bytes=0)
    registered = saved_output.register(shell, settings)
    try:
        shell.run_cell_magic("realtime", "--endpoint local", CELL)
    finally:
        saved_output.unregister(shell, registered)
    kinds = [set(output["data"]) for output in publisher.outputs]
    assert "application/vnd.jupyter.widget-view+json" in kinds[0]
    assert kinds[1] == {"text/html", "text/plain"}
    key = shell.user_ns["chat"].widget.saved_key
    assert f"rnb-saved-{key}" in publisher.outputs[1]["data"]["text/html"]
    assert "display_id" in publisher.outputs[1]["transient"]


def test_a_notebook_executed_without_a_page_holds_the_report() -> None:
    cells = ["%load_ext realtime_nb", f"%%realtime --endpoint local\n{CELL}"]
    cells += ["chat.say('what is seven plus five').result(60); None", "chat.close()"]
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    NotebookClient(notebook, timeout=100, kernel_name="python3").execute()
    widget, report, _ = notebook.cells[1].outputs
    assert "application/vnd.jupyter.widget-view+json" in widget.data
    assert "You: what is seven plus five\nAssistant: 7 plus 5 is 12." in report.data["text/plain"]
    assert report.data["text/html"].count("<audio") == 1
