#!/usr/bin/env bash
# Proves that layering.sh and sizes.sh can fail: each must refuse a tree with one violation and accept it without.
#   style_selftest.sh FOLDER_WITH_THE_SCRIPTS
set -euo pipefail
here=${1:?usage: style_selftest.sh FOLDER}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/src/{base,audio,cpu,npu,decode} "$tree"/apps/cli

expect() { # expect pass|fail SCRIPT WHAT
  local result=pass
  bash "$here/$2" "$tree" >/dev/null 2>&1 || result=fail
  [ "$result" = "$1" ] || { echo "$2 should $1: $3"; exit 1; }
}

echo '#include "base/error.h"' >"$tree/src/audio/a.cc"
expect pass layering.sh "audio may include base"
echo '#include "audio/a.h"' >"$tree/src/base/b.h"
expect fail layering.sh "base must not include audio"
rm "$tree/src/base/b.h"
echo '  #  include "npu/n.h"' >"$tree/src/cpu/c.cc"
expect fail layering.sh "cpu must not include npu, however it is spaced"
rm "$tree/src/cpu/c.cc"
echo '#include "decode/d.h"' >"$tree/apps/cli/main.cc"
expect fail layering.sh "apps see the public headers alone"
rm "$tree/apps/cli/main.cc"
echo '#include "cpu/c.h"' >"$tree/apps/cli/doctor_command.cc"
expect pass layering.sh "the diagnostic commands may look inside"

mkdir -p "$tree"/src/npu/{spec,sim}
echo '#include "npu/sim/s.h"' >"$tree/src/npu/spec/p.cc"
expect fail layering.sh "inside npu, spec must not include sim"
mv "$tree/src/npu/spec/p.cc" "$tree/src/npu/spec/p_test.cc"
expect pass layering.sh "a test of npu may"
rm "$tree/src/npu/spec/p_test.cc"
echo '#include "npu/spec/p.h"' >"$tree/src/npu/sim/s.cc"
expect pass layering.sh "sim may include spec"

seq -f '// line %g' 600 >"$tree/src/base/long.cc"
expect pass sizes.sh "600 lines are allowed"
echo '// one more' >>"$tree/src/base/long.cc"
expect fail sizes.sh "601 lines are not"
mv "$tree/src/base/long.cc" "$tree/src/base/long_test.cc"
expect pass sizes.sh "a test may be longer"
echo "style checks fail when they should"
