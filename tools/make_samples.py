"""make_samples.py [--out DIR] [--check]

Synthesises samples/: short recordings NAME.wav with NAME.txt beside, and long ones NAME.ogg (Opus) that join sentences
with known gaps, silent or filled with noise or hum, with NAME.txt and the true spans in NAME.spans.tsv. Texts are ours
(sample_texts.py); voices are those of Debian's flite and espeak-ng. Seeds are fixed: the same versions of the programs
make the same files.

--check transcribes the short ones with the reference, at the defaults of its command line, and compares word for word.

Requirements: apt install flite espeak-ng ffmpeg; pip install numpy; for --check also openai-whisper and safetensors.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import wave

import numpy as np

import sample_texts

RATE = 16000  # Hz
PEAK = 0.6  # of full scale, every sentence
MARGIN = 0.15  # seconds of silence around a short sample
SPEECH_FLOOR = 0.01  # of the peak: what is softer at either end is not speech
NOISE_LEVELS = (0.002, 0.02)  # standard deviation of filled gaps, full scale 1
HUM_LEVELS = (0.01, 0.05)
OPUS_BITS = 24000  # a second; speech at 24 kbit/s is close to transparent


def decode(path):
    """Any audio file as 16 kHz mono float64 in [-1, 1]."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(raw, np.int16).astype(np.float64) / 32768


def speak(voice, stretch, text):
    """One sentence, without the silence around it, scaled to PEAK. voice: "flite:slt", "espeak-ng:en-us+f3";
    stretch > 1 is slower."""
    program, name = voice.split(":")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "speech.wav")
        if program == "flite":
            command = ["flite", "-voice", name, "--setf", f"duration_stretch={stretch}", "-t", text, "-o", path]
        else:
            words_per_minute = str(round(160 / stretch))
            command = ["espeak-ng", "-v", name, "-s", words_per_minute, "-w", path, text]
        subprocess.run(command, check=True)
        samples = decode(path)
    loud = np.flatnonzero(np.abs(samples) > SPEECH_FLOOR * np.abs(samples).max())
    samples = samples[loud[0] : loud[-1] + 1]
    return samples * (PEAK / np.abs(samples).max())


def seconds(duration):
    """Silence."""
    return np.zeros(round(duration * RATE))


def filled(kind, duration, rng):
    """A gap: "silence", "noise" (white, faded at its ends) or "hum" (mains frequency and harmonics)."""
    gap = seconds(duration)
    time = np.arange(len(gap)) / RATE
    if kind == "noise":
        gap = rng.normal(0, rng.uniform(*NOISE_LEVELS), len(gap))
    elif kind == "hum":
        mains = rng.choice([50.0, 60.0])
        level = rng.uniform(*HUM_LEVELS)
        for harmonic, share in ((1, 1.0), (2, 0.5), (3, 0.3), (5, 0.1)):
            gap += level * share * np.sin(2 * np.pi * mains * harmonic * time + rng.uniform(0, 2 * np.pi))
    fade = min(len(gap) // 2, RATE // 50)
    ramp = np.linspace(0, 1, fade)
    gap[:fade] *= ramp
    gap[len(gap) - fade :] *= ramp[::-1]
    return gap


def to_pcm(samples):
    return np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2")


def write_wav(path, samples):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(to_pcm(samples).tobytes())


def write_opus(path, samples):
    command = ["ffmpeg", "-v", "error", "-y", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-", "-c:a", "libopus"]
    command += ["-b:a", str(OPUS_BITS), "-application", "voip", "-flags", "+bitexact", "-fflags", "+bitexact", path]
    subprocess.run(command, check=True, input=to_pcm(samples).tobytes())


def write_text(path, lines):
    with open(path, "w", encoding="utf8") as file:
        file.writelines(line + "\n" for line in lines)


def make_short(folder):
    for sample in sample_texts.SHORT:
        parts = [seconds(MARGIN)]
        for sentence in sample.sentences:
            parts += [speak(sample.voice, sample.stretch, sentence), seconds(sample.pause)]
        parts[-1] = seconds(MARGIN)
        write_wav(os.path.join(folder, sample.name + ".wav"), np.concatenate(parts))
        write_text(os.path.join(folder, sample.name + ".txt"), [" ".join(sample.sentences)])


def draw_gap(sample, rng):
    """(kind, seconds) of the gap before the next sentence."""
    kind = rng.choices(("silence", "noise", "hum"), sample.fillings)[0]
    _, shortest, longest = rng.choices(sample.gaps, [weight for weight, *_ in sample.gaps])[0]
    return kind, rng.uniform(shortest, longest)


def make_long(folder, sample):
    draw, noise = random.Random(sample.seed), np.random.default_rng(sample.seed)
    parts, spans, said, position = [], [], [], 0

    def add(samples, kind, text):
        nonlocal position
        spans.append((position / RATE, (position + len(samples)) / RATE, kind, text))
        parts.append(samples)
        position += len(samples)

    sentences = list(sample_texts.SENTENCES)
    draw.shuffle(sentences)
    pauses = dict(sample.fixed_gaps)
    for index in range(10**6):
        kind, duration = pauses.get(index) or draw_gap(sample, draw)
        add(filled(kind, duration, noise), kind, "")
        if position > sample.seconds * RATE:
            break
        voice, stretch = draw.choice(sample.voices)
        text = sentences[index % len(sentences)]
        add(speak(voice, stretch, text), "speech", text)
        said.append(text)
    write_opus(os.path.join(folder, sample.name + ".ogg"), np.concatenate(parts))
    write_text(os.path.join(folder, sample.name + ".txt"), said)
    rows = [f"{start:.3f}\t{end:.3f}\t{kind}\t{text}" for start, end, kind, text in spans]
    write_text(os.path.join(folder, sample.name + ".spans.tsv"), ["start\tend\tkind\ttext", *rows])


def check(folder):
    """How many short samples the reference does not get right at its command line's defaults."""
    from reference_runs import ReferenceRuns
    from speech import MODEL

    runs, wrong = ReferenceRuns(MODEL), 0
    for sample in sample_texts.SHORT:
        heard = runs.get(os.path.join(folder, sample.name + ".wav"), "default")["text"].strip()
        right = heard == " ".join(sample.sentences)
        wrong += not right
        print(f"{'right' if right else 'WRONG'}  {sample.name}: {heard}")
    return wrong


def main():
    default = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "samples")
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[2])
    parser.add_argument("--out", default=default, help="folder to write to (default: samples/)")
    parser.add_argument("--check", action="store_true", help="transcribe the short samples with the reference")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    make_short(args.out)
    for sample in sample_texts.LONG:
        make_long(args.out, sample)
    sys.exit(check(args.out) if args.check else 0)


if __name__ == "__main__":
    main()
