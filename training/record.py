"""record.py: the recorded clips of the train split at five speeds -> WORK/recorded.i16 + .jsonl; none with the text of a
held-out clip."""

import argparse
import os
from functools import partial
from multiprocessing import Pool

import sound
from common import HELDOUT, RATE, add_folders, read_table, recordings
from texts import clean, words

SPEEDS = (1.0, 0.9, 0.95, 1.05, 1.125)  # resampling: rate, pitch and formants together
MARGIN = 0.3  # seconds kept around the speech
SHORTEST, LONGEST = 0.3, 25.0  # seconds


def speeds_of(row, speech):
    """[(corpus, text, spoken, trimmed samples)] of one recording."""
    samples, rate = sound.read(os.path.join(speech, row["path"]))
    text, out = clean(row["text"]), []
    for speed in SPEEDS:
        trimmed = sound.trim(sound.resample(samples, rate, speed), MARGIN, MARGIN)
        if trimmed and SHORTEST * RATE < len(trimmed[0]) < LONGEST * RATE:
            out.append((row["corpus"], text, text, trimmed))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_folders(parser)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    args = parser.parse_args()
    heldout = {tuple(words(row["text"])) for row in read_table(HELDOUT)}
    rows = [row for row in recordings(args.speech, "train") if tuple(words(row["text"])) not in heldout]
    pack = sound.PackWriter(args.work, "recorded")
    with Pool(args.processes) as pool:
        for clips in pool.imap(partial(speeds_of, speech=args.speech), rows, chunksize=20):
            for clip in clips:
                pack.add(*clip)
    pack.close()


if __name__ == "__main__":
    main()
