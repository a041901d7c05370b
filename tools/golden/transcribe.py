"""Goldens of whole transcriptions: whisper.transcribe() of samples/ with mini.en, in float32.

tests/data/golden/transcribe.json: one case for every set of options, with segments and attempts as
tools/reference_runs.py records them. Options have the names of the command line. Only cases whose every attempt is at
temperature 0 are kept: samples drawn at a higher one are not comparable.
"""

import os
import sys

TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TOOLS)

from golden.output import rounded, write_golden  # noqa: E402
from reference_runs import LADDER, ReferenceRuns  # noqa: E402
from speech import MODEL, ROOT  # noqa: E402

GREEDY = {"temperature": 0.0}
BEAM = {"temperature": 0.0, "beam_size": 5}
DEFAULT = {"temperature": LADDER, "beam_size": 5, "best_of": 5}

# sample, arguments of whisper.transcribe()
CASES = [
    *((f"{name}.wav", DEFAULT) for name in ("answer", "garden", "hello", "kitchen", "newspaper", "village")),
    *((f"{name}.wav", GREEDY) for name in ("hello", "kitchen", "village")),
    ("minute.ogg", DEFAULT),
    ("minute.ogg", GREEDY),
    ("minute.ogg", {**BEAM, "condition_on_previous_text": False}),
    ("minute.ogg", {**GREEDY, "no_speech_threshold": None}),
    ("minute.ogg", {**GREEDY, "initial_prompt": "He had a small box.", "carry_initial_prompt": True}),
    ("village.wav", {**GREEDY, "without_timestamps": True}),
    ("village.wav", {**BEAM, "without_timestamps": True}),
    ("village.wav", {**GREEDY, "initial_prompt": "The old house was empty."}),
    ("kitchen.wav", {**GREEDY, "prefix": "The city was"}),
    ("kitchen.wav", {**GREEDY, "suppress_tokens": ""}),
    ("kitchen.wav", {**GREEDY, "suppress_tokens": "-1,11,13"}),
    ("kitchen.wav", {**GREEDY, "suppress_blank": False}),
    ("kitchen.wav", {**GREEDY, "max_initial_timestamp": 0.0}),
    ("kitchen.wav", {**GREEDY, "max_initial_timestamp": None}),
    ("kitchen.wav", {**GREEDY, "sample_len": 8}),
    ("garden.wav", {**BEAM, "length_penalty": 0.6}),
    ("garden.wav", {**BEAM, "patience": 2.0}),
    ("garden.wav", {"temperature": 0.0, "beam_size": 2}),
    ("minute.ogg", {**GREEDY, "word_timestamps": True}),
    ("minute.ogg", {**BEAM, "word_timestamps": True, "hallucination_silence_threshold": 1.0}),
    ("village.wav", {**GREEDY, "word_timestamps": True, "without_timestamps": True}),
    ("kitchen.wav", {**GREEDY, "word_timestamps": True, "append_punctuations": "", "prepend_punctuations": ""}),
    ("minute.ogg", {**GREEDY, "clip_timestamps": "5,17.5,31"}),
    ("minute.ogg", {**GREEDY, "word_timestamps": True, "clip_timestamps": "0,20"}),
]


def our_options(options):
    """The same options under the command line's names; none stays null."""
    ours = {key: value for key, value in options.items() if key != "temperature"}
    ladder = isinstance(options["temperature"], tuple)
    ours["temperature"] = 0.0
    ours["temperature_increment_on_fallback"] = 0.2 if ladder else None
    ours.setdefault("beam_size", None)
    ours.setdefault("best_of", None)
    return ours


def main():
    runs, cases = ReferenceRuns(MODEL), []
    for sample, options in CASES:
        record = runs.recorded.transcribe(os.path.join(ROOT, "samples", sample), options)
        if any(attempt["temperature"] > 0 for attempt in record["attempts"]):
            sys.exit(f"{sample} {options}: the reference climbed the ladder; the case is not comparable")
        for segment in record["segments"]:
            for field in ("start", "end"):
                segment[field] = round(segment[field], 6)
            for field in ("avg_logprob", "compression_ratio", "no_speech_prob"):
                segment[field] = rounded(segment[field])
            for word in segment.get("words", ()):
                word.update(start=round(word["start"], 6), end=round(word["end"], 6),
                            probability=rounded(word["probability"]))
        attempts = [{key: rounded(value) if isinstance(value, float) else value for key, value in attempt.items()
                     if key not in ("tokens", "prompt")} for attempt in record["attempts"]]
        cases.append({"audio": sample, "options": our_options(options), "text": record["text"],
                      "segments": record["segments"], "attempts": attempts})
        print(sample, options, "|", record["text"][:80], flush=True)
    write_golden("transcribe.json", {"cases": cases})


if __name__ == "__main__":
    main()
