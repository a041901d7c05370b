"""synth.py train | eval: speaks WORK/sentences.tsv -> WORK/synth.i16 + .jsonl, or unseen sentences in every voice at its
default rate and pitch -> WORK/eval/*.wav + eval.tsv.

Every sentence is spoken once, the ARCTIC prompts in three voices, with random voice, rate, pitch and speed. The order is
random, so --minutes can end it at any time.
"""

import argparse
import os
import random
import tempfile
import time
from functools import partial
from multiprocessing import Pool

import soundfile

import sound
from common import RATE, add_folders, read_table, write_table
from voices import EVALUATED, Utterance, draw_manner, draw_voice, speak

CHUNK = 100  # sentences that one call of an engine speaks
SHORTEST, LONGEST = 0.25, 14.0  # seconds
EVAL_SENTENCES = 24  # a voice


def planned(sentences, rng):
    """Chunks of (sentence, voice, stretch, pitch, speed), each for one engine, in random order."""
    rows = sentences + [row for row in sentences if row["source"] == "arctic"] * 2
    rng.shuffle(rows)
    chunks, waiting = [], {}
    for row in rows:
        voice = draw_voice(rng)
        chunk = waiting.setdefault(voice.split(":")[0], [])
        chunk.append((row, voice, *draw_manner(rng)))
        if len(chunk) == CHUNK:
            chunks.append(waiting.pop(voice.split(":")[0]))
    chunks += waiting.values()
    rng.shuffle(chunks)
    return chunks


def speak_chunk(chunk, programs):
    """[(voice, text, spoken, trimmed samples)] of a chunk."""
    out = []
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, f"{i}.wav") for i in range(len(chunk))]
        speak([Utterance(p, v, st, pi, row["spoken"]) for p, (row, v, st, pi, _) in zip(paths, chunk)], programs)
        for path, (row, voice, _, _, speed) in zip(paths, chunk):
            if not os.path.exists(path):
                continue
            samples, rate = sound.read(path)
            if not SHORTEST * rate < len(samples) < LONGEST * rate:
                continue
            trimmed = sound.trim(sound.resample(samples, rate, speed), before=0.1, after=0.15)
            if trimmed:
                out.append((voice, row["text"], row["spoken"], trimmed))
    return out


def train(args, programs):
    chunks = planned(read_table(os.path.join(args.work, "sentences.tsv")), random.Random(2))[args.after :]
    pack, began = sound.PackWriter(args.work, "synth", append=args.after > 0), time.monotonic()
    with Pool(args.processes) as pool:
        for done, clips in enumerate(pool.imap_unordered(partial(speak_chunk, programs=programs), chunks), 1):
            for clip in clips:
                pack.add(*clip)
            if time.monotonic() - began > args.minutes * 60:
                pool.terminate()
                break
    print(f"chunks {args.after} to {args.after + done} of {args.after + len(chunks)} in {(time.monotonic() - began) / 60:.1f} min")
    pack.close()


def evaluation(args, programs):
    folder = os.path.join(args.work, "eval")
    os.makedirs(folder, exist_ok=True)
    rows = read_table(os.path.join(args.work, "eval_sentences.tsv"))
    halves = [[row["text"] for row in rows if row["source"] == source] for source in ("arctic", "ljspeech")]
    table = []
    for k, voice in enumerate(EVALUATED):
        half = EVAL_SENTENCES // 2
        texts = [texts[(k * half + j) % len(texts)] for texts in halves for j in range(half)]
        chunk = [({"text": text, "spoken": text}, voice, 1.0, 1.0, 1.0) for text in texts]
        for j, (_, text, _, (samples, _, _)) in enumerate(speak_chunk(chunk, programs)):
            name = f"{voice.replace(':', '_')}_{j:02d}.wav"
            soundfile.write(os.path.join(folder, name), samples, RATE, subtype="PCM_16")
            table.append((os.path.join("eval", name), voice, text))
    write_table(os.path.join(args.work, "eval.tsv"), ("path", "voice", "text"), table)
    print(f"{len(table)} clips of {len(EVALUATED)} voices")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_folders(parser)
    parser.add_argument("what", choices=("train", "eval"))
    parser.add_argument("--flite", help="the built speak_flite (default: WORK/speak_flite)")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after this time, with what is there")
    parser.add_argument("--after", type=int, default=0, help="adds to what is there: goes on after this many chunks")
    args = parser.parse_args()
    programs = {"flite": args.flite or os.path.join(args.work, "speak_flite")}
    {"train": train, "eval": evaluation}[args.what](args, programs)


if __name__ == "__main__":
    main()
