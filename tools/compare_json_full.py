"""compare_json_full.py --whisper-cli PROGRAM [--skald PROGRAM] [FILE ...]

whisper.cpp's full JSON and ours of the same recordings (default: the samples of a few seconds) with mini.en as a ggml file:
the fields and their types, and in segments that both hear alike the tokens, which of them have times and a probability, and
how far apart segments begin and end. Prints what differs; exits with 1 when it is more than model.ftype, which ours leaves
out, and p of timestamps.
whisper-cli is built from github.com/ggml-org/whisper.cpp. Requirements: pip install openai-whisper transformers gguf; the
built program.
"""

import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile

from check_formats import write_ggml
from program import add_program, check_program
from speech import MODEL, ROOT

KNOWN = {(".model.ftype", "int")}


def fields(value, path=""):
    """{(path, type)} of all that a JSON value holds; elements of a list share theirs."""
    if isinstance(value, dict):
        return {(f"{path}.{name}", type(inner).__name__) for name, inner in value.items()}.union(
            *(fields(inner, f"{path}.{name}") for name, inner in value.items()))
    return set().union(*(fields(inner, f"{path}[]") for inner in value)) if isinstance(value, list) else set()


def is_special(token):
    return token["text"].startswith("[_")


def words(segment):
    """Numbers of its text tokens."""
    return [token["id"] for token in segment["tokens"] if not is_special(token)]


def kinds(segment):
    """Its tokens: number and the names of what else they have; timestamps, each a decision of its own, without both number
    and p."""
    return [(0 if is_special(token) else token["id"], [name for name in token if name not in ("id", "text") and
                                                      not (name == "p" and is_special(token))])
            for token in segment["tokens"]]


def theirs_of(program, model, path, work):
    target = os.path.join(work, "theirs")
    command = [program, "-m", model, "-f", path, "-l", "en", "-bs", "5", "-np", "-ojf", "-of", target]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(target + ".json", encoding="utf-8", errors="replace") as file:
        return json.load(file)


def ours_of(program, model, path, work):
    command = [program, "transcribe", "--quiet", "--model", model, "--compute-type", "float32", "--word-timestamps"]
    command += ["--output-format", "json-full", "--output-dir", work, path]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(work, os.path.splitext(os.path.basename(path))[0] + ".full.json"), encoding="utf-8") as file:
        return json.load(file)


def compare(name, theirs, ours):
    """Whether nothing unknown differs."""
    unlike = (fields(theirs) ^ fields(ours)) - KNOWN
    for path, kind in sorted(unlike):
        print(f"{name}: {path} ({kind}) has one of them alone")
    pairs = list(zip(theirs["transcription"], ours["transcription"]))
    alike = [(a, b) for a, b in pairs if a["text"] == b["text"] and words(a) == words(b)]
    same = True
    for a, b in alike:
        if kinds(a) != kinds(b):
            print(f"{name}: tokens of {a['text']!r}:\n  {kinds(a)}\n  {kinds(b)}")
            same = False
    apart = [abs(a["offsets"][end] - b["offsets"][end]) for a, b in alike for end in ("from", "to")]
    print(f"{name}: {len(alike)} of {len(pairs)} segments alike, their ends at most {max(apart, default=0)} ms apart")
    return same and not unlike


def main():
    parser = argparse.ArgumentParser(description="Our json-full against whisper.cpp's.")
    add_program(parser)
    parser.add_argument("--whisper-cli", required=True)
    args = parser.parse_args()
    check_program(args)
    good = True
    with tempfile.TemporaryDirectory() as work:
        model = os.path.join(work, "mini.bin")
        write_ggml(MODEL, model, "f16")
        for path in args.extra or sorted(glob.glob(os.path.join(ROOT, "samples", "*.wav"))):
            theirs, ours = theirs_of(args.whisper_cli, model, path, work), ours_of(args.skald, model, path, work)
            good &= compare(os.path.basename(path), theirs, ours)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
