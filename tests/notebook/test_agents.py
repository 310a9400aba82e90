"""Agents beside the chats of cells: found by name, and ended when others have their place."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.notebook.agents import end_agents, open_agents
from tests.chain.rest_peer import RestPeer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

MAKE = "agent = ChainedAgent('a', 'b', 'c', endpoint=service)"


@pytest.fixture
def run(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    peer = RestPeer()
    shell.user_ns["service"] = peer.endpoint

    def run(cell: str) -> str:
        shell.run_cell(cell)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return out + err

    run("from realtime_nb import ChainedAgent")
    yield run
    end_agents()
    shell.user_ns.pop("agent", None)
    peer.close()


def test_an_agent_is_listed_and_asked_by_name_as_a_chat_is(
    run: Any, shell: InteractiveShell, tmp_path: Path
) -> None:
    run(MAKE.replace("service)", "service, name='helper')"))
    shell.user_ns["agent"].say("hi").result(30)
    assert "<chat 'helper': open" in run("%realtime")
    for name in ("agent", "helper"):  # its variable's, its own
        assert "no price is known of b" in run(
            f"print(repr(get_ipython().run_line_magic('realtime', 'cost {name}')))"
        )
    assert "no rule" in run("print(get_ipython().run_line_magic('realtime', 'check agent'))")
    assert "chain.leg.done" in run(
        "print(sorted(set(get_ipython().run_line_magic('realtime', 'events agent').df['type'])))"
    )
    assert run("t = get_ipython().run_line_magic('realtime', 'timeline helper')") == ""
    assert "Saved as" in run(f"%realtime save helper {tmp_path / 'talk.rtnb'}")
    assert (tmp_path / "talk.rtnb").is_file()
    assert "there is helper" in run("%realtime cost nobody")
    shell.user_ns["agent"].close()
    assert "helper" not in run("%realtime")
    assert "cost" in run("print(repr(get_ipython().run_line_magic('realtime', 'cost agent')))")


def test_a_cell_that_runs_again_ends_the_agent_it_made_before(
    run: Any, shell: InteractiveShell
) -> None:
    run(f"{MAKE}\nagent")  # shown, so that IPython keeps it
    first = shell.user_ns["agent"]
    port = int(first.endpoint.base_url.rpartition(":")[2].partition("/")[0])
    run(f"{MAKE}\nagent")
    second = shell.user_ns["agent"]
    assert (first.state, second.state) == ("closed", "open")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
    assert open_agents() == [second]


@pytest.mark.parametrize(
    "keep", ["other = agent", "kept = [agent]", "kept = {1: agent}", "holder.agent = agent"]
)
def test_an_agent_that_a_variable_holds_stays(keep: str, run: Any, shell: InteractiveShell) -> None:
    run(f"import types\nholder = types.SimpleNamespace()\n{MAKE}\n{keep}")
    first = shell.user_ns["agent"]
    run(MAKE)
    assert first.state == "open"
    run("other = kept = holder = None")
    assert first.state == "closed"
    assert shell.user_ns["agent"].state == "open"


def test_agents_of_other_names_and_one_nobody_replaced_stay(
    run: Any, shell: InteractiveShell
) -> None:
    run(MAKE)
    first = shell.user_ns["agent"]
    run(MAKE.replace("service)", "service, name='other')"))
    assert [agent.state for agent in (first, shell.user_ns["agent"])] == ["open", "open"]


def test_unloading_ends_agents(run: Any, shell: InteractiveShell) -> None:
    run(MAKE)
    agent = shell.user_ns["agent"]
    run("%unload_ext realtime_nb")
    try:
        assert agent.state == "closed"
        assert open_agents() == []
    finally:
        run("%load_ext realtime_nb")
