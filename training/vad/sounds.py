"""What is not speech, for training and testing the speech detector: music of Debian packages, and noises made here.

Music as 16 kHz int16, one file a piece, in DIRECTORY/music/PACKAGE/: `python sounds.py DIRECTORY`. Needs apt-get, ffmpeg, fluidsynth.
"""

import pathlib
import subprocess
import sys

import numpy as np

RATE = 16000
# Package: whether it is for training; the others are only tested with. Licences: free ones (GPL-2+, CC-BY-SA), as each package's
# copyright file says.
PACKAGES = {
    "wesnoth-1.16-music": True,
    "openttd-openmsx": True,
    "extremetuxracer-data": True,
    "pingus-data": True,
    "lincity-ng-data": True,
    "warzone2100-music": True,
    "supertux-data": True,
    "frozen-bubble-data": False,
    "asc-music": False,
}
SOUND_FONT = "timgm6mb-soundfont"  # plays the scores of openttd-openmsx
MOST_SECONDS = 150  # of one piece
LEAST_SECONDS = 8  # shorter ones are effects, some of them voices
SUFFIXES = {".ogg", ".opus", ".mp3", ".mid", ".it", ".s3m"}
HUMS = (50, 60, 100, 120)  # Hz
SLOPES = (0.0, 0.5, 1.0, 1.5)  # power spectra of the noises: f ** -2 slope


def unpack(directory):
    """Downloads and unpacks the packages below `directory`."""
    for package in [*PACKAGES, SOUND_FONT]:
        target = directory / "packages" / package
        if target.exists():
            continue
        subprocess.run(["apt-get", "download", "-q", package], cwd=directory, check=True)
        (archive,) = directory.glob(f"{package}_*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, target], check=True)
        archive.unlink()


def decode(piece, target, font):
    """One piece as raw int16; a score is played first."""
    played = target.with_suffix(".wav")
    if piece.suffix == ".mid":
        subprocess.run(["fluidsynth", "-ni", "-q", "-F", played, "-r", "32000", font, piece], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    source = played if piece.suffix == ".mid" else piece
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-t", str(MOST_SECONDS), "-i", source, "-f", "s16le", "-ac", "1",
                    "-ar", str(RATE), target], check=False)
    played.unlink(missing_ok=True)
    if target.exists() and target.stat().st_size < 2 * RATE * LEAST_SECONDS:
        target.unlink()


def prepare(directory):
    unpack(directory)
    (font,) = (directory / "packages" / SOUND_FONT).rglob("*.sf2")
    for package in PACKAGES:
        out = directory / "music" / package
        if out.exists():
            continue
        out.mkdir(parents=True)
        pieces = sorted(p for p in (directory / "packages" / package).rglob("*") if p.suffix in SUFFIXES and p.is_file())
        for index, piece in enumerate(pieces):
            decode(piece, out / f"{index:03}.i16", font)
        print(package, len(list(out.iterdir())), "pieces")


def music(directory, training):
    """Every piece as float32 in [-1, 1]."""
    names = [name for name, train in PACKAGES.items() if train == training]
    files = [f for name in names for f in sorted((directory / "music" / name).glob("*.i16"))]
    return [np.fromfile(f, np.int16).astype(np.float32) / 32768 for f in files]


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


def unit(wave):
    """The wave at unit power."""
    return (wave / np.sqrt(np.mean(wave**2) + 1e-12)).astype(np.float32)


NOISES = (coloured, coloured, coloured, hum, clicks, tones)


def noise(rng, size):
    """Any of them, of unit power."""
    return NOISES[int(rng.integers(len(NOISES)))](rng, size)


if __name__ == "__main__":
    prepare(pathlib.Path(sys.argv[1]))
