"""Examples: clips joined to one wave with pauses, and what the decoder is to write for it."""

import random
from dataclasses import dataclass, field

import numpy as np

from augment import noise
from common import RATE
from pieces import EOT, IGNORED, NO_SPEECH, NO_TIMESTAMPS, SOT, SOT_PREV, SPACE, STAMP_SECONDS, stamp, weight

NO_GUIDE = (0.0, 0.0)
STAMP_TOLERANCE, END_TOLERANCE = 0.3, 0.4  # seconds in which a guided head may look for a timestamp, for the end


@dataclass
class Example:
    """inputs, targets: token ids of equal length, targets with IGNORED; guide: (seconds, tolerance) of every target,
    tolerance 0 = none; letters: CTC labels; offset: encoder position of the first frame."""

    wave: np.ndarray
    inputs: list
    targets: list
    guide: list
    letters: list = field(default_factory=list)
    offset: int = 0


@dataclass
class Joined:
    """spans: (start, end, clip) in seconds; cut: the start of a last clip that the window cuts off."""

    wave: np.ndarray
    spans: list
    cut: float | None = None

    def letters(self):
        """Labels of all clips, spaces between."""
        return [label for _, _, clip in self.spans for label in [*clip.letters, SPACE]][:-1]


def pauses(count, long_ones):
    """Seconds of silence before each of some clips; long_ones: up to 4 s."""
    out = []
    for index in range(count):
        if index == 0 and random.random() < 0.7:
            out.append(random.uniform(0, 0.25))
        elif random.random() < 0.85:
            out.append(random.uniform(0.1, 1.0))
        else:
            out.append(random.uniform(0.5, 4.0) if long_ones else 0.5)
    return out


def join(clips, gaps, limit):
    """The clips at random levels, gaps [s] before them, in at most `limit` samples."""
    parts, spans, cut, at = [], [], None, 0
    for clip, seconds in zip(clips, gaps):
        gap = int(RATE * seconds)
        wave = clip.wave() * 10 ** (random.uniform(-8, 2) / 20)
        begin = at + gap
        if begin + len(wave) > limit:
            if spans and begin + clip.start + RATE // 2 < limit:
                parts += [np.zeros(gap, np.float32), wave[: limit - begin]]
                cut = (begin + clip.start) / RATE
            break
        parts += [np.zeros(gap, np.float32), wave]
        spans.append(((begin + clip.start) / RATE, (begin + clip.end) / RATE, clip))
        at = begin + len(wave)
    return Joined(np.concatenate(parts) if parts else np.zeros(0, np.float32), spans, cut)


def _shares(start, end, tokens):
    """Rough (seconds, tolerance) of tokens: the speech shared out by weight; align.py gives better ones later."""
    ends = np.cumsum([weight(token) for token in tokens])
    starts = np.concatenate([[0], ends[:-1]])
    tolerance = 0.25 + 0.06 * (end - start)
    return [(start + (end - start) * (a + b) / 2 / ends[-1], tolerance) for a, b in zip(starts, ends)]


def write(joined, timestamps, offset=0, prompt=()):
    """Example of a joined wave; offset: encoder positions before it; prompt: tokens of the text before."""
    shift, body, guide = offset * STAMP_SECONDS, [], []
    for start, end, clip in joined.spans:
        if timestamps:
            body += [stamp(start + shift), *clip.tokens, stamp(end + shift)]
            guide += [(start, STAMP_TOLERANCE), *_shares(start, end, clip.tokens), (end, STAMP_TOLERANCE)]
        else:
            body += clip.tokens
            guide += _shares(start, end, clip.tokens)
    if timestamps and joined.cut is not None:
        body.append(stamp(joined.cut + shift))
        guide.append((joined.cut, STAMP_TOLERANCE))
    if not timestamps:
        body, guide = [NO_TIMESTAMPS, *body], [NO_GUIDE, *guide]
    head = [SOT_PREV, *prompt] if prompt else []
    tokens = [*head, SOT, *body, EOT]
    targets = [IGNORED] * len(head) + tokens[len(head) + 1 :]
    guide = [NO_GUIDE] * len(head) + guide + [(joined.spans[-1][1], END_TOLERANCE)]
    return Example(joined.wave, tokens[:-1], targets, guide, joined.letters(), offset)


def without_speech(size, timestamps):
    """Silence, noise, noise that stops, or clicks: <|nospeech|> after <|startoftranscript|>."""
    kind = random.random()
    wave = np.zeros(size, np.float32)
    if kind > 0.3:
        wave = noise(size) * 10 ** (random.uniform(-70, -15) / 20)
    if kind > 0.7:
        wave[random.randrange(size) :] = 0
    if kind > 0.9:
        for _ in range(random.randint(1, 6)):
            wave[random.randrange(size)] += random.uniform(-0.5, 0.5)
    second = stamp(0.0) if timestamps else NO_TIMESTAMPS
    return Example(wave, [SOT, second], [NO_SPEECH, EOT], [NO_GUIDE] * 2)
