"""live_form.py [--skald PROGRAM] [--recordings FILE ...] [-- ARGUMENTS OF skald listen]

`skald listen`, fed with recordings as fast as they were spoken, against `skald transcribe` of the same files: word error
rates of both, and how long after a word's end it is first shown (provisional or stable) and stable. Times are those at
which lines arrive here, so decoding, pipes and whatever else the machine does are in them. A word's end is what the
program says of it. Each recording NAME has its text in NAME.txt beside it; without --recordings those of samples/.
Requirements: pip install openai-whisper; ffmpeg; the built program.
"""

import argparse
import glob
import json
import os
import subprocess
import sys
import threading
import time

from program import add_program, check_program, run_skald
from speech import MODEL, ROOT
from wer import word_errors

RATE, PIECE = 16000, 0.02  # samples and seconds that are fed at once
SAME_WORD = 0.5  # seconds between two starts of what may be one word


def pcm_of(path):
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def feed(pipe, pcm, begin):
    step = int(RATE * PIECE) * 2
    for at in range(0, len(pcm), step):
        due = begin + (at + step) / (2 * RATE)  # a piece is there when its last sample has been spoken
        time.sleep(max(0, due - time.monotonic()))
        pipe.write(pcm[at : at + step])
        pipe.flush()
    pipe.close()


def listen(program, pcm, extra):
    """[(seconds since the first sample, the line as an object)], and the most memory in MB."""
    command = [program, "listen", "--model", MODEL, "--quiet", "--json", *extra]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    begin = time.monotonic()
    writer = threading.Thread(target=feed, args=(process.stdin, pcm, begin))
    writer.start()
    lines, memory = [], 0
    for line in process.stdout:
        lines.append((time.monotonic() - begin, json.loads(line)))
        memory = max(memory, most_memory(process.pid))
    writer.join()
    if process.wait() != 0:
        sys.exit(f"{program} listen failed")
    return lines, memory


def most_memory(process):
    """MB that a running process has held at most."""
    with open(f"/proc/{process}/status", encoding="ascii") as file:
        return max((int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM")), default=0)


def core(word):
    return "".join(c for c in word.lower() if c.isalnum())


def delays(lines):
    """For each stable word: seconds from its end until it was first shown, and until it was stable."""
    shown, first, stable = [], [], []
    for when, line in lines:
        for word in line["words"]:
            if line["type"] == "provisional":
                shown.append((when, word))
                continue
            seen = [at for at, other in shown[-400:]
                    if core(other["word"]) == core(word["word"]) and abs(other["start"] - word["start"]) < SAME_WORD]
            first.append(min([when, *seen]) - word["end"])
            stable.append(when - word["end"])
    return first, stable


def spread(values):
    ordered = sorted(values) or [0.0]
    return " / ".join(f"{ordered[min(int(len(ordered) * part), len(ordered) - 1)]:.2f}" for part in (0.5, 0.95, 1))


def default_recordings():
    return [path for ending in ("wav", "ogg") for path in sorted(glob.glob(os.path.join(ROOT, "samples", "*." + ending)))]


def main():
    parser = argparse.ArgumentParser(description="Live against file transcription.")
    add_program(parser)
    parser.add_argument("--recordings", nargs="+", default=default_recordings(), help="with NAME.txt beside each")
    args = parser.parse_args()
    check_program(args)
    from whisper.normalizers import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    print("| recording | words | file WER % | live WER % | first shown after, s: median / 95 % / most | stable after, s | MB |")
    print("|---|---|---|---|---|---|---|")
    totals, all_first, all_stable, most = [0, 0, 0], [], [], 0
    for path in args.recordings:
        with open(os.path.splitext(path)[0] + ".txt", encoding="utf-8") as file:
            text = normalise(file.read())
        whole = run_skald(args.skald, [path], [])[path]["text"]
        lines, memory = listen(args.skald, pcm_of(path), args.extra)
        live = "".join(line["text"] for _, line in lines if line["type"] == "stable")
        (wrong, words), (live_wrong, _) = word_errors(text, normalise(whole)), word_errors(text, normalise(live))
        first, stable = delays(lines)
        print(f"| {os.path.basename(path)} | {words} | {100 * wrong / words:.1f} | {100 * live_wrong / words:.1f} | "
              f"{spread(first)} | {spread(stable)} | {memory:.0f} |", flush=True)
        totals = [totals[0] + words, totals[1] + wrong, totals[2] + live_wrong]
        all_first, all_stable, most = all_first + first, all_stable + stable, max(most, memory)
    print(f"| all | {totals[0]} | {100 * totals[1] / totals[0]:.1f} | {100 * totals[2] / totals[0]:.1f} | {spread(all_first)} | "
          f"{spread(all_stable)} | {most:.0f} |")


if __name__ == "__main__":
    main()
