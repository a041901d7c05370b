"""make_manifests.py [NAME ...]

Writes tests/data/manifests/NAME.txt for every published model: its sizes, configuration files, and the name, type and
extents of every tensor in each form that it comes in. The lists are not typed in: they are what the forms' own programs
make of a model of these sizes.

    hf    transformers      state_dict of WhisperForConditionalGeneration, without what save_pretrained leaves out
    pt    openai-whisper    state_dict of whisper.model.Whisper, float16 as OpenAI's files
    ggml  the same tensors with the types and shapes of whisper.cpp's convert-pt-to-ggml.py (tools/check_formats.py)
    ct2   ctranslate2       what its converter writes of a narrow model of the same layers, its extents put back

Where the numbers come from:

* Layers and widths: Radford et al. 2022 (arXiv 2212.04356), table 1; a head is 64 wide, a feed-forward layer four times
  the model's width. transformers' WhisperConfig() has those of tiny as defaults; this is checked.
* 128 mel bands for large-v3 and its descendants: openai-whisper audio.py, mel_filters. 51864, 51865 and 51866 tokens:
  openai-whisper tokenizer.py (gpt2 or multilingual, 99 or 100 languages); checked.
* Decoder layers of large-v3-turbo: 4, by the size of its mask in _ALIGNMENT_HEADS. All of OpenAI's masks are checked.
* Distilled models: the encoder of the teacher, and 2 decoder layers, 4 in distil-small.en (Gandhi et al. 2023, arXiv
  2311.00430, and the projects' model cards). The parameters that the cards name are checked.
* Alignment heads and SHA-256 of OpenAI's files: whisper/__init__.py, _ALIGNMENT_HEADS and _MODELS.
* Suppressed tokens: openai-whisper tokenizer.py, non_speech_tokens.

The type in `hf` is float32 throughout; some are published in float16, and readers take either.

Requirements: pip install openai-whisper transformers ctranslate2.
"""

import base64
import gzip
import json
import os
import re
import sys
from unittest import mock

import numpy as np

from check_formats import ggml_type

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "data", "manifests")

# name: repository, mel bands, width, encoder layers, decoder layers, tokens, parameters in millions as published
MODELS = {
    "tiny.en": ("openai/whisper-tiny.en", 80, 384, 4, 4, 51864, 39),
    "tiny": ("openai/whisper-tiny", 80, 384, 4, 4, 51865, 39),
    "base.en": ("openai/whisper-base.en", 80, 512, 6, 6, 51864, 74),
    "base": ("openai/whisper-base", 80, 512, 6, 6, 51865, 74),
    "small.en": ("openai/whisper-small.en", 80, 768, 12, 12, 51864, 244),
    "small": ("openai/whisper-small", 80, 768, 12, 12, 51865, 244),
    "medium.en": ("openai/whisper-medium.en", 80, 1024, 24, 24, 51864, 769),
    "medium": ("openai/whisper-medium", 80, 1024, 24, 24, 51865, 769),
    "large-v1": ("openai/whisper-large", 80, 1280, 32, 32, 51865, 1550),
    "large-v2": ("openai/whisper-large-v2", 80, 1280, 32, 32, 51865, 1550),
    "large-v3": ("openai/whisper-large-v3", 128, 1280, 32, 32, 51866, 1550),
    "large-v3-turbo": ("openai/whisper-large-v3-turbo", 128, 1280, 32, 4, 51866, 809),
    "distil-small.en": ("distil-whisper/distil-small.en", 80, 768, 12, 4, 51864, 166),
    "distil-medium.en": ("distil-whisper/distil-medium.en", 80, 1024, 24, 2, 51864, 394),
    "distil-large-v2": ("distil-whisper/distil-large-v2", 80, 1280, 32, 2, 51865, 756),
    "distil-large-v3": ("distil-whisper/distil-large-v3", 128, 1280, 32, 2, 51866, 756),
    "distil-large-v3.5": ("distil-whisper/distil-large-v3.5", 128, 1280, 32, 2, 51866, 756),
}
SHORT = {"float32": "F32", "float16": "F16", "int16": "I16", "int8": "I8", "f32": "F32", "f16": "F16"}


class Sizes:
    def __init__(self, bands, width, encoder, decoder, vocab):
        self.bands, self.width, self.encoder, self.decoder, self.vocab = bands, width, encoder, decoder, vocab
        self.heads, self.ffn, self.audio_ctx, self.text_ctx = width // 64, 4 * width, 1500, 448


