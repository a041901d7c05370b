"""The engines of bench/peers.py: once() measures everything that an engine has once, in milliseconds by the names of
the tables there.
"""

import functools
import json
import os
import statistics
import subprocess
import time

import numpy as np

from peer_models import (
    POSITIONS,
    convert_ctranslate2,
    convert_openvino,
    cpu,
    export_genai,
    export_onnx,
    quantize_genai,
    quantize_onnx,
    quantize_openvino,
    write_ggml,
    write_hf,
)
from reference import uniform

TOKENS, WINDOWS, BEAMS = 70, 8, 5  # as skald bench
SAMPLES = 480000  # of a window
DIFFERENCE = 0.2  # of an encoder's output at most: int8 is at 0.01 to 0.05, another network at 1 or more


class Engine:
    def __init__(self, job, precision):
        self.job, self.precision, self.setting = job, precision, precision
        self.load()

    def load(self):
        raise NotImplementedError

    def encoded(self):
        """The encoder's output for the mel, where the engine shows it."""
        return None

    def about(self):
        """Setting, and the distance from PyTorch's output."""
        values, difference = self.encoded(), None
        if values is not None:
            expected = np.load(self.job.path("encoded.npy"))
            difference = float(np.linalg.norm(np.asarray(values) - expected) / np.linalg.norm(expected))
            if not difference < DIFFERENCE:
                raise ValueError(f"its encoder's output differs from PyTorch's by {difference:.2f} of its length")
        return {"setting": f"{self.setting}, {self.job.threads} threads", "difference": difference}

    def turn(self):
        runs = [self.once() for _ in range(1 + self.job.repeats)][1:]
        return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def timed(function, *arguments, **named):
    """(result, milliseconds)."""
    start = time.perf_counter()
    result = function(*arguments, **named)
    return result, 1e3 * (time.perf_counter() - start)


class Skald(Engine):
    """The program's own measurement; it warms up and repeats by itself."""

    def load(self):
        if not os.path.exists(self.job.skald):
            raise FileNotFoundError(f"{self.job.skald} is absent: build the program, or name it with --skald")
        precision = "int8, decoder's weights int4" if self.precision == "int4" else self.precision
        self.setting = f"{precision}, {self.report('tiny', 1)['isa']}"

    def report(self, shape, repeats):
        command = [self.job.skald, "bench", "--shape", shape, "--compute-type", self.precision, "--json"]
        command += ["--threads", str(self.job.threads), "--repeats", str(repeats)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"the program failed ({done.returncode}): {done.stderr.strip()[-200:]}")
        return json.loads(done.stdout)

    def turn(self):
        results = self.report(self.job.shape, self.job.repeats)["results"]

        def ms(what, **sizes):
            """Sizes that a result does not have are those of one window."""
            ones = {"positions": sizes.get("positions"), "batch": 1, "beam": 1}
            fits = [result["median_ms"] for result in results if result["what"] == what
                    and all(result.get(name, one) == sizes.get(name, one) for name, one in ones.items())]
            if len(fits) != 1:
                raise ValueError(f"the program reports {len(fits)} times: {what} {sizes}")
            return fits[0]

        encoder, keys = ms("encoder", positions=POSITIONS), ms("decoder window")
        step, share = ms("decoder step"), keys / TOKENS
        return {"encoder": encoder, "encoder+keys": encoder + keys, "step": step, "step+keys": step + share,
                "batch": ms("decoder step", batch=WINDOWS) / WINDOWS + share,
                "beam": ms("decoder step", beam=BEAMS) + share, "window": ms("whole window"),
                "many": (ms("encoder", positions=POSITIONS, batch=WINDOWS) + TOKENS * ms("decoder step", batch=WINDOWS))
                / WINDOWS + keys + ms("mel"),
                "beam window": ms("mel") + encoder + keys + TOKENS * ms("decoder step", beam=BEAMS)}


def openvino_options(threads, precision):
    """The plug-in's options. For int8 the type of the rest is the plug-in's own choice."""
    options = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
    hints = {"float32": "f32", "bfloat16": "bf16"}
    return options | ({"INFERENCE_PRECISION_HINT": hints[precision]} if precision in hints else {})


