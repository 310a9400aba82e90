"""When a lost connection is tried again, how often, and what ends it."""

from __future__ import annotations

import asyncio

import pytest

from realtime_nb.client import RealtimeSession
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.restoring import restoring
from realtime_nb.client.restoring.policy import DELAYS_S, RestorePolicy
from realtime_nb.client.restoring.retrying import is_worth_it, may_come_back
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    close,
    drop,
    error,
    expect,
    hold,
    refuse,
    send,
    session_updated,
    stop_reading,
    wait_until,
)
from realtime_nb.client.transport.transports import WebSocketTransport
from realtime_nb.errors import CallTimeout, ConnectionFailed, ConnectionLost, ServerError
from realtime_nb.protocol.restored.restored import LOST, RESTORED, read_lost, read_restored
from tests.client.restoring.test_restoring import (
    AGAIN,
    HELLO,
    QUICK,
    UPDATE,
    back,
    marks,
    opened,
    until,
)

QUOTA = "You exceeded your current quota, please check your plan and billing details."
EXPIRED = "Your session hit the maximum duration of 60 minutes."


# -- what is tried again


@pytest.mark.parametrize("ending", [drop(), close(1001), close(1011, "x"), close(1013)])
async def test_a_service_in_trouble_is_dialled_until_it_is_there(ending):
    scripts = [[HELLO, ending], [refuse(503)], [refuse(429, "Slow down.")], [drop()], AGAIN]
    async with ScriptedPeer(*scripts) as peer:
        session = await opened(peer)
        await back(session)
        assert read_restored(marks(session, RESTORED)[0]).tries == 4
        assert len(marks(session, LOST)) == 1
        await session.close()


@pytest.mark.parametrize(
    ("ending", "state"),
    [
        (close(1000), "closed"),
        (close(1008, "no"), "failed"),
        (close(3000, "invalid_request_error.invalid_api_key"), "failed"),
        (close(4000, "invalid_request_error.invalid_model"), "failed"),
    ],
)
async def test_an_end_that_was_meant_is_one(ending, state):
    async with ScriptedPeer([HELLO, ending]) as peer:
        session = await opened(peer)
        await until(lambda: session.state == state)
        assert marks(session, LOST) == []
        assert len(peer.handshakes) == 1


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        ([refuse(401, "Bad key.")], "HTTP 401: Bad key"),
        ([refuse(403)], "HTTP 403"),
        ([refuse(404)], "HTTP 404"),
        ([refuse(400)], "HTTP 400"),
        ([refuse(429, QUOTA)], "exceeded your current quota"),
        (
            [
                send(error("Incorrect API key provided", "invalid_api_key")),
                close(3000, "invalid_request_error.invalid_api_key"),
            ],
            "Incorrect API key provided",
        ),
    ],
)
async def test_a_refusal_that_no_other_try_would_change_ends_it_in_one_line(refusal, text):
    async with ScriptedPeer([HELLO, drop()], refusal) as peer:
        session = await opened(peer)
        waiting = session.update({"instructions": "x"})
        await until(lambda: session.state == "failed")
        assert text in str(session.failure)
        assert "\n" not in str(session.failure)
        with pytest.raises(ConnectionLost):
            await waiting
        assert session.restoration is None


async def test_the_hour_that_is_up_is_told_as_that():
    over = [HELLO, send(error(EXPIRED, "session_expired")), close(1001, EXPIRED)]
    async with ScriptedPeer(over, AGAIN) as peer:
        session = await opened(peer)
        await back(session)
        lost = read_lost(marks(session, LOST)[0])
        assert (lost.reason, lost.code) == ("expired", 1001)
        await session.close()


async def test_a_service_that_ends_every_session_at_once_is_given_up():
    policy = RestorePolicy(delays_s=(0.0,), brief_most=3)
    scripts = [[HELLO, drop()], [*AGAIN, drop()], [*AGAIN, drop()]]
    async with ScriptedPeer(*scripts) as peer:
        session = await opened(peer, policy=policy)
        await until(lambda: session.state == "failed")
        assert "3 sessions in a row ended within 10 s" in str(session.failure)


