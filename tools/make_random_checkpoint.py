"""make_random_checkpoint.py SHAPE DIRECTORY [--dtype float32|float16|bfloat16]

Writes a checkpoint of an official shape with random weights (formula: reference.py) as a Hugging Face directory:
config.json, generation_config.json, model.safetensors. Tensors are written one by one, so that large shapes need little
memory. Requirements: pip install openai-whisper.
"""

import argparse
import json
import os
import struct

import numpy as np

from reference import SHAPES, hf_name, random_tensor, shape_dims, tensor_shapes

TYPES = {"float32": ("F32", 4), "float16": ("F16", 2), "bfloat16": ("BF16", 2)}


def encode(values, dtype):
    """Bytes of float32 values in `dtype`, rounded to nearest even."""
    if dtype == "float32":
        return values.astype("<f4").tobytes()
    if dtype == "float16":
        return values.astype("<f2").tobytes()
    bits = values.astype("<f4").view(np.uint32).astype(np.uint64)  # no infinities or NaN in a random checkpoint
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()


def write_safetensors(path, dims, dtype):
    name_in_file, size = TYPES[dtype]
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    shapes = tensor_shapes(dims)
    for name, shape in shapes.items():
        length = int(np.prod(shape)) * size
        header[hf_name(name)] = {"dtype": name_in_file, "shape": shape, "data_offsets": [offset, offset + length]}
        offset += length
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensor data starts at a multiple of 8
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes.items():
            file.write(encode(random_tensor(name, shape), dtype))


def special_ids(vocab):
    """End of text, start of transcript and no-timestamps of a vocabulary (openai/whisper tokenizer.py)."""
    languages = 100 if vocab == 51866 else 99
    end = 50256 if vocab == 51864 else 50257
    return end, end + 1, end + 1 + languages + 6


def write_config(directory, dims, dtype):
    end, start, no_timestamps = special_ids(dims.n_vocab)
    ids = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end, "decoder_start_token_id": start}
    config = {
        "model_type": "whisper",
        "architectures": ["WhisperForConditionalGeneration"],
        "activation_function": "gelu",
        "d_model": dims.n_audio_state,
        "encoder_layers": dims.n_audio_layer,
        "encoder_attention_heads": dims.n_audio_head,
        "encoder_ffn_dim": 4 * dims.n_audio_state,
        "decoder_layers": dims.n_text_layer,
        "decoder_attention_heads": dims.n_text_head,
        "decoder_ffn_dim": 4 * dims.n_text_state,
        "num_hidden_layers": dims.n_audio_layer,
        "num_mel_bins": dims.n_mels,
        "max_source_positions": dims.n_audio_ctx,
        "max_target_positions": dims.n_text_ctx,
        "vocab_size": dims.n_vocab,
        "is_encoder_decoder": True,
        "scale_embedding": False,
        "tie_word_embeddings": True,
        "torch_dtype": dtype,
        **ids,
    }
    heads = [[layer, head] for layer in range(dims.n_text_layer // 2, dims.n_text_layer) for head in range(dims.n_text_head)]
    generation = {
        "alignment_heads": heads,
        "is_multilingual": dims.n_vocab != 51864,
        "max_initial_timestamp_index": 50,
        "max_length": dims.n_text_ctx,
        "no_timestamps_token_id": no_timestamps,
        **ids,
    }
    for name, value in (("config.json", config), ("generation_config.json", generation)):
        with open(os.path.join(directory, name), "w", encoding="utf8") as file:
            json.dump(value, file, indent=1)
            file.write("\n")


def write_checkpoint(shape, directory, dtype="float32"):
    dims = shape_dims(shape)
    os.makedirs(directory, exist_ok=True)
    write_config(directory, dims, dtype)
    write_safetensors(os.path.join(directory, "model.safetensors"), dims, dtype)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("shape", choices=SHAPES, metavar="SHAPE", help=", ".join(SHAPES))
    parser.add_argument("directory", metavar="DIRECTORY")
    parser.add_argument("--dtype", choices=TYPES, default="float32")
    args = parser.parse_args()
    write_checkpoint(args.shape, args.directory, args.dtype)


if __name__ == "__main__":
    main()
