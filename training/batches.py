"""Batches: short clips of like lengths, or windows of 6 to 30 s as at inference, as tensors for one training step."""

import random
from dataclasses import dataclass, fields

import numpy as np
import torch

from augment import add_noise, chance, mel_changes, reverb
from common import RATE
from frontend import HOP
from pieces import EOT, IGNORED, RANKS, row
from windows import Example, join, pauses, without_speech, write

POSITION = 2 * HOP  # samples that one encoder position stands for
POSITIONS = 1500
POOL = 12  # batches of short clips that are sorted by length together
SHORT, EASY, WINDOW = 9.0, 5.0, 30  # seconds
PROMPT_TOKENS = 200
NOISIER = 2  # windows have noise this many times as often as short examples


@dataclass
class Batch:
    """waves [B, samples]; inputs, targets [B, L]: rows of the embedding; guide [B, L, 2]: seconds, tolerance;
    letters [B, S], letter_counts [B]: CTC labels; offsets [B]: encoder position of the first frame; frames [B]: log-mel
    frames with sound; warp [B], equaliser [B, mels]: front-end changes."""

    waves: torch.Tensor
    inputs: torch.Tensor
    targets: torch.Tensor
    guide: torch.Tensor
    letters: torch.Tensor
    letter_counts: torch.Tensor
    offsets: torch.Tensor
    frames: torch.Tensor
    warp: torch.Tensor
    equaliser: torch.Tensor

    def to(self, device):
        return Batch(**{f.name: getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)})

    def seconds(self):
        return self.waves.numel() / RATE


