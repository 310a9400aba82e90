"""The whole widget in Chromium, without a notebook: a stand-in plays the kernel's side.

The page half is js/tests/browser/engine.js.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soxr

from tests.browser.harness_mic import make_mic_wav, tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from playwright.sync_api import Locator, Page, Route

    from tests.browser.harness import OpenBrowser

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "realtime_nb" / "widget" / "static"
TESTS = ROOT / "js" / "tests"

RATE = 24_000
FRAME = 960
HTML = """<!doctype html><link rel="stylesheet" href="/widget.css">
<body><script type="module" src="/engine.js"></script>"""


def serve(route: Route) -> None:
    """Answer for http://localhost, which Chromium trusts, without a server."""
    path = "/" + route.request.url.split("/", 3)[3].partition("?")[0]
    files = {
        "/engine.js": TESTS / "browser" / "engine.js",
        "/fake_model.js": TESTS / "fake_model.js",
        "/bundle.js": STATIC / "widget.js",
        "/widget.css": STATIC / "widget.css",
    }
    if path == "/":
        route.fulfill(content_type="text/html", body=HTML)
    elif path in files:
        content_type = "text/css" if path.endswith(".css") else "text/javascript"
        route.fulfill(content_type=content_type, body=files[path].read_text())
    else:
        route.fulfill(status=404, body="")


def sweep() -> NDArray[np.float32]:
    """Two seconds of a tone that climbs: no two places of it look alike."""
    t = np.arange(2 * 48_000) / 48_000
    return (0.5 * np.sin(2 * np.pi * (200 + 600 * t) * t)).astype(np.float32)


@pytest.fixture
def page(open_browser: OpenBrowser, tmp_path: Path) -> Iterator[Page]:
    wav = make_mic_wav(tmp_path / "mic.wav", [0.5, sweep(), 0.5, tone(440, 1)])
    page = open_browser(wav).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("http://localhost/**", serve)
    page.goto("http://localhost/")
    page.wait_for_function("globalThis.engine?.model.client !== undefined")
    yield page
    page.close()
    assert errors == []


def microphone(page: Page) -> Locator:
    return page.get_by_role("button", name="Microphone", exact=True)


def open_microphone(page: Page) -> None:
    microphone(page).click()
    page.wait_for_function("engine.heard().length > 2 && engine.live() === 1")


def kinds(page: Page, kind: str) -> list[dict[str, Any]]:
    return list(page.evaluate("kind => engine.model.of(kind)", kind))


@pytest.mark.alone
def test_the_microphone_reaches_the_kernel_sample_by_sample(page: Page) -> None:
    page.evaluate("engine.model.welcome()")
    open_microphone(page)
    assert microphone(page).get_attribute("aria-pressed") == "true"
    (told,) = kinds(page, "mic")
    assert told["on"] is True
    assert told["settings"]["rate"] == RATE
    assert page.evaluate("engine.constraints()") == [
        {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}
    ]
    page.wait_for_function("engine.heard().length >= 75")
    frames = page.evaluate("engine.heard()")
    assert [frame["seq"] for frame in frames] == list(range(len(frames)))
    assert [frame["offset"] for frame in frames] == [i * FRAME for i in range(len(frames))]
    assert {(frame["kind"], frame["stream"], len(frame["samples"])) for frame in frames} == {
        (1, 1, FRAME)
    }
    now_ms = time.time() * 1000
    times = np.array([frame["tMs"] for frame in frames])
    assert np.all(np.abs(times - now_ms) < 60_000)
    # The first frames teach the clock; then frames stand 40 ms apart.
    assert np.diff(times[25:]) == pytest.approx(40, abs=10)

    captured = np.concatenate([frame["samples"] for frame in frames]) / 32768
    # 85 dB were measured here.
    assert snr_against(sweep(), captured) > 60
    microphone(page).click()
    page.wait_for_function("engine.live() === 0")
    assert [told["on"] for told in kinds(page, "mic")] == [True, False]
    count = page.evaluate("engine.heard().length")
    page.wait_for_timeout(200)
    assert page.evaluate("engine.heard().length") == count


