"""cuts.py STATE: places between two words where a recorded clip can be cut, for the splices of clips.py -> WORK/cuts.json:
per clip of recorded.jsonl a list of [sample, words before]. CTC alignment, then a dip of the energy between the words."""

import argparse
import json
import os

import numpy as np
import torch

from align import viterbi
from batches import POSITION
from common import add_folders
from export import load
from frontend import HOP, Frontend
from pieces import SPACE, letters_of
from sound import read_pack

BATCH = 24
NARROWEST, WIDEST = 3, 80  # 10 ms frames between two words
DIP = 0.12  # of the clip's loud frames: the energy at a cut


def word_labels(text):
    """(labels, index of the first label of every word); None where a word has no letters."""
    words = [letters_of(word) for word in text.split()]
    if not all(words):
        return None
    labels, starts = [], []
    for word in words:
        labels += [SPACE] if labels else []
        starts.append(len(labels))
        labels += word
    return labels, starts


def cut_points(samples, text, scores):
    """[[sample, words before]] of one clip; scores [frames, classes]: its CTC log probabilities."""
    known = word_labels(text)
    if known is None or len(known[1]) < 3 or len(scores) < 2 * len(known[0]):
        return []
    labels, starts = known
    first, last = viterbi(scores, np.asarray(labels))
    if (first < 0).any():
        return []
    frames = samples[: len(samples) // HOP * HOP].reshape(-1, HOP).astype(np.float32)
    energy = np.sqrt((frames**2).mean(1))
    limit, points = DIP * np.percentile(energy, 80), []
    for count in range(1, len(starts)):
        low, high = last[starts[count] - 2] * 2 + 1, first[starts[count]] * 2 + 2
        if not NARROWEST <= high - low <= WIDEST or high > len(energy):
            continue
        smooth = np.convolve(energy[low:high], np.ones(3) / 3, "same")
        lowest = int(smooth[1:-1].argmin()) + 1
        if smooth[lowest] < limit:
            points.append([int((low + lowest) * HOP + HOP // 2), count])
    return points


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_folders(parser)
    parser.add_argument("state")
    args = parser.parse_args()
    model, frontend = load(args.state), Frontend("cpu")
    samples, rows = read_pack(args.work, "recorded")
    clips = [samples[row["begin"] : row["begin"] + row["size"]] for row in rows]
    order, cuts = sorted(range(len(rows)), key=lambda i: len(clips[i])), [[]] * len(rows)
    for at in range(0, len(order), BATCH):
        part = order[at : at + BATCH]
        waves = torch.zeros(len(part), -(-len(clips[part[-1]]) // POSITION) * POSITION)
        for wave, i in zip(waves, part):
            wave[: len(clips[i])] = torch.from_numpy(clips[i] / np.float32(32768))
        with torch.no_grad():
            audio = model.encoder(frontend(waves), torch.zeros(len(part), dtype=torch.long))
            scores = model.ctc(audio).log_softmax(-1).numpy()
        for i, score in zip(part, scores):
            cuts[i] = cut_points(clips[i], rows[i]["text"], score[: len(clips[i]) // POSITION + 1])
    with open(os.path.join(args.work, "cuts.json"), "w", encoding="utf8") as file:
        json.dump(cuts, file)
    print(f"{sum(map(bool, cuts))} of {len(cuts)} clips with {sum(map(len, cuts))} cuts")


if __name__ == "__main__":
    main()
