"""long_form.py [--skald PROGRAM] [--speech DIR] [-- ARGUMENTS OF THE PROGRAM]

Sequential against batched long form on the project's long samples: word error rate, seconds, coverage. With recordings of third parties
(--speech or ../shared/speech) also on joined clips with gaps. Requirements: pip install openai-whisper; the built program.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import wave

from program import add_program, check_program, run_skald
from speech import ROOT, clips, default_speech
from wer import word_errors

LONG = ("minute", "ten_minutes")
GAPS = (0.3, 1, 2, 6)  # seconds between joined clips, in turn
JOINED_SECONDS = 600


def join(directory, target):
    """Ten minutes of test clips with gaps as one file; its text."""
    texts, length = [], 0
    with wave.open(target, "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        for index, (path, text, _) in enumerate(clips(directory, ("test",))):
            command = ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "s16le", "-ac", "1", "-ar", "16000", "-"]
            samples = subprocess.run(command, check=True, capture_output=True).stdout
            out.writeframes(samples + bytes(2 * int(16000 * GAPS[index % len(GAPS)])))
            length += len(samples)
            texts.append(text)
            if length > 2 * 16000 * JOINED_SECONDS:
                break
    return " ".join(texts)


def main():
    parser = argparse.ArgumentParser(description="Sequential against batched long form.")
    add_program(parser)
    parser.add_argument("--speech", default=default_speech())
    args = parser.parse_args()
    check_program(args)
    from whisper.normalizers import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    with tempfile.TemporaryDirectory() as scratch:
        samples = os.path.join(ROOT, "samples")
        recordings = []
        for name in LONG:
            with open(os.path.join(samples, f"{name}.txt"), encoding="utf-8") as file:
                recordings.append((os.path.join(samples, f"{name}.ogg"), file.read()))
        if os.path.exists(args.speech):
            joined = os.path.join(scratch, "joined_clips.wav")
            recordings.append((joined, join(args.speech, joined)))
        else:
            print(f"no recordings in {args.speech}: the project's samples only", file=sys.stderr)
        print("| recording | long form | WER % | seconds | speech with text | without | silence |\n|---|---|---|---|---|---|---|")
        for path, text in recordings:
            for mode in ("sequential", "batched"):
                result = run_skald(args.skald, [path], ["--long-form", mode, *args.extra])[path]
                wrong, words = word_errors(normalise(text), normalise(result["text"]))
                heard = result["coverage"]
                print(f"| {os.path.basename(path)} | {mode} | {100 * wrong / words:.1f} | {result['timings']['total']:.1f} | "
                      f"{heard['speech_with_text']:.1f} | {heard['speech_without_text']:.1f} | {heard['silence']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
