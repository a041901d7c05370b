#!/usr/bin/env bash
# skald listen with mini.en: raw samples in other shapes give the same text; JSON lines; what is no raw audio is refused; an
# interrupt prints what was heard.
#   listen.sh SKALD SAMPLES
set -euo pipefail
skald=${1:?usage: listen.sh SKALD SAMPLES}
samples=${2:?usage: listen.sh SKALD SAMPLES}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
wrong() {
  echo "$1"
  bad=1
}
text=$(cat "$samples/hello.txt")
tail -c +45 "$samples/hello.wav" >"$work/hello.raw" # 16 kHz, mono, 16 bits behind a header of 44 bytes

# exits STATUS COMMAND...: the command ends with it; its standard error is in $work/err
exits() {
  local want=$1 got=0
  shift
  "$@" >"$work/out" 2>"$work/err" || got=$?
  [ "$got" = "$want" ] || wrong "exit status $got, not $want: $*: $(cat "$work/err")"
}
heard() { tr '\n' ' ' <"$work/out" | xargs; }

exits 0 "$skald" listen --quiet <"$work/hello.raw"
[ "$(heard)" = "$text" ] || wrong "heard '$(heard)'"
[ ! -s "$work/err" ] || wrong "--quiet says: $(cat "$work/err")"

# Every sample twice: as two channels.
od -An -v -tx2 -w2 "$work/hello.raw" | awk '{ printf "%s%s", $1, $1 }' | sed 's/\(..\)\(..\)/\2\1/g' | tr a-f A-F |
  basenc --base16 -d >"$work/stereo.raw"
exits 0 "$skald" listen --quiet --channels 2 <"$work/stereo.raw"
[ "$(heard)" = "$text" ] || wrong "of two channels: '$(heard)'"

exits 0 "$skald" listen --quiet --json <"$work/hello.raw"
grep -q '^{"type":"stable","heard":' "$work/out" || wrong "no stable line: $(cat "$work/out")"
grep -q '"type":"provisional"' "$work/out" || wrong "no provisional line: $(cat "$work/out")"
stable=$(grep '"type":"stable"' "$work/out" | grep -oP '"text":"\K[^"]*' | tr -d '\n' | xargs)
[ "$stable" = "$text" ] || wrong "stable in JSON: '$stable'"

exits 0 "$skald" listen --quiet </dev/null
[ ! -s "$work/out" ] || wrong "heard in nothing: $(cat "$work/out")"
exits 1 "$skald" listen <"$samples/hello.wav"
grep -q 'not raw samples' "$work/err" || wrong "a WAV file: $(cat "$work/err")"
exits 2 "$skald" listen --format mp3 <"$work/hello.raw"
grep -q -- '--format: .*s16le' "$work/err" || wrong "--format mp3: $(cat "$work/err")"
exits 2 "$skald" listen --length 3600 <"$work/hello.raw"
exits 2 "$skald" listen --microphone --rate 8000 </dev/null
exits 3 "$skald" listen --model ./no-such-model <"$work/hello.raw"

# The input stays open; what was heard is printed after the interrupt.
mkfifo "$work/pipe"
"$skald" listen --quiet <"$work/pipe" >"$work/out" 2>"$work/err" &
listener=$!
exec 3>"$work/pipe"
cat "$work/hello.raw" >&3
for _ in $(seq 100); do
  [ ! -s "$work/out" ] || break
  sleep 0.1
done
kill -INT $listener
got=0
wait $listener || got=$?
exec 3>&-
[ $got = 130 ] || wrong "exit status $got after an interrupt: $(cat "$work/err")"
[ "$(heard)" = "$text" ] || wrong "after an interrupt: '$(heard)'"

[ $bad -eq 0 ] && echo "listen: all as expected"
exit $bad