def snr_against(sound: NDArray[np.float32], captured: NDArray[np.float64]) -> float:
    """Signal to noise in dB of `sound` (48 kHz) in `captured` (24 kHz): the median of its pieces.

    Each piece of 200 ms is looked for by itself. Chromium's pretended microphone loses or repeats
    some milliseconds when the machine is busy, before any of our code sees them; that spoils the
    pieces it falls into and shifts the later ones, while a fault of ours spoils every piece.
    """
    wanted = soxr.resample(sound.astype(np.float64), 48_000, RATE, quality="VHQ")[2400:-2400]
    pieces = np.split(wanted[: len(wanted) // 4800 * 4800], len(wanted) // 4800)
    return float(np.median([piece_snr(piece, captured) for piece in pieces]))


def piece_snr(wanted: NDArray[np.float64], captured: NDArray[np.float64]) -> float:
    """Signal to noise in dB of `wanted` where it best fits into `captured`."""
    size = 1 << 18
    match = np.fft.irfft(np.fft.rfft(captured, size) * np.conj(np.fft.rfft(wanted, size)))
    lag = int(np.argmax(match[: len(captured) - len(wanted)]))
    # A device at another rate shifts the sound by parts of a sample: fit the slope of the phase.
    window = np.hanning(len(wanted))
    spectrum = np.fft.rfft(captured[lag : lag + len(wanted)] * window)
    model = np.fft.rfft(wanted * window)
    turns = np.arange(len(model)) / len(wanted)

    def noise(shift: float) -> float:
        shifted = model * np.exp(-2j * np.pi * turns * shift)
        gain = np.real(np.vdot(shifted, spectrum)) / np.real(np.vdot(shifted, shifted))
        return float(np.sum(np.abs(spectrum - gain * shifted) ** 2))

    low, high = -1.0, 1.0
    for _ in range(40):  # the noise has one valley between two samples
        third = (high - low) / 3
        if noise(low + third) < noise(high - third):
            high -= third
        else:
            low += third
    return float(10 * np.log10(np.sum(np.abs(spectrum) ** 2) / noise((low + high) / 2)))


@pytest.mark.alone
def test_the_microphone_is_let_go_whenever_nobody_could_know_it_is_on(page: Page) -> None:
    def gone(within_s: float = 1.0) -> None:
        page.wait_for_function("engine.live() === 0", timeout=within_s * 1000)
        page.wait_for_function(
            "document.querySelector('.rnb-microphone[aria-pressed=true]') === null"
        )

    page.evaluate("engine.model.welcome()")
    open_microphone(page)
    # A view that is drawn anew, as JupyterLab does when a cell moves, keeps it.
    page.evaluate("engine.views.push(engine.view()); engine.views.shift().abort()")
    page.wait_for_timeout(1000)
    assert page.evaluate("engine.live()") == 1
    # The cell is run again: its old output goes at once, the new one comes when the kernel does.
    # One clock for both, the page's: the view is there again before the last one counts as gone.
    page.evaluate(
        """engine.views.shift().abort();
           setTimeout(() => engine.views.push(engine.view()), 1500)"""
    )
    page.wait_for_function("engine.views.length === 1")
    frames = page.evaluate("engine.heard().length")
    page.wait_for_timeout(2500)
    assert page.evaluate("engine.live()") == 1
    assert page.evaluate("engine.heard().length") > frames
    assert microphone(page).get_attribute("aria-pressed") == "true"
    # The last view closes for good.
    page.evaluate("engine.views.shift().abort()")
    gone(within_s=6)
    assert kinds(page, "mic")[-1] == {
        "kind": "mic",
        "on": False,
        "client": page.evaluate("engine.model.client"),
    }
    page.evaluate("engine.views.push(engine.view())")

    page.wait_for_function("document.querySelector('.rnb') !== null")
    for happening in (
        "engine.model.emit('comm_live_update')",
        "engine.model.broken = true",
        "engine.model.tell({kind: 'owner', client: 'another tab'})",
        "engine.model.tell({kind: 'mic_off', to: engine.model.client, reason: 'closed'})",
        "engine.model.tell({kind: 'state', state: 'failed', detail: 'the service is gone'})",
        "engine.model.welcome({owner: false})",
        "engine.life.abort()",
    ):
        page.evaluate("engine.model.broken = false; engine.model.welcome()")
        page.evaluate("engine.model.sent.splice(1)")
        page.wait_for_function("!document.querySelector('.rnb-microphone').disabled")
        open_microphone(page)
        page.evaluate(happening)
        gone()


def test_a_restarted_kernel_is_told_in_words(page: Page) -> None:
    page.evaluate("engine.model.welcome()")
    page.get_by_text("live", exact=True).wait_for()
    page.evaluate("engine.model.emit('comm_live_update')")
    page.get_by_text("the kernel restarted: run the cell again").wait_for()
    assert microphone(page).is_disabled()
    assert page.get_by_role("button", name="Send").is_disabled()


def test_sound_that_comes_before_the_first_click_waits_for_one(page: Page) -> None:
    with page.expect_console_message(lambda message: message.text == "noted"):
        page.goto("http://localhost/?unasked")
    assert page.evaluate("engine.unasked()") == {"asked": True, "drained": 0}
    hear = page.get_by_role("button", name="Click to hear")
    hear.click()
    page.wait_for_function("engine.model.of('drained').length === 1")
    hear.wait_for(state="hidden")
    assert kinds(page, "played")[-1]["streams"] == [{"stream": 1, "samples": 10 * FRAME}]
    started = kinds(page, "started")
    assert [one["stream"] for one in started] == [1]
    assert abs(started[0]["t_ms"] - time.time() * 1000) < 60_000


def test_an_answer_is_stopped_and_its_samples_counted(page: Page) -> None:
    page.evaluate("engine.model.welcome()")
    box = page.get_by_role("textbox", name="Message")
    box.fill("Tell me a story")
    box.press("Enter")
    assert [one["text"] for one in kinds(page, "text")] == ["Tell me a story"]
    assert box.input_value() == ""
    page.evaluate("engine.answer(1, 200)")
    stop = page.get_by_role("button", name="Stop")
    page.wait_for_function("engine.model.of('played').length > 2")
    stop.click()
    assert len(kinds(page, "stop")) == 1
    page.evaluate("engine.model.tell({kind: 'clear', to: engine.model.client, id: 5})")
    page.wait_for_function("engine.model.of('cleared').length === 1")
    (cleared,) = kinds(page, "cleared")
    assert cleared["id"] == 5
    (progress,) = cleared["streams"]
    assert kinds(page, "played")[-1]["streams"][0]["samples"] <= progress["samples"] < 200 * FRAME
    assert cleared["latency_ms"] > 0
    # Frames of the cleared stream that were on their way stay silent, and Stop rests.
    page.evaluate("engine.answer(1, 5)")
    page.wait_for_function("document.querySelector('.rnb-stop').disabled")
    page.wait_for_timeout(500)
    assert kinds(page, "drained") == []


def test_a_session_that_changes_in_place_changes_what_is_offered(page: Page) -> None:
    page.evaluate("engine.model.welcome({costs: true})")
    open_microphone(page)
    finish = page.get_by_role("button", name="Finish")
    assert finish.count() == 0
    tell = "change => engine.model.tell({kind: 'state', state: 'open', model: 'm', ...change})"
    page.evaluate(tell, {"manual": True, "voice": "cedar"})
    finish.click()
    assert len(kinds(page, "commit")) == 1
    assert "m · cedar" in page.locator(".rnb-header").inner_text()
    page.evaluate(tell, {"manual": False})
    finish.wait_for(state="hidden")
    page.evaluate(tell, {"session": "translation", "language": "fr"})
    page.get_by_text("translation to fr").wait_for()
    page.get_by_role("log", name="Captions").wait_for()
    assert page.get_by_role("textbox", name="Message").count() == 0
    # None of it lets the microphone go.
    assert page.evaluate("engine.live()") == 1


def test_the_talk_key_lets_sound_out_only_while_it_is_held(page: Page) -> None:
    page.evaluate("engine.model.welcome({turns: 'push_to_talk'})")
    open_microphone_quietly(page)
    page.wait_for_timeout(400)
    assert page.evaluate("engine.heard().length") == 0
    # The focus is on the microphone that was clicked: the space bar talks all the same.
    page.keyboard.down(" ")
    page.wait_for_function("engine.heard().length > 10")
    page.get_by_role("button", name="Listening").wait_for()
    page.evaluate(
        """window.addEventListener("keyup", () => { engine.atRelease = engine.heard().length; },
           { capture: true, once: true })"""
    )
    page.keyboard.up(" ")
    page.wait_for_function("engine.model.of('talk').length === 2")
    count = page.evaluate("engine.heard().length")
    page.wait_for_timeout(300)
    assert page.evaluate("engine.heard().length") == count
    down, up = kinds(page, "talk")
    assert (down["on"], up["on"]) == (True, False)
    # The release is waited out for 160 ms, which do not count.
    assert up["ms"] == 40 * page.evaluate("engine.atRelease")
    assert up["ms"] < 40 * count
    order = [kind for kind in page.evaluate("engine.model.kinds()") if kind in ("talk", "audio")]
    assert order == ["talk", *["audio"] * count, "talk"]
    assert [frame["seq"] for frame in page.evaluate("engine.heard()")] == list(range(count))
    # In the text box it is a space; the button is held by the mouse.
    box = page.get_by_role("textbox", name="Message")
    box.press_sequentially("a b")
    assert box.input_value() == "a b"
    page.get_by_role("button", name="Hold to talk").hover()
    page.mouse.down()
    page.wait_for_function(f"engine.heard().length > {count + 5}")
    page.mouse.up()
    page.wait_for_function("engine.model.of('talk').length === 4")
    assert microphone(page).get_attribute("aria-pressed") == "true"


def test_the_first_press_of_the_talk_key_opens_the_microphone(page: Page) -> None:
    page.evaluate("engine.model.welcome({turns: 'push_to_talk'})")
    page.get_by_role("log", name="Transcript").click()
    page.keyboard.down(" ")
    page.wait_for_function("engine.heard().length > 5")
    said = [kind for kind in page.evaluate("engine.model.kinds()") if kind in ("mic", "talk")]
    assert said == ["mic", "talk"]
    page.keyboard.up(" ")
    page.wait_for_function("engine.model.of('talk').length === 2")


@pytest.mark.alone
def test_half_duplex_sends_silence_while_the_answer_plays(page: Page) -> None:
    page.evaluate("engine.model.welcome({half_duplex: true})")
    open_microphone(page)
    # The WAV begins with silence, then sounds for two seconds.
    page.wait_for_function("engine.heard().at(-1).samples.some(Boolean)")
    page.evaluate("engine.answer(1, 15)")
    page.wait_for_function("engine.model.of('drained').length === 1")
    told = [kind for kind in page.evaluate("engine.model.kinds()") if kind in ("audio", "drained")]
    last = told[: told.index("drained")].count("audio") - 1
    assert not any(page.evaluate("engine.heard()")[last]["samples"])
    page.wait_for_function("engine.heard().at(-1).samples.some(Boolean)")
    frames = page.evaluate("engine.heard()")
    assert [frame["seq"] for frame in frames] == list(range(len(frames)))
    loud = [any(frame["samples"]) for frame in frames][::-1]
    # From the end: what is heard again, and before that the answer's 600 ms and the room's 300.
    mute = loud[loud.index(False) :]
    assert mute.index(True) * 0.04 >= 0.6


def test_switches_are_applied_at_once_without_a_gap(page: Page) -> None:
    page.evaluate("engine.model.welcome()")
    open_microphone(page)
    page.get_by_text("Settings").click()
    switch = page.get_by_role("checkbox", name="Noise suppression")
    assert not switch.is_checked()
    switch.check()
    page.wait_for_function("engine.constraints().length === 2 && engine.live() === 1")
    assert page.evaluate("engine.constraints()[1].noiseSuppression") is True
    page.wait_for_function("engine.heard().at(-1).stream === 2")
    assert microphone(page).get_attribute("aria-pressed") == "true"
    streams = [frame["stream"] for frame in page.evaluate("engine.heard()")]
    assert streams == sorted(streams)
    devices = page.get_by_label("Microphone device").locator("option")
    assert devices.count() > 1
    page.get_by_label("Microphone device").select_option(index=1)
    page.wait_for_function("engine.constraints().length === 3 && engine.live() === 1")
    assert page.evaluate("engine.constraints()[2].deviceId.exact.length") > 0
    page.get_by_text("microphone at 24 kHz").wait_for()


def test_a_chosen_microphone_that_is_gone_gives_way_to_another(page: Page) -> None:
    stored = '{"input": "gone", "output": "", "processing": {}}'
    page.evaluate("value => localStorage.setItem('realtime-nb.sound', value)", stored)
    page.reload()
    page.wait_for_function("globalThis.engine?.model.client !== undefined")
    page.evaluate("engine.model.welcome()")
    open_microphone(page)
    page.get_by_text("is not connected: the system's own is used").wait_for()
    assert page.evaluate("engine.constraints().map(({deviceId}) => deviceId ?? null)") == [None]
    assert page.evaluate("JSON.parse(localStorage.getItem('realtime-nb.sound')).input") == ""


def open_microphone_quietly(page: Page) -> None:
    microphone(page).click()
    page.wait_for_function("engine.live() === 1 && engine.model.of('mic').length === 1")


@pytest.mark.alone
def test_a_browser_that_refuses_24_khz_hears_and_plays_all_the_same(page: Page) -> None:
    page.add_init_script(
        """window.AudioContext = class extends AudioContext {
             constructor(options = {}) {
               if (options.sampleRate === 24000) throw new DOMException("", "NotSupportedError");
               super({ ...options, sampleRate: 44100 });
             }
           };"""
    )
    page.reload()
    page.wait_for_function("globalThis.engine?.model.client !== undefined")
    page.evaluate("engine.model.welcome()")
    open_microphone(page)
    assert kinds(page, "mic")[0]["settings"]["rate"] == 44_100
    page.evaluate("engine.answer(1, 25)")
    page.wait_for_function("engine.model.of('drained').length === 1")
    assert kinds(page, "played")[-1]["streams"] == [{"stream": 1, "samples": 25 * FRAME}]
    page.wait_for_function("engine.heard().length >= 75")
    frames = page.evaluate("engine.heard()")
    assert {len(frame["samples"]) for frame in frames} == {FRAME}
    captured = np.concatenate([frame["samples"] for frame in frames]) / 32768
    # Twice resampled; 44.6 dB was seen on a busy machine.
    assert snr_against(sweep(), captured) > 40


def test_a_page_of_plain_http_has_no_microphone_but_plays(page: Page) -> None:
    page.route("http://lab.example/**", serve)
    page.goto("http://lab.example/")
    page.wait_for_function("globalThis.engine?.model.client !== undefined")
    assert page.evaluate("[isSecureContext, 'audioWorklet' in new AudioContext()]") == [False] * 2
    page.evaluate("engine.model.welcome()")
    microphone(page).click()
    page.get_by_text("only to https and localhost pages").wait_for()
    page.evaluate("engine.answer(1, 25)")
    page.wait_for_function("engine.model.of('drained').length === 1")
    assert kinds(page, "played")[-1]["streams"] == [{"stream": 1, "samples": 25 * FRAME}]
    # And is silent when it is told to be.
    page.evaluate("engine.answer(2, 200)")
    page.wait_for_function("engine.model.of('played').at(-1).streams[0]?.stream === 2")
    page.evaluate("engine.model.tell({kind: 'clear', to: engine.model.client, id: 5})")
    page.wait_for_function("engine.model.of('cleared').length === 1")
    (progress,) = kinds(page, "cleared")[0]["streams"]
    assert 0 < progress["samples"] < 200 * FRAME
    count = len(kinds(page, "played"))
    page.wait_for_timeout(500)
    assert len(kinds(page, "played")) == count
    assert page.locator(".rnb-notice").count() == 1


def test_a_touch_of_the_talk_key_is_told_until_the_next_one(page: Page) -> None:
    page.evaluate("engine.model.welcome({turns: 'push_to_talk'})")
    open_microphone_quietly(page)
    told = page.locator(".rnb-notice").filter(has_text="Too short")
    page.keyboard.press(" ")
    told.wait_for()
    assert "space bar" in told.inner_text()
    page.keyboard.down(" ")
    told.wait_for(state="detached")
    page.wait_for_function("engine.heard().length > 10")
    page.keyboard.up(" ")
    page.wait_for_function("engine.model.of('talk').length === 4")
    assert told.count() == 0
    page.keyboard.press(" ")
    told.wait_for()
    page.evaluate("engine.model.tell({kind: 'state', state: 'open', turns: 'server_vad'})")
    told.wait_for(state="detached")


def test_a_microphone_muted_by_the_system_is_told(page: Page) -> None:
    page.evaluate("engine.model.welcome()")
    open_microphone(page)
    told = page.locator(".rnb-notice").filter(has_text="muted by the system")
    mute = """muted => { const { track } = engine.tracks.at(-1);
        Object.defineProperty(track, "muted", { value: muted, configurable: true });
        track.dispatchEvent(new Event(muted ? "mute" : "unmute")); }"""
    page.evaluate(mute, arg=True)
    told.wait_for()
    page.evaluate(mute, arg=False)
    told.wait_for(state="detached")
    page.evaluate(mute, arg=True)
    told.wait_for()
    microphone(page).click()
    told.wait_for(state="detached")
