"""Legs of a way that lie side by side, and marks that follow each other, are told apart by all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from realtime_nb.inspection.timeline.svg import IMAGE_INK, KINDS, STAGES

# Machado, Oliveira and Fernandes (2009), severity 1, on linear sRGB.
EYES = {
    "usual": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
WHITE = [0.95047, 1.0, 1.08883]


def linear(colour: str) -> np.ndarray:
    signal = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def lab(colour: str, eyes: str) -> np.ndarray:
    seen = np.clip(EYES[eyes] @ linear(colour), 0, 1)
    part = np.array(XYZ) @ seen / WHITE
    x, y, z = np.where(part > 0.008856, np.cbrt(part), 7.787 * part + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", EYES)
def test_neighbouring_legs_differ(eyes: str) -> None:
    for (one, _, here), (other, _, there) in pairwise(STAGES):
        apart = np.linalg.norm(lab(here, eyes) - lab(there, eyes))
        assert apart > 20, (one, other)


@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
def test_colours_stand_out_on_light_and_dark(page: str) -> None:
    ground = float(np.array(XYZ[1]) @ linear(page))
    for kind, (_, colour) in KINDS.items():
        low, high = sorted([ground, float(np.array(XYZ[1]) @ linear(colour))])
        assert (high + 0.05) / (low + 0.05) >= 3, kind


@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
def test_words_of_an_image_can_be_read_on_light_and_dark(page: str) -> None:
    ground = float(np.array(XYZ[1]) @ linear(page))
    low, high = sorted([ground, float(np.array(XYZ[1]) @ linear(IMAGE_INK))])
    assert (high + 0.05) / (low + 0.05) >= 4.3


def test_a_mark_has_the_colour_of_its_leg() -> None:
    legs = {name: colour for name, _, colour in STAGES}
    for leg, kind in {"commit": "committed", "create": "response_created"}.items():
        assert legs[leg] == KINDS[kind][1]  # type: ignore[index]
