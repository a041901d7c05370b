#!/usr/bin/env bash
# Installs a build into a temporary prefix, builds the examples against it (with find_package, and in C with pkg-config) and
# runs them, the installed program and what else was installed.
#   run.sh BUILD_DIR
set -euo pipefail
build=$(readlink -f "${1:?usage: run.sh BUILD_DIR}")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
sample=$root/samples/hello.wav
want=$(cat "${sample%.wav}.txt")

words() { tr -cd '[:alnum:][:space:]' <<<"$1" | tr '[:upper:]' '[:lower:]' | xargs; }

# holds WHO TEXT: the last line of the text that is no blank is the sample's sentence
holds() {
  echo "$1: $(grep . <<<"$2" | tail -n 1)"
  [ "$(words "$(grep . <<<"$2" | tail -n 1)")" = "$(words "$want")" ] || { echo "want: $want, got: $2"; exit 1; }
}

cmake --install "$build" --prefix "$prefix" >"$work/install.log"
cmake -S "$root/tests/install" -B "$work/consumer" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$prefix" >"$work/configure.log" || { cat "$work/configure.log"; exit 1; }
cmake --build "$work/consumer"
holds "transcribe.cc, find_package" "$("$work/consumer/consumer_cc" mini.en "$sample")"
holds "transcribe.c, find_package" "$("$work/consumer/consumer_c" mini.en "$sample")"
holds "live.c, find_package" "$(tail -c +45 "$sample" | "$work/consumer/consumer_live" mini.en 2>/dev/null | tr -d '\n')"

pc=$(find "$prefix" -name skald.pc -printf '%h')
if [ -n "$pc" ]; then
  read -ra flags <<<"$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs skald)"
  cc -std=c11 -Wall -Werror "$root/examples/transcribe.c" -o "$work/consumer_pc" "${flags[@]}"
  holds "transcribe.c, pkg-config" "$(LD_LIBRARY_PATH=$(dirname "$pc") "$work/consumer_pc" mini.en "$sample")"
else
  echo "no skald.pc: SKALD_SHARED is off"
fi

cd "$work"
export PATH=$prefix/bin:$PATH
holds "installed program" "$(skald transcribe --quiet --output-format txt "$sample")"

# A video of its own: a colour, and the sample as its sound.
ffmpeg -nostdin -loglevel error -f lavfi -i color=black:size=160x90:rate=5 -i "$sample" -shortest \
  -c:v mpeg4 -c:a aac video.mp4
"$root/examples/subtitles.sh" video.mp4 subtitled.mkv
streams=$(ffprobe -loglevel error -show_entries stream=codec_type -of csv=p=0 subtitled.mkv | xargs)
[ "$streams" = "video audio subtitle" ] || { echo "streams of the subtitled video: $streams"; exit 1; }
ffmpeg -nostdin -loglevel error -i subtitled.mkv track.srt
holds "subtitles.sh" "$(cat track.srt)"
echo "install: the examples and the installed program agree with the sample's text"
