"""callers.py [--model mini.en] [--callers 4] [--rounds 5] [-- FILE ...]

Several callers of one engine at the same time against the same work one after the other: every caller transcribes all
files. Both ways take turns in one run; medians, ranges and the ratio of throughput are printed, and whether every text
was the same. Files: the project's short samples unless told. Requirements: the Python package (tools/check_python.sh).
"""

import argparse
import pathlib
import statistics
import threading
import time

import skald

SAMPLES = pathlib.Path(__file__).resolve().parents[1] / "samples"


def transcribe_all(model, files):
    """The texts of the files."""
    return [[segment.text for segment in model.transcribe(str(file))[0]] for file in files]


def one_after_the_other(model, files, callers):
    return [transcribe_all(model, files) for _ in range(callers)]


def at_once(model, files, callers):
    texts = [None] * callers

    def call(index):
        texts[index] = transcribe_all(model, files)

    threads = [threading.Thread(target=call, args=(index,)) for index in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return texts


def main():
    parser = argparse.ArgumentParser(description="Callers of one engine: at once against one after the other.")
    parser.add_argument("--model", default="mini.en")
    parser.add_argument("--callers", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("files", nargs="*", type=pathlib.Path, default=sorted(SAMPLES.glob("*.wav")))
    args = parser.parse_args()
    model = skald.WhisperModel(args.model, cpu_threads=args.threads)
    expected = one_after_the_other(model, args.files, 1)[0]  # warms up too
    seconds = {one_after_the_other: [], at_once: []}
    for _ in range(args.rounds):
        for way, taken in seconds.items():
            begin = time.perf_counter()
            texts = way(model, args.files, args.callers)
            taken.append(time.perf_counter() - begin)
            if any(text != expected for text in texts):
                raise SystemExit(f"{way.__name__}: another text than that of a caller alone")
    info = model.info
    print(f"{info['name']}, {info['compute_type']}, {info['isa']}, {info['threads']} threads; {args.callers} callers, {len(args.files)} files each\n")
    print("| way | seconds, median | range |\n|---|---|---|")
    for way, taken in seconds.items():
        print(f"| {way.__name__.replace('_', ' ')} | {statistics.median(taken):.2f} | {min(taken):.2f} to {max(taken):.2f} |")
    ratios = [alone / together for alone, together in zip(seconds[one_after_the_other], seconds[at_once])]
    print(f"\nthroughput at once: {statistics.median(ratios):.2f} times that of one after the other ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
