#!/usr/bin/env bash
# Fails when a file is longer than the house allows: 600 lines, 800 for a SIMD family or a test, 150 for the map.
# Function lengths are clang-tidy's (readability-function-size).
#   sizes.sh ROOT
set -euo pipefail
root=${1:?usage: sizes.sh ROOT}
bad=0
while read -r lines file; do
  [ "$file" = total ] && continue
  path=${file#"$root"/}
  limit=600
  case $path in
    *_test.cc | tests/* | src/cpu/kernels/avx*/* | src/cpu/kernels/scalar/*) limit=800 ;;
    docs/ARCHITECTURE.md) limit=150 ;;
  esac
  if [ "$lines" -gt $limit ]; then
    echo "$path has $lines lines; the limit is $limit"
    bad=1
  fi
done < <(find "$root"/{include,src,apps,bindings,examples,bench,tests,tools,cmake} "$root/docs/ARCHITECTURE.md" "$root/CMakeLists.txt" \
  -type f \( -name '*.h' -o -name '*.cc' -o -name '*.inc' -o -name '*.py' -o -name '*.sh' -o -name '*.cmake' \
  -o -name CMakeLists.txt -o -name ARCHITECTURE.md \) 2>/dev/null | sort | xargs -r wc -l)
[ $bad -eq 0 ] && echo "sizes: every file is within its limit"
exit $bad
