"""Cells whose sound runs on a call: a page of aiortc makes it, the practice server takes it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import realtime_nb
from realtime_nb.bridge.rtc import RtcPeer
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.errors import ConnectionFailed, UsageError
from realtime_nb.notebook.transports import calling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

CELL = "%%realtime --endpoint local --transport webrtc{more}\n---\nvoice: marin\n---\nBe {how}."


class AiortcPeer(RtcPeer):
    """The page's half of a call, without a browser."""

    pages: list[Any]

    async def offer(self) -> str:
        from tests.server.calls.page import Page  # noqa: PLC0415 -- heavy

        self.page = Page()
        self.pages.append(self.page)
        self.client = "page"
        return await self.page.offer()

    async def answer(self, sdp: str) -> None:
        await self.page.answer(sdp)
        await self.page.event("session.created")
        self.connected = True

    def hang_up(self) -> None:
        if self.client is not None:
            self._closing = asyncio.ensure_future(self.page.close())
        super().hang_up()


class Notebook:
    def __init__(self, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
        self.shell = shell
        self._capsys = capsys

    def run(self, cell: str) -> str:
        self.shell.run_cell(cell)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return out + err

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]


@pytest.fixture
def notebook(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Notebook]:
    pytest.importorskip("aiortc")
    monkeypatch.setattr(AiortcPeer, "pages", [], raising=False)
    monkeypatch.setattr(calling, "RtcPeer", AiortcPeer)
    yield Notebook(shell, capsys)
    for page in AiortcPeer.pages:
        BackgroundLoop.shared().call(page.close(), "close").result(5)


def look_up(order: str) -> str:
    """Look up an order by its number.

    Parameters
    ----------
    order
        Its number.
    """
    return f"Order {order} is on its way."


def test_a_cell_over_webrtc_is_a_cell_and_others_may_join(notebook: Notebook) -> None:
    printed = notebook.run(CELL.format(more="", how="brief"))
    chat = notebook["chat"]
    assert (chat.state, chat.transport) == ("open", "webrtc")
    assert chat.call_id.startswith("rtc_")
    assert "WebRTC" in printed
    assert chat.config["audio.output.voice"].verdict == "applied"
    assert chat.config["instructions"].effective == "Be brief."

    assert "it is" in chat.say("what time is it").result(30).text.lower()

    # The same cell again changes the call that is up.
    notebook.run(CELL.format(more="", how="kind"))
    assert notebook["chat"] is chat
    assert chat.effective["instructions"] == "Be kind."
    assert "--restart begins anew" in notebook.run("%%realtime --transport websocket\nBe kind.")
    assert "--restart begins anew" in notebook.run(CELL.format(more=" --direct", how="kind"))
    assert "in use" in notebook.run("%realtime transports chat").split("webrtc", 2)[1]

    # Somebody who joins brings a tool and leaves the voice alone.
    call = realtime_nb.attach(chat.call_id, endpoint=chat.endpoint, tools=[look_up])
    assert (call.transport, call.call_id) == ("sideband", chat.call_id)
    assert call.effective["audio"]["output"]["voice"] == "marin"
    assert [tool["name"] for tool in call.effective["tools"]] == ["look_up"]
    assert "on its way" in call.say("look up order four two seven").result(30).text
    assert any(item.role == "user" for item in call.items)
    assert "'call'" in notebook.run("%realtime")
    call.close()
    assert chat.state == "open"
    assert "chat" in notebook.run("%realtime")

    chat.hang_up().result(10)
    assert chat.state in ("closed", "failed")
    with pytest.raises(ConnectionFailed):
        realtime_nb.attach(chat.call_id, endpoint=chat.endpoint)


def test_who_joins_may_hang_up(notebook: Notebook) -> None:
    notebook.run(CELL.format(more="", how="brief"))
    chat = notebook["chat"]
    ended = asyncio.Event()
    chat.session.on_state(lambda state: state in ("closed", "failed") and ended.set())
    call = realtime_nb.attach(chat.call_id, endpoint=chat.endpoint)
    call.hang_up().result(10)
    BackgroundLoop.shared().call(ended.wait(), "wait").result(10)
    assert chat.state in ("closed", "failed")
    call.close()


def test_without_a_page_one_line_names_the_way_without_one(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "RtcPeer", partial(RtcPeer, page_s=0.2))
    printed = notebook.run(CELL.format(more="", how="brief"))
    assert "--transport websocket" in printed
    assert "page" in printed
    assert notebook["chat"].state == "failed"
    assert "✗" not in notebook.run("%realtime transports")
    # And that way works, in the same cell.
    notebook.run("%%realtime --endpoint local --transport websocket\nBe brief.")
    assert notebook["chat"].transport == "websocket"
    with pytest.raises(UsageError, match=r"chat\.close\(\) ends it"):
        notebook["chat"].hang_up()


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%realtime --transport sip\nHi", "write websocket or webrtc"),
        ("%%realtime --direct\nHi", "--transport webrtc --direct"),
        ("%%realtime --transport webrtc\n---\ntype: translation\n---\n", "--transport websocket"),
        ("%%realtime --phone line\nHi", "realtime_nb.PhoneLine()"),
        ("%%realtime --phone line --transport webrtc\nHi", "leave --transport"),
        ("%%realtime --phone line --restart\nHi", "leave --restart"),
        ("%realtime page nobody", "there is no chat 'nobody'"),
        ("%realtime transports nobody", "there is no chat 'nobody'"),
    ],
)
def test_what_cannot_be_is_one_line(notebook: Notebook, cell: str, said: str) -> None:
    printed = notebook.run(cell)
    assert said in printed
    assert "chat" not in notebook.shell.user_ns


@pytest.mark.parametrize("given", ["", "  ", "rtc_\n1", 7, None])
def test_what_is_no_call_is_said(given: Any) -> None:
    with pytest.raises(UsageError, match="is no id of a call"):
        realtime_nb.attach(given, endpoint="http://127.0.0.1:9/v1")
