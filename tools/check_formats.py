"""check_formats.py [--skald PROGRAM] [--model DIR] [--work DIR] [--formats NAME ...] [--clips DIR]

Writes a Hugging Face Whisper model in every other format with the formats' own tools, transcribes the samples with each,
and compares: the same tokens where nothing was rounded (float32, or float16 of a float16 model), the word error rate
against the samples' texts elsewhere. Exits with 1 when a lossless format gives other tokens, or a quantised one a word
error rate more than 0.5 % above.

    hf_*    transformers        safetensors in float32 and bfloat16, in shards, pytorch_model.bin
    ct2_*   ctranslate2         ct2-transformers-converter: float32, float16, bfloat16, int8, int8_float16
    pt      torch.save          OpenAI's dictionary {"dims", "model_state_dict"}, float16 as OpenAI's own
    ggml_*  the gguf package's block quantisers, laid out as whisper.cpp's convert-h5-to-ggml.py does; f32, f16, q8_0,
            q5_0, q5_1, q4_0, q4_1. Each is also read by whisper.cpp itself (pywhispercpp), which has to take it.
    onnx_*  torch.onnx          encoder_model.onnx and decoder_model.onnx with the names that optimum gives; float16 and
            int8 (of the products alone) by ONNX Runtime's own converters

Requirements: pip install openai-whisper transformers ctranslate2 gguf pywhispercpp onnx onnxruntime; the built program.
"""

import argparse
import glob
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

import numpy as np

from compare_reference import FLOAT32, tokens_of
from program import run_skald
from reference import load_model
from speech import ROOT
from wer import word_errors

QUANTISED_BUDGET = 0.5  # per cent of words, absolute
GGML_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8}


def write_hf(source, target, kind):
    """kind: f32, bf16, shards, bin."""
    import torch
    from transformers import WhisperForConditionalGeneration

    dtype = torch.bfloat16 if kind == "bf16" else torch.float32
    model = WhisperForConditionalGeneration.from_pretrained(source, dtype=dtype)
    if kind == "bin":
        os.makedirs(target)
        for name in ("config.json", "generation_config.json"):
            shutil.copy(os.path.join(source, name), target)
        torch.save(model.state_dict(), os.path.join(target, "pytorch_model.bin"))
    else:
        model.save_pretrained(target, max_shard_size="10MB" if kind == "shards" else "5GB")
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(os.path.join(source, name), target)


def write_ct2(source, target, kind):
    import ctranslate2

    tokenizer = [name for name in ("tokenizer.json",) if os.path.exists(os.path.join(source, name))]
    ctranslate2.converters.TransformersConverter(source, copy_files=tokenizer).convert(target, quantization=kind)


def write_pt(source, target, _):
    import torch

    model = load_model(source)
    state = {name: tensor.half() for name, tensor in model.state_dict().items()}
    torch.save({"dims": vars(model.dims), "model_state_dict": state}, target)


def ggml_type(name, array, kind):
    """convert-h5-to-ggml.py and quantize.cpp: vectors and positions stay float32, only matrices are cut into blocks."""
    if array.ndim == 1 or "positional_embedding" in name:
        return "f32"
    return kind if kind in ("f32", "f16") or array.ndim == 2 else "f16"


def ggml_tensor(name, array, kind):
    import gguf

    stored = ggml_type(name, array, kind)
    if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        array = array[:, None]
    if stored in ("f32", "f16"):
        data = array.astype(np.float32 if stored == "f32" else np.float16).tobytes()
    else:
        data = gguf.quants.quantize(array, gguf.GGMLQuantizationType[stored.upper()]).tobytes()
    head = struct.pack("<3i", array.ndim, len(name), GGML_TYPES[stored])
    return head + struct.pack(f"<{array.ndim}i", *reversed(array.shape)) + name.encode() + data


