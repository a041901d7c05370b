"""python evaluate.py MODEL.pt SPEECH SOUNDS: what the detector misses and what it takes for speech.

SPEECH: folder with manifest.tsv (its dev and test clips, never trained on), joined with pauses. SOUNDS: that of sounds.py; only the
packages that were not trained with. Speech is missed where the clean clip is loud enough to hear and the probability is below 0.5
after the program's own smoothing (0.5 s of silence, 0.2 s of padding).
"""

import pathlib
import sys

import numpy as np
import sounds  # first: it makes the modules of the folder above known
from export import front_end, load, probabilities, samples
from train import STEP, audible

from common import RATE, recordings
from noises import clicks, coloured, hum, unit

THRESHOLD, LOWER = 0.5, 0.35
SILENCE, PAD, SPEECH = 25, 10, 5  # steps: the defaults of vad_min_silence_duration_ms, vad_speech_pad_ms, vad_min_speech_duration_ms


def regions(probability):
    """For each step whether it lies in a region of speech (src/engine/speech_map.cc)."""
    out = np.zeros(len(probability), bool)
    start, quiet = None, 0
    for i, p in enumerate([*probability, *([0.0] * (SILENCE + 1))]):
        if start is None and p >= THRESHOLD:
            start = i
        if p >= LOWER:
            quiet = i + 1
        if start is not None and i + 1 - quiet > SILENCE:
            if quiet - start >= SPEECH:
                out[max(0, start - PAD) : quiet + PAD] = True
            start = None
    return out


def quiet(clip):
    """Whether the recording itself has so little noise that its loudness says where speech is."""
    power = (clip[: len(clip) // STEP * STEP].reshape(-1, STEP) ** 2).mean(1)
    return np.quantile(power, 0.03) < 10**-4.5 * np.quantile(power, 0.9)


def joined(directory, seconds, rng):
    """Clips with pauses, and where speech is heard."""
    rows = [row for split in ("dev", "test") for row in recordings(directory, split)]
    waves, labels, total = [], [], 0
    while total < seconds * RATE:
        clip = samples(directory / rows[int(rng.integers(len(rows)))]["path"])
        if not quiet(clip):
            continue
        clip = clip[: len(clip) // STEP * STEP] / (np.sqrt(np.quantile(clip**2, 0.9)) + 1e-6)
        pause = int(rng.uniform(0.5, 4) * RATE) // STEP * STEP
        waves += [clip, np.zeros(pause, np.float32)]
        labels += [audible(clip), np.zeros(pause // STEP, bool)]
        total += len(clip) + pause
    return np.concatenate(waves), np.concatenate(labels)


def main():
    model, features = load(sys.argv[1]), front_end()
    rng = np.random.default_rng(1)
    wave, label = joined(pathlib.Path(sys.argv[2]), 600, rng)
    loud = np.sqrt((wave**2)[np.repeat(label, STEP)].mean())
    noises = {"white": unit(rng.standard_normal(len(wave))), "coloured": coloured(rng, len(wave)),
              "hum": hum(rng, len(wave)), "clicks": clicks(rng, len(wave))}
    heldout = sounds.music(pathlib.Path(sys.argv[3]), training=False)
    noises["music"] = unit(np.resize(np.concatenate(heldout), len(wave)))
    print("| behind the speech | signal to noise | speech missed % | pauses taken for speech % |\n|---|---|---|---|")
    for name, noise in noises.items():
        for ratio in (20, 10, 5):
            mixed = 0.05 * (wave + noise * loud * 10 ** (-ratio / 20))
            heard = regions(probabilities(model, features, mixed.astype(np.float32)))
            print(f"| {name} | {ratio} dB | {100 * (1 - heard[label].mean()):.2f} | {100 * heard[~label].mean():.1f} |")
    print("\n| alone | taken for speech % |\n|---|---|")
    alone = {**{name: noise[: 120 * RATE] for name, noise in noises.items() if name != "music"},
             **{f"music {i}": piece for i, piece in enumerate(heldout)}}
    false, total = 0, 0
    for name, sound in alone.items():
        sound = 0.1 * unit(sound)
        heard = regions(probabilities(model, features, sound.astype(np.float32)))
        print(f"| {name} | {100 * heard.mean():.1f} |")
        if name == "hum" or name.startswith("music"):
            false, total = false + heard.sum(), total + len(heard)
    print(f"| music and hum together, {total / 50:.0f} s | {100 * false / total:.1f} |")


if __name__ == "__main__":
    main()
