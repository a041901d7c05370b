"""Augmentation: noise, babble, reverberation on waves (numpy); equaliser, masks (SpecAugment) on log-mels (torch)."""

import random

import numpy as np
import torch

import noises
from common import RATE
from frontend import MELS, WARPS

NOISE_SECONDS = 20
SNR = (4, 35)  # dB
CHANCE = {"reverb": 0.08, "noise": 0.2, "babble": 0.12, "warp": 0.25, "equaliser": 0.2, "mask": 0.4}
MASK_BANDS, MASK_FRAMES, FRAMES_A_MASK = 14, 30, 400
ENDED = 0.7  # of the examples


def numpy_rng():
    """A generator that follows from the seed of `random`."""
    return np.random.default_rng(random.getrandbits(64))


def chance(name, strength=1.0):
    return random.random() < CHANCE[name] * strength


NOISES = [noises.coloured(np.random.default_rng(seed), RATE * NOISE_SECONDS) for seed in range(16)]


def noise(size):
    """Mains hum or a stretch of one of NOISES, of about unit power."""
    if random.random() < 0.15:
        return noises.hum(numpy_rng(), size)
    return random.choice(NOISES).take(np.arange(size) + random.randrange(len(NOISES[0])), mode="wrap")


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
    """A room of random size."""
    return noises.reverb(numpy_rng(), wave)


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


def end_with_zeros(mel, frames, share=ENDED):
    """Zeros behind the last of `frames` [B] in a share of the examples: openai/whisper's transcribe() fills a window behind the
    recording's end with zeros of the scaled log-mel, which are no silence (that is -1 or less)."""
    behind = torch.arange(mel.shape[-1], device=mel.device) >= frames[:, None].ceil()
    ended = torch.rand(len(mel), 1, device=mel.device) < share
    return mel.masked_fill((behind & ended)[:, None], 0.0)
