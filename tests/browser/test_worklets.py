"""The shipped worklets in Chromium on OfflineAudioContext, where every sample can be compared.

The page half is js/tests/browser/worklets.js.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from playwright.sync_api import Page, Route

    from tests.browser.harness import OpenBrowser

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "realtime_nb" / "widget" / "static" / "widget.js"
HARNESS = ROOT / "js" / "tests" / "browser" / "worklets.js"

RATE = 24_000
FRAME = 960
QUANTUM = 128
PREBUFFER = 1920

Rendered = tuple["NDArray[np.int16]", list[dict[str, Any]]]


def bundle_with_worklets() -> str:
    """The shipped module, and the text of its two worklets as exports beside it."""
    text = BUNDLE.read_text()
    names = {what: f"{what}_worklet_default" for what in ("capture", "playback")}
    for name in names.values():
        assert re.search(rf"^var {name} = ", text, re.MULTILINE), name
    exports = ", ".join(f"{name} as {what}" for what, name in names.items())
    return f"{text}\nexport {{ {exports} }};\n"


def serve(route: Route) -> None:
    """Answer for http://localhost, which Chromium trusts, without a server."""
    answers = {
        "/": ("text/html", '<script type="module" src="/worklets.js"></script>'),
        "/worklets.js": ("text/javascript", HARNESS.read_text()),
        "/bundle.js": ("text/javascript", bundle_with_worklets()),
        "/favicon.ico": ("image/x-icon", ""),
    }
    path = "/" + route.request.url.split("/", 3)[3]
    content_type, body = answers[path]
    route.fulfill(content_type=content_type, body=body)


@pytest.fixture
def page(open_browser: OpenBrowser) -> Iterator[Page]:
    page = open_browser().new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("http://localhost/**", serve)
    page.goto("http://localhost/")
    page.wait_for_function("globalThis.worklets !== undefined")
    yield page
    page.close()
    assert errors == []


@pytest.fixture
def render(page: Page) -> Callable[..., Rendered]:
    def run(seconds: float, *steps: tuple[float, list[dict[str, Any]]]) -> Rendered:
        argument = [seconds, [list(step) for step in steps]]
        result = page.evaluate("([seconds, steps]) => worklets.render(seconds, steps)", argument)
        output = np.array(result["output"])
        assert np.array_equal(output, np.round(output)), "not the 16 bit samples that went in"
        return output.astype(np.int16), result["reports"]

    return run


def noise(samples: int, seed: int = 1) -> NDArray[np.int16]:
    """Loud noise without a single zero, so that silence is told from sound."""
    generator = np.random.default_rng(seed)
    sign = generator.choice(np.array([-1, 1], np.int16), samples)
    return generator.integers(1, 32767, samples, np.int16) * sign


def push(stream: int, sound: NDArray[np.int16], start: int = 0) -> list[dict[str, Any]]:
    """The frames of `sound`, whose first sample stands at `start` of its stream."""
    return [
        {
            "kind": "push",
            "stream": stream,
            "offset": start + at,
            "samples": sound[at : at + FRAME].tolist(),
        }
        for at in range(0, len(sound), FRAME)
    ]


def end(stream: int) -> dict[str, Any]:
    return {"kind": "end", "stream": stream}


