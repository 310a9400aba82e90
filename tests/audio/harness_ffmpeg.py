"""What FFmpeg decodes, through PyAV: another decoder than the one under test where there is one."""

from __future__ import annotations

import io

import av
import numpy as np

FRAME = {"wav": 1, "flac": 1, "mp3": 1152, "opus": 960, "aac": 1024, "m4a": 1024}
"""Samples of a codec's frame."""


def ffmpeg(data):
    """Return one channel's samples, shape (n,), and the rate in Hz."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp")
        blocks = [
            part.to_ndarray().mean(axis=0)
            for frame in container.decode(stream)
            for part in resampler.resample(frame)
        ]
        return np.concatenate(blocks), stream.rate


def tone(rate, seconds=2.0, hz=440.0, level=0.5):
    return (level * np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * hz / rate)).astype(
        np.float32
    )


def decibels(one, other):
    """Return how much louder `one` is than `other`."""
    return 10 * np.log10(np.mean(np.square(one)) / np.mean(np.square(other)))


def pitch(samples, rate):
    """Return the frequency in Hz of the loudest line of the spectrum."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(power) * rate / len(samples)


def inner(samples, rate):
    """Return samples without 0.2 s at each end, where a codec starts and stops."""
    edge = round(0.2 * rate)
    return samples[edge:-edge]
