"""The openai package at calls: WebRTC, the sideband, and a telephone's."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from fractions import Fraction
from typing import Any

import kit
from aiortc import AudioStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame
from openai import AsyncOpenAI
from openai_async import talking, until

flows = kit.Flows("openai (calls)", "openai")


@flows.flow("WebRTC and sideband")
async def call() -> None:
    """A peer of this process calls; the sideband, with the key, hears and hangs up."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTrack(Mouth(kit.silence(500) + kit.sound("time")))
    channel = peer.createDataChannel("oai-events")
    told: list[str] = []
    channel.on("message", lambda text: told.append(json.loads(text)["type"]))
    heard = asyncio.Event()
    peer.on("track", lambda track: listening.append(asyncio.create_task(listen(track, heard))))
    listening: list[asyncio.Task[None]] = []
    await peer.setLocalDescription(await peer.createOffer())
    async with AsyncOpenAI(base_url=kit.URL, api_key=kit.KEY) as client:
        answer = await client.realtime.calls.create(
            sdp=peer.localDescription.sdp,
            session={"type": "realtime", "model": kit.MODEL, "instructions": "Be brief."},
        )
        call_id = answer.response.headers["location"].rpartition("/")[2]
        await peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        async with talking(call_id=call_id) as sideband:
            said = await until(sideband, "response.output_audio_transcript.done")
            kit.expect(
                said.transcript, "no words"
            )  # which, depends on what Opus leaves of the question
            await until(sideband, "output_audio_buffer.stopped")
            await heard.wait()
            kit.expect("response.output_audio_transcript.done" in told, told)
            kit.expect("response.output_audio.delta" not in told, "sound on the data channel")
            await client.realtime.calls.hangup(call_id)
            async for _ in sideband:
                pass
    for task in listening:
        task.cancel()
    await peer.close()


class Mouth(AudioStreamTrack):
    """Says a clip at real time, then is silent."""

    def __init__(self, pcm: bytes) -> None:
        super().__init__()
        self._frames = kit.chunks(pcm, 20)[:-1]
        self._sent = 0

    async def recv(self) -> AudioFrame:
        if not self._sent:
            self._began = asyncio.get_running_loop().time()
        await asyncio.sleep(self._began + self._sent * 0.02 - asyncio.get_running_loop().time())
        frame = AudioFrame(format="s16", layout="mono", samples=480)
        pcm = self._frames[self._sent] if self._sent < len(self._frames) else kit.silence(20)
        frame.planes[0].update(pcm)
        frame.sample_rate = 24_000
        frame.time_base = Fraction(1, 24_000)
        frame.pts = self._sent * 480
        self._sent += 1
        return frame


async def listen(track: Any, heard: asyncio.Event) -> None:
    """Note when something is heard on a track."""
    while True:
        frame = await track.recv()
        if max(memoryview(frame.planes[0]).cast("h")) > 1_000:  # of 32767
            heard.set()


@flows.flow("phone call")
async def phone_call() -> None:
    """The practice phone rings; its webhook is checked, the call accepted and hung up."""
    secret = f"whsec_{base64.b64encode(bytes(24)).decode()}"
    rung: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    client = AsyncOpenAI(base_url=kit.URL, api_key=kit.KEY, webhook_secret=secret)
    async with client, await asyncio.start_server(hook(client, rung), "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        caller = await asyncio.create_subprocess_exec(
            *kit.PHONE,
            kit.sound_file("time"),
            *("--to", f"http://127.0.0.1:{port}/", "--server", kit.URL, "--quiet", "30"),
            env={**os.environ, "OPENAI_WEBHOOK_SECRET": secret, "REALTIME_NB_TOKEN": kit.KEY},
            stdout=asyncio.subprocess.PIPE,
        )
        event = await rung
        kit.expect(event.type == "realtime.call.incoming", event)
        await client.realtime.calls.accept(
            event.data.call_id, type="realtime", model=kit.MODEL, instructions="Be brief."
        )
        async with talking(call_id=event.data.call_id) as sideband:
            said = await until(sideband, "response.output_audio_transcript.done")
            kit.expect(said.transcript, "no words")  # which, a telephone does not let through
            await until(sideband, "output_audio_buffer.stopped")
            await client.realtime.calls.hangup(event.data.call_id)
        told, _ = await caller.communicate()
        kit.expect(b"hung up" in told, told)


def hook(client: AsyncOpenAI, rung: asyncio.Future[Any]) -> Any:
    """Return a webhook's server: one request, its signature checked by the package."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = [line.split(": ", 1) for line in head.split("\r\n")[1:] if line]
        headers = {name.lower(): value for name, value in lines}
        body = await reader.readexactly(int(headers["content-length"]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()
        if not rung.done():
            try:
                rung.set_result(client.webhooks.unwrap(body, headers))
            except Exception as error:  # noqa: BLE001 -- the flow fails with it
                rung.set_exception(error)

    return answer


if __name__ == "__main__":
    flows.run()
