#!/usr/bin/env bash
# Gives a video subtitles: its sound goes through skald, the text comes back as a track that players show.
#   subtitles.sh VIDEO OUTPUT.mkv [OPTIONS OF skald transcribe]
# Needs ffmpeg, and skald in $PATH or named by $SKALD.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: subtitles.sh VIDEO OUTPUT.mkv [OPTIONS OF skald transcribe]" >&2; exit 2; }
video=$1
output=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines that fit a screen, cut where words end.
"${SKALD:-skald}" transcribe --word-timestamps --max-line-width 42 --max-line-count 2 --quiet "$@" \
  --output-format srt -- "$video" >"$work/subtitles.srt"
ffmpeg -nostdin -loglevel error -y -i "$video" -i "$work/subtitles.srt" \
  -map 0 -map 1 -c copy -c:s srt -metadata:s:s:0 title=Skald "$output"
