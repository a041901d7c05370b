"""scaling.py [--skald PROGRAM] [--minutes 1,10,60,360] [--threads 1,2] [--batches 1,2,4,8,16] [--shapes tiny,base,small]

How time and memory grow: transcription of mini.en against the length of the recording (samples/ten_minutes.ogg cut or repeated),
threads and batch size, and a window of random models of several shapes (skald bench). Requirements: ffmpeg, the built program.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "samples" / "ten_minutes.ogg"
SAMPLE_MINUTES = 10


def recording(folder, minutes):
    """The sample cut or repeated to this length, its packets as they are."""
    path = os.path.join(folder, f"{minutes:g}_minutes.ogg")
    again = max(0, -(-minutes // SAMPLE_MINUTES) - 1)
    command = ["ffmpeg", "-nostdin", "-v", "error", "-stream_loop", f"{again:.0f}", "-i", str(SAMPLE)]
    subprocess.run([*command, "-t", f"{60 * minutes:g}", "-c", "copy", path], check=True)
    return path


def measured(program, path, *arguments):
    """-> (wall seconds, processor seconds, largest resident MB, seconds of audio, text) of one run."""
    command = [program, "transcribe", "--quiet", "--output-format", "json", *arguments, path]
    begin = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        if status != 0:
            sys.exit(f"{' '.join(command)} failed ({os.waitstatus_to_exitcode(status)})")
        out.seek(0)
        said = json.load(out)
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said["duration"], said["text"]


def row(label, figures):
    wall, processor, memory, audio, text = figures
    print(
        f"| {label} | {wall:.1f} | {processor:.1f} | {audio / wall:.0f} x | {memory:.0f} | {len(text.split())} |", flush=True
    )


def head(first):
    print(f"\n| {first} | seconds | processor seconds | realtime | MB at most | words |\n|---|---|---|---|---|---|")


def shapes(program, names):
    print("\n| shape, int8 | parameters, M | encoder, ms a window | a step, ms | a step of 8, ms |\n|---|---|---|---|---|")
    for name in names:
        out = subprocess.run([program, "bench", "--shape", name, "--repeats", "3", "--json"], check=True, capture_output=True)
        report = json.loads(out.stdout)

        def median(what, batch, positions=None, results=report["results"]):
            for result in results:
                if result["what"] == what and result["batch"] == batch and positions in (None, result.get("positions")):
                    return result["median_ms"]
            raise SystemExit(f"skald bench has no {what} of {batch}")

        print(
            f"| {name} | {report['parameters'] / 1e6:.0f} | {median('encoder', 1, 1500):.0f} | "
            f"{median('decoder step', 1):.1f} | {median('decoder step', 8):.1f} |",
            flush=True,
        )


def main():
    numbers = lambda text: [float(number) for number in text.split(",") if number]
    parser = argparse.ArgumentParser(description="Time and memory against length, threads, batch and model size.")
    parser.add_argument("--skald", default=str(ROOT / "build" / "skald"))
    parser.add_argument("--minutes", type=numbers, default=[1, 10, 60, 360])
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--batches", type=numbers, default=[1, 2, 4, 8, 16])
    parser.add_argument("--shapes", default="tiny,base,small")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.minutes:
            head("minutes of audio")
        for minutes in args.minutes:
            path = recording(folder, minutes)
            row(f"{minutes:g}", measured(args.skald, path))
            os.remove(path)
        if args.threads:
            head("threads, ten minutes")
        for threads in args.threads:
            row(f"{threads:.0f}", measured(args.skald, str(SAMPLE), "--threads", f"{threads:.0f}"))
        if args.batches:
            head("windows together, ten minutes")
        for batch in args.batches:
            row(f"{batch:.0f}", measured(args.skald, str(SAMPLE), "--batch-size", f"{batch:.0f}"))
    names = [name for name in args.shapes.split(",") if name]
    if names:
        shapes(args.skald, names)


if __name__ == "__main__":
    main()
