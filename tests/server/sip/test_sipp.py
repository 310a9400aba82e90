"""Calls by SIPp, a telephone that nobody here wrote; its scenarios stand in tests/sipp."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.audio.g711 import ulaw_encode
from realtime_nb.server.sip.endpoint import SipEndpoint
from tests.server.fakes import tone
from tests.server.phone.answering import Answering, answering
from tests.server.serving import serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SCENARIOS = Path(__file__).parents[2] / "sipp"
PATIENCE_S = 40

pytestmark = pytest.mark.skipif(
    shutil.which("sipp") is None and not os.environ.get("CI"),
    reason="SIPp is not installed (Debian's package is sip-tester)",
)


async def run(
    scenario: str, folder: Path, answer: Callable[[Answering, str], Awaitable[Any]]
) -> Any:
    """Have SIPp call once; return what whoever answered made of it."""
    clip = ulaw_encode(tone(800, rate=8000)) + ulaw_encode(tone(1000, level=0, rate=8000))
    (folder / "clip.ulaw").write_bytes(clip)
    outcome: list[Any] = []

    async with serving() as served, answering(served, default=True) as desk:

        async def on_call(call_id: str) -> None:
            outcome.append(await answer(desk, call_id))

        desk.on_call = on_call
        sip = SipEndpoint(served.shared.calls, served.shared.phone)
        await sip.open("127.0.0.1", 0)
        sipp = await asyncio.create_subprocess_exec(
            "sipp", f"127.0.0.1:{sip.address[1]}", "-sf", SCENARIOS / f"{scenario}.xml",
            "-i", "127.0.0.1", "-mi", "127.0.0.1", "-m", "1", "-nostdin", "-trace_err",
            "-error_file", "errors.log", "-timeout", "30s", "-timeout_error",
            cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        code = await asyncio.wait_for(sipp.wait(), PATIENCE_S)
        errors = folder / "errors.log"
        assert code == 0, errors.read_text() if errors.exists() else code
        for task in desk.tasks:
            await asyncio.wait_for(task, PATIENCE_S)
        await served.shared.calls.close()
        await sip.close()
    return outcome[0] if outcome else None


async def test_a_talk(tmp_path: Path) -> None:
    async def talk(desk: Answering, call_id: str) -> list[Any]:
        wanted = {"output_audio_buffer.started", "input_audio_buffer.dtmf_event_received"}
        events: list[Any] = []
        await desk.accept(call_id)
        async with desk.client.realtime.connect(call_id=call_id) as sideband:
            async for one in sideband:
                events.append(one)
                if wanted <= {seen.type for seen in events}:
                    break
            await desk.client.realtime.calls.hangup(call_id)
        return events

    events = await run("talk", tmp_path, talk)
    assert "input_audio_buffer.speech_stopped" in {one.type for one in events}
    keys = [one.event for one in events if one.type == "input_audio_buffer.dtmf_event_received"]
    assert keys == ["5"]


async def test_a_rejected_call(tmp_path: Path) -> None:
    async def reject(desk: Answering, call_id: str) -> None:
        await desk.client.realtime.calls.reject(call_id)

    await run("rejected", tmp_path, reject)


async def test_a_caller_who_gives_up(tmp_path: Path) -> None:
    async def wait(desk: Answering, call_id: str) -> None:
        """Leave it ringing."""

    await run("cancelled", tmp_path, wait)


async def test_a_referred_call(tmp_path: Path) -> None:
    async def refer(desk: Answering, call_id: str) -> None:
        calls = desk.client.realtime.calls
        await desk.accept(call_id)
        await calls.refer(call_id, target_uri="sip:agent@example.com")

    await run("referred", tmp_path, refer)