def reported(reports: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [report for report in reports if report["kind"] == kind]


def test_an_answer_is_played_bit_for_bit_to_its_last_sample(
    render: Callable[..., Rendered],
) -> None:
    sound = noise(RATE + 77)
    output, reports = render(1.5, (0, [*push(1, sound), end(1)]))
    assert np.array_equal(output[: len(sound)], sound)
    assert not output[len(sound) :].any()
    assert [report["stream"] for report in reported(reports, "drained")] == [1]
    last = [
        entry["samples"]
        for report in reported(reports, "played")
        for entry in report["streams"]
        if entry["stream"] == 1
    ]
    assert last == sorted(last)
    assert last[-1] == len(sound)
    # About every 200 ms, and once at the end.
    assert 5 <= len(last) <= 8


def test_an_answer_shorter_than_the_prebuffer_is_played_too(
    render: Callable[..., Rendered],
) -> None:
    sound = noise(500)
    output, reports = render(0.2, (0, [*push(1, sound), end(1)]))
    assert np.array_equal(output[: len(sound)], sound)
    assert not output[len(sound) :].any()
    assert reported(reports, "drained")


def test_nothing_sounds_before_the_prebuffer_is_full(render: Callable[..., Rendered]) -> None:
    sound = noise(PREBUFFER)
    later = QUANTUM * 40
    output, _ = render(
        0.5,
        (0, push(1, sound[:FRAME])),
        (later / RATE, push(1, sound[FRAME:], FRAME)),
    )
    assert not output[:later].any()
    assert np.array_equal(output[later : later + PREBUFFER], sound)


def test_after_a_clear_no_sample_is_played_and_the_count_is_exact(
    render: Callable[..., Rendered],
) -> None:
    sound = noise(RATE)
    late = push(1, sound[:FRAME], len(sound))
    for quanta in (1, 2, 17, 40, 61, 93):
        cut = quanta * QUANTUM
        output, reports = render(
            1.2,
            (0, [*push(1, sound), *push(2, noise(FRAME, seed=2)), end(2)]),
            (cut / RATE, [{"kind": "clear", "id": quanta}]),
            (0.6, [*late, end(1)]),
        )
        assert np.array_equal(output[:cut], sound[:cut])
        assert not output[cut:].any()
        (cleared,) = reported(reports, "cleared")
        assert cleared["id"] == quanta
        counts = {entry["stream"]: entry["samples"] for entry in cleared["streams"]}
        assert counts[1] == cut == np.count_nonzero(output)
        assert counts[2] == 0


def test_an_answer_after_a_clear_plays_from_its_first_sample(
    render: Callable[..., Rendered],
) -> None:
    before, after = noise(RATE, seed=1), noise(RATE // 2, seed=2)
    cut, begin = 30 * QUANTUM, 60 * QUANTUM
    output, reports = render(
        1.2,
        (0, push(1, before)),
        (cut / RATE, [{"kind": "clear", "id": 1}]),
        (begin / RATE, [*push(2, after), end(2)]),
    )
    assert not output[cut:begin].any()
    assert np.array_equal(output[begin : begin + len(after)], after)
    assert [report["stream"] for report in reported(reports, "drained")][-1] == 2


def test_an_underrun_is_counted_and_loses_nothing(render: Callable[..., Rendered]) -> None:
    sound = noise(4 * PREBUFFER)
    half = QUANTUM * 94
    output, reports = render(
        1,
        (0, push(1, sound[:PREBUFFER])),
        (half / RATE, [*push(1, sound[PREBUFFER:], PREBUFFER), end(1)]),
    )
    assert np.array_equal(output[output != 0], sound)
    assert np.array_equal(output[half : half + 3 * PREBUFFER], sound[PREBUFFER:])
    assert reported(reports, "played")[-1]["underruns"] == 1


def capture(page: Page, rate: int, *channels: NDArray[np.float32]) -> list[dict[str, Any]]:
    argument = [rate, [channel.tolist() for channel in channels]]
    result = page.evaluate("([rate, channels]) => worklets.capture(rate, channels)", argument)
    assert not result["leaked"], "the microphone must not reach the loudspeaker"
    return list(result["frames"])


def test_capture_cuts_frames_and_loses_no_bit(page: Page) -> None:
    sound = noise(25 * FRAME)
    frames = capture(page, RATE, sound.astype(np.float32) / 32768)
    assert {len(frame["samples"]) for frame in frames} == {FRAME}
    captured = np.concatenate([frame["samples"] for frame in frames])
    assert len(captured) >= 24 * FRAME
    assert np.array_equal(captured, sound[: len(captured)])
    times = [frame["time"] for frame in frames]
    assert times == pytest.approx(np.arange(len(times)) * 0.04, abs=1e-9)


def test_capture_mixes_to_mono_and_measures_the_level(page: Page) -> None:
    left = np.full(10 * FRAME, 0.5, np.float32)
    right = np.full(10 * FRAME, -0.25, np.float32)
    for frame in capture(page, RATE, left, right)[1:]:
        assert set(frame["samples"]) == {4096}
        assert frame["rms"] == pytest.approx(0.125)


def test_capture_resamples_where_the_context_has_another_rate(page: Page) -> None:
    hz, level = 1000.0, 0.5
    for rate in (48_000, 44_100):
        sound = level * np.sin(2 * np.pi * hz * np.arange(rate) / rate)
        frames = capture(page, rate, sound.astype(np.float32))[2:]  # the filter has filled
        captured = np.concatenate([frame["samples"] for frame in frames]) / 32768
        # The frames' own times say when each sample was captured, the filter's delay included.
        times = np.concatenate([frame["time"] + np.arange(FRAME) / RATE for frame in frames])
        error = captured - level * np.sin(2 * np.pi * hz * times)
        snr = 10 * np.log10(np.mean(captured**2) / np.mean(error**2))
        assert snr > 80, rate