# CTranslate2's converter runs on a model this narrow; no two extents are equal.
NARROW = {"width": 4, "ffn": 22, "bands": 6, "vocab": 32, "audio_ctx": 10, "text_ctx": 14}


def special(sizes):
    """The tokenizer of openai-whisper, and its suppressed tokens as its DecodingTask has them."""
    from whisper.tokenizer import get_tokenizer

    multilingual = sizes.vocab >= 51865
    tokenizer = get_tokenizer(multilingual, num_languages=100 if sizes.vocab == 51866 else 99)
    assert tokenizer.timestamp_begin + 1501 == sizes.vocab
    never = [tokenizer.transcribe, tokenizer.translate, tokenizer.sot, tokenizer.sot_prev, tokenizer.sot_lm]
    return tokenizer, sorted({*tokenizer.non_speech_tokens, *never, tokenizer.no_speech})


def alignment_heads(name, sizes):
    import whisper

    dump = whisper._ALIGNMENT_HEADS.get(name)
    if dump is None:
        return None
    mask = np.frombuffer(gzip.decompress(base64.b85decode(dump)), dtype=bool)
    assert mask.size == sizes.decoder * sizes.heads, name
    return [[int(i), int(j)] for i, j in zip(*mask.reshape(sizes.decoder, sizes.heads).nonzero())]


def hf_config(sizes, **changes):
    from transformers import WhisperConfig

    values = {"d_model": sizes.width, "encoder_layers": sizes.encoder, "decoder_layers": sizes.decoder,
              "encoder_attention_heads": sizes.heads, "decoder_attention_heads": sizes.heads,
              "encoder_ffn_dim": sizes.ffn, "decoder_ffn_dim": sizes.ffn, "vocab_size": sizes.vocab,
              "num_mel_bins": sizes.bands, "max_source_positions": sizes.audio_ctx,
              "max_target_positions": sizes.text_ctx}
    return WhisperConfig(**{**values, **changes}), values


def hf_tensors(sizes):
    import torch
    from transformers import WhisperForConditionalGeneration

    with torch.device("meta"):
        model = WhisperForConditionalGeneration(hf_config(sizes)[0])
    return [(name, "F32", tuple(tensor.shape)) for name, tensor in model.state_dict().items() if name != "proj_out.weight"]


def pt_tensors(sizes):
    import torch
    from whisper.model import ModelDimensions, Whisper

    dims = ModelDimensions(sizes.bands, sizes.audio_ctx, sizes.width, sizes.heads, sizes.encoder, sizes.vocab,
                           sizes.text_ctx, sizes.width, sizes.heads, sizes.decoder)
    # Without memory for the weights. The mask of alignment heads, which is not saved, cannot be made sparse there.
    with torch.device("meta"), mock.patch.object(torch.Tensor, "to_sparse", lambda tensor: tensor):
        state = Whisper(dims).state_dict()
    return [(name, "F16", tuple(tensor.shape)) for name, tensor in state.items()]


def ggml_tensors(tensors):
    rows = []
    for name, _, shape in tensors:
        stored = ggml_type(name, np.empty([1] * len(shape)), "f16")
        column = name in ("encoder.conv1.bias", "encoder.conv2.bias")
        rows.append((name, SHORT[stored], shape + (1,) if column else shape))
    return rows


def ct2_tensors(sizes):
    """[(name, type, extents)] and the names that stand for another."""
    import torch
    from ctranslate2.converters.transformers import WhisperLoader
    from transformers import WhisperForConditionalGeneration

    narrow = {"d_model": NARROW["width"], "encoder_ffn_dim": NARROW["ffn"], "decoder_ffn_dim": NARROW["ffn"],
              "num_mel_bins": NARROW["bands"], "vocab_size": NARROW["vocab"],
              "max_source_positions": NARROW["audio_ctx"], "max_target_positions": NARROW["text_ctx"],
              "encoder_attention_heads": 2, "decoder_attention_heads": 2, "pad_token_id": 0, "bos_token_id": 0,
              "eos_token_id": 0, "decoder_start_token_id": 0}
    model = WhisperForConditionalGeneration(hf_config(sizes, **narrow)[0]).half()
    for parameter in model.parameters():  # equal tensors would be stored once
        parameter.data = torch.randn_like(parameter)
    spec = WhisperLoader().get_model_spec(model)
    spec.register_vocabulary([f"t{i}" for i in range(NARROW["vocab"])])
    spec.validate()
    spec.optimize(quantization="float16")
    wide = {value: getattr(sizes, key) for key, value in NARROW.items()}
    for times in (2, 3):  # key and value, and query with them, in one
        wide[times * NARROW["width"]] = times * sizes.width
    assert len(wide) == len(NARROW) + 2 and 3 not in wide
    rows, aliases = [], []
    for name, value in sorted(spec.variables(ordered=True)):
        if isinstance(value, str):
            aliases.append((name, value))
            continue
        array = value.numpy()
        dtype = getattr(value, "dtype", array.dtype)
        dtype = str(dtype).replace("torch.", "")
        rows.append((name, SHORT.get(dtype, dtype), tuple(wide.get(extent, extent) for extent in array.shape)))
    return rows, aliases


