"""Goldens of the model: encoder states, logits and language probabilities of the reference in float32.

Random checkpoints and inputs come from formulas (tools/reference.py), so that only selected outputs are stored, in
tests/data/golden/model.json. Decoder steps: the first step is the prompt, every later one a single token.
"""

import os
import sys

import numpy as np

TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TOOLS)

from reference import Dims, load_model, random_mel, random_model, random_tensor, shape_dims, tensor_shapes  # noqa: E402
from golden.output import rounded, write_golden  # noqa: E402

POSITIONS, WIDTHS, LOGITS = 64, 16, 256  # how many of each are stored

# A shape of nothing published, with what large-v3 has and tiny lacks: 128 bands, 100 languages.
WIDE_MEL = Dims(128, 1500, 128, 2, 2, 51866, 448, 128, 2, 2)

# Steps of the decoder: start of transcript with language, task and a timestamp; then text and timestamps.
ENGLISH_STEPS = [[50257, 50363], [383], [1468], [318], [50463], [50463]]
MULTILINGUAL_STEPS = [[50258, 50259, 50359, 50364], [440], [2597], [307], [50464], [50464]]
GERMAN_TO_ENGLISH_STEPS = [[50258, 50261, 50358, 50364], [440], [2597], [307], [50464], [50464]]
LARGE_V3_STEPS = [[50258, 50259, 50360, 50365], [440], [2597], [307], [50465], [50465]]

# name, shape (a name, Dims, or "mini.en"), frames or a file of samples/, steps
CASES = [
    ("tiny 200 frames", "tiny", 200, MULTILINGUAL_STEPS),
    ("tiny translate 200 frames", "tiny", 200, GERMAN_TO_ENGLISH_STEPS),
    ("tiny", "tiny", 3000, MULTILINGUAL_STEPS),
    ("base 200 frames", "base", 200, MULTILINGUAL_STEPS),
    ("base", "base", 3000, MULTILINGUAL_STEPS),
    ("128 bands 20 frames", WIDE_MEL, 20, LARGE_V3_STEPS),
    ("128 bands 1000 frames", WIDE_MEL, 1000, LARGE_V3_STEPS),
    ("mini.en 200 frames", "mini.en", 200, ENGLISH_STEPS),
    ("mini.en hello.wav", "mini.en", "hello.wav", ENGLISH_STEPS),
]


def evenly(count, limit):
    """`count` indices from 0 to limit - 1, ends included; all when there are fewer."""
    return sorted({round(i * (limit - 1) / max(1, min(count, limit) - 1)) for i in range(min(count, limit))})


def encode(model, mel):
    """(S, D) states of an (M, T) mel of any even length; the reference's encoder itself insists on 3000 frames."""
    import torch

    encoder = model.encoder
    full = encoder.positional_embedding
    encoder.positional_embedding = full[: mel.shape[1] // 2]
    try:
        with torch.no_grad():
            return encoder(torch.from_numpy(mel)[None])
    finally:
        encoder.positional_embedding = full


def step_logits(model, states, steps):
    """Logits after the last token of each step, (steps, V)."""
    import torch

    tokens = [token for step in steps for token in step]
    with torch.no_grad():
        logits = model.decoder(torch.tensor([tokens]), states)[0]
    ends = np.cumsum([len(step) for step in steps]) - 1
    return logits[ends].numpy()


def logit_ids(logits, vocab):
    """Stored ids: spread over the vocabulary, and the best of every step."""
    spread = evenly(LOGITS - 2 * len(logits), vocab)
    return sorted(set(spread) | {int(i) for row in logits for i in np.argsort(row)[-2:]})


def language_probabilities(model, states):
    from whisper.decoding import detect_language
    from whisper.tokenizer import LANGUAGES

    encode_mel = model.encoder.forward
    model.encoder.forward = lambda given: given  # short windows too: the states are here already
    try:
        _, probabilities = detect_language(model, states[0])
    finally:
        model.encoder.forward = encode_mel
    # In token order; the reference's own all_language_codes follows a set, which is another order in every process.
    return [probabilities[code] for code in list(LANGUAGES)[: model.num_languages]]


def make_mel(model, source):
    if isinstance(source, int):
        return random_mel(model.dims.n_mels, source)
    import whisper

    audio = whisper.load_audio(os.path.join(os.path.dirname(TOOLS), "samples", source))
    mel = whisper.log_mel_spectrogram(audio, model.dims.n_mels, padding=480000)  # as whisper.transcribe()
    return whisper.pad_or_trim(mel[:, : len(audio) // 160], 3000).numpy()


def make_case(name, shape, source, steps):
    import torch

    if shape == "mini.en":
        model = load_model(os.path.join(os.path.dirname(TOOLS), "models", shape))
    else:
        model = random_model(shape)
    mel = make_mel(model, source)
    states = encode(model, mel)
    logits = step_logits(model, states, steps)
    ids = logit_ids(logits, model.dims.n_vocab)
    positions, widths = evenly(POSITIONS, states.shape[1]), evenly(WIDTHS, states.shape[2])
    begin = model.dims.n_vocab - 1501  # first timestamp
    case = {
        "name": name,
        "model": "mini.en" if shape == "mini.en" else "random",
        "dims": dict(model.dims.__dict__),
        "audio": source if isinstance(source, str) else "",
        "frames": mel.shape[1],
        "positions": positions,
        "widths": widths,
        "states": rounded(states[0].numpy()[np.ix_(positions, widths)]),
        "steps": steps,
        "logit_ids": ids,
        "logits": rounded(logits[:, ids]),
        "text_log_sum_exp": rounded(torch.logsumexp(torch.from_numpy(logits[:, :begin]), 1).numpy()),
        "timestamp_log_sum_exp": rounded(torch.logsumexp(torch.from_numpy(logits[:, begin:]), 1).numpy()),
    }
    if model.is_multilingual:
        case["language_probabilities"] = rounded(np.array(language_probabilities(model, states)))
    return case


def weight_samples():
    """A few values of every kind of random tensor, exact: the formula in C++ has to give the same bits."""
    samples = []
    for shape_name in ("tiny", "base.en"):
        shapes = tensor_shapes(shape_dims(shape_name))
        names = [name for name in shapes if "blocks" not in name or "blocks.1." in name]
        for name in names:
            if name == "encoder.positional_embedding":  # sines: equal only to their last bits
                continue
            values = random_tensor(name, shapes[name]).ravel()
            indices = evenly(4, len(values))
            samples.append({"shape": shape_name, "tensor": name, "extents": shapes[name], "indices": indices,
                            "values": [float(values[i]) for i in indices]})
    return samples


def main():
    write_golden("model.json", {"weights": weight_samples(), "cases": [make_case(*case) for case in CASES]})


if __name__ == "__main__":
    main()
