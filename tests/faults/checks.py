"""What holds of every talk, whatever the network did to it."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import RealtimeError
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.restored.restored import read_restored
from tests.faults.service import MOST

if TYPE_CHECKING:
    from realtime_nb.client import RealtimeSession
    from realtime_nb.protocol.conversation.items import Item
    from tests.faults.proxy import Crossing, FaultProxy
    from tests.faults.talk import Talk

STATES: Final = {"idle", "connecting", "open", "restoring", "closing", "closed", "failed"}
MAX_WAITING: Final = 2 * 2**20
_LONGEST_LINE: Final = 600


def check_log(session: RealtimeSession, proxy: FaultProxy) -> None:
    """The log has all that crossed the wire, once each and in order."""
    log = session.log
    assert [record.seq for record in log] == list(range(len(log)))
    times = [record.t_ms for record in log]
    assert times == sorted(times)
    received = [str(r.event.event_id) for r in log if r.direction == "received" and r.size]
    for crossing in proxy.crossings:
        _check_crossing(crossing, received)
    if not any(crossing.spoiled for crossing in proxy.crossings):
        crossed = [e for crossing in proxy.crossings for e in _ids(crossing.delivered)]
        assert Counter(received) - Counter(crossed) == Counter()
    sent = [r for r in log if r.direction == "sent"]
    told = {str(r.event.event_id) for r in sent if r.event.event_id}
    for crossing in proxy.crossings:
        # What the server got was logged; what was logged may not have left any more.
        assert [e for e in _ids(crossing.taken) if e != "None" and e not in told] == []
    appended = [p for c in proxy.crossings for p in c.taken if b"_buffer.append" in p]
    assert len(appended) <= sum(r.event.type.endswith("_buffer.append") for r in sent)


def _check_crossing(crossing: Crossing, received: list[str]) -> None:
    ids = _ids(crossing.delivered)
    known = set(ids)
    seen = [event_id for event_id in received if event_id in known]
    if crossing.spoiled:
        seen = list(dict.fromkeys(seen))
    # A connection that was cut loses its tail, and nothing out of the middle.
    assert seen == ids[: len(seen)]
    if crossing.open:
        assert len(seen) == len(ids)


def _ids(payloads: list[bytes]) -> list[str]:
    return [str(json.loads(payload).get("event_id")) for payload in payloads]


def check_conversation(session: RealtimeSession) -> None:
    """No item is there twice, and the log tells the same conversation."""
    items = session.conversation.items
    assert len({item.id for item in items}) == len(items)
    again = Conversation.replay(session.log).items
    assert [_facts(item) for item in again] == [_facts(item) for item in items]


def _facts(item: Item) -> tuple[Any, ...]:
    parts = tuple((n, p.kind, p.text, p.audio_ms) for n, p in sorted(item.parts.items()))
    return item.id, item.role, parts, item.truncated_ms, item.awaits_transcript


def check_bounds(session: RealtimeSession) -> None:
    """What waits is bounded in bytes."""
    assert session.state in STATES
    assert session._core.outbox.audio_bytes <= MAX_WAITING


def check_outcomes(talk: Talk) -> None:
    """Each call has ended: well, or with one line that says why."""
    assert [one for one in talk.asked if not one.call.done()] == []
    for one in talk.asked:
        error = one.call.exception()
        if error is not None:
            check_line(error)


def check_line(error: BaseException) -> None:
    """An error is one of ours, and one line."""
    assert isinstance(error, RealtimeError), repr(error)
    text = str(error)
    assert text.strip()
    assert "\n" not in text
    assert len(text) <= _LONGEST_LINE


def check_end(talk: Talk) -> None:
    """The session is open, or has ended and says why in one line."""
    session = talk.session
    assert session.state in ("open", "closed", "failed"), session.state
    if session.state == "failed":
        assert session.failure is not None
        check_line(session.failure)


def check_said(talk: Talk) -> None:
    """Each utterance is there once: answered, or its call said why not."""
    texts = [item.text for item in talk.session.conversation.items if item.role == "user"]
    answers = " ".join(i.text for i in talk.session.conversation.items if i.role == "assistant")
    for one in talk.asked:
        if one.kind != "say":
            continue
        count = texts.count(one.said)
        assert count <= 1, (one, texts)
        if one.call.exception() is None:
            assert count == 1, (one, texts)
            response = one.call.result(0)
            # Of several things said at once the first answer may be one to all of them.
            answered = f"{one.said} " in f"{answers} {response.text} "
            # A function that the user has cut short is not gone on about.
            answered = answered or (not response.text and _cut_short(talk))
            # One for the main thread is not waited for: what is said after it is the session's
            # to tell, or that there is no session any more.
            answered = answered or (bool(response.calls) and talk.session.state == "failed")
            assert answered or response.status != "completed", (one, response)


def _cut_short(talk: Talk) -> bool:
    outputs = [item.output or "" for item in talk.session.conversation.items]
    return any('"status": "cancelled"' in output for output in outputs)


def check_heard(talk: Talk) -> None:
    """No word that was spoken is there twice; one that is not there was reported.

    Where the network was slow there may be less: what was on its way is not known to be lost.
    """
    users = [item for item in talk.session.conversation.items if item.role == "user"]
    words = " ".join(item.text for item in users).split("clip ")[1:]
    heard = Counter(int(word.split()[0]) for word in words if word.split())
    spoken = Counter(number % MOST for number in talk.spoken)
    assert heard - spoken == Counter(), [item.text for item in users]
    failed = any(one.kind == "listen" and one.call.exception() for one in talk.asked)
    wordless = any(not item.text for item in users)
    slow = talk.proxy.faults["slow reader"] or talk.proxy.faults["delay"]
    if (
        not slow
        and talk.session.state == "open"
        and not failed
        and not wordless
        and not reported(talk)
    ):
        assert heard == spoken, [item.text for item in users]


def reported(talk: Talk) -> bool:
    """Return whether the session has said that something did not get over."""
    told = [read_restored(record.event) for record in talk.session.log]
    return talk.session.dropped_audio_bytes > 0 or any(
        one is not None and (one.lost or one.refused or one.dropped_ms) for one in told
    )


def check_roll(talk: Talk) -> None:
    """The service has been told the talk as the notebook shows it."""
    if talk.session.state != "open":
        return
    roll = talk.roll()
    # What was still owed an answer may get it together with the roll.
    if roll is None or roll.startswith("heard "):
        return
    users = [item.text for item in talk.session.conversation.items if item.role == "user"]
    # What was carried as sound has no words here: of a client's item a service tells none.
    wordless = users.count("")
    if not reported(talk):
        told = iter(roll.split(" | "))
        assert all(text in told for text in users if text), (roll, users)
        assert len(roll.split(" | ")) <= len(users)
        assert wordless or roll.split(" | ") == users


def check_nothing_raised(talk: Talk) -> None:
    """Nothing went wrong that nobody was told of."""
    assert talk.complaints == []
