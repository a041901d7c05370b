#!/usr/bin/env python3
"""Writes tests/data/golden/log_mel_{80,128}.txt: openai-whisper's mel filters and log-mel of a signal that the test
makes by the same formula.

Needs: pip install openai-whisper. Format, blank-separated:
    signal SAMPLES CHECKSUM MAX_CONTENT_FRAMES
    filter ROW COLUMN WEIGHT        (every weight that is not zero)
    frame INDEX VALUE*bands         (clamped and scaled, padding=480000)
CHECKSUM is sum(s16[i] * (i % 1021 + 1)) mod 2^64, so that a signal made differently is told from a wrong log-mel.
"""
import pathlib
import numpy as np
import whisper

SAMPLES = 83210  # 5.2 s: more than one block of frames, no multiple of the hop
FRAMES = [0, 1, 2, 3, 57, 250, 299, 300, 301, 498, 499, 500, 501, 517, 518, 519, 520, 521, 522, 1000, 3519]


def signal() -> np.ndarray:
    """s16: three sines with slow swells, and noise of the LCG x -> 1664525 x + 1013904223 mod 2^32 (Numerical
    Recipes) whose level falls by 60 dB half-way."""
    state, noise = 12345, np.empty(SAMPLES)
    for i in range(SAMPLES):
        state = (1664525 * state + 1013904223) % 2**32
        noise[i] = state / 2**31 - 1
    t = np.arange(SAMPLES) / 16000
    level = np.where(np.arange(SAMPLES) < SAMPLES // 2, 0.05, 0.00005)
    x = (
        0.4 * np.sin(2 * np.pi * 220 * t) * np.sin(np.pi * t)
        + 0.2 * np.sin(2 * np.pi * 1234.5 * t) * np.sin(0.7 * np.pi * t)
        + 0.1 * np.sin(2 * np.pi * 6500 * t)
        + level * noise
    )
    return np.floor(x * 32767 + 0.5).astype(np.int64)


def main() -> None:
    pcm = signal()
    checksum = int(np.sum(pcm * (np.arange(SAMPLES) % 1021 + 1))) % 2**64
    audio = (pcm / 32768).astype(np.float32)
    folder = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "golden"
    folder.mkdir(parents=True, exist_ok=True)
    for bands in (80, 128):
        mel = whisper.log_mel_spectrogram(audio, bands, padding=480000).numpy()
        lines = [f"signal {SAMPLES} {checksum} {mel.shape[1] - 3000}"]
        filters = whisper.audio.mel_filters("cpu", bands).numpy()
        lines += [f"filter {r} {c} {filters[r, c]:.9g}" for r, c in zip(*np.nonzero(filters))]
        lines += [f"frame {f} " + " ".join(f"{v:.7g}" for v in mel[:, f]) for f in FRAMES]
        (folder / f"log_mel_{bands}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
