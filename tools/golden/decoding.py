"""Decoding rules, search and ranking: tests/data/golden/decoding.json, compared by src/decode/decoding_golden_test.cc.

Runs openai/whisper's DecodingTask over a model whose logits are a hash of the token sequence (hash_logits below, the
same as hash_script() of src/decode/testing/scripted_decoder.cc, bit for bit), for many combinations of options.
"""

import pathlib
import sys
from types import SimpleNamespace

import numpy as np
import torch
from whisper import decoding
from whisper.model import ModelDimensions
from whisper.tokenizer import LANGUAGES, get_tokenizer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from golden.output import write_golden  # noqa: E402

TEXT_CTX, AUDIO_CTX, AUDIO_STATE = 448, 1500, 1
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MASK = (1 << 64) - 1


def mix(x):
    """SplitMix64's finaliser on a Python integer or an array of uint64."""
    if isinstance(x, int):
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
        return x ^ (x >> 31)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def power_of_two_power(x, squarings):
    for _ in range(squarings):
        x = x * x
    return x


def hash_logits(window, sequence, tokenizer, vocab):
    f32 = np.float32
    h = mix(window + 1)
    for token in sequence[-1:] if window % 4 == 3 else sequence:
        h = mix(h ^ ((token + 1) * int(GOLDEN) & MASK))
    ids = np.arange(vocab, dtype=np.uint64)
    uniform = (mix(np.uint64(h) + ids * GOLDEN) >> np.uint64(40)).astype(f32) * f32(2.0**-24)
    begin = tokenizer.timestamp_begin
    since_start, latest = 0, begin
    for token in sequence:
        since_start = 1 if token == tokenizer.sot else since_start + 1
        latest = token if token >= begin else latest
    logits = np.empty(vocab, f32)
    logits[:begin] = f32(20) * power_of_two_power(uniform[:begin], 13)
    logits[tokenizer.eot] = f32(16) * uniform[tokenizer.eot] + f32(0.5) * f32(since_start - 12)
    logits[tokenizer.no_speech] = f32(8) + f32(12) * uniform[tokenizer.no_speech]
    distance = np.abs(np.arange(begin, vocab) - latest).astype(f32) * f32(2.0**-5)
    logits[begin:] = (f32(12) * power_of_two_power(uniform[begin:], 8) - distance) + f32(14 if h % 5 == 0 else 0)
    return logits


class HashInference(decoding.Inference):
    """Logits at the two positions that the reference looks at: start-of-transcript (first call) and the last."""

    def __init__(self, window, task, vocab):
        self.window, self.task, self.vocab, self.first = window, task, vocab, True

    def row(self, tokens):
        return torch.from_numpy(hash_logits(self.window, tokens, self.task.tokenizer, self.vocab))

    def logits(self, tokens, audio_features):
        rows = [row.tolist() for row in tokens]
        length = tokens.shape[1] if self.first else 1
        result = torch.zeros(len(rows), length, self.vocab)
        for i, row in enumerate(rows):
            if self.first:
                result[i, self.task.sot_index] = self.row(row[: self.task.sot_index + 1])
            result[i, -1] = self.row(row)
        self.first = False
        return result

    def rearrange_kv_cache(self, source_indices):
        pass


def fake_model(vocab):
    multilingual = vocab >= 51865
    dims = ModelDimensions(80, AUDIO_CTX, AUDIO_STATE, 1, 1, vocab, TEXT_CTX, 1, 1, 1)
    return SimpleNamespace(is_multilingual=multilingual, num_languages=vocab - 51765 - int(multilingual), dims=dims,
                           device=torch.device("cpu"), decoder=SimpleNamespace(blocks=[]))


def decode(vocab, language, window, prompt, options):
    task = decoding.DecodingTask(
        fake_model(vocab), decoding.DecodingOptions(language=language, prompt=prompt, fp16=False, **options))
    task.inference = HashInference(window, task, vocab)
    task.decoder.inference = task.inference
    result = task.run(torch.zeros(1, AUDIO_CTX, AUDIO_STATE))[0]
    return {"window": window, "prompt": prompt, "tokens": result.tokens, "text": result.text,
            "avg_logprob": result.avg_logprob, "no_speech_prob": result.no_speech_prob,
            "compression_ratio": result.compression_ratio}


def made_up_prompt(length, begin):
    """Text, with a pair of timestamps now and then as the window loop has it."""
    return [begin + i if i % 10 < 2 else (i * 7919 + length) % 50000 for i in range(length)]


