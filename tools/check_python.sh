#!/usr/bin/env bash
# Builds the Python package into a fresh virtual environment, from PyPI what it needs to be built, and runs its tests, the examples
# and, where a Python with faster_whisper is named, one script with both packages.
#   tools/check_python.sh [PYTHON_WITH_FASTER_WHISPER]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Named as for the other builds, whose compiler cache then serves this one.
export CC=cc CXX=c++
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 SKALD_SOURCE=$root

python3 -m venv "$work/venv"
python=$work/venv/bin/python
"$python" -m pip install --quiet --disable-pip-version-check -C build-dir="$root/build-python" "$root/bindings/python[test]"
cd "$work"
"$python" -m pytest -q "$root/bindings/python/tests"
"$python" "$root/examples/transcribe.py" mini.en "$root/samples/hello.wav" | tee "$work/example.txt"
grep -q 'Good morning, how are you today?' "$work/example.txt"
tail -c +45 "$root/samples/hello.wav" | "$python" "$root/examples/live.py" mini.en 2>/dev/null | tee "$work/live.txt"
grep -q 'Good morning, how are you today?' "$work/live.txt"

if [ -n "${1:-}" ]; then
  "$1" -c "import ctranslate2; ctranslate2.converters.TransformersConverter('$root/models/mini.en', copy_files=['tokenizer.json', 'preprocessor_config.json']).convert('$work/ct2')"
  for sample in hello village kitchen; do
    "$1" "$root/tools/same_script.py" faster_whisper "$work/ct2" "$root/samples/$sample.wav" >"$work/theirs.txt"
    "$python" "$root/tools/same_script.py" skald "$work/ct2" "$root/samples/$sample.wav" >"$work/ours.txt"
    diff "$work/theirs.txt" "$work/ours.txt"
    echo "the same output of both packages: $sample"
  done
fi
