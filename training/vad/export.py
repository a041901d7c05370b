"""python export.py [MODEL.pt]: writes data/speech_detector.f32, and what its test expects in tests/data/golden; without a model
the latter alone."""

import pathlib
import subprocess
import sys

import numpy as np
import torch
import whisper
from network import RATE, Detector, Features, export, exported

ROOT = pathlib.Path(__file__).resolve().parents[2]


def samples(path):
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.int16).astype(np.float32) / 32768


def probabilities(model, features, wave, bands=80):
    """One for each 20 ms, with the silence after the end that the program hears too."""
    padded = torch.from_numpy(np.concatenate([wave, np.zeros(10 * RATE, np.float32)]))[None]
    with torch.no_grad():
        inputs = features(padded, bands)
        return torch.sigmoid(model(inputs[..., : inputs.shape[-1] // 2 * 2]))[0].numpy()[: len(wave) // 320]


def load(path):
    model = Detector()
    model.load_state_dict(torch.load(path))
    return model.eval()


def front_end():
    return Features(np.load(pathlib.Path(whisper.__file__).parent / "assets" / "mel_filters.npz"))


def main():
    numbers = ROOT / "data" / "speech_detector.f32"
    if len(sys.argv) > 1:
        model = load(sys.argv[1])
        export(model).tofile(numbers)
    model = exported(np.fromfile(numbers, "<f4"))
    features = front_end()
    wave = samples(ROOT / "samples" / "kitchen.wav")
    for bands in (80, 128):
        lines = "\n".join(f"{p:.4f}" for p in probabilities(model, features, wave, bands))
        (ROOT / "tests" / "data" / "golden" / f"speech_detector_{bands}.txt").write_text(lines + "\n")


if __name__ == "__main__":
    main()
