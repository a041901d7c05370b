"""compare_reference.py [--skald PROGRAM] [--speech DIR] [--cache FILE] [--only clips|long|words]

How often Skald says exactly what the reference, openai/whisper in float32, says with mini.en:

* clips   token sequences of every dev and test clip of the speech folder, greedy and with beam 5, at temperature 0
          without fallback. For each difference: the first token that differs, and how far apart the reference finds the
          two (logits after its filters, and the mean log-probability of the whole hypotheses).
* long    the long samples, at temperature 0 and at the defaults (beam 5, fallback, conditioning): text and segment times,
          and the accept/reject decision at every rung that does not hang on a random sample.

* words   word timestamps of 60 of the clips and of the long samples, greedily at temperature 0: the same words, and the
          share of their starts and ends that are within 0.02 s, one position of the encoder.

The speech folder holds third parties' recordings and is no part of the project: $SKALD_SPEECH, --speech or
../shared/speech; what is absent is said and left out. The reference's answers are kept in --cache.
Requirements: as reference_runs.py, and the built program.
"""

import argparse
import glob
import os

from program import add_program, check_program, run_skald
from reference_runs import MODES, ReferenceRuns
from speech import MODEL, ROOT, clips, default_mini, default_speech

NONE = "None"
FLOAT32 = ["--compute-type", "float32"]  # as the reference
EXACT = [*FLOAT32, "--long-form", "sequential"]
OUR_ARGUMENTS = {
    "greedy": ["--temperature", "0", "--temperature-increment-on-fallback", NONE, "--beam-size", NONE],
    "beam5": ["--temperature", "0", "--temperature-increment-on-fallback", NONE, "--beam-size", "5"],
    "default": [],
}
RESET_TEMPERATURE = 0.5  # above it the reference forgets the text so far (transcribe.py)
WINDOW_FRAMES = 3000
END_OF_TEXT = 50256  # of the English-only vocabulary, which mini.en has


def tokens_of(result):
    return [token for segment in result["segments"] for token in segment["tokens"]]


def windows_of(record, attempts_have_seek):
    """Windows in order: [{seek, attempts, segments}]. The reference's attempts carry no seek: a window that is skipped
    as silence has no segment and advances by its length, any other is found by its segments' seek."""
    groups = []
    for attempt in record["attempts"]:
        first = not groups or (attempt["seek"] != groups[-1][0]["seek"] if attempts_have_seek
                               else attempt["temperature"] == 0)
        groups.append([attempt]) if first else groups[-1].append(attempt)
    seeks = sorted({segment["seek"] for segment in record["segments"]})
    windows, seek = [], 0
    for attempts in groups:
        last = attempts[-1]
        skipped = last["no_speech_prob"] > 0.6 and not last["avg_logprob"] > -1.0
        if attempts_have_seek:
            seek = last["seek"]
        elif not skipped:
            seek = seeks.pop(0)
        windows.append({"seek": seek, "attempts": attempts,
                        "segments": [s for s in record["segments"] if s["seek"] == seek and not skipped]})
        seek += WINDOW_FRAMES
    return windows


class Judge:
    """The reference's opinion on two token sequences for one window."""

    def __init__(self, runs):
        self.runs = runs

    def features(self, path, seek):
        import torch
        import whisper

        model = self.runs.recorded.model
        audio = whisper.load_audio(path)
        mel = whisper.log_mel_spectrogram(audio, model.dims.n_mels, padding=480000)
        content = mel.shape[1] - WINDOW_FRAMES
        window = whisper.pad_or_trim(mel[:, seek : min(seek + WINDOW_FRAMES, content)], WINDOW_FRAMES)
        with torch.no_grad():
            return model.encoder(window[None])

    def filtered_logits(self, states, prompt, tokens):
        """Logits after the reference's filters at every position of `tokens`, (len(tokens) + 1, V)."""
        import torch
        from whisper.decoding import DecodingOptions, DecodingTask

        model = self.runs.recorded.model
        task = DecodingTask(model, DecodingOptions(language="en", prompt=prompt or None, fp16=False))
        initial = list(task.initial_tokens)
        with torch.no_grad():
            logits = model.decoder(torch.tensor([initial + tokens]), states)[0, len(initial) - 1 :]
        for index in range(len(tokens) + 1):
            for logit_filter in task.logit_filters:
                logit_filter.apply(logits[index : index + 1], torch.tensor([initial + tokens[:index]]))
        return logits

    def margin(self, states, prompt, tokens, theirs, ours):
        """Logit of `theirs` minus logit of `ours` after `tokens`."""
        logits = self.filtered_logits(states, prompt, tokens)[-1]
        return float(logits[theirs] - logits[ours])

    def score(self, states, prompt, tokens):
        """Mean log-probability of a hypothesis with its end, as ranked: sum / length."""
        import torch

        logits = self.filtered_logits(states, prompt, tokens)
        ended = [*tokens, END_OF_TEXT]
        picked = torch.log_softmax(logits, -1)[range(len(ended)), ended]
        return float(picked.sum()) / max(1, len(tokens))