def write_ggml(source, target, kind):
    import whisper

    model = load_model(source)
    dims = model.dims
    bands = whisper.audio.mel_filters("cpu", dims.n_mels).numpy()
    sizes = (dims.n_vocab, dims.n_audio_ctx, dims.n_audio_state, dims.n_audio_head, dims.n_audio_layer, dims.n_text_ctx)
    sizes += (dims.n_text_state, dims.n_text_head, dims.n_text_layer, dims.n_mels, 0 if kind == "f32" else 1)
    with open(os.path.join(source, "vocab.json"), encoding="utf-8") as file:
        ids = json.load(file)
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    spelled = {character: byte for byte, character in bytes_to_unicode().items()}
    tokens = sorted((number, text) for text, number in ids.items() if number < 50257 and not text.startswith("<|"))
    with open(target, "wb") as out:
        out.write(struct.pack("<I11i", 0x67676D6C, *sizes))
        out.write(struct.pack("<2i", *bands.shape) + bands.astype(np.float32).tobytes())
        out.write(struct.pack("<i", len(tokens)))
        for _, text in tokens:
            token = bytes(spelled[character] for character in text)
            out.write(struct.pack("<I", len(token)) + token)
        for name, tensor in model.state_dict().items():
            out.write(ggml_tensor(name, tensor.numpy(), kind))


def export_onnx(model, target):
    """As optimum: the encoder alone, and the whole model without its encoder, each under its own modules' names."""
    import types

    import torch

    def decode(self, input_ids, encoder_hidden_states):
        outputs = (encoder_hidden_states,)
        mask = torch.ones_like(input_ids)
        hidden = self.model(decoder_input_ids=input_ids, decoder_attention_mask=mask, encoder_outputs=outputs,
                            use_cache=False)[0]
        return self.proj_out(hidden)

    mel = torch.zeros(1, model.config.num_mel_bins, 3000)
    states = model.model.encoder(mel)[0]
    options = {"dynamo": False, "opset_version": 17}
    torch.onnx.export(model.model.encoder, (mel,), os.path.join(target, "encoder_model.onnx"),
                      input_names=["input_features"], output_names=["last_hidden_state"], **options)
    model.forward = types.MethodType(decode, model)
    torch.onnx.export(model, (torch.tensor([[50257, 50362]]), states), os.path.join(target, "decoder_model.onnx"),
                      input_names=["input_ids", "encoder_hidden_states"], output_names=["logits"],
                      dynamic_axes={"input_ids": {1: "length"}}, **options)


def write_onnx(source, target, kind):
    import onnx
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.float16 import convert_float_to_float16
    from transformers import WhisperForConditionalGeneration

    os.makedirs(target)
    for name in ("config.json", "generation_config.json", "vocab.json", "merges.txt"):
        shutil.copy(os.path.join(source, name), target)
    model = WhisperForConditionalGeneration.from_pretrained(source, dtype=torch.float32, attn_implementation="eager")
    with torch.no_grad():
        export_onnx(model.eval(), target)
    for name in ("encoder_model", "decoder_model"):
        path = os.path.join(target, name + ".onnx")
        if kind == "fp16":
            onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True), path)
        elif kind == "int8":
            quantize_dynamic(path, os.path.join(target, name + "_quantized.onnx"), weight_type=QuantType.QInt8,
                             per_channel=True, op_types_to_quantize=["MatMul"])
            os.remove(path)


def check_with_whispercpp(path):
    """whisper.cpp takes the file."""
    code = "import sys; from pywhispercpp.model import Model; Model(sys.argv[1], print_progress=False)"
    subprocess.run([sys.executable, "-c", code, path], check=True, capture_output=True)


