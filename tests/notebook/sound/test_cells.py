"""Cells of sound, as people run them, against a scripted service."""

from __future__ import annotations

import _thread
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from traitlets import TraitError

from realtime_nb.audio.clip import AudioClip
from realtime_nb.notebook.sound.kept import sound_bytes
from tests.notebook.sound_page import Page
from tests.notebook.sound_peer import Exchange, Peer, answers, refuses, tone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

KEY = "sk-test-0123456789abcdefghij"


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    peer = Peer()
    monkeypatch.setenv("OPENAI_BASE_URL", peer.url)
    yield peer
    peer.shutdown()
    peer.server_close()


@pytest.fixture
def run(shell: InteractiveShell, capsys: pytest.CaptureFixture[str], peer: Peer) -> Any:
    assert peer.url

    def run(cell: str) -> str:
        shell.run_cell(cell)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert KEY not in out + err
        return out + err

    return run


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, shell: InteractiveShell) -> Page:
    """Have the extension believe that it is in a notebook."""
    page = Page()
    monkeypatch.setattr("realtime_nb.notebook.magics.sound.screen_of", lambda _shell: page)
    shell.run_line_magic("reload_ext", "realtime_nb")
    return page


def test_an_answer_is_bound_and_shown_once(run: Any, shell: Any, peer: Peer) -> None:
    peer.says(answers())
    said = run("%%audio_chat --voice marin\nIs a golden retriever a good family dog?")
    assert said.count("Yes, very.") == 2  # the words, and the object in one line
    answer = shell.user_ns["answer"]
    assert answer.transcript == answer.text == "Yes, very."
    assert abs(answer.clip.duration_ms - 500) < 1
    assert (answer.id, answer.expires_at) == ("audio_1", 4_000_000_000)
    (asked,) = peer.asked
    assert asked["modalities"] == ["text", "audio"]
    assert asked["audio"] == {"voice": "marin", "format": "wav"}
    assert asked["messages"][0]["content"] == "Is a golden retriever a good family dog?"


def test_every_option_reaches_the_service(run: Any, shell: Any, peer: Peer, tmp_path: Path) -> None:
    peer.says(answers())
    shell.user_ns["clip"] = AudioClip.silence(100, 8000)
    path = AudioClip.silence(100, 8000).save(tmp_path / "a sound.wav")
    shell.user_ns["topic"] = "dogs & {cats}"
    run(
        f"%%audio_chat --in clip --in '{path}' --in-format mp3 --system 'Be brief.' --model m"
        " --format mp3 --out reply\nWhat of {{topic}}, {this} and $that?"
    )
    (asked,) = peer.asked
    system, user = asked["messages"]
    assert system["content"] == "Be brief."
    kinds = [part["type"] for part in user["content"]]
    assert sorted(kinds) == ["input_audio", "input_audio", "text"]
    formats = [p["input_audio"]["format"] for p in user["content"] if p["type"] == "input_audio"]
    assert formats == ["mp3", "mp3"]
    (text,) = [part["text"] for part in user["content"] if part["type"] == "text"]
    assert text == "What of dogs & {cats}, {this} and $that?"
    assert (asked["model"], asked["audio"]["format"]) == ("m", "mp3")
    assert shell.user_ns["reply"].text == "Yes, very."
    assert "answer" not in shell.user_ns


def test_sound_alone_is_a_question(run: Any, shell: Any, peer: Peer) -> None:
    peer.says(answers())
    shell.user_ns["clip"] = AudioClip.silence(100, 8000)
    run("%audio_chat --in clip --in 'clip + clip'")
    (message,) = peer.asked[0]["messages"]
    assert [part["type"] for part in message["content"]] == ["input_audio", "input_audio"]
    assert shell.user_ns["answer"].text == "Yes, very."


