"""A budget in a cell: read, never sent, kept, raised; and the bill below a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import realtime_nb
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    expect,
    response_created,
    response_done,
    send,
    session_created,
    session_updated,
)
from realtime_nb.errors import BudgetExceeded, ConfigError, UsageError
from realtime_nb.notebook.cell.request import Options, read_request
from realtime_nb.notebook.cell.suggest import Known, suggest
from realtime_nb.notebook.field_help import describe_field, list_fields
from realtime_nb.protocol.config.paths import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

# 1000 audio tokens out at 64 a million.
DEAR = {
    "input_tokens": 0,
    "output_tokens": 1000,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 0},
    "output_token_details": {"text_tokens": 0, "audio_tokens": 1000},
}
CONFIGURED = [expect("session.update"), answer(session_updated)]
ASKED = [
    expect("response.create"),
    answer(
        lambda request: [
            response_created(request, request["event_id"]),
            response_done(request, request["event_id"], usage=DEAR),
        ]
    ),
]


@pytest.fixture
def run(
    shell: InteractiveShell,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[str], str]]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("REALTIME_NB_API_KEY", "sk-scripted")

    def run(cell: str) -> str:
        shell.run_cell(cell)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return out + err

    yield run
    shell.user_ns.pop("chat", None)


def read(front: str, **options: Any) -> Any:
    return read_request(Options(**options), f"---\n{front}\n---\nBe brief.")


# -- read


@pytest.mark.parametrize(
    ("front", "budget"),
    [
        ("budget: 0.50", 0.5),
        ("budget: 2", 2.0),
        ("budget: none", None),
        ("budget:", None),
        ("voice: marin", MISSING),
        ('{"budget": 0.25, "voice": "marin"}', 0.25),
    ],
)
def test_a_budget_is_read_and_is_none_of_the_config(front: str, budget: Any) -> None:
    request = read(front)
    assert request.budget == budget
    assert request.problems == ()
    assert "budget" not in request.config


def test_a_cell_of_json_may_begin_with_it() -> None:
    request = read_request(Options(), '{"budget": 0.25, "voice": "marin"}')
    assert request.budget == 0.25
    assert request.config["audio"]["output"]["voice"] == "marin"


def test_the_line_may_say_it_and_must_not_say_otherwise() -> None:
    assert read("voice: marin", budget="0.5").budget == 0.5
    assert read("budget: 0.5", budget="0.50").budget == 0.5
    assert read("voice: marin", budget="none").budget is None
    with pytest.raises(UsageError, match=r"--budget 1 and `budget: 0.5` disagree"):
        read("budget: 0.5", budget="1")
    with pytest.raises(UsageError, match="--budget much"):
        read("voice: marin", budget="much")


def test_a_config_file_may_say_it_and_the_cell_wins(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("budget: 3\nvoice: marin\n")
    assert read("speed: 1.1", config=str(file)).budget == 3
    assert read("budget: 1", config=str(file)).budget == 1
    assert "budget" not in read("speed: 1.1", config=str(file)).config
    file.write_text("voice: marin\nbudget: lots\n")
    with pytest.raises(ConfigError, match=r"config\.yaml line 2: the budget 'lots'"):
        read("speed: 1.1", config=str(file))


@pytest.mark.parametrize("junk", ["$1", "-1", "true", "[1]", ".inf", "1e999"])
def test_what_is_no_amount_is_told_with_its_line(junk: str) -> None:
    with pytest.raises(ConfigError, match=r"line 4: the budget .* USD such as 0.50"):
        read(f"voice: marin\nbudget: {junk}")


def test_it_has_help_and_completion_as_other_fields_have() -> None:
    assert "never sent" in repr(describe_field("budget"))
    assert "budget" in list_fields()
    with pytest.raises(UsageError, match="did you mean 'budget'"):
        describe_field("budgte")
    cell = "%%realtime\n---\nbud"
    assert suggest(cell, len(cell), Known()).words == ("budget",)
    given = "%%realtime\n---\nbudget: 1\nbud"
    assert suggest(given, len(given), Known()) is None
    line = "%realtime help bud"
    assert suggest(line, len(line), Known()).words == ("budget",)
    line = "%realtime cost c"
    assert suggest(line, len(line), Known(chats=("chat",))).words == ("chat",)
    option = "%%realtime --bud"
    known = Known(options=("--budget",))
    assert suggest(option, len(option), known).words == ("--budget",)


# -- kept


def test_it_is_kept_told_and_raised_by_running_the_cell_again(run, shell, tmp_path) -> None:
    cell = "%%realtime --endpoint {url}\n---\nbudget: {budget}\n---\nBe brief."
    script = [send(session_created()), *CONFIGURED, *ASKED, *ASKED, *CONFIGURED]
    with ScriptedPeer(script) as peer:
        printed = run(cell.format(url=peer.url, budget="0.05"))
        assert "Budget: $0.05 for this session; $0.00 spent so far." in printed
        chat = shell.user_ns["chat"]
        chat.respond().result(5)
        with pytest.raises(BudgetExceeded, match=r"chat\.budget = 1"):
            chat.respond().result(5)
        with pytest.raises(BudgetExceeded):
            chat.say("Hello?").result(5)
        # The cell's second run changes the budget alone: the service is sent nothing.
        printed = run(cell.format(url=peer.url, budget="0.10"))
        assert "$0.0640 spent so far" in printed
        assert shell.user_ns["chat"] is chat
        chat.respond().result(5)
        chat.update(budget=0.12, speed=1.1).result(5)
        assert chat.budget == 0.12
        chat.update(budget="none").result(5)
        assert chat.budget is None
        with pytest.raises(ConfigError, match="no amount"):
            chat.update(budget="lots")
        assert "cost: $0.1280" in run("%realtime cost")
        assert "audio out" in run("%realtime cost chat")
        assert chat.usage.df.usd.sum() == pytest.approx(0.128)
        assert chat.cost.usd == pytest.approx(0.128)
        chat.close()
    assert "budget" not in json.dumps(peer.received)
    # A saved one has the same bill.
    saved = realtime_nb.open(chat.save(tmp_path / "talk"))
    assert saved.cost.usd == pytest.approx(0.128)
    assert saved.usage.df.equals(chat.usage.df)


def test_a_cell_that_names_none_leaves_it_and_none_takes_it_away(run, shell) -> None:
    with ScriptedPeer([send(session_created()), *CONFIGURED]) as peer:
        run(f"%%realtime --endpoint {peer.url} --budget 0.25\nBe brief.")
        chat = shell.user_ns["chat"]
        assert chat.budget == 0.25
        run("%%realtime\nBe brief.")
        assert chat.budget == 0.25
        run("%%realtime\n---\nbudget: none\n---\nBe brief.")
        assert chat.budget is None
        with pytest.raises(UsageError, match="no amount"):
            chat.budget = "0.50"
        chat.close()


def test_no_price_is_no_secret(run, shell) -> None:
    script = [send(session_created(model="gpt-of-tomorrow")), expect("session.update")]

    def updated(event: dict[str, Any]) -> dict[str, Any]:
        told = session_updated(event)
        return {**told, "session": {**told["session"], "model": "gpt-of-tomorrow"}}

    reply = answer(updated)
    with ScriptedPeer([*script, reply]) as peer:
        cell = "%%realtime --endpoint {} --no-check\n---\nbudget: 1\n---\nHi"
        printed = run(cell.format(peer.url))
        assert "No price is known of gpt-of-tomorrow" in printed
        shell.user_ns["chat"].close()


def test_practice_is_free(run, shell) -> None:
    printed = run("%%realtime --endpoint local\n---\nbudget: 0\n---\nBe brief.")
    assert "the practice server is free" in printed
    chat = shell.user_ns["chat"]
    chat.say("hello").result(20)
    assert chat.cost.usd == 0
    assert "free of charge" in run("%realtime cost")
