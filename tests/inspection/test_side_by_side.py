"""The same recording to a chat and a chain: one table, escaped, also of what fails."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import pytest

import realtime_nb
from realtime_nb import side_by_side
from realtime_nb.client import LocalServer, resolve_endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.errors import UsageError
from realtime_nb.inspection import side_by_side as comparison
from realtime_nb.inspection.side_by_side import COLUMNS, SideBySide
from realtime_nb.inspection.talk import Talk
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.speech.voices import say_as_user
from tests.chain.rest_peer import RestPeer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Never

    from tests.chain.rest_peer import Request

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def _practice() -> Iterator[None]:
    yield
    BackgroundLoop.stop_shared()
    LocalServer.stop_shared()


def pictures(shown: str) -> list[str]:
    found = re.findall(r'max-width: 960px[^>]*data:image/svg\+xml;base64,([^"]+)"', shown)
    return [base64.b64decode(picture).decode() for picture in found]


def scale(line: str) -> float:
    """Return how many pixels of a timeline are a second."""
    ticks = re.findall(r'<text x="([\d.]+)" y="\d+" text-anchor="middle"[^>]*>([\d.]+) s<', line)
    (x0, s0), *_, (x1, s1) = [(float(x), float(s)) for x, s in ticks]
    return (x1 - x0) / (s1 - s0)


@pytest.mark.usefixtures("_practice")
def test_a_chat_and_a_chain_hear_the_same() -> None:
    chat = Chat(
        resolve_endpoint("local"),
        {},
        name="<b>chat</b>",
        defaults={"audio": {"input": {"transcription": {"model": "whisper-1"}}}},
    )
    chat.open()
    agent = realtime_nb.ChainedAgent(endpoint="local")
    clip = say_as_user("what is seven plus five")
    both = side_by_side(clip, chat, agent)
    table = both.df
    assert list(table.columns) == list(COLUMNS)
    assert table["heard"].tolist() == ["what is seven plus five"] * 2
    assert table["answered"].tolist() == ["7 plus 5 is 12."] * 2
    assert (table["first_sound_ms"] > 0).all()
    assert table["usd"].tolist() == [0, 0]
    assert table["transcript_ms"].isna().tolist() == [True, False]
    assert both["agent"].times["first_token_ms"] >= both["agent"].times["transcript_ms"]
    assert (table["events"] > 10).all()
    # Short in the frame, in words on the page.
    assert table["practice"].tolist() == [True, True]
    assert table["model"].str.contains("not a model").tolist() == [False, False]
    shown = both._repr_html_()
    assert shown.count("<audio") == 3
    assert shown.count("(not a model)") == 2
    assert set(agent.legs.df["service"]) == {"practice"}
    waits, *lines = pictures(shown)
    assert len(lines) == 2
    ends = [float(x) for x in re.findall(r'<text x="([\d.]+)" [^>]*600">[\d,]+ ms', waits)]
    slowest = both.df["first_sound_ms"].idxmax()
    assert ends[slowest] == max(ends)
    assert scale(lines[0]) == pytest.approx(scale(lines[1]), rel=0.01)
    assert "<b>chat" not in shown
    assert "&lt;b&gt;chat" in shown
    assert '" title="that decision → transcript, ms; of a chain, which waits for it">' in shown
    # A second recording has a turn of its own, and what was before it is not drawn.
    again = side_by_side(say_as_user("hello"), agent)
    _, line = pictures(again._repr_html_())
    assert "turn 2 (voice)" in line
    assert "turn 1 (voice)" not in line
    assert "1 of 2 turns</title>" in line
    assert again.df["heard"].tolist() == ["hello"]
    assert again["agent"].events < len(agent.events)
    agent.close()
    chat.close()


@pytest.mark.usefixtures("_practice")
def test_what_fails_stands_in_its_row() -> None:
    peer = RestPeer()

    async def refuse(request: Request) -> None:
        await request.send(403, "application/json", b'{"error": {"message": "<img src=x>"}}')

    peer.chat = refuse
    agent = realtime_nb.ChainedAgent("a", "b", "c", endpoint=peer.endpoint)
    both = side_by_side(say_as_user("hello"), agent, realtime=False)
    (side,) = both.sides
    assert "chat leg" in side.problem
    assert side.heard == "what is seven plus five"  # what the scripted service writes down
    assert side.audio is None
    assert "<img src=x" not in both._repr_html_()
    agent.close()
    peer.close()


@pytest.mark.usefixtures("_practice")
def test_one_that_has_ended_leaves_the_others_their_columns_and_long_words_break() -> None:
    peer = RestPeer()

    async def write_long(request: Request) -> None:
        await request.send(200, "application/json", b'{"text": "%s"}' % (b"x" * 1_500))

    peer.transcribe = write_long
    over, open_one = [
        realtime_nb.ChainedAgent("a", "b", "c", endpoint=peer.endpoint, name=name)
        for name in ("over", "open")
    ]
    over.close()
    both = side_by_side(say_as_user("hello"), over, open_one, realtime=False)
    assert "closed" in both["over"].problem
    assert both["over"].heard == ""
    assert both["open"].answered
    shown = both._repr_html_()
    cell = shown[: shown.index("x" * 1_500)].rpartition("<td")[2]
    assert "overflow-wrap: anywhere" in cell
    assert "no sound" in pictures(shown)[0]
    open_one.close()
    peer.close()


def test_nobody_listens() -> None:
    with pytest.raises(UsageError, match="nobody is there"):
        side_by_side(say_as_user("hello"))
    with pytest.raises(UsageError, match="a int cannot listen"):
        side_by_side(say_as_user("hello"), 7)  # pyright: ignore[reportArgumentType]
    empty = SideBySide(say_as_user("hello"), ())
    with pytest.raises(KeyError, match="there is no"):
        empty["chat"]


def test_it_tells_to_whom_it_plays() -> None:
    told: list[str] = []

    class Deaf:
        def __init__(self, name: str) -> None:
            self.name = name

        def talk(self) -> Talk:
            return Talk(EventLog(), Conversation(), name=self.name)

        def listen(self, *_: object, **__: object) -> Never:
            raise UsageError("deaf")

    comparison.side_by_side(say_as_user("hello"), Deaf("a"), Deaf("b"), tell=told.append)
    assert told == ["playing to a… (1 of 2)", "playing to b… (2 of 2)"]
