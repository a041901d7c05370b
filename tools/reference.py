"""The reference implementation, openai/whisper, over checkpoints of this project.

    from reference import load_model, random_model, random_tensor, SHAPES

* load_model(directory)  a Hugging Face directory (config.json, model.safetensors) as whisper.model.Whisper in float32
* random_model(shape)    random weights by a formula, the same as skald::model::RandomCheckpoint to the bit
* random_tensor(name, shape)  one tensor of it

Requirements: pip install openai-whisper safetensors (torch and numpy come with it). Nothing is downloaded.
"""

import json
import os
from dataclasses import dataclass

import numpy as np

# Official shapes: (mel bands, width, heads, encoder layers, decoder layers, vocabulary). openai/whisper model card;
# distil-whisper's config.json for the distil rows.
SHAPES = {
    "tiny.en": (80, 384, 6, 4, 4, 51864),
    "tiny": (80, 384, 6, 4, 4, 51865),
    "base.en": (80, 512, 8, 6, 6, 51864),
    "base": (80, 512, 8, 6, 6, 51865),
    "small.en": (80, 768, 12, 12, 12, 51864),
    "small": (80, 768, 12, 12, 12, 51865),
    "medium.en": (80, 1024, 16, 24, 24, 51864),
    "medium": (80, 1024, 16, 24, 24, 51865),
    "large-v2": (80, 1280, 20, 32, 32, 51865),
    "large-v3": (128, 1280, 20, 32, 32, 51866),
    "turbo": (128, 1280, 20, 32, 4, 51866),
    "distil-small.en": (80, 768, 12, 12, 4, 51864),
    "distil-medium.en": (80, 1024, 16, 24, 2, 51864),
    "distil-large-v2": (80, 1280, 20, 32, 2, 51865),
    "distil-large-v3": (128, 1280, 20, 32, 2, 51866),
}

# Hugging Face's names, part by part (transformers modeling_whisper.py), and those of openai/whisper model.py.
HF_TO_CANONICAL = [
    ("model.", ""),
    ("layers.", "blocks."),
    ("encoder_attn_layer_norm", "cross_attn_ln"),
    ("self_attn_layer_norm", "attn_ln"),
    ("final_layer_norm", "mlp_ln"),
    ("encoder_attn.", "cross_attn."),
    ("self_attn.", "attn."),
    ("q_proj", "query"),
    ("k_proj", "key"),
    ("v_proj", "value"),
    ("out_proj", "out"),
    ("fc1", "mlp.0"),
    ("fc2", "mlp.2"),
    ("encoder.layer_norm", "encoder.ln_post"),
    ("decoder.layer_norm", "decoder.ln"),
    ("embed_tokens", "token_embedding"),
    ("embed_positions.weight", "positional_embedding"),
]


def canonical_name(hf_name):
    """openai/whisper's name of a Hugging Face tensor."""
    name = hf_name
    for theirs, ours in HF_TO_CANONICAL:
        name = name.replace(theirs, ours)
    return name


def hf_name(canonical):
    """Hugging Face's name of an openai/whisper tensor."""
    name = canonical
    for theirs, ours in (
        ("layers.", "blocks."),
        ("encoder_attn_layer_norm", "cross_attn_ln"),
        ("self_attn_layer_norm", "attn_ln"),
        ("final_layer_norm", "mlp_ln"),
        (".encoder_attn.", ".cross_attn."),
        (".self_attn.", ".attn."),
        (".q_proj", ".query"),
        (".k_proj", ".key"),
        (".v_proj", ".value"),
        ("_attn.out_proj", "_attn.out"),
        ("fc1", "mlp.0"),
        ("fc2", "mlp.2"),
        ("encoder.layer_norm", "encoder.ln_post"),
        ("decoder.layer_norm.", "decoder.ln."),
        ("embed_tokens", "token_embedding"),
        ("embed_positions.weight", "positional_embedding"),
    ):
        name = name.replace(ours, theirs)
    return "model." + name


@dataclass(frozen=True)
class Dims:
    """Field for field whisper.model.ModelDimensions."""

    n_mels: int
    n_audio_ctx: int
    n_audio_state: int
    n_audio_head: int
    n_audio_layer: int
    n_vocab: int
    n_text_ctx: int
    n_text_state: int
    n_text_head: int
    n_text_layer: int


def shape_dims(shape):
    """Dims of an official shape's name."""
    mels, width, heads, encoder_layers, decoder_layers, vocab = SHAPES[shape]
    return Dims(mels, 1500, width, heads, encoder_layers, vocab, 448, width, heads, decoder_layers)