def test_a_conversation_goes_on_by_the_sounds_id(run: Any, shell: Any, peer: Peer) -> None:
    peer.says(answers("First."), answers("Second."))
    assert "there is no conversation 'main'" in run("%%audio_chat --continue\nAnd a beagle?")
    run("%%audio_chat --system Brief.\nA golden retriever?")
    run("%%audio_chat --continue --voice ash --out second\nAnd a beagle?")
    first, second = peer.asked
    assert len(first["messages"]) == 2
    assert second["messages"][:2] == first["messages"]
    assert second["messages"][2] == {"role": "assistant", "audio": {"id": "audio_1"}}
    assert second["audio"]["voice"] == "ash"
    history = shell.run_line_magic("audio_chat", "history")
    assert len(history) == 4
    assert "A golden retriever?" in history._repr_html_()
    assert "main  gpt-audio-1.5 at 127.0.0.1" in run("%audio_chat")
    assert "Forgotten: main." in run("%audio_chat reset")
    assert "there is none yet" in run("%audio_chat history")


def test_two_conversations_have_names(run: Any, shell: Any, peer: Peer) -> None:
    peer.says(answers("One."), answers("Two."), answers("Three."))
    run("%%audio_chat\nA?")
    run("%%audio_chat --name other\nB?")
    run("%%audio_chat --continue\nC?")
    assert [m.get("content") for m in peer.asked[2]["messages"]][::2] == ["A?", "C?"]
    assert len(shell.run_line_magic("audio_chat", "history other")) == 2
    assert "no conversation 'zzz': there is main, other" in run("%audio_chat history zzz")


def test_what_a_cell_repeats_of_its_conversation_is_no_mistake(run: Any, peer: Peer) -> None:
    peer.says(answers("One."), answers("Two."), answers("Three."))
    line = f"%%audio_chat --endpoint {peer.url} --model m --voice ash --system Brief."
    run(f"{line}\nA?")
    run(f"{line} --continue\nB?")
    run("%%audio_chat --continue\nC?")
    assert [asked["model"] for asked in peer.asked] == ["m", "m", "m"]
    assert [len(asked["messages"]) for asked in peer.asked] == [2, 4, 6]


def test_a_conversation_stays_where_it_is(run: Any, peer: Peer) -> None:
    peer.says(answers("One."))
    run(f"%%audio_chat --endpoint {peer.url}\nA?")
    for other in ("local", "https://example.com/v1"):
        said = run(f"%%audio_chat --continue --endpoint {other}\nB?")
        assert f"--endpoint {other}: this conversation is with" in said
        assert "--tools" not in said
    assert len(peer.asked) == 1


def test_functions_may_come_later_for_one_question(run: Any, peer: Peer) -> None:
    peer.says(answers("One."), answers("Two."), answers("Three."))
    run("def weather(city: str) -> str:\n    'The weather.'\n    return 'rain'")
    run("%%audio_chat\nA?")
    run("%%audio_chat --continue --tools weather\nB?")
    run("%%audio_chat --continue\nC?")
    assert ["tools" in asked for asked in peer.asked] == [False, True, False]


def test_a_function_of_the_notebook_is_called(run: Any, shell: Any, peer: Peer) -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
    }
    peer.says(answers("", audio=None, tool_calls=[call]), answers("It rains."))
    run("def weather(city: str) -> str:\n    'The weather.'\n    return f'rain in {city}'")
    run("%%audio_chat --tools weather\nWeather in Oslo?")
    assert peer.asked[0]["tools"][0]["function"]["name"] == "weather"
    outputs = [m for m in peer.asked[1]["messages"] if m["role"] == "tool"]
    assert outputs == [{"role": "tool", "tool_call_id": "call_1", "content": "rain in Oslo"}]
    assert shell.user_ns["answer"].text == "It rains."
    assert "--tools nothing: name 'nothing' is not defined" in run(
        "%%audio_chat --tools nothing\nx"
    )


def test_what_fails_leaves_the_variable_and_says_so(run: Any, shell: Any, peer: Peer) -> None:
    peer.says(refuses(401, f"Incorrect API key provided: {KEY}"))
    shell.user_ns["answer"] = "before"
    said = run("%%audio_chat\nHello?")
    assert "HTTP 401" in said
    assert len([line for line in said.splitlines() if line.startswith("RequestRefused:")]) == 1
    assert "`answer` is what it was before" in said
    assert shell.user_ns["answer"] == "before"
    assert "No conversations yet" in run("%audio_chat")


