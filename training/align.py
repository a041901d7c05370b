"""Forced alignment of letters by the CTC head, and the token times that follow from it."""

import numba
import numpy as np

from pieces import RANKS, SPACE, letter_count

FRAME_SECONDS = 0.02
TOLERANCE = 0.09  # seconds around the letters of a token in which a guided head may look
MARK_DELAY, MARK_TOLERANCE = 0.06, 0.2  # a punctuation mark: just after the last letter


@numba.njit(cache=True)
def viterbi(scores, labels):
    """Best path of the labels through log probabilities [T, classes], class 0 the blank -> (first, last) frame of every
    label; -1 where no path exists."""
    frames, states = scores.shape[0], 2 * len(labels) + 1
    back = np.zeros((frames, states), np.int8)
    best, following = np.full(states, -1e30), np.full(states, -1e30)
    best[0], best[1] = scores[0, 0], scores[0, labels[0]]
    for t in range(1, frames):
        for s in range(states):
            top, step = best[s], 0
            if s > 0 and best[s - 1] > top:
                top, step = best[s - 1], 1
            if s > 2 and s % 2 == 1 and labels[s // 2] != labels[s // 2 - 1] and best[s - 2] > top:
                top, step = best[s - 2], 2
            following[s] = top + scores[t, labels[s // 2] if s % 2 == 1 else 0]
            back[t, s] = step
        best, following = following, best
    first, last = np.full(len(labels), -1), np.full(len(labels), -1)
    s = states - 1 if best[states - 1] > best[states - 2] else states - 2
    for t in range(frames - 1, -1, -1):
        if s % 2 == 1:
            first[s // 2] = t
            if last[s // 2] < 0:
                last[s // 2] = t
        s -= back[t, s]
    return first, last


def token_times(targets, labels, scores):
    """(index, seconds, tolerance) of the text tokens among the target rows; nothing where letters and tokens disagree.

    targets: rows of one example; labels: its CTC labels; scores [T, classes]: log probabilities."""
    counts = [letter_count(target) if 0 <= target < RANKS else 0 for target in targets]
    letters = [k for k, label in enumerate(labels) if label != SPACE]
    if not letters or sum(counts) != len(letters) or len(scores) < 2 * len(labels):
        return
    first, last = viterbi(scores, np.asarray(labels))
    if (first < 0).any():
        return
    middle = ((first + last) / 2 + 0.5)[letters] * FRAME_SECONDS
    k = 0
    for index, (target, count) in enumerate(zip(targets, counts)):
        if count:
            low, high = middle[k], middle[k + count - 1]
            yield index, (low + high) / 2, (high - low) / 2 + TOLERANCE
            k += count
        elif 0 <= target < RANKS and k:
            yield index, middle[k - 1] + MARK_DELAY, MARK_TOLERANCE


def sharpen(guide, targets, labels, scores):
    """Replaces the rough times in guide [B, L, 2] (seconds, tolerance) by those of the alignment, where there is one."""
    for item, (target, label) in enumerate(zip(targets, labels)):
        for index, seconds, tolerance in token_times(target, label, scores[item]):
            guide[item, index, 0], guide[item, index, 1] = seconds, tolerance
