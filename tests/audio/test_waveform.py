from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.audio import AudioClip
from realtime_nb.audio.waveform import Wave, wave_of, waveform_svg
from realtime_nb.audio.waveform_marks import COLOURS, colour_of
from tests.audio.harness_ffmpeg import tone

SVG = "{http://www.w3.org/2000/svg}"
CLIP = AudioClip(tone(24_000, 4.0), 24_000)


def parse(svg):
    return ET.fromstring(svg)  # noqa: S314 -- our own


def rects(svg):
    """Return x, end and y of each mark."""
    found = [one for one in parse(svg).iter(SVG + "rect") if one.get("rx")]
    return [
        (float(one.get("x")), float(one.get("x")) + float(one.get("width")), float(one.get("y")))
        for one in found
    ]


def test_columns_hold_the_lowest_and_highest_sample():
    samples = np.zeros(1000, np.float32)
    samples[500], samples[999] = 0.75, -0.5
    wave = wave_of(AudioClip(samples, 1000), 10)
    assert wave.columns.shape == (10, 2)
    assert wave.columns[5].tolist() == [0.0, 0.75]
    assert wave.columns[9].tolist() == [-0.5, 0.0]
    assert wave.duration_s == 1.0
    assert wave_of(AudioClip(samples[:3], 1000), 10).columns.shape == (3, 2)


def test_the_wave_is_as_high_as_the_sound_is_loud():
    root = parse(waveform_svg(AudioClip(tone(24_000, 1.0, level=0.5), 24_000), height=80))
    tops = [int(top) for top in re.findall(r"M\d+ (-?\d+)V", root.find(SVG + "path").get("d"))]
    assert min(tops) == pytest.approx(10 * 20, abs=2)
    assert len(tops) == 640


def test_an_hour_takes_no_more_than_a_second():
    second = len(waveform_svg(AudioClip(tone(1000, 1.0), 1000)))
    hour = AudioClip(tone(1000, 3600.0), 1000)
    assert len(waveform_svg(hour)) < 1.1 * second
    assert second < 12_000
    words = [(at / 4, at / 4 + 0.2, f"word {at}", 1) for at in range(14_400)]
    assert len(waveform_svg(hour, marks=words)) < 200_000


@pytest.mark.parametrize(
    "clip",
    [AudioClip.silence(0, 8000), AudioClip.silence(1, 8000), AudioClip(np.full(5, 9.0), 8000)],
)
def test_nothing_little_and_too_loud(clip):
    root = parse(waveform_svg(clip, marks=[(0, 1, "x", 0)]))
    numbers = [int(n) for n in re.findall(r"-?\d+", root.find(SVG + "path").get("d"))]
    assert all(0 <= n <= 6400 for n in numbers)


def test_marks_lie_under_their_sound():
    svg = waveform_svg(CLIP, width=400, marks=[(1, 2, "one", 0), (2, 4, "two", 1)])
    first, second = rects(svg)
    assert first[0] == 100
    assert first[1] == pytest.approx(200, abs=1)
    assert second[1] == pytest.approx(400, abs=1)
    assert first[2] == second[2]
    assert COLOURS[1] in svg
    assert colour_of(len(COLOURS) + 1) == COLOURS[1]


def test_marks_at_the_same_time_lie_under_each_other():
    marks = [(0, 4, f"turn {number}", number) for number in range(9)]
    marks += [(0.5, 1, "inside", 0)]
    rows = {y for _, _, y in rects(waveform_svg(CLIP, marks=marks))}
    assert 1 < len(rows) <= 4
    two = rects(waveform_svg(CLIP, marks=[(0, 3, "a", 0), (1, 2, "b", 1), (3, 4, "c", 0)]))
    assert len({y for _, _, y in two}) == 2


def test_texts_are_escaped_and_freed_of_what_is_not_seen():
    nasty = '</text><script>alert("1")</script>\u202e\x00\x07 a\u00a0b \ud800 & <'
    svg = waveform_svg(CLIP, marks=[(0, 4, nasty, 0)])
    assert "<script" not in svg
    assert "\u202e" not in svg
    assert "\x07" not in svg
    root = parse(svg)
    assert root.find(f"{SVG}g/{SVG}text").text == '</text><script>alert("1")</script> a b & <'
    assert root.find(f"{SVG}g/{SVG}title").text.endswith("(0.00 to 4.00 s)")
    long = parse(waveform_svg(CLIP, marks=[(0, 1, "long " * 9999, 0)]))
    assert long.find(f"{SVG}g/{SVG}text").text.endswith("…")
    assert len(long.find(f"{SVG}g/{SVG}title").text) < 200


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(), st.floats(), st.text(max_size=9), st.integers(-99, 99)), max_size=30
    ),
    st.integers(-5, 5000),
    st.integers(-5, 5000),
)
def test_whatever_a_service_says_is_xml_within_bounds(marks, width, height):
    root = parse(waveform_svg(CLIP, width=width, height=height, marks=marks))
    wide, high = float(root.get("width")), float(root.get("height"))
    assert 60 <= wide <= 2000
    assert 16 <= high <= 500
    for one in root.iter(SVG + "rect"):
        x, length = float(one.get("x")), float(one.get("width"))
        assert math.isfinite(x)
        assert 0 <= x <= wide
        assert 1 <= length <= wide


def test_peaks_will_do_without_the_sound():
    wave = Wave(np.array([[-1, 1], [np.nan, 0.5]], np.float32), 2.0)
    assert parse(waveform_svg(wave)).get("aria-label") == "Waveform, 2.0 s"


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [(0.1, "0 s 0.01 s 0.02"), (4, "0 s 0.5 s 1 s"), (90, "0 s 10 s"), (7200, "0 s 15:00 30:00")],
)
def test_the_scale_has_round_numbers(seconds, labels):
    root = parse(waveform_svg(Wave(np.zeros((9, 2), np.float32), seconds)))
    texts = [one.text for one in root.iter(SVG + "text")]
    assert " ".join(texts).startswith(labels)
    assert 3 < len(texts) < 12
