#!/usr/bin/env bash
# Installs a build into a temporary prefix, builds a consumer against it with find_package and transcribes a sample.
#   run.sh BUILD_DIR
set -euo pipefail
build=$(readlink -f "${1:?usage: run.sh BUILD_DIR}")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
cmake -S "$root/tests/install" -B "$work/consumer" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/configure.log" || { cat "$work/configure.log"; exit 1; }
cmake --build "$work/consumer"

sample=$root/samples/hello.wav
want=$(cat "${sample%.wav}.txt")
words() { tr -cd '[:alnum:][:space:]' <<<"$1" | tr '[:upper:]' '[:lower:]' | xargs; }

got=$("$work/consumer/consumer" mini.en "$sample")
echo "consumer: $got"
[ "$(words "${got#*:}")" = "$(words "$want")" ] || { echo "want: $want"; exit 1; }
got=$(cd "$work" && "$work/prefix/bin/skald" transcribe --quiet --output-format txt "$sample")
echo "installed program: $got"
[ "$(words "$got")" = "$(words "$want")" ] || { echo "want: $want"; exit 1; }
echo "install: the consumer and the installed program agree with the sample's text"
