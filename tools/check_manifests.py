"""check_manifests.py [--test PROGRAM] [--skald PROGRAM] [--work DIR] [NAME ...]

Random checkpoints of every published model at its full size, in every form, against the reference: makes the model with
openai-whisper, takes its states, logits and language probabilities, writes it as OpenAI's .pt, lets `skald models convert`
make a Hugging Face directory of that, writes CTranslate2 and ggml forms with their own tools, and lets cpu_golden_test
compare (FormsGolden.FilesOfCheckManifests). One model after the other: large-v3 needs 20 GB of memory and of disk.

Requirements: pip install openai-whisper transformers ctranslate2 gguf; the built program and tests.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

from check_formats import write_ct2, write_ggml
from golden.model import ENGLISH_STEPS, LARGE_V3_STEPS, MULTILINGUAL_STEPS, make_case
from make_manifests import MODELS, sizes_of
from reference import Dims, random_model
from speech import ROOT

FRAMES = 200


def dims_of(name):
    s = sizes_of(name)
    return Dims(s.bands, s.audio_ctx, s.width, s.heads, s.encoder, s.vocab, s.text_ctx, s.width, s.heads, s.decoder)


def write_forms(name, skald, work):
    """{form: path}, float32 in all of them."""
    import torch

    model = random_model(dims_of(name))
    paths = {form: os.path.join(work, form) for form in ("model.pt", "hf", "ct2", "ggml.bin")}
    torch.save({"dims": vars(model.dims), "model_state_dict": model.state_dict()}, paths["model.pt"])
    del model
    subprocess.run([skald, "models", "convert", "--type", "float32", paths["model.pt"], paths["hf"]], check=True)
    write_ct2(paths["hf"], paths["ct2"], "float32")
    write_ggml(paths["hf"], paths["ggml.bin"], "f32")
    return paths


def check(name, args, work):
    steps = {51864: ENGLISH_STEPS, 51865: MULTILINGUAL_STEPS, 51866: LARGE_V3_STEPS}[dims_of(name).n_vocab]
    case = make_case(name, dims_of(name), FRAMES, steps)
    cases = [{**case, "name": f"{name} {form}", "path": path} for form, path in write_forms(name, args.skald, work).items()]
    golden = os.path.join(work, "golden.json")
    with open(golden, "w", encoding="utf-8") as file:
        json.dump({"cases": cases}, file)
    run = [args.test, "--gtest_filter=FormsGolden.FilesOfCheckManifests", "--gtest_brief=1"]
    return subprocess.run(run, env={**os.environ, "SKALD_FORMS_GOLDEN": golden}, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(description="Random checkpoints of the published sizes against the reference.")
    parser.add_argument("names", nargs="*", default=list(MODELS), help="models (default: all)")
    parser.add_argument("--test", default=os.path.join(ROOT, "build", "tests", "golden", "cpu_golden_test"))
    parser.add_argument("--skald", default=os.path.join(ROOT, "build", "skald"))
    parser.add_argument("--work", help="where the files are written (default: a temporary folder)")
    args = parser.parse_args()
    failed = []
    for name in args.names:
        work = tempfile.mkdtemp(prefix="skald-manifest.", dir=args.work)
        try:
            if not check(name, args, work):
                failed.append(name)
        finally:
            shutil.rmtree(work)
    sys.exit(f"not as the reference: {', '.join(failed)}" if failed else None)


if __name__ == "__main__":
    main()
