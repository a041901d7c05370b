#!/usr/bin/env bash
# What takes longer than ./skald test allows: equality with the reference on real speech, error rates, speed against another
# engine, long fuzzing. Needs the Python packages that the tools name (openai-whisper, pywhispercpp); real speech is read from
# $SKALD_SPEECH or ../shared/speech and left out, with a word, where it is absent.
#   tools/full_check.sh [PYTHON]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=${1:-python3}
cd "$root"

step() { printf '\n== %s\n' "$*"; }

step "build and the whole test suite"
./skald test
step "every file by itself, in a debug build"
cmake --preset dev >/dev/null
cmake --build build-dev
step "every short sample on the simulated NPU"
SKALD_LONG=1 build/src/engine/engine_npu_test --gtest_filter='NpuText*'
step "equality with the reference"
"$python" tools/compare_reference.py
step "models of every published size in every form"
"$python" tools/check_manifests.py
step "word error rates"
"$python" tools/wer.py
step "live transcription"
"$python" tools/live_form.py
step "speed against other engines"
"$python" bench/peers.py
step "the Python package"
bash tools/check_python.sh "${FASTER_WHISPER_PYTHON:-}"
step "fuzzing, five minutes each"
cmake --preset asan >/dev/null
cmake --build build-asan --target fuzzers
bash tests/fuzz/run.sh 300 build-asan
