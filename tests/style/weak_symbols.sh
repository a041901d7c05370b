#!/usr/bin/env bash
# Fails when an object file defines a weak, vague or unique symbol: of those the linker keeps one copy for the whole
# program, and a copy compiled with ISA flags would crash on a processor without them.
#   weak_symbols.sh OBJECT...
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: weak_symbols.sh OBJECT..."; exit 2; }
found=$(nm --defined-only -C "$@")
# A symbol of its own in every file: otherwise nm read something that is no object.
[ "$(grep -c ' T ' <<<"$found")" -ge $# ] || { echo "no functions in $*"; exit 1; }
if weak=$(grep -E '^[0-9a-f]+ [WVuvw] ' <<<"$found"); then
  echo "symbols that other files could end up with:"
  echo "$weak"
  exit 1
fi
echo "$# objects, no weak symbols"