def _padded(lists, fill, multiple=8):
    """[B, longest, rounded up] int64."""
    length = -(-max(map(len, lists)) // multiple) * multiple
    out = torch.full((len(lists), max(length, multiple)), fill)
    for line, values in zip(out, lists):
        line[: len(values)] = torch.tensor(values, dtype=torch.long)
    return out


def collate(examples, size, strength):
    """Examples as a batch of waves of `size` samples, at random levels."""
    waves = torch.zeros(len(examples), size)
    for line, example in zip(waves, examples):
        wave = np.ascontiguousarray(example.wave[:size], np.float32)
        line[: len(wave)] = torch.from_numpy(wave) * random.uniform(0.3, 1.4)
    inputs = _padded([[row(token) for token in example.inputs] for example in examples], row(EOT))
    targets = _padded([[t if t == IGNORED else row(t) for t in example.targets] for example in examples], IGNORED)
    guide = torch.zeros(*targets.shape, 2)
    for line, example in zip(guide, examples):
        line[: len(example.guide)] = torch.tensor(example.guide)
    return Batch(
        waves,
        inputs,
        targets,
        guide,
        _padded([example.letters for example in examples], 0),
        torch.tensor([len(example.letters) for example in examples]),
        torch.tensor([example.offset for example in examples]),
        torch.tensor([min(len(example.wave), size) / HOP for example in examples]),
        *mel_changes(len(examples), strength),
    )


def noisy_inputs(inputs, targets, share):
    """Some text tokens before the decoder replaced by random ones, so that it leans on the audio."""
    hit = (torch.rand(inputs.shape, device=inputs.device) < share) & (inputs < RANKS) & (targets != IGNORED)
    return torch.where(hit, torch.randint_like(inputs, RANKS), inputs)


@dataclass(frozen=True)
class Plan:
    """A short example: clips, seconds of silence before each, and after the last. Planned before the waves are made, so that
    batches can be sorted by true length."""

    clips: list
    gaps: list
    tail: float

    def seconds(self):
        return sum(len(clip.samples) for clip in self.clips) / RATE + sum(self.gaps) + self.tail


@dataclass(frozen=True)
class Stage:
    """What the batches hold at a time of the training. easy: single clips of up to 5 s alone; windows: share of batches
    with windows; token_noise: share of replaced input tokens."""

    name: str
    easy: bool
    windows: float
    token_noise: float


@dataclass(frozen=True)
class Curriculum:
    """Stages by progress 0..1: easy ones first, windows in the end."""

    easy_until: float = 0.4
    windows_from: float = 0.67

    def stage(self, progress):
        token_noise = 0.12 if progress < 0.6 else 0.06
        if progress < self.windows_from:
            easy = progress < self.easy_until
            return Stage("easy" if easy else "short", easy, 0.0, token_noise)
        late = progress > self.windows_from + 0.6 * (1 - self.windows_from)
        return Stage("windows" if late else "mixed", False, 0.85 if late else 0.4, token_noise)


class Batches(torch.utils.data.IterableDataset):
    """Endless batches of about `seconds` of audio; progress [1]: a shared tensor that the trainer moves from 0 to 1."""

    def __init__(self, clips, curriculum, progress, seconds, strength=1.0):
        super().__init__()
        self.clips, self.curriculum, self.progress = clips, curriculum, progress
        self.seconds, self.strength = seconds, strength
        self.queue, self.queue_easy = [], None

    def __iter__(self):
        seed = torch.initial_seed() % 2**32  # differs between workers
        random.seed(seed)
        np.random.seed(seed)
        while True:
            stage = self.curriculum.stage(float(self.progress[0]))
            yield self.windows() if random.random() < stage.windows else self.short(stage.easy)

    def _noisy(self, wave, noisier):
        """The wave as it is, or with reverberation, noise or both."""
        if chance("reverb", self.strength):
            wave = reverb(wave)
        if chance("noise", self.strength * noisier):
            wave = add_noise(wave, lambda: self.clips.draw(WINDOW).wave())
        return wave

    def _short_plan(self, easy):
        """One clip, sometimes several, for a short example."""
        longest = EASY if easy else SHORT
        chosen = [self.clips.draw(longest)]
        count = 1 if random.random() < (0.95 if easy else 0.72) else random.choice([2, 2, 3])
        for _ in range(count - 1):
            clip = self.clips.draw(4.0) if random.random() < 0.5 else self.clips.draw_like(chosen[0].voice, 4.0)
            if clip and sum(len(c.samples) for c in [*chosen, clip]) < (longest - 1) * RATE:
                chosen.append(clip)
        return Plan(chosen, pauses(len(chosen), long_ones=False), random.uniform(0, 0.3))

    def _fill_queue(self, easy):
        """POOL batches of plans sorted by length, in random order."""
        pool, total = [], 0.0
        while total < self.seconds * POOL:
            pool.append(self._short_plan(easy or random.random() < 0.35))
            total += pool[-1].seconds()
        groups, group = [], []
        for plan in sorted(pool, key=Plan.seconds):
            if group and (len(group) + 1) * plan.seconds() > self.seconds:
                groups.append(group)
                group = []
            group.append(plan)
        random.shuffle(groups)
        self.queue, self.queue_easy = [*groups, group], easy

    def short(self, easy):
        """Clips alone or a few joined, padded to the longest; some stand later in the window, some hold no speech."""
        if not self.queue or self.queue_easy != easy:
            self._fill_queue(easy)
        joined = []
        for plan in self.queue.pop():
            one = join(plan.clips, plan.gaps, WINDOW * RATE)
            one.wave = self._noisy(np.concatenate([one.wave, np.zeros(int(RATE * plan.tail), np.float32)]), 1)
            joined.append(one)
        size = min(WINDOW * RATE, -(-max(len(one.wave) for one in joined) // 3200) * 3200)
        last = POSITIONS - size // POSITION
        examples = []
        for one in joined:
            offset = random.randint(0, last) if not easy and random.random() < 0.05 else 0
            examples.append(write(one, random.random() < (0.06 if easy else 0.3), offset))
        if random.random() < 0.3:
            examples.append(without_speech(min(size, int(RATE * random.uniform(1, 4))), random.random() < 0.5))
        return collate(examples, size, self.strength)

    def windows(self):
        """Windows as at inference: one clip and silence, several clips with pauses, a cut-off last clip, text before, no
        speech at all."""
        size = WINDOW * RATE if random.random() < 0.4 else random.randrange(6, 15) * RATE
        count = max(2, round(self.seconds * 1.1 * RATE / size))
        return collate([self._window(size) for _ in range(count)], size, self.strength)

    def _window_clips(self, size):
        clips = [self.clips.draw(min(SHORT, size / RATE - 1))]
        if random.random() > 0.62:
            like = random.random() < 0.6
            wanted = size * random.choice([0.15, 0.3, 0.5, 0.8, 1.1])
            while sum(len(clip.samples) for clip in clips) < wanted and len(clips) < 24:
                clip = self.clips.draw_like(clips[0].voice, 12.0) if like else None
                clips.append(clip or self.clips.draw(12.0))
        return clips

    def _window(self, size) -> Example:
        timestamps = random.random() < 0.5
        if random.random() < 0.05:
            return without_speech(size, timestamps)
        clips = self._window_clips(size)
        joined = join(clips, pauses(len(clips), long_ones=True), size)
        if not joined.spans:  # a long pause before a long clip
            joined = join(clips, [0.0] * len(clips), size)
        if not timestamps and joined.cut is not None:  # without timestamps a cut-off clip cannot be told
            joined.wave, joined.cut = joined.wave[: int((joined.spans[-1][1] + 0.1) * RATE)], None
        if random.random() < 0.5:  # noise to the end of the window, else digital silence there
            joined.wave = np.concatenate([joined.wave, np.zeros(size - len(joined.wave), np.float32)])
        joined.wave = self._noisy(joined.wave, NOISIER)
        prompt = self._text_before(clips[0].voice) if random.random() < 0.08 else ()
        return write(joined, timestamps, prompt=prompt)

    def _text_before(self, voice):
        """Tokens of some sentences, mostly of the same voice."""
        tokens = []
        for _ in range(random.randint(1, 5)):
            clip = self.clips.draw_like(voice, 12.0) if random.random() < 0.7 else None
            tokens += (clip or self.clips.draw(12.0)).tokens
        return tokens[-PROMPT_TOKENS:]
