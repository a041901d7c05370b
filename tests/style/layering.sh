#!/usr/bin/env bash
# Fails when a file of src/, apps/ or bindings/ includes a folder that docs/ARCHITECTURE.md does not allow.
#   layering.sh ROOT
set -euo pipefail
root=${1:?usage: layering.sh ROOT}

# folder -> folders of src/ it may include beside itself ("skald/..." headers are open to all)
declare -A allowed=(
  [base]=""
  [audio]="base"
  [text]="base"
  [model]="base"
  [cpu]="base audio model"
  [npu]="base audio model"
  [decode]="base text model"
  [hub]="base text model"
  [engine]="base audio text model cpu npu decode hub"
)
# folder of src/npu -> folders of src/npu it may include beside itself; tests may include any
declare -A allowed_npu=(
  [spec]=""
  [aie_host]=""
  [kernels]="aie_host spec"
  [program]="spec kernels"
  [sim]="spec kernels program"
  [plan]="spec kernels program"
  [emit]="spec kernels program"
  [device]="spec program sim"
  [toolchain]="program emit device"
  [xrt]="spec program device"
  [suite]="spec kernels program sim plan emit"
  [encoder]="spec kernels program sim plan device suite"
  [decoder]="spec kernels program sim plan device suite encoder"
)
diagnostic='(doctor|bench|models|npu)[a-z_]*\.(h|cc)$'  # commands that may look inside

bad=0
report() {
  printf '%s includes "%s": not allowed\n' "$1" "$2"
  bad=1
}

while IFS=: read -r file include; do
  path=${file#"$root"/}
  target=${include%%/*}
  [ -d "$root/src/$target" ] || continue
  case $path in
    src/npu/*_test.cc | src/npu/*for_tests* | src/npu/*/testing/*) ;;
    src/npu/*/*)
      if [[ $include == npu/*/* ]]; then
        from=${path#src/npu/}
        to=${include#npu/}
        [[ ${from%%/*} == "${to%%/*}" || " ${allowed_npu[${from%%/*}]-} " == *" ${to%%/*} "* ]] || report "$path" "$include"
      fi
      ;;
  esac
  case $path in
    src/*)
      folder=${path#src/}
      folder=${folder%%/*}
      [ "$target" = "$folder" ] && continue
      case $path in *_test.cc) [ "$target" = base ] && continue ;; esac
      [[ " ${allowed[$folder]-} " == *" $target "* ]] || report "$path" "$include"
      ;;
    apps/* | bindings/*)
      [[ $path =~ $diagnostic && " engine npu cpu hub base " == *" $target "* ]] || report "$path" "$include"
      ;;
  esac
done < <(cd / && find "$root/src" "$root/apps" "$root/bindings" -name '*.h' -o -name '*.cc' -o -name '*.inc' 2>/dev/null |
  sort | xargs -r grep -HoP '^\s*#\s*include\s*"\K[^"]+' || true)

[ $bad -eq 0 ] && echo "layering: every include is allowed"
exit $bad
