"""evaluate.py MODEL ...: word error rates of Hugging Face Whisper folders, side by side in one table.

Greedy by openai-whisper, every clip alone in a window of 30 s that ends as those of transcribe() do (zeros of the scaled log-mel
behind the recording's end), no timestamps, no temperature fallback; both sides normalised with whisper's EnglishTextNormalizer. Sets: the held-out kathleen clips, unseen sentences of every
synthetic voice (WORK/eval.tsv), the dev and test splits by corpus.
"""

import argparse
import os
import sys
from dataclasses import dataclass

import torch
import whisper
from whisper.normalizers import EnglishTextNormalizer

import sound
from common import HELDOUT, RATE, ROOT, add_folders, read_table, recordings

sys.path.insert(0, os.path.join(ROOT, "tools"))
from reference import load_model  # noqa: E402
from wer import word_errors  # noqa: E402

BATCH = 16
MOST_TOKENS = 120
normalise = EnglishTextNormalizer()


@dataclass
class Score:
    wrong: int = 0
    words: int = 0
    right: int = 0
    clips: int = 0

    def add(self, wrong, words):
        self.wrong, self.words = self.wrong + wrong, self.words + words
        self.right, self.clips = self.right + (wrong == 0), self.clips + 1

    def rate(self):
        return 100 * self.wrong / self.words

    def without_error(self):
        return 100 * self.right / self.clips


def clips_of(args):
    """[(set, path, text)], at most --limit of every set."""
    found = []
    if "kathleen" in args.sets:
        found += [
            ("kathleen held-out", os.path.join(args.speech, row["path"]), row["text"]) for row in read_table(HELDOUT)
        ]
    if "synth" in args.sets:
        rows = read_table(os.path.join(args.work, "eval.tsv"))
        found += [(f"synth {row['voice']}", os.path.join(args.work, row["path"]), row["text"]) for row in rows]
    for split in [name for name in ("dev", "test") if name in args.sets]:
        rows = recordings(args.speech, split)
        found += [(f"{split} {row['corpus']}", os.path.join(args.speech, row["path"]), row["text"]) for row in rows]
    counts, kept = {}, []
    for entry in found:
        counts[entry[0]] = counts.get(entry[0], 0) + 1
        if counts[entry[0]] <= args.limit:
            kept.append(entry)
    return kept


def log_mel(path):
    samples, rate = sound.read(path)
    if rate != RATE:
        raise SystemExit(f"{path} has {rate} samples a second, not {RATE}.")
    mel = whisper.log_mel_spectrogram(torch.from_numpy(samples.copy()), padding=whisper.audio.N_SAMPLES)
    return whisper.pad_or_trim(mel[:, : -whisper.audio.N_FRAMES], whisper.audio.N_FRAMES)


def transcribe(model, paths):
    """Texts of the clips."""
    options = whisper.DecodingOptions(language="en", without_timestamps=True, fp16=False, sample_len=MOST_TOKENS)
    texts = []
    for at in range(0, len(paths), BATCH):
        mels = torch.stack([log_mel(path) for path in paths[at : at + BATCH]])
        texts += [result.text for result in whisper.decode(model, mels, options)]
    return texts


def scores(folder, clips, show):
    """Set -> Score of one model, with a line "all ..." for every kind of set."""
    out = {}
    for (name, path, text), heard in zip(clips, transcribe(load_model(folder), [path for _, path, _ in clips])):
        wrong, words = word_errors(normalise(text), normalise(heard))
        kind = f"all {name.split()[0]}"
        for key in (name, kind) if kind != "all kathleen" else (name,):
            out.setdefault(key, Score()).add(wrong, words)
        if show:
            print(f"{wrong}/{words} {os.path.basename(path)}\n  {text}\n  {heard}", file=sys.stderr)
    return out


def table(models, by_model):
    """Markdown: a row a set, two columns a model."""
    columns = "".join(f" {name}: WER % | {name}: clips without error % |" for name in models)
    lines = [f"| set | clips | words |{columns}", "|---" * (3 + 2 * len(models)) + "|"]
    names = sorted(by_model[0], key=lambda name: name.startswith("all "))
    for name in names:
        first = by_model[0][name]
        cells = "".join(f" {s[name].rate():.1f} | {s[name].without_error():.1f} |" for s in by_model)
        lines.append(f"| {name} | {first.clips} | {first.words} |{cells}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_folders(parser)
    parser.add_argument("models", nargs="+", help="folders, for instance before and after")
    parser.add_argument("--sets", nargs="+", default=["kathleen", "synth", "dev", "test"])
    parser.add_argument("--limit", type=int, default=10**9, help="clips of every set")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--show", action="store_true", help="print every text and what was heard to standard error")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    clips = clips_of(args)
    by_model = [scores(folder, clips, args.show) for folder in args.models]
    print(table([os.path.basename(os.path.normpath(folder)) for folder in args.models], by_model))


if __name__ == "__main__":
    main()
