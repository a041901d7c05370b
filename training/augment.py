"""Augmentation: noise, babble, reverberation on waves (numpy); equaliser, masks (SpecAugment) on log-mels (torch)."""

import random

import numpy as np
import torch

from common import RATE
from frontend import MELS, WARPS

NOISE_SECONDS = 20
SLOPES = (0.0, 0.5, 1.0, 0.25)  # spectra of the noises: f ** -slope
HUMS = (50, 60, 100, 120)  # Hz
SNR = (4, 35)  # dB
CHANCE = {"reverb": 0.08, "noise": 0.2, "babble": 0.12, "warp": 0.25, "equaliser": 0.2, "mask": 0.4}
MASK_BANDS, MASK_FRAMES, FRAMES_A_MASK = 14, 30, 400


def chance(name, strength=1.0):
    return random.random() < CHANCE[name] * strength


def make_noises(count=16, seed=0):
    """[count, samples] of unit power: coloured, half of them with resonances, a third with slowly changing level."""
    rng, size = np.random.default_rng(seed), RATE * NOISE_SECONDS
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    hertz[0] = 1
    noises = []
    for i in range(count):
        spectrum = np.fft.rfft(rng.standard_normal(size)) / hertz ** SLOPES[i % len(SLOPES)]
        if i >= count // 2:
            centres, widths = np.log(rng.uniform(100, 5000, 3)), rng.uniform(0.1, 0.5, 3)
            spectrum *= 0.2 + sum(np.exp(-(((np.log(hertz) - c) / w) ** 2)) for c, w in zip(centres, widths))
        wave = np.fft.irfft(spectrum, size)
        if i % 3 == 2:
            wave *= np.interp(np.arange(size), np.linspace(0, size, 60), rng.uniform(0.2, 1, 60))
        noises.append(wave / np.sqrt((wave**2).mean()))
    return np.asarray(noises, np.float32)


NOISES = make_noises()


def noise(size):
    """Mains hum or a stretch of one of NOISES, of about unit power."""
    if random.random() < 0.15:
        turns = np.arange(size) * (random.choice(HUMS) / RATE)
        wave = sum(random.random() * np.sin(2 * np.pi * (n * turns + random.random())) for n in range(1, 6))
        return wave.astype(np.float32)
    return NOISES[random.randrange(len(NOISES))].take(np.arange(size) + random.randrange(NOISES.shape[1]), mode="wrap")


def babble(size, draw):
    """Several voices at once; draw() gives a wave."""
    out = np.zeros(size, np.float32)
    for _ in range(random.randint(1, 4)):
        wave, at = draw(), random.randrange(size)
        wave = wave[: size - at]
        out[at : at + len(wave)] += wave
    return out


def add_noise(wave, draw):
    """The wave with noise, at times babble of the waves that draw() gives, at an SNR from the range SNR."""
    other = babble(len(wave), draw) if chance("babble") else noise(len(wave))
    scale = 10 ** (-random.uniform(*SNR) / 20)
    return wave + other * (scale * np.sqrt((wave**2).mean() / ((other**2).mean() + 1e-9)))


def reverb(wave):
    """Convolution with exponentially decaying noise of 80 to 400 ms."""
    size = int(RATE * random.uniform(0.08, 0.4))
    response = np.random.randn(size) * np.exp(-6.9 * np.arange(size) / size)
    response *= random.uniform(0.1, 0.7) / np.sqrt((response**2).sum())
    response[0] += 1
    length = 1 << (len(wave) + size - 1).bit_length()
    spectrum = np.fft.rfft(wave, length) * np.fft.rfft(response, length)
    return np.fft.irfft(spectrum, length)[: len(wave)].astype(np.float32)


def mel_changes(count, strength):
    """Random (warp indices [B], equalisers [B, MELS] in log10) of a batch."""
    warp = [random.randrange(1, len(WARPS)) if chance("warp", strength) else 0 for _ in range(count)]
    equaliser = np.zeros((count, MELS), np.float32)
    for row in equaliser:
        if chance("equaliser", strength):
            row[:] = np.interp(np.arange(MELS), [0, 15, 30, 45, 60, 79], np.random.uniform(-0.6, 0.6, 6))
    return torch.tensor(warp), torch.from_numpy(equaliser)


def _stretches(limit, widths, size):
    """[B, size] masks of one stretch a row, of the given widths, that begins below limit - width."""
    start = (torch.rand_like(widths) * (limit - widths).clamp(min=0)).floor()
    at = torch.arange(size, device=widths.device)
    return (at >= start[:, None]) & (at < (start + widths)[:, None])


def mask_mels(mel, frames, strength):
    """SpecAugment: one band and about one stretch of time in 4 s, set to the mean. frames [B]: that hold sound."""
    count, _, size = mel.shape
    chosen = (torch.rand(count, device=mel.device) < CHANCE["mask"] * strength).float()
    bands = _stretches(torch.full_like(chosen, MELS), (torch.rand_like(chosen) * MASK_BANDS * chosen).floor(), MELS)
    times = torch.zeros(count, size, dtype=torch.bool, device=mel.device)
    for k in range(max(1, size // FRAMES_A_MASK)):
        longest = torch.minimum(frames / 12, torch.full_like(frames, MASK_FRAMES))
        wanted = chosen * (frames >= k * FRAMES_A_MASK)
        times |= _stretches(frames, (torch.rand_like(chosen) * longest * wanted).floor(), size)
    return torch.where(bands[:, :, None] | times[:, None], mel.mean(dim=(1, 2), keepdim=True), mel)
