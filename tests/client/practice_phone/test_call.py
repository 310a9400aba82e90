"""Practice calls: a clip said in real time, what was heard kept, every end told in words."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.practice_phone.call import place_call
from realtime_nb.client.practice_phone.published import newest_line, publish_line, published_lines
from realtime_nb.client.practice_phone.told import call_and_tell
from realtime_nb.errors import ConnectionFailed, EndpointError, UsageError
from tests.server.fakes import tone
from tests.server.phone.answering import SECRET, Answering, answering
from tests.server.serving import TOKEN, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from realtime_nb.client.practice_phone.call import PhoneNews

PATIENCE_S = 30.0
CLIP = AudioClip.from_pcm16(tone(400).tobytes(), 24_000)


def practice(url: str, key: str = TOKEN) -> Endpoint:
    return Endpoint(base_url=url, model="", name="practice", practice=True, api_key=Secret(key))


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    return tmp_path / "runtime"


@asynccontextmanager
async def room() -> AsyncIterator[Answering]:
    async with serving() as served, answering(served) as desk:
        yield desk


async def call(desk: Answering, **options: Any) -> Any:
    placed = place_call(
        practice(desk.served.url),
        CLIP,
        webhook_url=desk.url,
        webhook_secret=Secret(SECRET),
        quiet_s=0.3,
        **options,
    )
    return await asyncio.wait_for(_result(placed), PATIENCE_S)


async def _result(placed: Any) -> Any:
    return await placed


async def test_a_call_is_a_talk_and_what_was_heard_is_kept() -> None:
    news: list[PhoneNews] = []
    seen: list[Any] = []
    async with room() as desk:

        async def talk(call_id: str) -> None:
            await desk.accept(call_id)
            async with desk.client.realtime.connect(call_id=call_id) as sideband:
                await sideband.response.create()
                seen.extend([one async for one in sideband])

        desk.on_call = talk
        result = await call(desk, dtmf="1#", on_state=news.append, headers=[("X-Order", "7")])
    assert [one.state for one in news] == ["ringing", "accepted", "ended"]
    assert result.log == tuple(news)
    assert (result.state, result.detail) == ("ended", "the caller hung up")
    assert result.call_id.startswith("rtc_")
    assert result.heard.rate == 24_000
    assert result.heard.peak_dbfs > -40
    assert result.heard.duration_s > CLIP.duration_s
    kinds = [one.type for one in seen]
    assert "input_audio_buffer.speech_started" in kinds
    keys = [one.event for one in seen if one.type == "input_audio_buffer.dtmf_event_received"]
    assert keys == ["1", "#"]
    given = {one["name"]: one["value"] for one in desk_headers(desk)}
    assert given["X-Order"] == "7"
    assert SECRET not in repr(result)


def desk_headers(desk: Answering) -> list[dict[str, str]]:
    return json.loads(desk.deliveries[0][1])["data"]["sip_headers"]


async def test_a_rejected_and_a_referred_call_end_so() -> None:
    async with room() as desk:
        calls = desk.client.realtime.calls

        async def reject(call_id: str) -> None:
            await calls.reject(call_id)

        async def refer(call_id: str) -> None:
            await desk.accept(call_id)
            await calls.refer(call_id, target_uri="tel:+15557")

        desk.on_call = reject
        rejected = await call(desk)
        desk.on_call = refer
        referred = await call(desk)
    assert (rejected.state, rejected.detail) == ("rejected", "603")
    assert len(rejected.heard) == 0
    assert (referred.state, referred.detail) == ("referred", "tel:+15557")


async def test_a_call_that_is_cancelled_hangs_up() -> None:
    async with room() as desk:
        rung = asyncio.Event()
        loop = asyncio.get_running_loop()
        placed = place_call(
            practice(desk.served.url),
            CLIP,
            webhook_url=desk.url,
            webhook_secret=Secret(SECRET),
            on_state=lambda _: loop.call_soon_threadsafe(rung.set),
        )
        await asyncio.wait_for(rung.wait(), PATIENCE_S)
        assert placed.cancel()
        async with asyncio.timeout(PATIENCE_S):
            while len(desk.served.shared.calls):  # noqa: ASYNC110 -- a dict has no event
                await asyncio.sleep(0.01)


async def test_what_cannot_be_placed_is_one_line() -> None:
    async with room() as desk:
        with pytest.raises(UsageError, match="nobody is told of this call"):
            await place_call(practice(desk.served.url), CLIP)
        with pytest.raises(ConnectionFailed, match="does not take the token") as wrong:
            await place_call(practice(desk.served.url, "not-the-token"), CLIP)
        assert "not-the-token" not in str(wrong.value)
    with pytest.raises(ConnectionFailed, match="no call can be placed"):
        await place_call(practice(desk.served.url), CLIP)
    with pytest.raises(EndpointError, match="SIP trunk"):
        await place_call(practice("https://api.openai.com/v1"), CLIP)
    with pytest.raises(UsageError, match="cannot be dialled"):
        place_call(practice(desk.served.url), CLIP, dtmf="12x")
    with pytest.raises(UsageError, match="quiet_s=-1"):
        place_call(practice(desk.served.url), CLIP, quiet_s=-1)


async def test_a_line_is_published_privately_found_and_rung(runtime_folder: Path) -> None:
    with pytest.raises(EndpointError, match="open a PhoneLine"):
        newest_line()
    async with room() as desk:
        server = practice(desk.served.url)
        line = await asyncio.to_thread(publish_line, server, desk.url, Secret(SECRET))
        assert stat.S_IMODE(line.path.stat().st_mode) == 0o600
        written = line.path.read_text()
        assert SECRET not in written
        assert TOKEN not in written

        async def reject(call_id: str) -> None:
            await desk.client.realtime.calls.reject(call_id)

        desk.on_call = reject
        assert newest_line().path == line.path
        result = await asyncio.wait_for(_result(place_call(newest_line().endpoint, CLIP)), 30)
        assert result.state == "rejected"
        with pytest.raises(ConnectionFailed, match="this computer only"):
            await asyncio.to_thread(publish_line, server, "http://example.com/", Secret(SECRET))
    # One whose process was killed, and files that hold anything.
    told = json.loads(written)
    (runtime_folder / "realtime-nb-phone-1.json").write_text(json.dumps({**told, "pid": 2**22 + 1}))
    (runtime_folder / "realtime-nb-phone-2.json").write_text("{")
    (runtime_folder / "realtime-nb-phone-3.json").write_text("[]")
    assert [found.path for found in published_lines()] == [line.path]
    line.withdraw()
    assert published_lines() == []


async def test_the_command_line_tells_each_step_and_saves_what_was_heard(tmp_path: Path) -> None:
    said: list[str] = []
    CLIP.save(tmp_path / "clip.wav")
    environ = {"REALTIME_NB_TOKEN": TOKEN, "OPENAI_WEBHOOK_SECRET": SECRET}
    async with room() as desk:
        desk.on_call = desk.accept
        well = await asyncio.to_thread(
            call_and_tell,
            tmp_path / "clip.wav",
            say=said.append,
            server=desk.served.url,
            to=desk.url,
            save=tmp_path / "heard.wav",
            quiet_s=0.2,
            environ=environ,
        )
    assert well
    assert [line.split("  ")[-1].split(",")[0].split(" 1")[0] for line in said[:3]] == [
        "ringing",
        "accepted",
        "hung up: the caller hung up",
    ]
    assert said[3].startswith("heard ")
    assert AudioClip.read(tmp_path / "heard.wav").duration_s > 0.5
    assert SECRET not in "".join(said)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"to": "http://127.0.0.1:1/"}, "set OPENAI_WEBHOOK_SECRET"),
        ({"secret": "s"}, "--secret-file signs what goes to --to"),
        ({"to": "http://127.0.0.1:1/", "secret": "s"}, "--to needs --server"),
        ({"server": "http://127.0.0.1:1/v1"}, "set REALTIME_NB_TOKEN"),
        ({"server": "not a url"}, "no such|no address"),
        ({}, "open a PhoneLine"),
    ],
)
def test_wrong_options_are_one_line(options: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises((UsageError, EndpointError), match=words) as refused:
        call_and_tell(tmp_path / "clip.wav", say=print, environ={}, **options)
    assert os.linesep not in str(refused.value)