def explain(judge, path, ours, theirs, mode):
    """One line on the first token that differs."""
    our_windows, their_windows = windows_of(ours, True), windows_of(theirs, False)
    for mine, other in zip(our_windows, their_windows):
        a, b = tokens_of(mine), tokens_of(other)
        if mine["seek"] == other["seek"] and a == b:
            continue
        if mine["seek"] != other["seek"]:
            return f"window {mine['seek']} where the reference is at {other['seek']}"
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        raw = other["attempts"][-1]
        if raw["tokens"][: len(b)] != b:
            return f"window {mine['seek']}, token {at}: segments were emptied, margin not computed"
        x = a[at] if at < len(a) else END_OF_TEXT
        y = raw["tokens"][at] if at < len(raw["tokens"]) else END_OF_TEXT
        states = judge.features(path, mine["seek"])
        margin = judge.margin(states, raw["prompt"], raw["tokens"][:at], y, x)
        line = f"window {mine['seek']}, token {at}: ours {x}, reference's {y}, logit margin {margin:.3g}"
        if mode != "greedy" and raw["tokens"] == b:
            better = judge.score(states, raw["prompt"], raw["tokens"]) - judge.score(states, raw["prompt"], a)
            line += f", score difference {better:.3g}"
        return line
    return "number of windows"


def largest_difference(ours, theirs, field):
    return max((abs(a[field] - b[field]) for a, b in zip(ours["segments"], theirs["segments"])), default=0.0)


def compare_clips(args, runs):
    """Rows of the table: mode, clips, equal, share, largest difference of avg_logprob."""
    rows, paths = [], [path for path, _, _ in clips(args.speech)][: args.limit]
    if not paths:
        print(f"No clips: {os.path.join(args.speech, 'manifest.tsv')} is absent. Set SKALD_SPEECH or --speech.")
        return rows
    for mode in ("greedy", "beam5"):
        ours = run_skald(args.skald, paths, [*EXACT, *OUR_ARGUMENTS[mode], *args.extra])
        equal, worst = 0, 0.0
        for path in paths:
            theirs = runs.get(path, mode)
            if tokens_of(ours[path]) == tokens_of(theirs):
                equal += 1
                worst = max(worst, largest_difference(ours[path], theirs, "avg_logprob"))
                continue
            print(f"{mode}: {os.path.relpath(path, args.speech)}: {explain(Judge(runs), path, ours[path], theirs, mode)}")
        rows.append((mode, len(paths), equal, f"{100 * equal / len(paths):.1f} %", f"{worst:.1e}"))
    runs.save()
    return rows


def same_segments(ours, theirs):
    """Text, tokens and times (within 1e-3 s, less than the 0.02 s steps timestamps have)."""
    return len(ours) == len(theirs) and all(
        a["text"] == b["text"] and a["tokens"] == b["tokens"]
        and abs(a["start"] - b["start"]) < 1e-3 and abs(a["end"] - b["end"]) < 1e-3 for a, b in zip(ours, theirs))


class Decisions:
    """Walks both lists of windows while they are in the same state: same seek, same text to be conditioned on."""

    def __init__(self):
        self.windows = self.accepted = self.equal_text = self.rejected = self.unlike = self.random = 0

    def take(self, mine, other, where):
        """Compares one window that both decoded in the same state; whether the next state is the same too."""
        self.windows += 1
        a, b = mine["attempts"][0], other["attempts"][0]
        if a["accepted"] != b["accepted"]:
            self.unlike += 1
            print(f"{where}: window {mine['seek']}, temperature 0: ours accepted={a['accepted']} "
                  f"({a['avg_logprob']:.4f}, {a['compression_ratio']:.3f}), the reference's {b['accepted']} "
                  f"({b['avg_logprob']:.4f}, {b['compression_ratio']:.3f})")
            return False
        if a["accepted"]:
            self.accepted += 1
            same = same_segments(mine["segments"], other["segments"])
            self.equal_text += same
            if not same:
                print(f"{where}: window {mine['seek']}: text or times differ")
            return same
        self.rejected += 1
        # What comes now are random samples; both states are the same again when both forget the text before.
        ends = (mine["attempts"][-1]["temperature"], other["attempts"][-1]["temperature"])
        return min(ends) > RESET_TEMPERATURE

    def walk(self, ours, theirs, where):
        known, mine = True, {window["seek"]: window for window in ours}
        for other in theirs:
            window = mine.get(other["seek"])
            if not known or window is None:
                # A window that hangs on samples; where both forgot the text at the same place, they meet again.
                self.random += 1
                known = window is not None and min(window["attempts"][-1]["temperature"],
                                                   other["attempts"][-1]["temperature"]) > RESET_TEMPERATURE
                continue
            known = self.take(window, other, where)


