"""The spoken clips that training draws from: packed files, groups with weights, and new sentences spliced of several."""

import json
import os
import random
from dataclasses import dataclass

import numpy as np

from common import RATE
from pieces import encode, letters_of
from sound import read_pack

SHARES = {"synthetic": 0.76, "kathleen": 0.19, "people": 0.05}  # of the clips drawn
SPLICED = 0.85  # of the clips of a voice that has cut points
SPLICE_TRIES = 4  # for one that is short enough
SPLICE_GAP = 960  # samples at most between two parts
MIDDLES = (0, 1, 1, 2)  # parts between the beginning and the end, each as likely


@dataclass(frozen=True)
class Clip:
    """samples: int16; start, end: of the speech; tokens: the text as it follows other text; letters: CTC labels."""

    voice: str
    samples: np.ndarray
    start: int
    end: int
    tokens: list
    letters: list

    def wave(self):
        return self.samples.astype(np.float32) / 32768


@dataclass(frozen=True)
class Part:
    """A piece of a sentence; start, end: of the speech in it."""

    samples: np.ndarray
    start: int
    end: int
    text: str


@dataclass
class Parts:
    """Beginnings, middles and ends of one voice's sentences."""

    heads: list
    middles: list
    tails: list


def _load(work, name):
    samples, rows = read_pack(work, name)
    for row in rows:
        cut = samples[row["begin"] : row["begin"] + row["size"]]
        tokens, letters = encode(row["text"]), letters_of(row["spoken"])
        yield Clip(row["voice"], cut, row["start"], row["end"], tokens, letters)


def _parts(work):
    """voice -> Parts, from the cut points of cuts.py."""
    path = os.path.join(work, "cuts.json")
    if not os.path.exists(path):
        return {}
    samples, rows = read_pack(work, "recorded")
    with open(path, encoding="utf8") as file:
        cuts = json.load(file)
    found = {}
    for row, points in zip(rows, cuts):
        wave, words = samples[row["begin"] : row["begin"] + row["size"]], row["text"].split()
        parts = found.setdefault(row["voice"], Parts([], [], []))
        for at, count in points:
            parts.heads.append(Part(wave[:at], row["start"], at, " ".join(words[:count])))
            parts.tails.append(Part(wave[at:], 0, row["end"] - at, " ".join(words[count:])))
        for (begin, first), (end, last) in zip(points, points[1:]):
            parts.middles.append(Part(wave[begin:end], 0, end - begin, " ".join(words[first:last])))
    return {voice: parts for voice, parts in found.items() if parts.middles}


class Clips:
    def __init__(self, work):
        groups = {"synthetic": list(_load(work, "synth")), "kathleen": [], "people": []}
        for clip in _load(work, "recorded"):
            groups["kathleen" if clip.voice == "kathleen" else "people"].append(clip)
        self.groups = {name: group for name, group in groups.items() if group}
        self.parts = _parts(work)
        self.order = {name: [] for name in self.groups}
        self.voices = {}
        for group in self.groups.values():
            for clip in group:
                self.voices.setdefault(clip.voice, []).append(clip)

    def hours(self):
        return {name: sum(len(clip.samples) for clip in group) / RATE / 3600 for name, group in self.groups.items()}

    def _next(self, name):
        """Every clip of a group once, in random order, then again."""
        if not self.order[name]:
            self.order[name] = random.sample(range(len(self.groups[name])), len(self.groups[name]))
        return self.groups[name][self.order[name].pop()]

    def draw(self, seconds):
        """A clip, or a splice of two, of at most this length, from a group chosen by SHARES."""
        name = random.choices(list(self.groups), [SHARES[name] for name in self.groups])[0]
        clip = self._next(name)
        while len(clip.samples) > seconds * RATE:
            clip = self._next(name)
        return self._maybe_spliced(clip, seconds)

    def draw_like(self, voice, seconds):
        """A clip of this voice of at most this length, or None where a few tries find none."""
        for _ in range(8):
            clip = random.choice(self.voices[voice])
            if len(clip.samples) <= seconds * RATE:
                return self._maybe_spliced(clip, seconds)
        return None

    def _maybe_spliced(self, clip, seconds):
        if clip.voice in self.parts and random.random() < SPLICED:
            for _ in range(SPLICE_TRIES):
                spliced = self._splice(clip.voice)
                if len(spliced.samples) <= seconds * RATE:
                    return spliced
        return clip

    def _splice(self, voice):
        """The beginning of one sentence, pieces of others and the end of another, cut between words."""
        parts = self.parts[voice]
        middles = [random.choice(parts.middles) for _ in range(random.choice(MIDDLES))]
        chosen = [random.choice(parts.heads), *middles, random.choice(parts.tails)]
        waves = []
        for part in chosen:
            waves += [part.samples, np.random.randint(-3, 4, random.randrange(SPLICE_GAP)).astype(np.int16)]
        samples = np.concatenate(waves[:-1])
        text = " ".join(part.text for part in chosen)
        end = len(samples) - len(chosen[-1].samples) + chosen[-1].end
        return Clip(voice, samples, chosen[0].start, end, encode(text), letters_of(text))
