"""An answer that a restored session was told in words is cut, in its memory too."""

from __future__ import annotations

import pytest

from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    drop,
    error,
    expect,
    item_created,
    send,
    spoken,
)
from realtime_nb.errors import ServerError
from realtime_nb.protocol.conversation.reducer import Conversation
from tests.client.restoring.test_restoring import AGAIN, CREATE, HELLO, back, opened, said
from tests.faults.talk import Talk

CUT = "conversation.item.truncate"
DELETE = "conversation.item.delete"
WORDS = "one two three four"
REFUSED = answer(lambda _event: error("Only model output audio messages can be truncated"))
DELETED = answer(lambda event: {"type": "conversation.item.deleted", "item_id": event["item_id"]})
FIRST = [
    HELLO,
    *said("Count."),
    expect("response.create"),
    answer(lambda event: spoken(event, WORDS, pcm=b"\1\0" * 24_000, item_id="a")),
    drop(),
]
TOLD = [*AGAIN, *said("Count."), *said(WORDS, role="assistant", id="a")]


async def restored(peer):
    session = await opened(peer)
    await session.say("Count.")
    await back(session)
    return session


@pytest.mark.parametrize("how", ["truncate", "cut_item"])
async def test_it_is_told_again_as_far_as_it_was_heard_in_its_place(how):
    question = lambda previous: previous.startswith("item_")  # noqa: E731
    second = [*TOLD, expect(CUT, audio_end_ms=500), REFUSED, expect(DELETE, item_id="a"), DELETED]
    again = expect(CREATE, previous_item_id=question, item={"id": "a", "role": "assistant"})
    async with ScriptedPeer(FIRST, [*second, again, answer(item_created)]) as peer:
        session = await restored(peer)
        await (session.truncate("a", 0, 500) if how == "truncate" else session.cut_item("a", 500))
        told = peer.of_type(CREATE)[-1]
        assert told["item"]["content"] == [{"type": "output_text", "text": "one two"}]
        assert told["previous_item_id"] == session.conversation.items[0].id
        for talk in (session.conversation, Conversation.replay(session.log)):
            assert [item.text for item in talk.items] == ["Count.", WORDS]
            assert talk.items[1].truncated_ms == 500
            assert talk.items[1].heard_text == "one two"
            assert talk.items[1].audio_ms == 1000
        await session.close()


async def test_of_an_answer_cut_before_its_first_word_the_service_keeps_that_there_was_one():
    again = [expect(CREATE, item={"id": "a"}), answer(item_created)]
    second = [*TOLD, expect(CUT), REFUSED, expect(DELETE), DELETED, *again]
    async with ScriptedPeer(FIRST, second) as peer:
        session = await restored(peer)
        await session.truncate("a", 0, 20)
        assert peer.of_type(CREATE)[-1]["item"]["content"][0]["text"] == "…"
        assert session.conversation.items[1].heard_text == ""
        await session.close()


async def test_a_later_cut_and_one_behind_all_words_change_no_memory():
    again = [expect(CREATE, item={"id": "a"}), answer(item_created)]
    first = [expect(CUT), REFUSED, expect(DELETE), DELETED, *again]
    second = [*TOLD, expect(CUT, audio_end_ms=1000), REFUSED, *first, expect(CUT), REFUSED]
    async with ScriptedPeer(FIRST, second) as peer:
        session = await restored(peer)
        for end_ms in (1000, 500, 700):
            await session.truncate("a", 0, end_ms)
        assert session.conversation.items[1].heard_text == "one two"
        await session.close()


async def test_a_service_that_refuses_it_is_not_kept_quiet_about():
    refusing = answer(lambda event: error("Not now.", event_id=event["event_id"]))
    second = [*TOLD, expect(CUT), REFUSED, expect(DELETE), DELETED, expect(CREATE), refusing]
    async with ScriptedPeer(FIRST, second) as peer:
        session = await restored(peer)
        with pytest.raises(ServerError, match="Not now"):
            await session.truncate("a", 0, 500)
        assert [item.text for item in session.conversation.items] == ["Count.", WORDS]
        await session.close()


async def test_a_service_that_named_the_copy_itself_is_only_asked_to_cut():
    def renamed(event):
        return [{**one, "item": {**one["item"], "id": "theirs"}} for one in item_created(event)]

    told = [*AGAIN, *said("Count."), expect(CREATE), answer(renamed)]
    async with ScriptedPeer(FIRST, [*told, expect(CUT), REFUSED, send()]) as peer:
        session = await restored(peer)
        await session.truncate("a", 0, 500)
        assert session.conversation.items[1].heard_text == "one two"
        await session.close()


def test_the_practice_server_forgets_what_was_not_heard():
    talk = Talk()
    try:
        talk.open()
        talk.say("long")
        talk.wait(20.0)
        whole = talk.session.conversation.items[-1]
        talk.proxy.drop()
        talk.wait(3.0)
        talk.run(_done(talk.session.truncate(whole.id, 0, round(whole.audio_ms / 2))))
        item = talk.run(_done(talk.session.retrieve_item(whole.id)))
        assert item.text == whole.heard_text
        assert 0 < len(item.text) < len(whole.text)
        assert talk.roll() is not None
        assert whole.id in [one.id for one in talk.session.conversation.items]
    finally:
        talk.end()


async def _done(call):
    return await call