def instructions(model):
    """What the products of a compiled model were made for: brgemm_avx512_amx and the like."""
    kinds = {op.get_rt_info()["primitiveType"].astype(str) for op in model.get_runtime_model().get_ordered_ops()
             if op.get_rt_info()["layerType"].astype(str) in ("FullyConnected", "MatMul", "Convolution")}
    return " ".join(sorted(kind for kind in kinds if kind.startswith(("brgemm", "jit", "gemm"))))


class OpenVino(Engine):
    def load(self):
        import openvino

        if self.precision == "bfloat16" and not {"avx512_bf16", "amx_bf16"} & set(cpu("flags").split()):
            raise RuntimeError("this CPU has neither avx512_bf16 nor amx_bf16")
        file = "int8" if self.precision == "int8" else "float32"
        options = openvino_options(self.job.threads, self.precision)
        model = openvino.Core().compile_model(self.job.path(f"encoder-{file}.xml"), "CPU", options)
        self.request, self.mel = model.create_infer_request(), openvino.Tensor(self.job.mel())
        if self.precision == "int8":
            self.setting = self.job.text("encoder-int8.txt")
        self.setting += f", latency hint, {instructions(model)}"

    def encoded(self):
        self.once()
        return self.request.get_output_tensor(0).data

    def once(self):
        return {"encoder": timed(self.request.infer, [self.mel])[1]}


class GenAi(Engine):
    def load(self):
        import openvino_genai

        options = openvino_options(self.job.threads, self.precision)
        self.pipeline = openvino_genai.WhisperPipeline(self.job.path(f"genai-{self.precision}"), "CPU", **options)
        self.samples = 0.1 * uniform("noise", SAMPLES)
        self.config = self.pipeline.get_generation_config()
        self.config.language, self.config.task, self.config.return_timestamps = "<|en|>", "transcribe", False
        self.config.max_new_tokens = TOKENS
        if self.precision == "int8":
            self.setting = self.job.text("genai-int8", "openvino_encoder_model.txt") + ", decoder's weights int8"
        self.setting += ", latency hint"

    def generate(self, beams):
        """(encoder, decoder) in milliseconds, by its own clock; the rest of the time is the mel's."""
        self.config.num_beams = beams
        metrics = self.pipeline.generate(self.samples, self.config).perf_metrics
        steps, windows = (len(values) for values in (metrics.whisper_raw_metrics.decode_inference_durations,
                                                     metrics.whisper_raw_metrics.encode_inference_durations))
        if (steps, windows) != (TOKENS, 1):
            raise ValueError(f"{steps} steps and {windows} windows instead of {TOKENS} and 1")
        encoder = metrics.get_encode_inference_duration().mean
        whole = metrics.get_generate_duration().mean - metrics.get_features_extraction_duration().mean
        return encoder, whole - encoder

    def once(self):
        (encoder, greedy), (_, beam) = self.generate(1), self.generate(BEAMS)
        return {"step+keys": greedy / TOKENS, "beam": beam / TOKENS, "window": encoder + greedy,
                "many": encoder + greedy, "beam window": encoder + beam}


class OnnxRuntime(Engine):
    def load(self):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.job.threads, 1
        path = self.job.path(f"encoder-{self.precision}.onnx")
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.mel = self.job.mel()
        self.setting += ", dynamic, by channel" if self.precision == "int8" else ""

    def encoded(self):
        return self.session.run(None, {"mel": self.mel})[0]

    def once(self):
        return {"encoder": timed(self.encoded)[1]}


