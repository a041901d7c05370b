"""Sounds that are not speech, made here, and rooms. numpy; `rng`: numpy.random.Generator. All of unit power."""

import numpy as np

from common import RATE

HUMS = (50, 60, 100, 120)  # Hz
SLOPES = (0.0, 0.5, 1.0, 1.5)  # power spectra of the noises: f ** -2 slope


def unit(wave):
    """The wave at unit power."""
    return (wave / np.sqrt(np.mean(wave**2) + 1e-12)).astype(np.float32)


def coloured(rng, size):
    """Noise of unit power with a falling spectrum, at times with resonances, at times with a changing level."""
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    hertz[0] = hertz[1]
    spectrum = np.fft.rfft(rng.standard_normal(size)) / hertz ** rng.choice(SLOPES)
    if rng.random() < 0.5:
        centres, widths = rng.uniform(np.log(80), np.log(6000), 3), rng.uniform(0.05, 0.6, 3)
        spectrum *= 0.1 + sum(np.exp(-(((np.log(hertz) - c) / w) ** 2)) for c, w in zip(centres, widths))
    wave = np.fft.irfft(spectrum, size)
    if rng.random() < 0.5:
        knots = int(rng.integers(2, 4 * size // RATE + 3))
        wave *= 10 ** np.interp(np.arange(size), np.linspace(0, size, knots), rng.uniform(-1.2, 0, knots))
    return unit(wave)


def hum(rng, size):
    """Mains hum or a motor: harmonics of a steady or slowly moving pitch."""
    pitch = rng.choice(HUMS) if rng.random() < 0.6 else rng.uniform(30, 400)
    knots = rng.normal(0, rng.choice([0, 0, 0.01, 0.05]), 8)
    turns = np.cumsum(pitch * (1 + np.interp(np.arange(size), np.linspace(0, size, 8), knots))) / RATE
    count = min(int(rng.integers(1, 25)), int(7000 / pitch))
    tilt = rng.uniform(0, 1.5)
    wave = sum(rng.random() * n**-tilt * np.sin(2 * np.pi * (n * turns + rng.random())) for n in range(1, count + 1))
    return unit(wave + rng.uniform(0, 0.1) * rng.standard_normal(size))


def clicks(rng, size):
    """Keys, knocks and drops: short resonant bursts."""
    wave = 0.001 * rng.standard_normal(size)
    for _ in range(int(rng.uniform(0.5, 8) * size / RATE) + 1):
        length = int(RATE * rng.uniform(0.003, 0.12))
        time = np.arange(length) / RATE
        burst = np.exp(-time * rng.uniform(30, 600)) * (
            rng.standard_normal(length) + rng.uniform(0, 3) * np.sin(2 * np.pi * rng.uniform(100, 5000) * time))
        at = int(rng.integers(0, max(1, size - length)))
        wave[at : at + length] += rng.uniform(0.1, 1) * burst[: size - at]
    return unit(wave)


def tones(rng, size):
    """Beeps, dialling and simple tunes: notes with harmonics and decay."""
    wave = np.zeros(size)
    at = 0
    base, decays = rng.uniform(80, 900), rng.uniform(0.5, 12)
    while at < size:
        length = int(RATE * rng.uniform(0.08, 0.9))
        time = np.arange(min(length, size - at)) / RATE
        for pitch in base * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11, 12], int(rng.integers(1, 4))) / 12):
            for n in range(1, int(rng.integers(2, 7))):
                wave[at : at + len(time)] += n ** -rng.uniform(0.5, 2) * np.exp(-decays * time) * np.sin(2 * np.pi * n * pitch * time)
        at += length + int(RATE * rng.choice([0, 0, rng.uniform(0, 0.6)]))
    return unit(wave)


NOISES = (coloured, coloured, coloured, hum, clicks, tones)


def noise(rng, size):
    """Any of them, of unit power."""
    return NOISES[int(rng.integers(len(NOISES)))](rng, size)


def reverb(rng, wave):
    """Convolution with exponentially decaying noise of 50 to 500 ms: a room."""
    size = int(RATE * rng.uniform(0.05, 0.5))
    response = rng.standard_normal(size) * np.exp(-6.9 * np.arange(size) / size)
    response *= rng.uniform(0.1, 0.8) / np.sqrt((response**2).sum())
    response[0] += 1
    length = 1 << (len(wave) + size - 1).bit_length()
    spectrum = np.fft.rfft(wave, length) * np.fft.rfft(response, length)
    return np.fft.irfft(spectrum, length)[: len(wave)].astype(np.float32)
