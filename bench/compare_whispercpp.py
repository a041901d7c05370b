"""compare_whispercpp.py [--skald PROGRAM] [--shape base] [--threads 2] [--rounds 5] [--windows 4]

Seconds that the encoder takes for a window of 30 s: Skald in float32 against whisper.cpp in f16 (PyPI: pywhispercpp), with
the same random weights (tools/reference.py), on as many threads, taking turns in one run. Prints the medians and their
ratio. whisper.cpp's whisper_encode() also computes the decoder's cross-attention keys and values; Skald's second figure
adds its decoder's whole time for them and for one step, so that it is an upper bound of the same work.

Requirements: pip install pywhispercpp openai-whisper safetensors; the built program.
"""

import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import wave

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from make_random_checkpoint import write_checkpoint  # noqa: E402
from reference import random_mel, random_tensor, shape_dims, tensor_shapes, uniform  # noqa: E402

GGML_MAGIC = 0x67676D6C
FRAMES = 3000


def vocabulary(multilingual):
    """Byte strings of the ordinary tokens in order of their ids."""
    from whisper.tokenizer import get_tokenizer

    encoding = get_tokenizer(multilingual).encoding
    count = 50257 if multilingual else 50256
    return [encoding.decode_single_token_bytes(i) for i in range(count)]


def mel_filters(bands):
    import whisper

    path = os.path.join(os.path.dirname(whisper.__file__), "assets", "mel_filters.npz")
    with np.load(path, allow_pickle=False) as file:
        return file[f"mel_{bands}"].astype("<f4")


def write_ggml(path, shape):
    """The random checkpoint as whisper.cpp's f16 file: magic, sizes, mel filters, tokens, tensors with reversed dims.
    Matrices and convolutions are f16, biases, norms and positions f32."""
    dims = shape_dims(shape)
    sizes = (dims.n_vocab, dims.n_audio_ctx, dims.n_audio_state, dims.n_audio_head, dims.n_audio_layer, dims.n_text_ctx,
             dims.n_text_state, dims.n_text_head, dims.n_text_layer, dims.n_mels, 1)
    filters, tokens = mel_filters(dims.n_mels), vocabulary(dims.n_vocab != 51864)
    with open(path, "wb") as file:
        file.write(struct.pack("<12i", GGML_MAGIC, *sizes))
        file.write(struct.pack("<2i", *filters.shape) + filters.tobytes())
        file.write(struct.pack("<i", len(tokens)))
        for token in tokens:
            file.write(struct.pack("<i", len(token)) + token)
        for name, extents in tensor_shapes(dims).items():
            values = random_tensor(name, extents)
            if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
                values = values.reshape(-1, 1)
            half = name.endswith(".weight") and values.ndim > 1
            file.write(struct.pack("<3i", values.ndim, len(name), int(half)))
            file.write(struct.pack(f"<{values.ndim}i", *reversed(values.shape)) + name.encode())
            file.write(values.astype("<f2" if half else "<f4").tobytes())


class WhisperCpp:
    def __init__(self, path, mel, threads):
        import _pywhispercpp as binding

        self.binding, self.threads = binding, threads
        parameters = binding.whisper_context_default_params()
        self.context = binding.whisper_init_from_file_with_params(path, parameters)
        if not self.context:
            sys.exit("whisper.cpp does not open the file written for it")
        if binding.whisper_set_mel(self.context, np.ascontiguousarray(mel), mel.shape[1], mel.shape[0]) != 0:
            sys.exit("whisper.cpp refuses the mel")
        print(binding.whisper_print_system_info())

    def seconds(self):
        start = time.perf_counter()
        if self.binding.whisper_encode(self.context, 0, self.threads) != 0:
            sys.exit("whisper_encode failed")
        return time.perf_counter() - start


class Skald:
    """Runs the program on noise of `windows` windows; one sampled token a window, no fallback."""

    def __init__(self, program, model, folder, windows, threads):
        self.windows = windows
        audio = os.path.join(folder, "noise.wav")
        with wave.open(audio, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes((uniform("noise", 480000 * windows) * 3000).astype("<i2").tobytes())
        self.command = [program, "transcribe", "--model", model, "--language", "en", "--threads", str(threads)]
        self.command += ["--temperature-increment-on-fallback", "None", "--beam-size", "None", "--sample-len", "1"]
        self.command += ["--no-speech-threshold", "None", "--verbose", "False", "--quiet", "--output-format", "json", audio]

    def seconds(self):
        """(encoder, encoder and decoder) per window."""
        done = subprocess.run(self.command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"the program failed ({done.returncode}): {done.stderr.strip()[-2000:]}")
        result = json.loads(done.stdout)
        stages = {report["stage"]: report for report in result["devices"]}
        self.device = stages["encoder"]
        encoder, decoder = stages["encoder"]["seconds"], stages["decoder"]["seconds"]
        if stages["encoder"]["calls"] != self.windows:
            sys.exit(f"expected {self.windows} windows, the encoder was called {stages['encoder']['calls']} times")
        return encoder / self.windows, (encoder + decoder) / self.windows


def line(name, values):
    print(f"{name:42} median {1e3 * statistics.median(values):7.1f} ms   ({1e3 * min(values):.1f} to {1e3 * max(values):.1f})")


def main():
    parser = argparse.ArgumentParser(description="Encoder seconds a window: Skald against whisper.cpp, same weights.")
    parser.add_argument("--skald", default=os.path.join(ROOT, "build", "skald"), help="the program")
    parser.add_argument("--shape", default="base")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--windows", type=int, default=4, help="windows a round")
    args = parser.parse_args()
    if not os.path.exists(args.skald):
        sys.exit(f"{args.skald} is absent: build the program, or name it with --skald.")
    with tempfile.TemporaryDirectory() as folder:
        ggml, directory = os.path.join(folder, "ggml.bin"), os.path.join(folder, "hf")
        write_ggml(ggml, args.shape)
        write_checkpoint(args.shape, directory, "float16")
        theirs = WhisperCpp(ggml, random_mel(shape_dims(args.shape).n_mels, FRAMES), args.threads)
        ours = Skald(os.path.abspath(args.skald), directory, folder, args.windows, args.threads)
        theirs.seconds(), ours.seconds()  # warm up
        cpp, encoder, both = [], [], []
        for _ in range(args.rounds):
            cpp += [theirs.seconds() for _ in range(args.windows)]
            first, second = ours.seconds()
            encoder.append(first)
            both.append(second)
    print(f"{args.shape}, {args.threads} threads, {args.rounds} rounds of {args.windows} windows; "
          f"Skald on {ours.device['isa']}, {ours.device['compute_type']}")
    line("whisper.cpp f16, whisper_encode", cpp)
    line("Skald, encoder", encoder)
    line("Skald, encoder and decoder's share", both)
    print(f"whisper.cpp / Skald: {statistics.median(cpp) / statistics.median(encoder):.2f} (encoder), "
          f"{statistics.median(cpp) / statistics.median(both):.2f} (with the decoder's share)")


if __name__ == "__main__":
    main()