# name: (writer, its argument, nothing is rounded that the model does not round already)
FORMATS = {
    "hf_f32": (write_hf, "f32", True),
    "hf_shards": (write_hf, "shards", True),
    "hf_bin": (write_hf, "bin", True),
    "hf_bf16": (write_hf, "bf16", False),
    "ct2_float32": (write_ct2, "float32", True),
    "ct2_float16": (write_ct2, "float16", True),
    "ct2_bfloat16": (write_ct2, "bfloat16", False),
    "ct2_int8": (write_ct2, "int8", False),
    "ct2_int8_float16": (write_ct2, "int8_float16", False),
    "onnx_fp32": (write_onnx, "fp32", True),
    "onnx_fp16": (write_onnx, "fp16", True),
    "onnx_int8": (write_onnx, "int8", False),
    "pt": (write_pt, None, True),
    "ggml_f32": (write_ggml, "f32", True),
    "ggml_f16": (write_ggml, "f16", True),
    "ggml_q8_0": (write_ggml, "q8_0", False),
    "ggml_q5_0": (write_ggml, "q5_0", False),
    "ggml_q5_1": (write_ggml, "q5_1", False),
    "ggml_q4_0": (write_ggml, "q4_0", False),
    "ggml_q4_1": (write_ggml, "q4_1", False),
}


def clips_of(directory):
    """[(recording, text)] of a folder with NAME.txt beside each recording."""
    texts = sorted(glob.glob(os.path.join(directory, "*.txt")))
    found = []
    for text in texts:
        for ending in (".wav", ".ogg", ".flac"):
            if os.path.exists(text[:-4] + ending):
                with open(text, encoding="utf-8") as file:
                    found.append((text[:-4] + ending, file.read()))
    return found


def measure(program, model, clips, normalise):
    """(tokens by recording, word error rate in per cent), greedy at temperature 0."""
    greedy = ["--model", model, *FLOAT32, "--beam-size", "None", "--temperature-increment-on-fallback", "None"]
    results = run_skald(program, [path for path, _ in clips], greedy)
    pairs = [word_errors(normalise(text), normalise(results[path]["text"])) for path, text in clips]
    rate = 100 * sum(pair[0] for pair in pairs) / sum(pair[1] for pair in pairs)
    return {path: tokens_of(results[path]) for path, _ in clips}, rate


def main():
    parser = argparse.ArgumentParser(description="Compares a model with itself in every other format.")
    parser.add_argument("--skald", default=os.path.join(ROOT, "build", "skald"), help="the program")
    parser.add_argument("--model", default=os.path.join(ROOT, "models", "mini.en"), help="a Hugging Face directory")
    parser.add_argument("--work", help="where the models are written and kept (default: a temporary folder)")
    parser.add_argument("--formats", nargs="+", default=list(FORMATS), choices=list(FORMATS))
    parser.add_argument("--clips", default=os.path.join(ROOT, "samples"), help="recordings with texts beside them")
    args = parser.parse_args()
    from whisper.normalizers import EnglishTextNormalizer

    normalise, clips = EnglishTextNormalizer(), clips_of(args.clips)
    work = args.work or tempfile.mkdtemp(prefix="skald-formats.")
    os.makedirs(work, exist_ok=True)
    expected, rate = measure(args.skald, args.model, clips, normalise)
    print(f"| format | recordings with equal tokens | WER % |\n|---|---|---|\n| as it is | - | {rate:.2f} |")
    failed = []
    for name in args.formats:
        write, kind, lossless = FORMATS[name]
        target = os.path.join(work, name + {"pt": ".pt", "gg": ".bin"}.get(name[:2], ""))
        if not os.path.exists(target):
            write(args.model, target, kind)
        if name.startswith("ggml"):
            check_with_whispercpp(target)
        tokens, own = measure(args.skald, target, clips, normalise)
        equal = sum(tokens[path] == expected[path] for path in tokens)
        print(f"| {name} | {equal} of {len(clips)} | {own:.2f} |", flush=True)
        if equal < len(clips) if lossless else own > rate + QUANTISED_BUDGET:
            failed.append(name)
    if not args.work:
        shutil.rmtree(work)
    sys.exit(f"not equal, or too many errors: {', '.join(failed)}" if failed else None)


if __name__ == "__main__":
    main()
