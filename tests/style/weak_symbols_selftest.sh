#!/usr/bin/env bash
# Proves that weak_symbols.sh can fail.
#   weak_symbols_selftest.sh COMPILER
set -euo pipefail
compiler=${1:?usage: weak_symbols_selftest.sh COMPILER}
check=$(dirname "$0")/weak_symbols.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

expect() { # expect pass|fail NAME SOURCE
  echo "$3" | "$compiler" -x c++ -O0 -c - -o "$folder/$2.o"
  local result=pass
  bash "$check" "$folder/$2.o" >/dev/null 2>&1 || result=fail
  [ "$result" = "$1" ] || { echo "weak_symbols.sh should $1: $2"; exit 1; }
}

expect pass own 'template <class T> static T twice(T x) { return x + x; } float own(float x) { return twice(x); }'
expect fail template 'template <class T> T twice(T x) { return x + x; } float own(float x) { return twice(x); }'
expect fail inline_function 'inline float twice(float x) { return x + x; } float own(float x) { return twice(x); }'
expect fail inline_variable 'inline float shared = 1; float own() { return shared; }'
expect fail weak_function '__attribute__((weak)) float own(float x) { return x; }'
expect fail nothing_in_it 'static_assert(true);'
echo "weak_symbols.sh fails when it should"
