"""The program under examination: its options in a tool's command line, and many recordings in one run."""

import json
import os
import subprocess
import sys
import tempfile

from speech import MODEL, ROOT


def add_program(parser):
    parser.add_argument("--skald", default=os.path.join(ROOT, "build", "skald"), help="the program")
    parser.add_argument("extra", nargs="*", help="further arguments of the program, after --")


def check_program(args):
    if not os.path.exists(args.skald):
        sys.exit(f"{args.skald} is absent: build the program, or name it with --skald.")


def run_skald(program, paths, arguments):
    """Path -> the program's JSON. One process for all files; files keep apart by numbered links."""
    with tempfile.TemporaryDirectory() as folder:
        links = []
        for index, path in enumerate(paths):
            links.append(os.path.join(folder, f"{index:05d}{os.path.splitext(path)[1]}"))
            os.symlink(os.path.abspath(path), links[-1])
        out = os.path.join(folder, "out")
        os.mkdir(out)
        command = [program, "transcribe", "--model", MODEL, "--verbose", "False", "--output-format", "json"]
        command += ["--output-dir", out, *arguments, *links]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{program} failed ({done.returncode}): {done.stderr.strip()[-2000:]}")
        results = {}
        for index, path in enumerate(paths):
            with open(os.path.join(out, f"{index:05d}.json"), encoding="utf8") as file:
                results[path] = json.load(file)
        return results
