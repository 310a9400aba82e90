"""Speech and transcription against the practice server's own process."""

from __future__ import annotations

import pytest

from realtime_nb.client.local import LocalServer
from realtime_nb.client.rest.speech import speak
from realtime_nb.client.rest.transcription import transcribe, translate_audio
from realtime_nb.errors import RequestRefused

WORDS = "what is seven plus five"


@pytest.fixture(autouse=True)
def _server():
    yield
    LocalServer.shared().stop()


async def test_what_is_read_aloud_is_written_down_with_its_times():
    notices, texts = [], []
    speech = await speak(WORDS, endpoint="local", format="flac", on_notice=notices.append)
    assert speech.practice
    assert speech.cost == 0
    assert "local practice server, not a model" in speech._repr_html_()
    assert 1_000 < speech.clip.duration_ms < 10_000
    transcript = await transcribe(
        speech.sound, endpoint="local", words=True, segments=True, prompt=WORDS
    )
    assert transcript.text.lower().strip(" .?") == WORDS
    assert transcript.words[-1].end_s <= speech.clip.duration_ms / 1000 + 0.1
    assert "-->" in transcript.vtt()
    streamed = await transcribe(
        speech.clip,
        endpoint="local",
        stream=True,
        prompt=WORDS,
        on_progress=lambda progress: texts.append(progress.transcript),
    )
    assert streamed.text == transcript.text
    assert len(texts) > 1
    assert (await translate_audio(speech.clip, endpoint="local")).task == "translate"
    assert not notices


async def test_the_server_refuses_in_one_line():
    with pytest.raises(RequestRefused, match="voice") as caught:
        await speak("Hi", endpoint="local", voice="nobody", stream=False)
    assert caught.value.status == 400
    assert "\n" not in str(caught.value)