# name, vocabulary, language, options, [(window, length of the prompt)]
EN, V2, V3 = 51864, 51865, 51866
CASES = [
    ("greedy", EN, "en", {}, [(0, 0), (1, 0), (2, 30), (3, 0), (4, 5)]),
    ("greedy, multilingual", V2, "de", {}, [(0, 0), (5, 40)]),
    ("greedy, translate, 100 languages", V3, "yue", {"task": "translate"}, [(6, 0), (7, 12)]),
    ("beam 1", EN, "en", {"beam_size": 1}, [(0, 0), (8, 9)]),
    ("beam 2", EN, "en", {"beam_size": 2}, [(0, 0), (9, 0)]),
    ("beam 3", V3, "fr", {"beam_size": 3}, [(10, 0), (11, 100)]),
    ("beam 5", EN, "en", {"beam_size": 5}, [(0, 0), (12, 20), (15, 0)]),
    ("beam 6", V2, "ja", {"beam_size": 6}, [(13, 0)]),
    ("patience 2", EN, "en", {"beam_size": 3, "patience": 2.0}, [(0, 0), (14, 0)]),
    ("patience 0.5: 2.5 rounds to 2", EN, "en", {"beam_size": 5, "patience": 0.5}, [(0, 0), (16, 0)]),
    ("patience 0.7: 3.5 rounds to 4", EN, "en", {"beam_size": 5, "patience": 0.7}, [(17, 0)]),
    ("length penalty 0", EN, "en", {"beam_size": 4, "length_penalty": 0.0}, [(0, 0), (18, 0)]),
    ("length penalty 0.6", V2, "en", {"beam_size": 4, "length_penalty": 0.6}, [(19, 0), (20, 0)]),
    ("length penalty 1", EN, "en", {"beam_size": 2, "length_penalty": 1.0}, [(21, 0)]),
    ("no timestamps, greedy", EN, "en", {"without_timestamps": True}, [(0, 0), (22, 30)]),
    ("no timestamps, beam", V3, "en", {"without_timestamps": True, "beam_size": 3}, [(23, 0), (24, 30)]),
    ("prompt of 222, 223, 224 and 300 tokens", EN, "en", {}, [(25, 222), (25, 223), (25, 224), (25, 300)]),
    ("prompt at the limit, beam", V2, "es", {"beam_size": 2}, [(26, 250)]),
    ("prefix", EN, "en", {"prefix": "  Well, here we go. "}, [(27, 0), (28, 8)]),
    ("prefix kept in part", EN, "en", {"prefix": "one two three four five six seven", "sample_len": 220}, [(29, 0)]),
    ("prefix kept whole", EN, "en", {"prefix": "one two three four five six", "sample_len": 224}, [(29, 0)]),
    ("prefix, long samples", EN, "en", {"prefix": "one two three four five six", "sample_len": 227}, [(29, 0)]),
    ("blank prefix, beam", V2, "en", {"prefix": " ", "beam_size": 2}, [(30, 0)]),
    ("sample_len 1", EN, "en", {"sample_len": 1}, [(31, 0)]),
    ("sample_len 7, beam", EN, "en", {"sample_len": 7, "beam_size": 4}, [(32, 0), (33, 3)]),
    ("context full, greedy", EN, "en", {"sample_len": 448, "suppress_tokens": "-1,50256"}, [(35, 300)]),
    ("suppress nothing", EN, "en", {"suppress_tokens": ""}, [(34, 0), (35, 0)]),
    ("suppress a list", V2, "en", {"suppress_tokens": "262, 11,13 ,50000", "beam_size": 2}, [(36, 0)]),
    ("blank allowed", EN, "en", {"suppress_blank": False, "without_timestamps": True}, [(37, 0)]),
    ("first timestamp free", EN, "en", {"max_initial_timestamp": None}, [(38, 0)]),
    ("first timestamp 0: free", EN, "en", {"max_initial_timestamp": 0.0}, [(38, 0)]),
    ("first timestamp 0.03: one of three", EN, "en", {"max_initial_timestamp": 0.03}, [(39, 0)]),
    ("first timestamp 0.01: the first", EN, "en", {"max_initial_timestamp": 0.01, "beam_size": 1}, [(39, 0)]),
    ("first timestamp 5.5", EN, "en", {"max_initial_timestamp": 5.5, "beam_size": 3}, [(40, 0)]),
    ("sampling so cold that it is greedy", EN, "en", {"temperature": 1e-4, "best_of": 3}, [(0, 0), (41, 6)]),
]


def detect_language(vocab, windows):
    model = fake_model(vocab)
    tokenizer = get_tokenizer(True, num_languages=model.num_languages)
    rows = []
    for window in windows:
        model.logits = lambda tokens, mel, window=window: torch.from_numpy(
            hash_logits(window, tokens[0].tolist(), tokenizer, vocab))[None, None]
        _, probabilities = decoding.detect_language(model, torch.zeros(1, AUDIO_CTX, AUDIO_STATE), tokenizer)
        # The dictionary's order is that of a Python set; here it is the order of the tokens.
        codes = [code for code in LANGUAGES if code in probabilities[0]]
        assert [tokenizer.to_language_token(code) for code in codes] == list(range(tokenizer.sot + 1, tokenizer.sot + 1 + len(codes)))
        rows.append({"window": window, "probabilities": [float(f"{probabilities[0][code]:.7g}") for code in codes]})
    return {"vocab": vocab, "windows": rows}


def main():
    np.seterr(over="ignore")
    torch.manual_seed(0)
    cases = []
    for name, vocab, language, options, windows in CASES:
        begin = vocab - 1501
        results = [decode(vocab, language, window, made_up_prompt(length, begin), options) for window, length in windows]
        cases.append({"name": name, "vocab": vocab, "language": language, "options": options, "windows": results})
        print(name, [(len(r["tokens"]), round(r["avg_logprob"], 3), round(r["no_speech_prob"], 3),
                      round(r["compression_ratio"], 2)) for r in results])
    write_golden("decoding.json", {"cases": cases, "languages": [detect_language(V2, [0, 1]), detect_language(V3, [2])]})


if __name__ == "__main__":
    main()
