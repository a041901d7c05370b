"""peers.py [--skald PROGRAM] [--shape base] [--threads 2] [--rounds 5] [--repeats 3] [--only NAMES] [--isa ISA]
         [--json FILE]

What a window of 30 s takes on the CPU: Skald, OpenVINO, ONNX Runtime, CTranslate2 and whisper.cpp with the same random
weights (tools/reference.py), on as many threads, taking turns in one run. An engine is loaded once, in a process of its
own; in a round each measures everything once to warm up and --repeats times, and the median of these is its figure of
the round. The tables have median and range over the rounds, and the ratio to Skald in int8. An engine that is absent or
fails is left out with a line that says why.

Engines do their work in different places, so a figure stands beside Skald's for the same work:

* encoder       mel to encoded audio. whisper.cpp's whisper_encode() also computes the decoder's cross-attention keys
                and values: "with keys and values", Skald's encoder and its opening of a window.
* decoder       one token of 70, after a prompt of 4. "steps alone": whisper_decode() and Skald's steps. "with keys and
                values": CTranslate2 and OpenVINO GenAI compute them when decoding starts; for Skald a 70th of the
                opening of a window is added. Theirs also has the prompt and the choice of tokens and hypotheses;
                Skald's has the candidates of every hypothesis.
* whole window  encoder and 70 tokens, greedily. Skald's also has the log-mel spectrogram and the prompt. "8 at once":
                a window of a long recording, 8 encoded and decoded together by Skald and CTranslate2 (which is what
                faster-whisper does in its batched mode); OpenVINO GenAI and whisper.cpp take one after the other.

"differs" is the distance of an encoder's output from PyTorch's in float32, relative to its length: a check that the
engine computes this network. OpenVINO GenAI takes samples and computes its own mel, which its figures leave out.

Settings are those that the engines document as fast. OpenVINO: latency hint, post-training quantisation by nncf for
transformers, int8 weights and dynamic quantisation in GenAI's decoder. ONNX Runtime: dynamic quantisation by channel,
the attention operator of opset 23. CTranslate2: one worker. whisper.cpp: flash attention. The wheel of pywhispercpp is
built for AVX2; pip install --no-binary pywhispercpp pywhispercpp builds it for the CPU at hand, and then it needs
LD_LIBRARY_PATH set to site-packages. The table says what it is built for.

--isa avx512 holds the engines to AVX-512 with VNNI and BF16, what processors of laptops have, where this one has AMX
too; --isa avx2 to AVX2. The table says what OpenVINO's products were made for.

Requirements: pip install openai-whisper torch 'transformers>=5', and of openvino, nncf, openvino-genai, optimum-intel,
openvino-tokenizers, onnx, onnxscript, onnxruntime, ctranslate2, pywhispercpp those to compare with; the built program.
"""

import argparse
import datetime
import importlib.metadata
import json
import multiprocessing
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from peer_engines import BEAMS, ENGINES, TOKENS, WINDOWS
from peer_models import ROOT, Job, cpu, one_line
from reference import SHAPES

SECONDS = 30  # of a window
REST = 1  # seconds between turns: threads of OpenMP and of ONNX Runtime spin for a while after their work
BASE = "skald-int8"
PACKAGES = ("openvino", "nncf", "openvino-genai", "optimum-intel", "onnxruntime", "ctranslate2", "pywhispercpp",
            "torch", "transformers")
TABLES = {
    "Encoder": {"encoder": "encoder", "encoder+keys": "with keys and values"},
    "Decoder, a token of a window": {"step": "steps alone", "step+keys": "with keys and values",
                                     "batch": f"{WINDOWS} windows, with keys and values",
                                     "beam": f"beam {BEAMS}, with keys and values"},
    f"Whole window of {TOKENS} tokens": {"window": "one at a time", "many": f"{WINDOWS} at once where the engine can",
                                         "beam window": f"one at a time, beam {BEAMS}"},
}
# What holds the engines to instruction sets: Skald, CTranslate2, and the libraries of OpenVINO and CTranslate2. ONNX
# Runtime and whisper.cpp have no such setting.
ISAS = {
    "avx2": {"SKALD_CPU": "avx2", "CT2_FORCE_CPU_ISA": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2",
             "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "avx512": {"SKALD_CPU": "avx512bf16", "CT2_FORCE_CPU_ISA": "AVX512", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16",
               "MKL_ENABLE_INSTRUCTIONS": "AVX512_E2"},
}


# Processes.


class Failed(Exception):
    pass


def begin(log):
    """A process: what libraries print goes to the log, and it ends with the benchmark, even where that is killed."""
    threading.Thread(target=lambda: (multiprocessing.parent_process().join(), os._exit(1)), daemon=True).start()
    with open(log, "ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)


def attempt(function, *arguments):
    """(True, result) or (False, what went wrong); exceptions of engines are not all fit for a pipe."""
    try:
        return True, function(*arguments)
    except Exception as error:
        return False, one_line(error)


LOADED = []  # the engine, in its process


def load(kind, precision, job):
    LOADED.append(kind(job, precision))
    return LOADED[0].about()


def turn():
    return LOADED[0].turn()


class Worker:
    """A process."""

    def __init__(self, job):
        spawn = multiprocessing.get_context("spawn")
        self.pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=begin, initargs=(job.path("log"),))

    def call(self, function, *arguments):
        try:
            good, value = self.pool.submit(attempt, function, *arguments).result()
        except BrokenProcessPool:
            raise Failed("its process ended") from None
        if not good:
            raise Failed(value)
        return value