def tensor_shapes(dims):
    """Canonical name -> shape, in the order of whisper's state dict."""
    width, ffn = dims.n_audio_state, 4 * dims.n_audio_state
    shapes = {
        "encoder.positional_embedding": (dims.n_audio_ctx, width),
        "encoder.conv1.weight": (width, dims.n_mels, 3),
        "encoder.conv1.bias": (width,),
        "encoder.conv2.weight": (width, width, 3),
        "encoder.conv2.bias": (width,),
    }

    def attention(prefix):
        for part in ("query", "key", "value", "out"):
            shapes[f"{prefix}.{part}.weight"] = (width, width)
            if part != "key":  # the key projection has no bias
                shapes[f"{prefix}.{part}.bias"] = (width,)
        norm(f"{prefix}_ln")

    def norm(prefix):
        shapes[f"{prefix}.weight"] = (width,)
        shapes[f"{prefix}.bias"] = (width,)

    def block(prefix, cross):
        attention(f"{prefix}.attn")
        if cross:
            attention(f"{prefix}.cross_attn")
        shapes[f"{prefix}.mlp.0.weight"] = (ffn, width)
        shapes[f"{prefix}.mlp.0.bias"] = (ffn,)
        shapes[f"{prefix}.mlp.2.weight"] = (width, ffn)
        shapes[f"{prefix}.mlp.2.bias"] = (width,)
        norm(f"{prefix}.mlp_ln")

    for i in range(dims.n_audio_layer):
        block(f"encoder.blocks.{i}", cross=False)
    norm("encoder.ln_post")
    shapes["decoder.positional_embedding"] = (dims.n_text_ctx, width)
    shapes["decoder.token_embedding.weight"] = (dims.n_vocab, width)
    for i in range(dims.n_text_layer):
        block(f"decoder.blocks.{i}", cross=True)
    norm("decoder.ln")
    return shapes


def fnv1a64(text):
    """FNV-1a, 64 bits, of the UTF-8 bytes."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def uniform(name, count):
    """`count` float32 values r = 2 u - 1 in [-1, 1), u a multiple of 2^-24 from SplitMix64 seeded by the name."""
    with np.errstate(over="ignore"):
        x = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(fnv1a64(name))
        x ^= x >> np.uint64(30)
        x *= np.uint64(0xBF58476D1CE4E5B9)
        x ^= x >> np.uint64(27)
        x *= np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    u = (x >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
    return np.float32(2) * u - np.float32(1)


def random_tensor(name, shape):
    """The random checkpoint's tensor of a canonical name, float32."""
    if name == "encoder.positional_embedding":
        from whisper.model import sinusoids

        return sinusoids(*shape).numpy()
    r = uniform(name, int(np.prod(shape)))
    if name.endswith(("_ln.weight", "ln_post.weight", ".ln.weight")):
        values = np.float32(1) + np.float32(0.1) * r
    elif name.endswith(".bias"):
        values = np.float32(0.1) * r
    elif name in ("decoder.token_embedding.weight", "decoder.positional_embedding"):
        values = np.float32(0.05) * r
    else:  # variance 1 / fan-in
        fan_in = int(np.prod(shape[1:]))
        values = np.float32(np.sqrt(3.0 / fan_in)) * r
    return values.reshape(shape)


def random_mel(bands, frames):
    """The golden tests' input, (bands, frames): uniform in [-1, 1) by the same formula, drawn time-major."""
    return np.ascontiguousarray(uniform("mel", bands * frames).reshape(frames, bands).T)


def dims_from_config(config):
    """Dims of a Hugging Face config.json."""
    return Dims(
        config["num_mel_bins"],
        config["max_source_positions"],
        config["d_model"],
        config["encoder_attention_heads"],
        config["encoder_layers"],
        config["vocab_size"],
        config["max_target_positions"],
        config["d_model"],
        config["decoder_attention_heads"],
        config["decoder_layers"],
    )


def _build(dims, tensors):
    import torch
    from whisper.model import ModelDimensions, Whisper

    model = Whisper(ModelDimensions(**dims.__dict__))
    state = {name: torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32)) for name, value in tensors.items()}
    model.load_state_dict(state)
    return model.float().eval()


def read_directory(directory):
    """(Dims, canonical name -> float32 array) of a Hugging Face directory."""
    from safetensors.numpy import load_file

    with open(os.path.join(directory, "config.json"), encoding="utf8") as file:
        dims = dims_from_config(json.load(file))
    tensors = load_file(os.path.join(directory, "model.safetensors"))
    return dims, {canonical_name(name): value.astype(np.float32) for name, value in tensors.items()}


def load_model(directory):
    """A Hugging Face directory as whisper.model.Whisper, float32, with its alignment heads."""
    dims, tensors = read_directory(directory)
    tensors.pop("proj_out.weight", None)  # tied to the token embedding
    model = _build(dims, tensors)
    generation = os.path.join(directory, "generation_config.json")
    if os.path.exists(generation):
        import torch

        with open(generation, encoding="utf8") as file:
            heads = json.load(file).get("alignment_heads")
        if heads:
            mask = torch.zeros(dims.n_text_layer, dims.n_text_head, dtype=torch.bool)
            for layer, head in heads:
                mask[layer, head] = True
            model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
    return model


def random_model(shape):
    """A random checkpoint of an official shape (a name or Dims) as whisper.model.Whisper, float32."""
    dims = shape_dims(shape) if isinstance(shape, str) else shape
    return _build(dims, {name: random_tensor(name, extents) for name, extents in tensor_shapes(dims).items()})


def versions():
    """What the goldens were made with."""
    import platform
    from importlib.metadata import version

    packages = ("openai-whisper", "torch", "numpy", "safetensors", "tiktoken")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}
