"""The spoken clips that training draws from: packed files, groups with weights, and new sentences spliced of two."""

import json
import os
import random
from dataclasses import dataclass

import numpy as np

from common import RATE
from pieces import encode, letters_of
from sound import read_pack

SHARES = {"synthetic": 0.69, "kathleen": 0.26, "people": 0.05}  # of the clips drawn
SPLICED = 0.5  # of the clips of a voice that has cut points
SPLICE_GAP = 960  # samples at most between the two parts


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
    """Beginning or end of a sentence; edge: start or end of the speech in it."""

    samples: np.ndarray
    edge: int
    text: str


def _load(work, name):
    samples, rows = read_pack(work, name)
    for row in rows:
        cut = samples[row["begin"] : row["begin"] + row["size"]]
        tokens, letters = encode(row["text"]), letters_of(row["spoken"])
        yield Clip(row["voice"], cut, row["start"], row["end"], tokens, letters)


def _parts(work):
    """voice -> (beginnings, ends) of recorded sentences, from the cut points of cuts.py."""
    path = os.path.join(work, "cuts.json")
    if not os.path.exists(path):
        return {}
    samples, rows = read_pack(work, "recorded")
    with open(path, encoding="utf8") as file:
        cuts = json.load(file)
    parts = {}
    for row, points in zip(rows, cuts):
        begin, end, words = row["begin"], row["begin"] + row["size"], row["text"].split()
        heads, tails = parts.setdefault(row["voice"], ([], []))
        for at, count in points:
            heads.append(Part(samples[begin : begin + at], row["start"], " ".join(words[:count])))
            tails.append(Part(samples[begin + at : end], row["end"] - at, " ".join(words[count:])))
    return {voice: both for voice, both in parts.items() if both[0]}


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
            spliced = self._splice(clip.voice)
            if len(spliced.samples) <= seconds * RATE:
                return spliced
        return clip

    def _splice(self, voice):
        """The beginning of one sentence and the end of another, cut between words."""
        heads, tails = self.parts[voice]
        head, tail = random.choice(heads), random.choice(tails)
        gap = np.random.randint(-3, 4, random.randrange(SPLICE_GAP)).astype(np.int16)
        text = f"{head.text} {tail.text}"
        end = len(head.samples) + len(gap) + tail.edge
        samples = np.concatenate([head.samples, gap, tail.samples])
        return Clip(voice, samples, head.edge, end, encode(text), letters_of(text))
