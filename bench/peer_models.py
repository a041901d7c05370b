"""What bench/peers.py measures with: one random Whisper model in the formats of all engines. Each step writes files
into the job's folder and runs once, in a process that ends with it.
"""

import json
import os
import shutil
import struct
import sys
from dataclasses import dataclass

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from make_random_checkpoint import special_ids, write_checkpoint  # noqa: E402
from reference import random_mel, random_tensor, shape_dims, tensor_shapes, uniform  # noqa: E402

FRAMES, POSITIONS = 3000, 1500
CALIBRATION = 8  # mels that nncf sees
GGML_MAGIC = 0x67676D6C
GGML_TYPES = {"f32": (0, 0), "f16": (1, 1), "q8_0": (8, 2007)}  # tensor type; file type: 7 and 1000 * version 2


def cpu(key):
    """A line of /proc/cpuinfo, of the first processor."""
    with open("/proc/cpuinfo", encoding="utf8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(key)), "unknown")


def one_line(error):
    """What an exception says, without the places in OpenVINO's sources."""
    lines = [line.strip() for line in str(error).splitlines() if not line.startswith("Exception from")]
    return f"{type(error).__name__}: {' '.join(filter(None, lines))}"[:240]


@dataclass(frozen=True)
class Job:
    shape: str
    threads: int
    repeats: int
    folder: str
    skald: str

    @property
    def dims(self):
        return shape_dims(self.shape)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def text(self, *parts):
        with open(self.path(*parts), encoding="utf8") as file:
            return file.read()

    def mel(self):
        return random_mel(self.dims.n_mels, FRAMES)[None]

    def end_of_text(self):
        return special_ids(self.dims.n_vocab)[0]

    def prompt(self):
        """Start of transcript, English, transcribe, no timestamps."""
        _, start, no_timestamps = special_ids(self.dims.n_vocab)
        return [start, start + 1, no_timestamps - 4, no_timestamps]


def vocabulary(dims):
    """Byte strings of the ordinary tokens and names of the special ones, in order of their ids."""
    from whisper.tokenizer import get_tokenizer

    tokenizer = get_tokenizer(True, num_languages=100 if dims.n_vocab == 51866 else 99)
    ordinary = [tokenizer.encoding.decode_single_token_bytes(i) for i in range(special_ids(dims.n_vocab)[0])]
    return ordinary, sorted(tokenizer.special_tokens, key=tokenizer.special_tokens.get)


def write_tokenizer(job):
    """Names of the tokens; without merges, for no text is encoded here."""
    from tokenizers import AddedToken
    from transformers import WhisperFeatureExtractor, WhisperTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    letters, (ordinary, special) = bytes_to_unicode(), vocabulary(job.dims)
    names = ["".join(letters[byte] for byte in token) for token in ordinary] + special[:1]
    tokenizer = WhisperTokenizer(vocab={name: i for i, name in enumerate(names)}, merges=[])
    tokenizer.add_tokens([AddedToken(name, normalized=False, special=True) for name in special[1:]])
    tokenizer.save_pretrained(job.path("hf"))
    WhisperFeatureExtractor(feature_size=job.dims.n_mels).save_pretrained(job.path("hf"))


def write_hf(job):
    """The random checkpoint as a Hugging Face directory that never generates the end, and its encoder's output."""
    write_checkpoint(job.shape, job.path("hf"), "float32")
    config = json.loads(job.text("hf", "generation_config.json"))
    _, english, transcribe, no_timestamps = job.prompt()
    config |= {"suppress_tokens": [job.end_of_text()], "begin_suppress_tokens": [], "lang_to_id": {"<|en|>": english},
               "task_to_id": {"transcribe": transcribe, "translate": transcribe - 1},
               "prev_sot_token_id": no_timestamps - 2}
    with open(job.path("hf", "generation_config.json"), "w", encoding="utf8") as file:
        json.dump(config, file)
    write_tokenizer(job)
    import torch

    with torch.no_grad():
        np.save(job.path("encoded.npy"), torch_encoder(job)(torch.from_numpy(job.mel())).numpy())


def torch_encoder(job):
    """transformers' encoder as a module from mel to a tensor."""
    import torch
    from transformers import WhisperModel

    class Encoder(torch.nn.Module):
        def __init__(self, encoder):
            super().__init__()
            self.encoder = encoder

        def forward(self, input_features):
            return self.encoder(input_features).last_hidden_state

    return Encoder(WhisperModel.from_pretrained(job.path("hf"), dtype=torch.float32).encoder).eval()


def q8_0(values):
    """Blocks of 32: a scale in f16 and the values in int8."""
    blocks = values.reshape(-1, 32)
    scales = np.abs(blocks).max(axis=1, keepdims=True) / 127
    out = np.empty(len(blocks), [("scale", "<f2"), ("values", "i1", 32)])
    out["scale"], out["values"] = scales[:, 0], np.rint(blocks / np.where(scales == 0, 1, scales))
    return out.tobytes()


def write_tensor(file, name, values, precision):
    """Matrices in the precision, convolutions in f16, biases, norms and positions in f32; extents innermost first."""
    kind = precision if values.ndim == 2 else "f16"
    if values.ndim == 1 or not name.endswith(".weight"):
        kind = "f32"
    if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        values = values.reshape(-1, 1)
    file.write(struct.pack("<3i", values.ndim, len(name), GGML_TYPES[kind][0]))
    file.write(struct.pack(f"<{values.ndim}i", *reversed(values.shape)) + name.encode())
    file.write(q8_0(values) if kind == "q8_0" else values.astype("<f2" if kind == "f16" else "<f4").tobytes())


def write_ggml(precision, job):
    """The random checkpoint as whisper.cpp's file: magic, sizes, mel filters, tokens, tensors."""
    import whisper

    dims, tokens = job.dims, vocabulary(job.dims)[0]
    sizes = (dims.n_vocab, dims.n_audio_ctx, dims.n_audio_state, dims.n_audio_head, dims.n_audio_layer, dims.n_text_ctx,
             dims.n_text_state, dims.n_text_head, dims.n_text_layer, dims.n_mels, GGML_TYPES[precision][1])
    assets = os.path.join(os.path.dirname(whisper.__file__), "assets", "mel_filters.npz")
    with np.load(assets, allow_pickle=False) as archive:
        filters = archive[f"mel_{dims.n_mels}"].astype("<f4")
    with open(job.path(f"ggml-{precision}.bin"), "wb") as file:
        file.write(struct.pack("<12i", GGML_MAGIC, *sizes))
        file.write(struct.pack("<2i", *filters.shape) + filters.tobytes())
        file.write(struct.pack("<i", len(tokens)))
        for token in tokens:
            file.write(struct.pack("<i", len(token)) + token)
        for name, extents in tensor_shapes(dims).items():
            write_tensor(file, name, random_tensor(name, extents), precision)


def convert_openvino(job):
    import openvino
    import torch

    mel = torch.from_numpy(job.mel())
    model = openvino.convert_model(torch_encoder(job), example_input=mel, input=list(mel.shape))
    openvino.save_model(model, job.path("encoder-float32.xml"), compress_to_fp16=False)


def quantize_encoder(job, source, target):
    """OpenVINO's file of an encoder in int8; beside it a text that says how."""
    import nncf
    import openvino

    model, shape = openvino.Core().read_model(source + ".xml"), job.mel().shape
    mels = [uniform(f"mel {i}", int(np.prod(shape))).reshape(shape) for i in range(CALIBRATION)]
    how = "int8 by nncf.quantize"
    try:
        model = nncf.quantize(model, nncf.Dataset(mels), model_type=nncf.ModelType.TRANSFORMER, subset_size=CALIBRATION)
    except Exception as error:  # int8 weights are better than nothing
        model, how = nncf.compress_weights(model), f"int8 weights alone, for nncf.quantize failed ({one_line(error)})"
    openvino.save_model(model, target + ".xml")
    with open(target + ".txt", "w", encoding="utf8") as file:
        file.write(how)


def quantize_openvino(job):
    quantize_encoder(job, job.path("encoder-float32"), job.path("encoder-int8"))


def export_genai(job):
    from optimum.exporters.openvino import main_export

    task = "automatic-speech-recognition-with-past"
    main_export(job.path("hf"), job.path("genai-float32"), task=task, convert_tokenizer=True)


def quantize_genai(job):
    """A quantised encoder, and a decoder whose weights are int8."""
    import nncf
    import openvino

    source, target = job.path("genai-float32"), job.path("genai-int8")
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*_encoder_model.*", "*_decoder_model.*"))
    quantize_encoder(job, *(os.path.join(folder, "openvino_encoder_model") for folder in (source, target)))
    decoder = openvino.Core().read_model(os.path.join(source, "openvino_decoder_model.xml"))
    openvino.save_model(nncf.compress_weights(decoder), os.path.join(target, "openvino_decoder_model.xml"))


def export_onnx(job):
    import torch

    torch.onnx.export(torch_encoder(job), (torch.from_numpy(job.mel()),), job.path("encoder-float32.onnx"), dynamo=True,
                      opset_version=23, external_data=False, input_names=["mel"], output_names=["encoded"])


def quantize_onnx(job):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(job.path("encoder-float32.onnx"), job.path("encoder-int8.onnx"), weight_type=QuantType.QInt8,
                     per_channel=True, op_types_to_quantize=["MatMul", "Gemm"])


def convert_ctranslate2(job):
    from ctranslate2.converters import TransformersConverter

    files = ["tokenizer.json", "preprocessor_config.json"]
    TransformersConverter(job.path("hf"), copy_files=files).convert(job.path("ctranslate2"))