def folded(rows):
    """Lines 'name type extents'; layers that are alike become one line with {0-N} in the place of the number."""
    pattern = re.compile(r"(?<=[./_])(?:blocks\.|layers\.|layer_)(\d+)")
    groups = {}
    for name, dtype, shape in rows:
        found = pattern.search(name)
        key = (name if found is None else name[: found.start(1)] + "{}" + name[found.end(1):], dtype, shape)
        groups.setdefault(key, []).append(None if found is None else int(found.group(1)))
    lines = []
    for (name, dtype, shape), layers in groups.items():
        if layers != [None]:
            assert sorted(layers) == list(range(len(layers))), name
            name = name.replace("{}", f"{{0-{len(layers) - 1}}}")
        lines.append(f"{name} {dtype} {','.join(map(str, shape)) or '-'}")
    return lines


def sizes_of(name):
    return Sizes(*MODELS[name][1:-1])


def checked_sizes(name):
    from transformers import WhisperConfig

    sizes, millions = sizes_of(name), MODELS[name][-1]
    count = sum(int(np.prod(shape)) for name_, _, shape in pt_tensors(sizes)) / 1e6
    assert abs(count - millions) <= 0.035 * millions, (name, count, millions)  # the cards' "39 M" of tiny is 37.8
    if name == "tiny":
        defaults = WhisperConfig()
        assert all(getattr(defaults, key) == value for key, value in hf_config(sizes)[1].items())
    return sizes


def write_manifest(name):
    import whisper

    sizes = checked_sizes(name)
    tokenizer, suppressed = special(sizes)
    heads = alignment_heads(name, sizes)
    begin = [tokenizer.encode(" ")[0], tokenizer.eot]
    config = {"model_type": "whisper", "activation_function": "gelu", "scale_embedding": False,
              "is_encoder_decoder": True, **hf_config(sizes)[1]}
    generation = {"suppress_tokens": suppressed, "begin_suppress_tokens": begin,
                  "is_multilingual": sizes.vocab >= 51865, **({"alignment_heads": heads} if heads else {})}
    languages = [tokenizer.sot + 1 + i for i in range(tokenizer.num_languages)] if sizes.vocab >= 51865 else []
    ct2_config = {"suppress_ids": suppressed, "suppress_ids_begin": begin, "lang_ids": languages,
                  **({"alignment_heads": heads} if heads else {})}
    pt = pt_tensors(sizes)
    ct2, aliases = ct2_tensors(sizes)
    url = whisper._MODELS.get(name)

    def compact(value):
        return json.dumps(value, separators=(",", ":"))

    lines = ["# Made by tools/make_manifests.py, which says where the numbers come from.", f"name {name}",
             f"repository {MODELS[name][0]}",
             f"sizes bands={sizes.bands} audio_ctx={sizes.audio_ctx} width={sizes.width} heads={sizes.heads} "
             f"encoder={sizes.encoder} decoder={sizes.decoder} ffn={sizes.ffn} text_ctx={sizes.text_ctx} "
             f"vocab={sizes.vocab}",
             *([f"sha256 {url.split('/')[-2]}"] if url else []),
             f"config.json {compact(config)}", f"generation_config.json {compact(generation)}",
             f"ct2/config.json {compact(ct2_config)}"]
    for form, rows in (("hf", hf_tensors(sizes)), ("pt", pt), ("ggml", ggml_tensors(pt)), ("ct2", ct2)):
        lines += [f"[{form}]", *folded(rows)]
    lines += [f"{alias} = {target}" for alias, target in aliases]
    with open(os.path.join(FOLDER, name + ".txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for name in sys.argv[1:] or MODELS:
        write_manifest(name)
        print(name, flush=True)


if __name__ == "__main__":
    main()
