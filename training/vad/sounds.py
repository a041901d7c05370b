"""Music of Debian packages, for training and testing the speech detector.

Music as 16 kHz int16, one file a piece, in DIRECTORY/music/PACKAGE/: `python sounds.py DIRECTORY`. Needs apt-get, ffmpeg, fluidsynth.
"""

import pathlib
import subprocess
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))  # noises, common and sound; names here come first
from common import RATE  # noqa: E402

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


if __name__ == "__main__":
    prepare(pathlib.Path(sys.argv[1]))