async def test_a_session_that_lasts_begins_the_count_anew():
    policy = RestorePolicy(delays_s=(0.0,), brief_s=0.2, brief_most=2)
    scripts = [[HELLO, drop()], [*AGAIN, hold(0.3), drop()], [*AGAIN, drop()], AGAIN]
    async with ScriptedPeer(*scripts) as peer:
        session = await opened(peer, policy=policy)
        await back(session, 3)
        await session.close()


async def test_a_link_that_loses_every_session_is_given_up_before_it_costs_the_talk_for_ever():
    policy = RestorePolicy(delays_s=(0.0,), brief_s=0.0, hour_most=2)
    scripts = [[HELLO, drop()], [*AGAIN, drop()], [*AGAIN, drop()]]
    async with ScriptedPeer(*scripts) as peer:
        session = await opened(peer, policy=policy)
        await until(lambda: session.state == "failed")
        assert "3 sessions were lost within an hour" in str(session.failure)
        assert "mend the connection" in str(session.failure)
        assert "\n" not in str(session.failure)
        assert len(marks(session, RESTORED)) == 2


async def test_a_session_that_is_lost_while_it_is_told_the_talk_counts_as_one():
    policy = RestorePolicy(delays_s=(0.0,), brief_s=0.0, hour_most=1)
    taken = [HELLO, expect(UPDATE), answer(session_updated)]
    async with ScriptedPeer([*taken, drop()], [HELLO, expect(UPDATE), drop()]) as peer:
        session = await opened(peer, {"instructions": "x"}, policy=policy)
        await until(lambda: session.state == "failed")
        assert "2 sessions were lost within an hour" in str(session.failure)


async def test_a_practice_server_that_was_started_anew_is_gone_on_with(monkeypatch):
    gone = ScriptedPeer([HELLO, drop()], [refuse(503)])
    async with ScriptedPeer(AGAIN) as other, gone as peer:
        monkeypatch.setattr(restoring, "revived", lambda _endpoint: other.endpoint)
        session = await opened(peer)
        await back(session)
        assert session.endpoint == other.endpoint
        await session.close()


async def test_after_long_it_is_given_up_with_the_last_reason():
    policy = RestorePolicy(delays_s=(0.01,), away_s=0.1)
    refusals = [[refuse(503, "Down.")] for _ in range(40)]
    async with ScriptedPeer([HELLO, drop()], *refusals, patience=0) as peer:
        session = await opened(peer, policy=policy)
        await until(lambda: session.state == "failed")
        assert "no connection to the peer in" in str(session.failure)
        assert "Down" in str(session.failure)
        peer._waiting.clear()


async def test_a_drop_before_the_session_began_is_mended_too():
    async with ScriptedPeer([drop()], AGAIN) as peer:
        session = await opened(peer, {"instructions": "Be brief."})
        assert session.state == "open"
        assert session.effective["instructions"] == "Be brief."
        await session.close()


async def test_a_drop_while_the_config_is_on_its_way_is_mended_too():
    again = [HELLO, *AGAIN[1:], expect(UPDATE), answer(session_updated)]
    async with ScriptedPeer([HELLO, expect(UPDATE), drop()], again) as peer:
        session = await opened(peer, {"instructions": "Be brief."})
        assert session.effective["instructions"] == "Be brief."
        await session.close()


async def test_a_first_config_that_is_refused_after_a_drop_is_refused_as_ever():
    refusing = answer(lambda event: error("Bad voice.", event_id=event["event_id"]))
    async with ScriptedPeer([drop()], [HELLO, expect(UPDATE), refusing]) as peer:
        session = RealtimeSession(peer.endpoint, {"instructions": "x"}, restore=QUICK)
        with pytest.raises(ServerError, match="Bad voice"):
            await session.open()
        assert session.state == "open"
        await session.close()


async def test_with_restore_off_a_lost_connection_is_the_end():
    async with ScriptedPeer([HELLO, drop()]) as peer:
        session = await opened(peer, policy=False)
        await until(lambda: session.state == "failed")
        assert marks(session, LOST) == []


# -- how it stands


