#!/usr/bin/env bash
# Runs every fuzzer, two at once, and then shows how much of each parser's source they have covered.
#   run.sh SECONDS BUILD_DIR        (the target fuzzers of the preset "asan")
# Fails on a finding, and when a parser's line coverage is below 80 %. New inputs are kept in BUILD_DIR/fuzz-corpus,
# findings in BUILD_DIR/fuzz-findings.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: run.sh SECONDS BUILD_DIR" >&2; exit 2; }
seconds=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$2" && pwd)
list=$build/tests/fuzz/fuzzers.txt
[ -s "$list" ] || { echo "$2 holds no fuzzers: configure with the preset asan" >&2; exit 2; }

least=80  # percent of lines
parsers=(
  src/audio/av_input.cc
  src/audio/av_reader.cc
  src/audio/ffmpeg_source.cc
  src/audio/pcm_stream.cc
  src/audio/resampler.cc
  src/model/ct2_checkpoint.cc
  src/model/ggml_checkpoint.cc
  src/model/hf_config.cc
  src/model/hf_names.cc
  src/model/json.cc
  src/model/onnx_checkpoint.cc
  src/model/onnx_graph.cc
  src/model/pickle.cc
  src/model/safetensors.cc
  src/model/torch_checkpoint.cc
  src/model/zip.cc
  src/npu/device/artifact_file.cc
  src/npu/device/instructions.cc
  src/npu/program/parse.cc
  src/npu/program/reader.h
  src/text/vocabulary.cc
  src/text/vocabulary_files.cc
)

work=$build/fuzz-corpus
findings=$build/fuzz-findings
mkdir -p "$work" "$findings"

# fuzz NAME SEEDS: one fuzzer for the given time, then once over all it has, to write the coverage
fuzz() {
  local name=$1 seeds=$2 program=$build/tests/fuzz/$1
  mkdir -p "$work/$name"
  if ! LLVM_PROFILE_FILE=/dev/null "$program" "$work/$name" "$seeds" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -artifact_prefix="$findings/$name-" -print_final_stats=1 >"$work/$name.log" 2>&1; then
    tail -n 40 "$work/$name.log"
    echo "$name: a finding, see $findings"
    return 1
  fi
  LLVM_PROFILE_FILE=$work/$name.profraw "$program" -runs=0 "$work/$name" "$seeds" >>"$work/$name.log" 2>&1
  local runs
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log" | head -n 1)
  echo "$name: $runs inputs in $seconds s, no finding"
}

bad=0
running=0
while read -r name seeds; do
  if [ $running -eq 2 ]; then
    wait -n || bad=1
    running=$((running - 1))
  fi
  fuzz "$name" "$seeds" &
  running=$((running + 1))
done <"$list"
for ((; running > 0; running--)); do wait -n || bad=1; done
[ $bad -eq 0 ] || exit 1

objects=()
while read -r name _; do objects+=(-object "$build/tests/fuzz/$name"); done <"$list"
objects=("${objects[@]:1}")  # the first one goes without the word
# Every program has a LLVMFuzzerTestOneInput of its own; those are not what is counted here.
quietly() { "$@" 2> >(grep -v 'functions have mismatched data' >&2 || true); }
llvm-profdata-19 merge -sparse "$work"/*.profraw -o "$work/all.profdata"
for source in "${parsers[@]}"; do
  percent=$(quietly llvm-cov-19 report "${objects[@]}" -instr-profile="$work/all.profdata" -show-region-summary=false \
    -show-branch-summary=false "$root/$source" | awk '$1 == "TOTAL" {sub("%", "", $NF); print $NF}')
  printf '%-32s %6s %% of lines\n' "$source" "${percent:-0}"
  awk -v got="${percent:-0}" -v least=$least 'BEGIN {exit !(got >= least)}' || { echo "  below $least %"; bad=1; }
done
exit $bad