class CTranslate2(Engine):
    def load(self):
        from ctranslate2 import StorageView
        from ctranslate2.models import Whisper

        self.model = Whisper(self.job.path("ctranslate2"), device="cpu", compute_type=self.precision, inter_threads=1,
                             intra_threads=self.job.threads)
        self.mel = StorageView.from_array(self.job.mel())
        self.mels = StorageView.from_array(np.repeat(self.job.mel(), WINDOWS, axis=0))
        self.setting = f"{self.model.compute_type}, 1 worker"

    def encoded(self):
        return self.model.encode(self.mel)

    def decode(self, features, windows, beams):
        """Milliseconds of TOKENS tokens. The engine generates at most half of max_length."""
        results, ms = timed(self.model.generate, features, [self.job.prompt()] * windows, beam_size=beams,
                            max_length=2 * TOKENS, suppress_tokens=[self.job.end_of_text()])
        lengths = {len(result.sequences_ids[0]) for result in results}
        if lengths != {TOKENS}:
            raise ValueError(f"it generates {sorted(lengths)} tokens instead of {TOKENS}")
        return ms

    def once(self):
        features, encoder = timed(self.encoded)
        greedy, beam = self.decode(features, 1, 1), self.decode(features, 1, BEAMS)
        many_features, many_encoder = timed(self.model.encode, self.mels)
        many = self.decode(many_features, WINDOWS, 1)
        return {"encoder": encoder, "step+keys": greedy / TOKENS, "window": encoder + greedy,
                "batch": many / (WINDOWS * TOKENS), "beam": beam / TOKENS, "many": (many_encoder + many) / WINDOWS,
                "beam window": encoder + beam}


class WhisperCpp(Engine):
    def load(self):
        import _pywhispercpp as binding

        self.binding, parameters = binding, binding.whisper_context_default_params()
        parameters.use_gpu = False
        path, mel = self.job.path(f"ggml-{self.precision}.bin"), self.job.mel()[0]
        self.context = binding.whisper_init_from_file_with_params(path, parameters)
        if not self.context or binding.whisper_set_mel(self.context, mel, mel.shape[1], mel.shape[0]) != 0:
            raise RuntimeError("it does not open the file or the mel")
        features = binding.whisper_print_system_info()
        wide = [name for name in ("AVX2", "AVX512", "AVX512_VNNI", "AMX_INT8", "NEON") if f" {name} = 1" in features]
        self.setting += f", {'' if parameters.flash_attn else 'no '}flash attention, built for {' '.join(wide)}"

    def encode(self):
        if self.binding.whisper_encode(self.context, 0, self.job.threads) != 0:
            raise RuntimeError("whisper_encode fails")

    def decode(self, tokens, past):
        """One by one: the binding passes one token a call."""
        for i, token in enumerate(tokens):
            if self.binding.whisper_decode(self.context, token, 1, past + i, self.job.threads) != 0:
                raise RuntimeError("whisper_decode fails")

    def once(self):
        encoder = timed(self.encode)[1]
        prompt = self.job.prompt()
        self.decode(prompt, 0)
        steps = timed(self.decode, range(TOKENS), len(prompt))[1]
        return {"encoder+keys": encoder, "step": steps / TOKENS, "window": encoder + steps, "many": encoder + steps}


# Name -> class, precision, and the steps before it.
ENGINES = {
    "skald-int8": (Skald, "int8", ()),
    "skald-int4": (Skald, "int4", ()),
    "skald-bfloat16": (Skald, "bfloat16", ()),
    "skald-float32": (Skald, "float32", ()),
    "openvino-int8": (OpenVino, "int8", (write_hf, convert_openvino, quantize_openvino)),
    "openvino-bfloat16": (OpenVino, "bfloat16", (write_hf, convert_openvino)),
    "openvino-float32": (OpenVino, "float32", (write_hf, convert_openvino)),
    "genai-int8": (GenAi, "int8", (write_hf, export_genai, quantize_genai)),
    "genai-float32": (GenAi, "float32", (write_hf, export_genai)),
    "onnxruntime-int8": (OnnxRuntime, "int8", (write_hf, export_onnx, quantize_onnx)),
    "onnxruntime-float32": (OnnxRuntime, "float32", (write_hf, export_onnx)),
    "ctranslate2-int8": (CTranslate2, "int8", (write_hf, convert_ctranslate2)),
    "ctranslate2-float32": (CTranslate2, "float32", (write_hf, convert_ctranslate2)),
    "whispercpp-q8_0": (WhisperCpp, "q8_0", (functools.partial(write_ggml, "q8_0"),)),
    "whispercpp-f16": (WhisperCpp, "f16", (functools.partial(write_ggml, "f16"),)),
}