class Run:
    """The engines that work, what they said, and the lines about those that do not."""

    def __init__(self, job):
        self.job, self.steps, self.workers, self.about, self.values, self.skipped = job, {}, {}, {}, {}, {}

    def skip(self, name, error):
        if name in self.workers:
            self.workers.pop(name).pool.shutdown()
        self.skipped[name] = str(error)
        print(f"{name} is left out: {error}", flush=True)

    def prepare(self, step):
        """Once; an error is the same for all engines that need the step."""
        if step not in self.steps:
            worker, self.steps[step] = Worker(self.job), None
            try:
                worker.call(step, self.job)
            except Failed as error:
                self.steps[step] = error
            worker.pool.shutdown()
        if self.steps[step]:
            raise self.steps[step]

    def start(self, name):
        kind, precision, steps = ENGINES[name]
        print(f"{name} ...", file=sys.stderr)
        try:
            for step in steps:
                self.prepare(step)
            self.workers[name] = Worker(self.job)
            self.about[name] = self.workers[name].call(load, kind, precision, self.job)
        except Failed as error:
            self.skip(name, error)

    def round(self):
        for name in list(self.workers):
            time.sleep(REST)
            try:
                for key, ms in self.workers[name].call(turn).items():
                    self.values.setdefault(name, {}).setdefault(key, []).append(ms)
            except Failed as error:
                self.skip(name, error)

    def end(self):
        for worker in self.workers.values():
            worker.pool.shutdown()


# What is printed.


def versions():
    installed = {package.name.lower(): package.version for package in importlib.metadata.distributions()}
    return {name: installed[name] for name in PACKAGES if name in installed}


def number(ms):
    return f"{ms:.1f}" if ms >= 10 else f"{ms:.2f}"


def last_column(part, about, median):
    """(title, entry) of what a table has besides, or nothing."""
    if part == "Encoder":
        difference = about["difference"]
        return "differs", "" if difference is None else f"{difference:.1g}"
    return ("realtime", f"{1e3 * SECONDS / median:.0f} x") if part.startswith("Whole") else ()


def table(part, measures, run):
    """A Markdown table; of each kind of work the fastest first."""
    rows = []
    for key, title in measures.items():
        medians = {name: statistics.median(run.values[name][key]) for name in run.workers if key in run.values[name]}
        for name, median in sorted(medians.items(), key=lambda item: item[1]):
            about, values = run.about[name], run.values[name][key]
            ratio = f"{median / medians[BASE]:.2f}" if BASE in medians else ""
            span = f"{number(min(values))} to {number(max(values))}"
            last = last_column(part, about, median)
            rows.append([title, name, about["setting"], number(median), span, ratio, *last[1:]])
            titles = ["work", "engine", "setting", "median ms", "range", f"of {BASE}", *last[:1]]
    if not rows:
        return ""
    lines = [titles, ["---"] * len(titles), *rows]
    return f"### {part}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def report(run, args):
    facts = {"shape": args.shape, "threads": args.threads, "rounds": args.rounds, "repeats": args.repeats, "isa": args.isa,
             "cpu": cpu("model name"), "date": str(datetime.date.today()), "versions": versions()}
    held = f", held to {args.isa}" if args.isa else ""
    print(f"\n{args.shape}, {args.threads} threads, {args.rounds} rounds of {args.repeats}; {facts['cpu']}{held}; "
          f"{facts['date']}; " + ", ".join(f"{name} {version}" for name, version in facts["versions"].items()) + "\n")
    for part, measures in TABLES.items():
        print(table(part, measures, run))
    if args.json:
        engines = {name: run.about[name] | {"milliseconds": run.values[name]} for name in run.workers}
        with open(args.json, "w", encoding="utf8") as file:
            json.dump(facts | {"engines": engines, "skipped": run.skipped}, file, indent=1)
            file.write("\n")


def chosen(only):
    """Names of engines that begin with one of those given."""
    names = [name for name in ENGINES if name.startswith(tuple(only.split(",")))]
    if not names:
        sys.exit(f"--only {only}: no such engine. There are {', '.join(ENGINES)}.")
    return names


def count(text):
    if int(text) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)


def main():
    parser = argparse.ArgumentParser(description="Skald on the CPU against other engines, same weights, taking turns.")
    parser.add_argument("--skald", default=os.path.join(ROOT, "build", "skald"), help="the program")
    shapes = [name for name in SHAPES if not name.endswith(".en")]
    parser.add_argument("--shape", default="base", choices=shapes, metavar="SHAPE", help=", ".join(shapes))
    parser.add_argument("--threads", type=count, default=2)
    parser.add_argument("--rounds", type=count, default=5)
    parser.add_argument("--repeats", type=count, default=3, help="measurements of a turn, after one to warm up")
    parser.add_argument("--only", default="", metavar="NAMES", help="beginnings of " + ", ".join(ENGINES))
    parser.add_argument("--isa", choices=ISAS, help="hold the engines to these instructions")
    parser.add_argument("--json", metavar="FILE", help="write everything that was measured")
    args = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is downloaded
    os.environ.update(ISAS.get(args.isa, {}))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that the folder is removed
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Job(args.shape, args.threads, args.repeats, folder, os.path.abspath(args.skald)))
        try:
            for name in chosen(args.only):
                run.start(name)
            for number_of_round in range(args.rounds):
                print(f"round {number_of_round + 1} ...", file=sys.stderr)
                run.round()
        finally:
            run.end()
    report(run, args)


if __name__ == "__main__":
    main()
