"""texts.py: collects sentences from the text sources -> WORK/sentences.tsv (training) and WORK/eval_sentences.tsv.

No training sentence shares a run of six words with a dev, test or held-out text, and no evaluation sentence a run of
five words with a training sentence.
"""

import argparse
import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import phrases
import text_sources
from common import HELDOUT, add_folders, read_table, recordings, write_table

WRITTEN = re.compile(r"^[A-Za-z0-9 ',.?!$%-]+$")
RUN = 6  # words that a training sentence must not share with a test text
EVAL_RUN = 5  # words that an evaluation sentence must not share with a training sentence
LONGEST_WORD = 16  # letters; longer ones are chemical names and the like


def clean(text):
    """Target form: cased, with , . ? ! ' - only; Whisper suppresses quotes, brackets and colons when decoding."""
    for pattern, replacement in CLEANING:
        text = pattern.sub(replacement, text)
    return text.strip(" ,-'")


CLEANING = [
    (re.compile(pattern, re.I), replacement)
    for pattern, replacement in (
        (r"[’‘`]", "'"),
        (r'["“”_*|]', ""),
        (r"(^|\s)'+(?=\w)(?!(?:tis|twas|em|til|cause)\b)", r"\1"),  # opening single quotes
        (r"(?<=[.,!?;])'+(?=\s|$)", ""),  # closing ones
        (r"\s*(--+|—|–)\s*", ", "),
        (r"[;:]", ","),
        (r"\s+", " "),
        (r"\s+([,.?!])", r"\1"),
        (r",+", ","),
        (r",([.?!])", r"\1"),
        (r"([.?!]),", r"\1"),
    )
]


def words(text):
    return re.findall(r"[a-z0-9']+", text.lower())


def runs(text, length):
    """All runs of `length` words of a text, or the whole text where it is shorter."""
    split = words(text)
    return {" ".join(split[i : i + length]) for i in range(max(1, len(split) - length + 1))}


def sentence(text):
    """Upper-case first letter and a final mark."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text[-1:] in tuple(".?!,") else ".") if text else text


def clauses(text, low=4, high=14):
    """A long sentence cut at its commas into pieces of low..high words; those that start a sentence end like one."""
    if len(text.split()) <= high:
        return [text]
    out, current = [], []
    for word in text.split():
        current.append(word)
        if word[-1] in ",.?!" and len(current) >= low:
            out.append(" ".join(current))
            current = []
    out.append(" ".join(current))
    pieces = [piece for piece in out if low <= len(piece.split()) <= high]
    return [sentence(piece) if piece[0].isupper() else piece for piece in pieces]


class Filter:
    """Keeps texts in target form that share no long run with the forbidden texts."""

    def __init__(self, forbidden, length):
        self.length = length
        self.forbidden = set().union(*(runs(text, length) for text in forbidden))

    def __call__(self, text, low=2, high=18):
        split = words(text)
        usable = low <= len(split) <= high and WRITTEN.match(text) and max(map(len, split)) <= LONGEST_WORD
        return bool(usable) and not runs(text, self.length) & self.forbidden


@dataclass(frozen=True)
class Source:
    """count: sentences wanted at most; read(args, rng) -> (written, spoken) pairs."""

    name: str
    count: int
    read: Callable


def same(texts):
    return [(text, text) for text in texts if text]


def novels(reader):
    return lambda args, rng: same(piece for text in reader(args.packages) for piece in clauses(clean(text)))


def lj_speech(args, rng):
    pieces = []
    for text in text_sources.transcripts(args.ljspeech):
        pieces += clauses(clean(text)) if rng.random() < 0.75 else [clean(text)]
    return same(pieces)


def names(args, rng):
    pool = text_sources.proper_names(args.packages)
    return same(f"{rng.choice(pool)} {rng.choice(pool)}." for _ in range(900))


def cleaned(reader):
    return lambda args, rng: same(sentence(clean(text)) for text in reader(args.packages))


def prompts(args, rng):
    return same(sorted({clean(row["text"]) for row in recordings(args.speech, "train") if row["corpus"] == "kathleen"}))


SOURCES = (
    Source("arctic", 2000, prompts),
    Source("wordnet examples", 20000, cleaned(text_sources.wordnet_examples)),
    Source("wordnet definitions", 7000, cleaned(text_sources.wordnet_definitions)),
    Source("austen", 10000, novels(text_sources.austen)),
    Source("bible", 6000, novels(text_sources.bible)),
    Source("ljspeech", 13000, lj_speech),
    Source("phrases", 7000, lambda args, rng: [phrases.generate(rng) for _ in range(12000)]),
    Source("names", 700, names),
)


def training_sentences(args, rng):
    heldout = [row["text"] for row in read_table(HELDOUT)]
    tests = [row["text"] for split in ("dev", "test") for row in recordings(args.speech, split)]
    evaluation = [clean(text) for text in text_sources.transcripts(args.ljspeech_eval)]
    keep = Filter(heldout + tests + evaluation, RUN)
    out = []
    for source in SOURCES:
        pairs = [pair for pair in dict.fromkeys(source.read(args, rng)) if keep(pair[0]) and WRITTEN.match(pair[1])]
        rng.shuffle(pairs)
        out += [(source.name, *pair) for pair in pairs[: source.count]]
        print(f"{source.name}: {min(source.count, len(pairs))} of {len(pairs)} sentences")
    return out


def evaluation_sentences(args, rng, training):
    """Unseen sentences, half from the held-out prompts, half from LJ Speech texts kept for this."""
    keep = Filter([text for _, text, _ in training], EVAL_RUN)
    out = []
    for name, texts in (
        ("arctic", [row["text"] for row in read_table(HELDOUT)]),
        ("ljspeech", text_sources.transcripts(args.ljspeech_eval)),
    ):
        kept = [text for text in map(clean, texts) if keep(text, 4)]
        rng.shuffle(kept)
        out += [(name, text) for text in kept]
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_folders(parser)
    parser.add_argument(
        "--packages", default="/", help="where the Debian packages with texts are unpacked or installed"
    )
    parser.add_argument("--ljspeech", required=True, help='LJ Speech transcripts, lines "id|text"')
    parser.add_argument("--ljspeech-eval", required=True, help="other LJ Speech transcripts, for evaluation alone")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    rng = random.Random(1)
    training = training_sentences(args, rng)
    rng.shuffle(training)
    write_table(os.path.join(args.work, "sentences.tsv"), ("source", "text", "spoken"), training)
    evaluation = evaluation_sentences(args, rng, training)
    write_table(os.path.join(args.work, "eval_sentences.tsv"), ("source", "text"), evaluation)
    count = sum(len(words(text)) for _, text, _ in training)
    print(f"{len(training)} training sentences, {count} words; {len(evaluation)} evaluation sentences")


if __name__ == "__main__":
    main()