def long_files(args):
    files = sorted(glob.glob(os.path.join(ROOT, "samples", "*.ogg")))
    real = os.path.join(args.mini, "samples", "long.wav")
    if os.path.exists(real):
        return [*files, real]
    print(f"{real} is absent: only samples/ is compared.")
    return files


def compare_long(args, runs):
    rows, files = [], long_files(args)
    for mode in ("greedy", "beam5", "default"):
        results = run_skald(args.skald, files, [*EXACT, *OUR_ARGUMENTS[mode], *args.extra])
        for path in files:
            ours, theirs = results[path], runs.get(path, mode)
            name = os.path.basename(path)
            if mode != "default":
                same = same_segments(ours["segments"], theirs["segments"])
                rows.append((name, f"temperature 0, {mode}", f"{len(theirs['segments'])} segments",
                             "text and times equal" if same else explain(Judge(runs), path, ours, theirs, mode)))
                continue
            decisions = Decisions()
            decisions.walk(windows_of(ours, True), windows_of(theirs, False), name)
            rows.append((name, "defaults", f"{decisions.windows} comparable windows, {decisions.random} after a sample",
                         f"{decisions.accepted} accepted at 0, {decisions.equal_text} of them equal; "
                         f"{decisions.rejected} rejected by both; {decisions.unlike} decided differently"))
    runs.save()
    return rows


def words_of(result):
    return [word for segment in result["segments"] for word in segment["words"]]


def compare_words(args, runs):
    """Rows: recordings, words of the reference, words of ours that are the same, times within 0.02 s of them, share."""
    rows, within = [], 0.02 + 1e-6  # times have two decimals
    sets = (("clips", [path for path, _, _ in clips(args.speech)][:: 3][:60]), ("long samples", long_files(args)))
    for name, paths in sets:
        ours = run_skald(args.skald, paths, [*EXACT, *OUR_ARGUMENTS["greedy"], "--word-timestamps", "True", *args.extra])
        count = same = near = 0
        for path in paths:
            mine, theirs = words_of(ours[path]), words_of(runs.get(path, "greedy", word_timestamps=True))
            count += len(theirs)
            if [word["word"] for word in mine] != [word["word"] for word in theirs]:
                print(f"words: {os.path.basename(path)}: {len(mine)} words, the reference has {len(theirs)}, or other ones")
                continue
            same += len(theirs)
            for a, b in zip(mine, theirs):
                far = max(abs(a["start"] - b["start"]), abs(a["end"] - b["end"]))
                near += far <= within
                if far > within:
                    print(f"words: {os.path.basename(path)}: {b['word']!r} at {a['start']:.2f} to {a['end']:.2f}, the "
                          f"reference's {b['start']:.2f} to {b['end']:.2f}")
        if paths:
            rows.append((f"{len(paths)} {name}", count, same, near, f"{100 * near / max(1, count):.2f} %"))
    runs.save()
    return rows


def table(head, rows):
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def main():
    parser = argparse.ArgumentParser(description="Skald's transcriptions against openai/whisper's, token by token.")
    add_program(parser)
    parser.add_argument("--speech", default=default_speech())
    parser.add_argument("--mini", default=default_mini(), help="folder with samples/long.wav")
    parser.add_argument("--cache", default=os.path.join(ROOT, ".cache", "reference_runs.json"))
    parser.add_argument("--only", choices=("clips", "long", "words"))
    parser.add_argument("--limit", type=int, help="at most this many clips")
    args = parser.parse_args()
    check_program(args)
    os.makedirs(os.path.dirname(os.path.abspath(args.cache)), exist_ok=True)
    runs = ReferenceRuns(MODEL, args.cache)
    assert set(OUR_ARGUMENTS) <= set(MODES)
    wanted = {args.only} if args.only else {"clips", "long", "words"}
    clip_rows = compare_clips(args, runs) if "clips" in wanted else []
    long_rows = compare_long(args, runs) if "long" in wanted else []
    word_rows = compare_words(args, runs) if "words" in wanted else []
    if clip_rows:
        table(("mode", "clips", "equal token sequences", "share", "largest difference of avg_logprob"), clip_rows)
    if long_rows:
        table(("file", "options", "compared", "result"), long_rows)
    if word_rows:
        table(("recordings", "words", "the same words", "times within 0.02 s", "share"), word_rows)


if __name__ == "__main__":
    main()
