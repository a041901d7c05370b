"""Reading, resampling and trimming of recordings, and the packed files that training reads."""

import json
import os
from fractions import Fraction

import numpy as np
import soundfile
from scipy.signal import resample_poly

from common import RATE

PEAK = 0.6  # of full scale, every clip
FRAME = 160  # samples; 10 ms
FIELDS = ("voice", "text", "spoken", "begin", "size", "start", "end")


def read(path):
    """First channel as float32, and its rate."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return samples[:, 0], rate


def resample(samples, rate, speed=1.0):
    """To RATE, played `speed` times as fast (steps of 1/40: short filters)."""
    ratio = Fraction(RATE, rate) / Fraction(round(speed * 40), 40)
    return samples if ratio == 1 else resample_poly(samples, ratio.numerator, ratio.denominator).astype(np.float32)


def speech_span(samples):
    """(start, end) of the speech in samples: where the energy of 10 ms exceeds 3 % of its loud frames' and the floor."""
    count = len(samples) // FRAME
    if count < 10:
        return 0, len(samples)
    energy = np.sqrt((samples[: count * FRAME].reshape(count, FRAME).astype(np.float64) ** 2).mean(1)) + 1e-9
    loud = np.flatnonzero(energy > max(np.percentile(energy, 95) * 0.03, np.percentile(energy, 5) * 2.0))
    if len(loud) == 0:
        return 0, len(samples)
    return max(0, loud[0] - 3) * FRAME, min(count, loud[-1] + 6) * FRAME


def trim(samples, before, after):
    """Cut to the speech with margins (seconds), scaled to PEAK as int16: (samples, start, end); None where it is silent."""
    start, end = speech_span(samples)
    low, high = max(0, start - int(before * RATE)), min(len(samples), end + int(after * RATE))
    samples = samples[low:high]
    peak = np.abs(samples).max(initial=0)
    if peak < 1e-3:
        return None
    return (samples * (PEAK * 32767 / peak)).astype(np.int16), start - low, end - low


class PackWriter:
    """NAME.i16 holds all clips end to end, NAME.jsonl one object of FIELDS a clip (positions in samples). append: behind what
    is there."""

    def __init__(self, work, name, append=False):
        mode = "a" if append else "w"
        self.samples = open(os.path.join(work, f"{name}.i16"), mode + "b")
        self.index = open(os.path.join(work, f"{name}.jsonl"), mode, encoding="utf8")
        self.size, self.hours = self.samples.tell() // 2, {}

    def add(self, voice, text, spoken, trimmed):
        samples, start, end = trimmed
        self.samples.write(samples.tobytes())
        row = (voice, text, spoken, self.size, len(samples), int(start), int(end))
        self.index.write(json.dumps(dict(zip(FIELDS, row))) + "\n")
        self.size += len(samples)
        group = voice.split("+")[0]
        self.hours[group] = self.hours.get(group, 0) + len(samples) / RATE / 3600

    def close(self):
        self.samples.close()
        self.index.close()
        for voice, hours in sorted(self.hours.items()):
            print(f"{voice}: {hours:.2f} h")
        print(f"together: {sum(self.hours.values()):.2f} h")


def read_pack(work, name):
    """(all samples, memory-mapped; rows of the index)."""
    with open(os.path.join(work, f"{name}.jsonl"), encoding="utf8") as file:
        rows = [json.loads(line) for line in file]
    return np.memmap(os.path.join(work, f"{name}.i16"), np.int16, "r"), rows
