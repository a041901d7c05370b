#!/usr/bin/env bash
# Fails when libskald.so shows other symbols than the functions that skald.h declares, or lacks one of them.
#   symbols.sh LIBRARY HEADER
set -euo pipefail
shown=$(nm --dynamic --defined-only "${1:?usage: symbols.sh LIBRARY HEADER}" | awk '{print $3}' | sort)
declared=$(grep -oP '^SKALD_API .*?\bskald_\w+(?=\()' "${2:?usage: symbols.sh LIBRARY HEADER}" | grep -oP 'skald_\w+$' | sort)
[ "$(wc -l <<<"$declared")" -ge 30 ] || { echo "the header was not understood: $declared"; exit 1; }
diff <(echo "$declared") <(echo "$shown") || { echo "left: declared alone; right: shown alone"; exit 1; }
echo "symbols: $(wc -l <<<"$shown"), all of them declared"
