"""export.py STATE FOLDER: a Hugging Face Whisper folder in fp16 from a state of train.py.

The vocabulary is Whisper's English one whatever was trained, so the tokenizer's files and the front end's are those of
models/mini.en.
"""

import argparse
import json
import os
import shutil
import sys

import torch
from safetensors.torch import save_file
from whisper.tokenizer import get_tokenizer

from common import ROOT
from model import GUIDED, Mini, Shape, openai_state
from pieces import EOT, NO_SPEECH, NO_TIMESTAMPS, SOT, SOT_PREV, VOCABULARY

sys.path.insert(0, os.path.join(ROOT, "tools"))
from reference import hf_name  # noqa: E402

MODEL = os.path.join(ROOT, "models", "mini.en")
FIXED = (
    "vocab.json merges.txt added_tokens.json normalizer.json tokenizer.json tokenizer_config.json special_tokens_map.json "
    "preprocessor_config.json"
).split()
TRANSLATE, TRANSCRIBE, SOT_LM = 50357, 50358, 50359
SPACE_TOKEN = 220  # " "


def load(path):
    """The model of a state."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    model = Mini(Shape(**state["shape"]))
    model.load_state_dict(state["model"])
    return model.eval()


def suppressed():
    """Tokens that are never written: non-speech symbols and the special ones."""
    return sorted(get_tokenizer(False).non_speech_tokens) + [TRANSLATE, TRANSCRIBE, SOT_LM, SOT_PREV, NO_SPEECH]


def common_settings():
    return {
        "bos_token_id": EOT,
        "eos_token_id": EOT,
        "pad_token_id": EOT,
        "decoder_start_token_id": SOT,
        "max_length": 448,
        "begin_suppress_tokens": [SPACE_TOKEN, EOT],
        "suppress_tokens": suppressed(),
        "forced_decoder_ids": [[1, NO_TIMESTAMPS]],
    }


def config(shape):
    return {
        "_name_or_path": "mini.en",
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "activation_function": "gelu",
        "activation_dropout": 0.0,
        "attention_dropout": 0.0,
        "dropout": 0.0,
        "encoder_layerdrop": 0.0,
        "decoder_layerdrop": 0.0,
        "init_std": 0.02,
        "d_model": shape.width,
        "encoder_layers": shape.encoder_layers,
        "encoder_attention_heads": shape.heads,
        "encoder_ffn_dim": 4 * shape.width,
        "decoder_layers": shape.decoder_layers,
        "decoder_attention_heads": shape.heads,
        "decoder_ffn_dim": 4 * shape.width,
        "num_hidden_layers": shape.encoder_layers,
        "num_mel_bins": shape.mels,
        "max_source_positions": shape.positions,
        "max_target_positions": shape.text_positions,
        "vocab_size": VOCABULARY,
        "is_encoder_decoder": True,
        "scale_embedding": False,
        "tie_word_embeddings": True,
        "use_cache": True,
        "torch_dtype": "float16",
        **common_settings(),
    }


def generation_config(shape):
    return {
        "alignment_heads": [[layer, head] for layer in range(1, shape.decoder_layers) for head in GUIDED],
        "is_multilingual": False,
        "max_initial_timestamp_index": 50,
        "no_timestamps_token_id": NO_TIMESTAMPS,
        "prev_sot_token_id": SOT_PREV,
        "return_timestamps": False,
        **common_settings(),
    }


def export(state, folder):
    model = load(state)
    os.makedirs(folder, exist_ok=True)
    tensors = {hf_name(name): value.half().contiguous() for name, value in openai_state(model).items()}
    if not all(torch.isfinite(tensor).all() for tensor in tensors.values()):
        raise SystemExit(f"{state} has weights that fp16 cannot hold.")
    save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    for name, content in (("config", config(model.shape)), ("generation_config", generation_config(model.shape))):
        with open(os.path.join(folder, f"{name}.json"), "w", encoding="utf8") as file:
            json.dump(content, file, indent=1)
    for name in FIXED:
        if not os.path.exists(os.path.join(folder, name)):
            shutil.copy(os.path.join(MODEL, name), folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("state")
    parser.add_argument("folder")
    args = parser.parse_args()
    export(args.state, args.folder)


if __name__ == "__main__":
    main()