async def test_how_it_stands_is_told_with_each_try_and_now_means_now():
    policy = RestorePolicy(delays_s=(0.0, 60.0), jitter=0.0)
    async with ScriptedPeer([HELLO, drop()], [refuse(503, "Down.")], AGAIN) as peer:
        session = await opened(peer, policy=policy)
        await until(lambda: session.restoration is not None and session.restoration.tries == 2)
        told = session.restoration
        assert (told.reason, told.tries) == ("lost", 2)
        assert 50 < told.next_try_s <= 60
        assert "Down" in told.detail
        assert told.since_ms <= session.now_ms()
        session.retry_now()
        await back(session)
        assert session.restoration is None
        await session.close()


@pytest.mark.parametrize("script", [[refuse(503)], [wait_until(asyncio.Event())]])
async def test_closing_meanwhile_closes_and_leaves_nothing(script):
    policy = RestorePolicy(delays_s=(0.0, 60.0))
    async with ScriptedPeer([HELLO, drop()], script, patience=0) as peer:
        session = await opened(peer, policy=policy)
        await until(lambda: len(peer.handshakes) == 2)
        waiting = session.say("Hello?")
        await session.close()
        assert session.state == "closed"
        with pytest.raises(ConnectionLost, match="closed"):
            await waiting
        peer._left.clear()


async def test_stopping_the_loop_meanwhile_ends_it():
    loop = BackgroundLoop()
    policy = RestorePolicy(delays_s=(60.0,))
    async with ScriptedPeer([HELLO, drop()]) as peer:
        session = await opened(peer, policy=policy, loop=loop)
        await until(lambda: session.state == "restoring")
        await asyncio.to_thread(loop.stop)
        assert session.state == "closed"


async def test_listeners_that_raise_or_close_do_no_harm(caplog):
    async with ScriptedPeer([HELLO, drop()], AGAIN) as peer:
        session = await opened(peer)

        def fails(*_):
            raise ValueError("mine")

        session.subscribe(fails)
        session.on_state(fails)
        await back(session)
        await session.close()
    assert "mine" in caplog.text
    async with ScriptedPeer([HELLO, drop()]) as peer:
        session = await opened(peer, policy=RestorePolicy(delays_s=(60.0,)))
        await until(lambda: session.state == "restoring")
        session.on_state(lambda _: session.close())
        session.retry_now()
        session._running_loop().post(session._core.set_state, "restoring")
        await until(lambda: session.state == "closed")


async def test_a_half_open_connection_is_noticed_and_restored():
    async with ScriptedPeer([HELLO, stop_reading(), hold(9)], AGAIN, patience=0) as peer:
        session = await opened(peer, transport=WebSocketTransport(pings=(0.02, 0.05)))
        await back(session)
        assert "no longer answers" in read_lost(marks(session, LOST)[0]).detail
        await session.close()
        peer._left.clear()


# -- the rules, one by one


@pytest.mark.parametrize("code", [None, 1001, 1005, 1006, 1011, 1012, 1013, 1015])
def test_codes_that_are_worth_another_try(code):
    assert is_worth_it(ConnectionLost("x", code=code), None)
    assert not is_worth_it(ConnectionLost("x", code=code), {"code": "insufficient_quota"})


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1008, 1009, 3000, 4000])
def test_codes_that_are_not(code):
    assert not is_worth_it(ConnectionLost("x", code=code), None)


@pytest.mark.parametrize(
    ("failure", "hope"),
    [
        (ConnectionFailed("not reached"), True),
        (ConnectionFailed("x", final=True), False),
        *[(ConnectionFailed("x", status=code), True) for code in (302, 408, 425, 429, 500, 504)],
        *[(ConnectionFailed("x", status=code), False) for code in (400, 401, 403, 404, 410)],
        (CallTimeout("x"), True),
        (ServerError("x"), False),
        (ValueError("x"), False),
    ],
)
def test_which_dials_may_do_better_later(failure, hope):
    assert may_come_back(failure) is hope


def test_the_waits_double_up_to_a_quarter_of_a_minute_and_are_spread():
    even = RestorePolicy(jitter=0.0)
    assert [even.delay_s(n) for n in range(9)] == [*DELAYS_S, 15.0, 15.0]
    assert RestorePolicy(jitters=lambda: 0.0).delay_s(2) == pytest.approx(0.8)
    assert RestorePolicy(jitters=lambda: 1.0).delay_s(2) == pytest.approx(1.2)
