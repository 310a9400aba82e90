"""A cell run, and run again: what is sent, what is in force, what is told."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    close,
    error,
    expect,
    item_created,
    send,
    session_created,
    session_updated,
)
from realtime_nb.widget.chat import ChatWidget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from realtime_nb.notebook.chats.chat import Chat

CELL = """%%realtime --endpoint {url}
---
voice: marin
turn_detection: {{threshold: 0.6}}
---
Answer in two sentences."""


class Notebook:
    """A shell, the text its cells print, and the chat they make."""

    def __init__(self, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
        self.shell = shell
        self._capsys = capsys

    def run(self, cell: str) -> str:
        self.shell.run_cell(cell)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return out + err

    @property
    def chat(self) -> Chat:
        return self.shell.user_ns["chat"]

    def sent(self, kind: str = "session.update") -> list[dict[str, Any]]:
        """Return the events of one kind that the chat sent."""
        return [
            record.event.data
            for record in self.chat.events
            if record.direction == "sent" and record.event.type == kind
        ]


@pytest.fixture
def notebook(
    shell: InteractiveShell,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Notebook]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("REALTIME_NB_API_KEY", "sk-scripted")
    yield Notebook(shell, capsys)
    shell.user_ns.pop("chat", None)


# -- with the practice server


def test_a_cell_shows_requested_effective_and_verdict(notebook: Notebook) -> None:
    printed = notebook.run(CELL.format(url="local"))
    report = notebook.chat.config
    assert report["audio.output.voice"].verdict == "applied"
    assert report["audio.input.turn_detection"].verdict == "completed"
    assert report["audio.input.turn_detection"].effective["threshold"] == 0.6
    assert report["instructions"].requested == "Answer in two sentences."
    assert report["audio.input.transcription"].origin == "default"
    assert report["truncation"].verdict == "set by the service"
    assert "not a model" in printed
    for row in report.rows:
        assert row.path in printed


def test_one_changed_word_is_sent_alone_and_shown_alone(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    first = notebook.chat
    printed = notebook.run(CELL.format(url="local").replace("two", "three"))
    assert notebook.chat is first
    assert [row.path for row in first.config.changed] == ["instructions"]
    assert notebook.sent()[-1]["session"] == {
        "type": "realtime",
        "instructions": "Answer in three sentences.",
    }
    assert "Answer in two sentences.  Answer in three sentences." in printed
    assert "local practice server" in printed


def test_a_part_of_turn_detection_switches_nothing_off(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    notebook.run("%%realtime\n---\nturn_detection: {silence_duration_ms: 500}\n---\nBe brief.")
    detection = notebook.chat.effective["audio"]["input"]["turn_detection"]
    assert detection["type"] == "server_vad"
    assert detection["threshold"] == 0.6
    assert detection["silence_duration_ms"] == 500
    row = notebook.chat.config["audio.output.voice"]
    assert row.verdict == "still in force"
    assert notebook.chat.effective["audio"]["output"]["voice"] == "marin"


def test_an_unchanged_cell_sends_nothing(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    assert len(notebook.sent()) == 1
    assert "Nothing changed." in notebook.run(CELL.format(url="local"))
    assert len(notebook.sent()) == 1


def test_clearing_is_explicit(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    notebook.run("%%realtime\n---\nturn_detection: none\ntranscription: none\n---\nBe brief.")
    assert notebook.chat.effective["audio"]["input"]["turn_detection"] is None
    assert notebook.chat.effective["audio"]["input"]["transcription"] is None


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%realtime\n---\nmodel: gpt-realtime-2\n---\nHi", "line 3"),
        ("%%realtime\n---\ntype: transcription\n---\n", "line 3"),
        ("%%realtime --endpoint http://127.0.0.1:9/v1\nHi", "cannot move to 127.0.0.1:9"),
        ("%%realtime\n---\ntracing: {workflow_name: b}\n---\nHi", "`tracing` is on"),
    ],
)
def test_what_cannot_change_is_said_and_nothing_changes(
    notebook: Notebook, cell: str, said: str
) -> None:
    notebook.run(CELL.format(url="local").replace("voice: marin", "voice: marin\ntracing: auto"))
    before = notebook.chat.effective
    printed = notebook.run(cell)
    assert said in printed
    assert "--restart" in printed
    assert notebook.chat.effective == before
    assert len(notebook.sent()) == 1
    # The cell's old output is gone: the live chat is shown again.
    assert "realtime chat 'chat'" in printed


def test_nobody_is_asked_for_the_key_of_a_place_that_a_live_session_cannot_move_to(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(getpass, "getpass", asked.append)
    notebook.run(CELL.format(url="local"))
    assert "cannot move to OpenAI" in notebook.run("%%realtime --endpoint openai\nHi")
    assert asked == []


def test_the_voice_stays_once_the_assistant_has_spoken(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    notebook.chat.say("what is seven plus five").result(60)
    printed = notebook.run("%%realtime\n---\nvoice: ash\n---\nHi")
    assert "line 3: `audio.output.voice` cannot change any more" in printed
    assert notebook.chat.effective["audio"]["output"]["voice"] == "marin"


def test_a_restart_begins_anew_and_carries_over_when_asked(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    first = notebook.chat
    first.say("what is seven plus five").result(60)
    said = [(item.role, item.text) for item in first.items]
    printed = notebook.run("%%realtime --endpoint local --restart --keep\n---\nvoice: ash\n---\nHi")
    assert notebook.chat is not first
    assert first.state == "closed"
    assert "2 items of the conversation before were carried over" in printed
    assert [(item.role, item.text) for item in notebook.chat.items] == said
    notebook.run("%%realtime --endpoint local --restart\nHi")
    assert notebook.chat.items == []


def test_no_check_shows_the_refusal_at_its_line_and_what_stays(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    before = notebook.chat.effective
    printed = notebook.run("%%realtime --no-check\n---\nspeed: 9\nvoice: ash\n---\nBe brief.")
    assert "ServerError: line 3: the service refused it" in printed
    assert "0.25 to 1.5" in printed
    assert notebook.chat.effective == before
    report = notebook.chat.config
    assert report["audio.output.speed"].verdict == "refused"
    assert report["audio.output.speed"].effective == 1.0
    assert report["audio.output.voice"].verdict == "refused"
    # What was asked in vain is no base for the next change.
    notebook.run(CELL.format(url="local"))
    assert "Nothing changed." in repr(notebook.chat.config)


def test_front_matter_without_its_fences_is_told(notebook: Notebook) -> None:
    said = notebook.run("%%realtime --endpoint local\nvoice: marin\nBe brief.")
    assert "begin with `voice: marin`; a config stands between two lines of ---" in said
    assert "begin with" not in notebook.run("%%realtime --endpoint local\nTools: none. Be brief.")


def test_a_transcription_session_opens_and_names_its_kind(notebook: Notebook) -> None:
    printed = notebook.run("%%realtime --endpoint local\n---\ntype: transcription\n---\n")
    assert "transcription session" in printed
    assert notebook.chat.effective["type"] == "transcription"
    assert notebook.chat.config["audio.input.transcription"].verdict == "applied"
    assert "instructions" not in printed


def test_expressions_and_files_reach_the_session(notebook: Notebook, tmp_path: Any) -> None:
    (tmp_path / "prompt.md").write_text("Say {this} for $5.", encoding="utf-8")
    notebook.shell.user_ns.update(my_voice="cedar", prompt_file=str(tmp_path / "prompt.md"))
    notebook.run(
        f"%%realtime --endpoint local --instructions-from {tmp_path / 'prompt.md'}\n"
        "---\nvoice: {{my_voice}}\n---"
    )
    assert notebook.chat.effective["instructions"] == "Say {this} for $5."
    assert notebook.chat.effective["audio"]["output"]["voice"] == "cedar"
    assert "line 1: {{nobody}}" not in notebook.run("%%realtime\n---\nvoice: ash\n---\n{{nobody}}")


def test_a_key_in_a_cell_opens_nothing(notebook: Notebook) -> None:
    printed = notebook.run("%%realtime --endpoint local\n---\napi_key: sk-abcdef\n---\nHi")
    assert "line 3 holds what looks like a key" in printed
    assert "sk-abcdef" not in printed
    assert "chat" not in notebook.shell.user_ns


# -- with a service that behaves badly


def opening(**fields: Any) -> list[Any]:
    return [send(session_created(**fields)), expect("session.update"), answer(session_updated)]


def test_a_service_that_never_answers_an_update_leaves_the_session(notebook: Notebook) -> None:
    notebook.run("%config RealtimeMagics.reply_timeout = 0.5")
    with ScriptedPeer([*opening(), expect("session.update")]) as peer:
        notebook.run(CELL.format(url=peer.url))
        before = notebook.chat.effective
        printed = notebook.run(CELL.format(url=peer.url).replace("two", "three"))
        assert "CallTimeout: no answer to session.update" in printed
        assert notebook.chat.config["instructions"].verdict == "not confirmed"
        assert notebook.chat.effective == before
        assert notebook.chat.state == "open"
        notebook.chat.close()


def test_a_service_that_closes_on_an_update_is_one_line(notebook: Notebook) -> None:
    notebook.run("%config RealtimeMagics.restore = False")
    with ScriptedPeer([*opening(), expect("session.update"), close(1011, "broken")]) as peer:
        notebook.run(CELL.format(url=peer.url))
        printed = notebook.run(CELL.format(url=peer.url).replace("two", "three"))
        assert "ConnectionLost" in printed
        assert "1011" in printed
        assert notebook.chat.state == "failed"


def test_a_service_that_refuses_our_own_default_is_asked_without_it(notebook: Notebook) -> None:
    def refuse(event: Any) -> Any:
        param = "session.audio.input.transcription.model"
        return error(
            "No such model.", code="invalid_value", param=param, event_id=event["event_id"]
        )

    steps = [send(session_created()), expect("session.update"), answer(refuse)]
    with ScriptedPeer([*steps, expect("session.update"), answer(session_updated)]) as peer:
        printed = notebook.run(CELL.format(url=peer.url))
        assert "the notebook's own defaults" in printed
        assert "transcription" not in str(notebook.sent()[-1]["session"])
        assert notebook.chat.config["instructions"].verdict == "applied"
        notebook.chat.close()


def test_a_failed_restart_leaves_the_live_session(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    first = notebook.chat
    printed = notebook.run("%%realtime --restart --endpoint http://127.0.0.1:9/v1\nHi")
    assert "nobody listens" in printed
    assert notebook.chat is first
    assert first.state == "open"


def test_an_opening_that_failed_is_told_by_its_cell_and_not_by_its_page(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, bool]] = []

    def note(_widget: ChatWidget, message: dict[str, Any], _buffers: Any = ()) -> None:
        if message["kind"] == "state":
            shown.append((message["state"], message["told"]))

    monkeypatch.setattr(ChatWidget, "send_message", note)
    printed = notebook.run("%%realtime --endpoint http://127.0.0.1:9/v1\nHi")
    assert printed.count("nobody listens") == 1
    notebook.chat.close()
    assert ("failed", True) in shown


def test_what_the_service_makes_of_a_value_is_told(notebook: Notebook) -> None:
    def otherwise(event: Any) -> Any:
        told = session_updated(event)
        told["session"]["audio"]["output"]["voice"] = "alloy"
        return told

    steps = [send(session_created()), expect("session.update"), answer(otherwise)]
    with ScriptedPeer(steps) as peer:
        printed = notebook.run(CELL.format(url=peer.url))
        assert notebook.chat.config["audio.output.voice"].verdict == "changed by the service"
        assert "marin" in printed
        notebook.chat.close()


def test_items_are_told_in_their_order(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    content = [{"type": "input_text", "text": "The shop is shut."}]
    system = {"type": "message", "role": "system", "content": content}
    notebook.chat.session.create_item(system).result(10)
    notebook.chat.say("hello").result(60)
    printed = notebook.run("%%realtime --restart --keep --endpoint local\nHi")
    assert "3 items" in printed
    assert [item.role for item in notebook.chat.items] == ["system", "user", "assistant"]


@pytest.mark.parametrize("session", [None, [1], "text"])
def test_an_answer_that_tells_no_session_confirms_nothing(notebook: Notebook, session: Any) -> None:
    steps = [*opening(), expect("session.update")]
    told = {"type": "session.updated", "session": session}
    with ScriptedPeer([*steps, send(told)]) as peer:
        notebook.run(CELL.format(url=peer.url))
        printed = notebook.run(CELL.format(url=peer.url).replace("two", "three"))
        assert "changed by the service" not in printed
        assert notebook.chat.config["instructions"].verdict == "not confirmed"
        notebook.chat.close()


@pytest.mark.parametrize("session", [None, [1], "text"])
def test_a_session_that_begins_with_none_is_told_by_its_update(
    notebook: Notebook, session: Any
) -> None:
    begun = send({"type": "session.created", "session": session})
    with ScriptedPeer([begun, expect("session.update"), answer(session_updated)]) as peer:
        notebook.run(CELL.format(url=peer.url))
        assert notebook.chat.config["instructions"].verdict == "applied"
        notebook.chat.close()


def test_an_update_is_confirmed_after_one_that_was_left_unanswered(notebook: Notebook) -> None:
    notebook.run("%config RealtimeMagics.reply_timeout = 0.5")
    steps = [*opening(), expect("session.update"), expect("session.update")]
    with ScriptedPeer([*steps, answer(session_updated)]) as peer:
        for count in ("two", "three", "four"):
            printed = notebook.run(CELL.format(url=peer.url).replace("two", count))
        assert "CallTimeout" not in printed
        assert notebook.chat.effective["instructions"] == "Answer in four sentences."
        assert notebook.chat.config["instructions"].verdict == "applied"
        notebook.chat.close()


def test_what_was_asked_in_vain_at_the_start_is_no_base_either(notebook: Notebook) -> None:
    def refuse(event: Any) -> Any:
        param = "session.audio.output.speed"
        return error("No.", param=param, event_id=event["event_id"])

    steps = [send(session_created()), expect("session.update"), answer(refuse)]
    with ScriptedPeer([*steps, expect("session.update"), answer(session_updated)]) as peer:
        cell = f"%%realtime --no-check --endpoint {peer.url}\n---\nvoice: marin\nspeed: 9\n---\nHi"
        assert "the service refused it" in notebook.run(cell)
        assert "still in force" not in notebook.run("%%realtime\nHi")
        notebook.chat.close()


def test_the_name_is_the_chats_again_when_the_cell_runs_again(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    chat = notebook.chat
    notebook.run("chat = 5")
    notebook.run("%%realtime\nHi")
    assert notebook.chat is chat
    notebook.run("del chat")
    notebook.run("%%realtime\nHi")
    assert notebook.chat is chat


def test_a_chat_is_called_as_python_reads_its_name(notebook: Notebook) -> None:
    notebook.run("%%realtime cafe\u0301 --endpoint local\nHi")
    assert "open" in notebook.run("print(cafe\u0301.state)")


def test_what_was_said_outlives_an_opening_that_failed(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    notebook.chat.say("what is seven plus five").result(60)
    notebook.chat.close()
    nobody = "%%realtime --keep --endpoint http://127.0.0.1:9/v1\nHi"
    assert "nobody listens" in notebook.run(nobody)
    assert "nobody listens" in notebook.run(nobody.replace("--keep", "--restart --keep"))
    assert "2 items" in notebook.run("%%realtime --keep --endpoint local\nHi")
    assert [item.role for item in notebook.chat.items] == ["user", "assistant"]


def test_a_new_session_after_one_that_ended_says_so(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    notebook.chat.say("what is seven plus five").result(60)
    notebook.chat.close()
    assert "The session before had ended" in notebook.run(CELL.format(url="local"))
    assert notebook.chat.items == []
    again = "%%realtime --endpoint local --restart --keep\nHi"
    assert "2 items" in notebook.run(again)
    assert "2 items" in notebook.run(again)


def test_a_long_conversation_is_carried_over_whole(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    content = {"type": "message", "role": "user"}
    for start in range(0, 1200, 300):
        calls = [
            notebook.chat.session.create_item(
                {**content, "content": [{"type": "input_text", "text": f"{number}"}]}
            )
            for number in range(start, start + 300)
        ]
        for call in calls:
            call.result(30)
    assert "1200 items" in notebook.run("%%realtime --endpoint local --restart --keep\nHi")
    assert [item.text for item in notebook.chat.items] == [f"{n}" for n in range(1200)]


def test_an_item_that_is_refused_leaves_the_others(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    for text in ("one", "two", "three"):
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        notebook.chat.session.create_item(item).result(10)

    def taken(event: Any) -> Any:
        return item_created(event)

    def refused(event: Any) -> Any:
        return error("Too odd.", param="item.content", event_id=event["event_id"])

    item = expect("conversation.item.create")
    steps = [*opening(), item, answer(taken), item, answer(refused), item, answer(taken)]
    with ScriptedPeer(steps) as peer:
        printed = notebook.run(f"%%realtime --restart --keep --endpoint {peer.url}\nHi")
        assert "2 items" in printed
        assert "the service refused 1: item.content: Too odd." in printed
        notebook.chat.close()


def test_an_interrupted_cell_leaves_nothing_that_opens_later(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.run(CELL.format(url="local"))
    first = notebook.chat
    begun: list[Chat] = []

    def interrupted(chat: Chat) -> None:
        begun.append(chat)
        raise KeyboardInterrupt

    monkeypatch.setattr("realtime_nb.notebook.chats.chat.Chat._open", interrupted)
    for cell in (
        "%%realtime --restart --endpoint local\nHi",
        "%%realtime new --endpoint local\nHi",
    ):
        notebook.shell.run_cell(cell)
        assert begun[-1].state == "closed"
    assert notebook.chat is first
    assert first.state == "open"


def test_a_chat_that_is_off_the_page_shows_as_text(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    notebook.run("old = chat")
    notebook.run("%unload_ext realtime_nb")
    assert "<chat 'chat': closed" in notebook.run("old")
    notebook.run("%load_ext realtime_nb")


@pytest.mark.parametrize("line", ["--config 'a", '"'])
def test_quotes_that_do_not_end_are_one_line(notebook: Notebook, line: str) -> None:
    assert "no closing quotation" in notebook.run(f"%%realtime {line}\nHi")
    assert "no closing quotation" in notebook.run(f"%realtime secret {line}")


@pytest.mark.parametrize("value", ["0", "-1", "float('nan')", "float('inf')", "'a'"])
def test_a_reply_timeout_that_is_none_is_not_set(notebook: Notebook, value: str) -> None:
    notebook.run(f"%config RealtimeMagics.reply_timeout = {value}")
    magics = notebook.shell.magics_manager.registry["RealtimeMagics"]
    assert magics.reply_timeout == 10.0


def test_a_value_that_is_no_config_is_told_once_with_its_line(notebook: Notebook) -> None:
    printed = notebook.run("%%realtime --endpoint local\n---\nvoice: {{object()}}\n---\nHi")
    assert printed.startswith("ConfigError: line 3: `voice` is of type object")
    assert "has no voice" not in printed


def test_an_interrupted_restart_shows_the_live_chat_again(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.run(CELL.format(url="local"))
    shown: list[Any] = []

    def interrupted(_chat: Chat) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("realtime_nb.notebook.chats.chat.Chat._open", interrupted)
    runner = notebook.shell.magics_manager.registry["RealtimeMagics"]._runner
    monkeypatch.setattr(runner, "_show", shown.append)
    notebook.shell.run_cell("%%realtime --restart --endpoint local\nHi")
    assert shown[-1] is notebook.chat
    assert notebook.chat.state == "open"


@pytest.mark.parametrize(
    "line",
    [
        "%%realtime sk-abcdefghijklmnop1234",
        "%%realtime --api-key sk-abcdefghijklmnop1234",
        "%%realtime --api-key=0123456789abcdef",
        "%%realtime --key 0123456789abcdef",
        "%%realtime --model 'sk-abcdefghijklmnop1234",
        "%realtime sk-abcdefghijklmnop1234",
        "%realtime secret sk-abcdefghijklmnop1234",
    ],
)
def test_a_key_on_the_line_is_refused_and_not_repeated(notebook: Notebook, line: str) -> None:
    printed = notebook.run(f"{line}\nHi" if line.startswith("%%") else line)
    assert "line 1 holds what looks like a key" in printed
    assert "abcdef" not in printed


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_file_may_have_blanks_in_its_name(notebook: Notebook, tmp_path: Any, quote: str) -> None:
    file = tmp_path / "my config.yaml"
    file.write_text("voice: cedar")
    notebook.run(f"%%realtime --endpoint local --config {quote}{file}{quote}\nHi")
    assert notebook.chat.effective["audio"]["output"]["voice"] == "cedar"


@pytest.mark.parametrize(
    "said", ["line 2: the service refused it", "CallTimeout: no answer"], ids=["refused", "silent"]
)
def test_a_restart_that_is_refused_or_left_unanswered_leaves_the_live_session(
    notebook: Notebook, said: str
) -> None:
    def refuse(event: Any) -> Any:
        return error("No.", param="session.instructions", event_id=event["event_id"])

    notebook.run(CELL.format(url="local"))
    first = notebook.chat
    notebook.run("%config RealtimeMagics.reply_timeout = 0.5")
    steps = [send(session_created()), expect("session.update")]
    with ScriptedPeer([*steps, *([answer(refuse)] if "refused" in said else [])]) as peer:
        printed = notebook.run(f"%%realtime --restart --endpoint {peer.url}\nOther")
    assert said in printed
    assert notebook.chat is first
    assert first.state == "open"
    assert first.effective["instructions"] == "Answer in two sentences."
    assert notebook.run(CELL.format(url="local")).count("Nothing changed.") == 1


def test_a_replaced_chat_says_in_its_old_place_that_it_has_ended(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    first = notebook.chat
    notebook.run("%%realtime --endpoint local --restart\nHi")
    assert first.state == "closed"
    assert first.widget.comm is not None
    notebook.shell.run_line_magic("unload_ext", "realtime_nb")
    assert first.widget.comm is None
    notebook.shell.run_line_magic("load_ext", "realtime_nb")


def test_a_line_that_is_no_good_shows_the_live_chat_again(notebook: Notebook) -> None:
    notebook.run(CELL.format(url="local"))
    assert "realtime chat 'chat'" in notebook.run("%%realtime --bogus\nHi")
