"""Trains the speech detector: python train.py CLIPS SOUNDS OUT.pt [--steps N]

CLIPS: directory with synth.i16, synth.jsonl, recorded.i16, recorded.jsonl of ../synth.py and ../record.py. SOUNDS: that of sounds.py.
A training example is 20 s of clips and pauses, over silence, noise or music. What counts as speech is where the clean clip is loud
enough to hear.
"""

import argparse
import pathlib
import time

import numpy as np
import sounds  # first: it makes the modules of the folder above known
import torch
import torch.nn.functional as F
from network import HOP, RATE, Detector, Features

from noises import noise, reverb, unit
from sound import read_pack

SECONDS = 20
STEP = 2 * HOP  # samples of a label
BATCH = 16
NOISES = 150  # of 40 s
AUDIBLE = 10 ** (-32 / 10)  # of a clip's loud parts: below it nothing is heard
GAP, EDGE = 10, 2  # steps: shorter pauses are speech; around an edge nothing is learnt
IGNORED = -1.0


class Clips:
    """The packs of synth.py and record.py; every third clip is a recorded one."""

    def __init__(self, directory):
        self.parts = [read_pack(directory, name) for name in ("synth", "recorded")]

    def draw(self, rng):
        samples, rows = self.parts[int(rng.random() < 0.3)]
        row = rows[int(rng.integers(len(rows)))]
        return samples[row["begin"] : row["begin"] + row["size"]].astype(np.float32) / 32768


def fill_gaps(active, most):
    """Turns inner runs of False of at most `most` into True."""
    edges = np.flatnonzero(np.diff(active.astype(np.int8)))
    for left, right in zip(edges, edges[1:]):
        if not active[left + 1] and right - left <= most:
            active[left + 1 : right + 1] = True
    return active


def audible(wave):
    """For each whole 20 ms of a clean clip whether speech is heard."""
    power = (wave[: len(wave) // STEP * STEP].reshape(-1, STEP) ** 2).mean(1)
    loud = np.quantile(power, 0.9)
    return fill_gaps(power > loud * AUDIBLE, GAP)


def speech(rng, clips, size):
    """A track of clips and pauses at one level of 1, and its labels."""
    wave, labels = np.zeros(size, np.float32), np.zeros(size // STEP, np.float32)
    at = int(rng.uniform(0, 4) * RATE) // STEP * STEP
    pause = rng.choice([0.2, 1, 3, 8])
    while at < size:
        clip = clips.draw(rng)[: size - at]
        if len(clip) < STEP * 5:
            break
        clip = clip / (np.sqrt(np.quantile(clip**2, 0.9)) + 1e-6) * 10 ** rng.uniform(-0.3, 0.3)
        active = audible(clip)
        wave[at : at + len(clip)] += clip
        labels[at // STEP : at // STEP + len(active)] = active
        at = (at + len(clip) + int(rng.exponential(pause) * RATE)) // STEP * STEP
    return wave, labels


def background(rng, pieces, size):
    """Something of unit power that is not speech, perhaps changing on the way. `pieces`: share of music, music, noises."""
    def one(length):
        share, music, noises = pieces
        kind = music if rng.random() < share else noises
        piece = kind[int(rng.integers(len(kind)))]
        at = int(rng.integers(max(1, len(piece) - length)))
        return unit(np.resize(piece[at : at + length], length))

    wave = one(size)
    if rng.random() < 0.3:
        cut = int(rng.integers(size // 4, size))
        wave[cut:] = one(size - cut) if rng.random() < 0.5 else 0.01 * wave[cut:]
    return wave


def example(rng, clips, pieces):
    size = SECONDS * RATE
    wave, labels = np.zeros(size, np.float32), np.zeros(size // STEP, np.float32)
    kind = rng.random()
    if kind < 0.75:
        wave, labels = speech(rng, clips, size)
        wave = reverb(rng, wave) if rng.random() < 0.3 else wave  # now and then a room
    if kind > 0.15:
        ratio = rng.uniform(0, 40) if kind < 0.75 else rng.uniform(-30, 10)
        wave = wave + background(rng, pieces, size) * 10 ** (-ratio / 20)
    level = 10 ** (-rng.uniform(0, 2.2)) / (np.abs(wave).max() + 1e-6)
    wave = wave * level + 10 ** -rng.uniform(3, 5.5) * rng.standard_normal(size)
    if rng.random() < 0.1:
        wave = np.clip(wave * 3, -0.9, 0.9)
    if rng.random() < 0.3:  # 16 bits; digital silence between clips
        wave = np.round(np.clip(wave, -1, 1) * 32767) / 32768
    labels = labels.copy()
    for edge in np.flatnonzero(np.diff(labels)):
        labels[max(0, edge + 1 - EDGE) : edge + 1 + EDGE] = IGNORED
    return wave.astype(np.float32), labels


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=pathlib.Path)
    parser.add_argument("sounds", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--filters", default=None, help="mel_filters.npz of openai-whisper (default: that of the installed package)")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=4e-3, help="largest learning rate")
    parser.add_argument("--music", type=float, default=0.5, help="share of the backgrounds that is music")
    parser.add_argument("--resume", type=pathlib.Path, help="go on with this model")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.filters is None:
        import whisper

        arguments.filters = pathlib.Path(whisper.__file__).parent / "assets" / "mel_filters.npz"
    rng = np.random.default_rng(arguments.seed)
    torch.manual_seed(arguments.seed)
    clips = Clips(arguments.clips)
    noises = [noise(rng, 2 * SECONDS * RATE) for _ in range(NOISES)]
    pieces = (arguments.music, sounds.music(arguments.sounds, training=True), noises)
    features, model = Features(np.load(arguments.filters)), Detector()
    if arguments.resume:
        model.load_state_dict(torch.load(arguments.resume))
    optimiser = torch.optim.AdamW(model.parameters(), lr=arguments.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, arguments.rate, total_steps=arguments.steps, pct_start=0.1)
    begin, mean = time.time(), 0.0
    for step in range(arguments.steps):
        waves, labels = zip(*(example(rng, clips, pieces) for _ in range(BATCH)))
        with torch.no_grad():
            inputs = features(torch.from_numpy(np.stack(waves)), 128 if step % 4 == 0 else 80)
        target = torch.from_numpy(np.stack(labels))
        known = target != IGNORED
        loss = F.binary_cross_entropy_with_logits(model(inputs)[known], target[known])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        mean = loss.item() if step == 0 else 0.98 * mean + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"{step:5} loss {mean:.4f} {time.time() - begin:.0f} s", flush=True)
            torch.save(model.state_dict(), arguments.out)
    torch.save(model.state_dict(), arguments.out)


if __name__ == "__main__":
    main()
