"""wer.py [--skald PROGRAM] [--speech DIR] [--sets kathleen dev test] [-- ARGUMENTS OF THE PROGRAM]

Word error rates of Skald on real recordings: kathleen (the held-out clips of mini.en's main voice), dev, test. Defaults
of the command line unless arguments for the program follow after --. Both sides are normalised with whisper's
EnglishTextNormalizer. The folders are third parties' recordings and no part of the project: $SKALD_SPEECH, --speech or
../shared/speech; $SKALD_MINI, --mini or ../shared/mini. Requirements: pip install openai-whisper; the built program.
"""

import argparse
import os
import sys

from program import add_program, check_program, run_skald
from speech import clips, default_mini, default_speech, read_manifest


def word_errors(reference, hypothesis):
    """(substitutions + insertions + deletions, words of the reference) of two normalised texts."""
    expected, heard = reference.split(), hypothesis.split()
    row = list(range(len(heard) + 1))
    for i, word in enumerate(expected, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1], len(expected)


def clips_of(name, args):
    if name == "kathleen":
        rows = read_manifest(os.path.join(args.mini, "recipe", "heldout_kathleen.tsv"))
        return [(os.path.join(args.speech, row["path"]), row["text"]) for row in rows]
    return [(path, text) for path, text, _ in clips(args.speech, (name,))]


def main():
    parser = argparse.ArgumentParser(description="Word error rates of Skald on real recordings.")
    add_program(parser)
    parser.add_argument("--speech", default=default_speech())
    parser.add_argument("--mini", default=default_mini())
    parser.add_argument("--sets", nargs="+", default=["kathleen", "dev", "test"])
    args = parser.parse_args()
    check_program(args)
    from whisper.normalizers import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    print("| set | clips | words | WER % | clips without error % |\n|---|---|---|---|---|")
    for name in args.sets:
        wanted = [(path, text) for path, text in clips_of(name, args) if os.path.exists(path)]
        if not wanted:
            print(f"{name}: no recordings in {args.speech} (set SKALD_SPEECH or --speech)", file=sys.stderr)
            continue
        results = run_skald(args.skald, [path for path, _ in wanted], args.extra)
        pairs = [word_errors(normalise(text), normalise(results[path]["text"])) for path, text in wanted]
        wrong, words = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
        right = sum(pair[0] == 0 for pair in pairs)
        print(f"| {name} | {len(pairs)} | {words} | {100 * wrong / words:.1f} | {100 * right / len(pairs):.1f} |")


if __name__ == "__main__":
    main()