def test_a_retry_is_seen(run: Any, shell: Any, peer: Peer, page: Page) -> None:
    peer.says(refuses(429, "Rate limit reached", retry_after="0.3"), answers())
    run("%%audio_chat\nHello?")
    assert len(peer.bodies) == 2
    waiting = [one["text/plain"] for one in page.seen[:-1]]
    assert any("429" in text for text in waiting)
    # It stays in the saved notebook, above the answer.
    assert "429" in page.last["text/html"]
    assert shell.user_ns["answer"].text == "Yes, very."


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%audio_chat\n\n", "nothing is asked: write a prompt below"),
        ("%audio_chat --voice ash", "nothing is asked"),
        ("%%speak --save a.xyz\nHi", ".xyz is no format of sound"),
        ("%%audio_chat --in nothing\nx", "there is no variable and no file of that name"),
        ("%%audio_chat --out 2x\nx", "'2x' cannot be a variable"),
        ("%%audio_chat\n{{nothing}}", "line 2: {{nothing}}: name 'nothing' is not defined"),
        ("%%audio_chat --steam\nx", "did you mean '--stream'"),
        (f"%%audio_chat\nuse {KEY}9", "looks like a key"),
        ("%%speak\n \n", "nothing to say"),
        ("%%speak --speed fast\nx", "invalid float value"),
        ("%%speak --speed 9\nx", "0.25"),
        ("%transcribe nothing.wav", "no variable and no file"),
        ("%transcribe", "required: clip; %transcribe? explains"),
        ("%transcribe x --srt words.txt", "ends in .srt"),
        ("%transcribe x --speaker Ann", "NAME=CLIP"),
        ("%translate_audio x --langauge de", "unrecognized arguments"),
        ("%audio_chat histroy", "%audio_chat history [NAME]"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_sent(
    run: Any, shell: Any, peer: Peer, cell: str, said: str
) -> None:
    peer.says(answers())
    shell.user_ns["x"] = AudioClip.silence(500, 8000)
    printed = run(cell)
    assert len([line for line in printed.splitlines() if said in line]) == 1
    assert peer.bodies == []


def test_a_stream_that_breaks_is_kept_and_marked(
    run: Any, shell: Any, peer: Peer, page: Page
) -> None:
    def breaks(exchange: Exchange) -> None:
        exchange.begin(kind="text/event-stream")
        exchange.delta("Golden <b>retrievers", tone(300))
        exchange.connection.close()

    peer.says(breaks)
    said = run("%%audio_chat --stream\nDogs?")
    answer = shell.user_ns["answer"]
    assert answer.partial
    assert answer.text == "Golden <b>retrievers"
    assert abs(answer.clip.duration_ms - 300) < 1
    assert "Error" not in said
    assert "Golden &lt;b&gt;retrievers" in page.last["text/html"]
    assert "partial" in page.last["text/html"]


def interrupt_when(ready: threading.Event, delay_s: float = 0.4) -> None:
    def later() -> None:
        ready.wait(20)
        time.sleep(delay_s)
        _thread.interrupt_main()

    threading.Thread(target=later, daemon=True).start()


def test_the_stop_button_keeps_what_came_and_closes_the_stream(
    run: Any, shell: Any, peer: Peer, page: Page
) -> None:
    sent = threading.Event()

    def hangs(exchange: Exchange) -> None:
        exchange.begin(kind="text/event-stream")
        exchange.delta("Golden retrievers are", tone(300))
        sent.set()
        exchange.stay()

    peer.says(hangs, answers("They are."))
    interrupt_when(sent)
    said = run("%%audio_chat --stream\nDogs?")
    assert peer.gone.wait(10)
    errors = [line for line in said.splitlines() if line.startswith("Stopped:")]
    assert len(errors) == 1
    assert errors[0].startswith("Stopped: after ")
    assert "what had come is in `answer`" in errors[0]
    answer = shell.user_ns["answer"]
    assert answer.partial
    assert answer.text == "Golden retrievers are"
    # One static output, with its player, and no widget.
    assert len(page.outputs) == 1
    assert page.last["text/html"].count("<audio") == 1
    assert "application/vnd.jupyter.widget-view+json" not in page.last
    run("%%audio_chat --continue\nAre they?")
    assert "Golden retrievers are" in str(peer.asked[1]["messages"])


def test_stopped_before_anything_came_the_variable_stays(run: Any, shell: Any, peer: Peer) -> None:
    begun = threading.Event()

    def hangs(exchange: Exchange) -> None:
        begun.set()
        exchange.stay()

    shell.user_ns["answer"] = "before"
    peer.says(hangs)
    interrupt_when(begun)
    said = run("%%audio_chat\nDogs?")
    assert "nothing had come, and `answer` is what it was" in said
    assert shell.user_ns["answer"] == "before"
    assert peer.gone.wait(10)


def test_speech_is_stopped_too(run: Any, shell: Any, peer: Peer, tmp_path: Path) -> None:
    sent = threading.Event()

    def hangs(exchange: Exchange) -> None:
        exchange.begin(kind="audio/pcm")
        exchange.wfile.write(tone(700))
        exchange.wfile.flush()
        sent.set()
        exchange.stay()

    peer.says(hangs)
    interrupt_when(sent)
    assert "what had come is in `speech`" in run("%%speak\nA long story.")
    speech = shell.user_ns["speech"]
    assert speech.partial
    assert abs(speech.clip.duration_ms - 700) < 1
    assert speech.save(tmp_path / "part.wav").stat().st_size > 30_000


def test_a_long_text_is_read_in_parts_and_says_so(run: Any, shell: Any, peer: Peer) -> None:
    def reads(exchange: Exchange) -> None:
        exchange.begin(kind="audio/pcm")
        exchange.wfile.write(tone(100))

    peer.says(reads)
    said = run(f"%%speak\n{'The dog runs home. ' * 300}")
    speech = shell.user_ns["speech"]
    assert speech.parts == len(peer.bodies) > 1
    assert f"read in {speech.parts} parts" in said


def test_a_transcript_is_the_value_and_shows_itself_once(
    run: Any, shell: Any, peer: Peer, page: Page
) -> None:
    def writes(exchange: Exchange) -> None:
        exchange.begin(kind="text/event-stream")
        exchange.event(type="transcript.text.delta", delta="It rains ")
        time.sleep(0.5)
        exchange.event(type="transcript.text.delta", delta="<in> Spain.")
        exchange.event(type="transcript.text.done", text="It rains <in> Spain.")

    peer.says(writes)
    shell.user_ns["clip"] = AudioClip.silence(500, 8000)
    run("t = %transcribe clip --stream")
    assert shell.user_ns["t"] is shell.user_ns["transcript"]
    assert shell.user_ns["t"].text == "It rains <in> Spain."
    # While it came the words grew; what stays says only what was done.
    grown = [one["text/html"] for one in page.seen]
    assert any("It rains" in html and "Spain" not in html for html in grown)
    assert "<in>" not in "".join(grown)
    assert len(page.outputs) == 1
    assert "Spain" not in page.last["text/html"]
    assert "<audio" not in page.last["text/html"]


def test_the_settings_are_configured(run: Any, shell: Any, peer: Peer) -> None:
    assert "SoundMagics.voice" in run("%config SoundMagics")
    with pytest.raises(TraitError, match="takes 1 to 3600"):
        shell.magics_manager.registry["SoundMagics"].timeout = 0
    run("%config SoundMagics.voice = 'cedar'")
    run("%config SoundMagics.chat_model = 'my-model'")
    peer.says(answers())
    run("%%audio_chat\nHello?")
    assert peer.asked[0]["audio"]["voice"] == "cedar"
    assert peer.asked[0]["model"] == "my-model"
    run("%config RealtimeMagics.endpoint = 'http://127.0.0.1:9/v1'")
    assert "127.0.0.1:9" in run("%%speak\nHi")
    run(f"%config SoundMagics.endpoint = '{peer.url}'")
    run("%%audio_chat\nHello?")
    assert len(peer.bodies) == 2
    shell.config.pop("SoundMagics", None)


def test_saved_sound_is_bounded(run: Any, peer: Peer, page: Page) -> None:
    peer.says(answers(ms=2000))
    run("%%audio_chat\nOne?")
    size = sound_bytes(page.last)
    run(f"%config RealtimeMagics.saved_audio_bytes = {int(1.5 * size)}")
    run("%%audio_chat\nTwo?")
    first, second = page.outputs.values()
    assert "<audio" not in first["text/html"]
    assert "Yes, very." in first["text/html"]
    assert "<audio" in second["text/html"]
