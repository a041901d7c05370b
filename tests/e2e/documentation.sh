#!/usr/bin/env bash
# The manual page and the completions hold every option of every command that --help shows; the page renders without
# warnings; bash completes. What needs a program that is not here is skipped, with a word.
#   documentation.sh SKALD
set -euo pipefail
skald=${1:?usage: documentation.sh SKALD}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
wrong() {
  echo "$1"
  bad=1
}

# The words in the first column below the heading of commands, and the options, of a help: commands_of [COMMAND ...]
commands_of() {
  "$skald" "$@" --help | awk '/^(Subcommands|SUBCOMMANDS):/{on=1; next} /^[^ ]/{on=0} on && /^  [a-z]/{print $1}'
}
options_of() { "$skald" "$@" --help | grep -oP '^ +\K-.*' | grep -oP '(?<![\w-])--?[a-z][a-z0-9-]*(?=[ ,]|$)' | sort -u; }

for shell in bash zsh fish; do "$skald" completion $shell >"$work/skald.$shell"; done
"$skald" manual >"$work/skald.1"

mapfile -t top < <(commands_of)
[ ${#top[@]} -ge 6 ] || wrong "only ${#top[@]} commands in skald --help: ${top[*]}"
commands=()
for word in "${top[@]}"; do
  mapfile -t below < <(commands_of "$word")
  [ ${#below[@]} -gt 0 ] || commands+=("$word")
  for name in "${below[@]}"; do commands+=("$word $name"); done
done

# The words that bash offers after a command line: offered "skald transcribe" "--beam"
offered() {
  COMP_LINE="$1 $2"
  read -ra COMP_WORDS <<<"$1"
  COMP_WORDS+=("$2")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _skald
  printf '%s\n' "${COMPREPLY[@]}"
}
# shellcheck source=/dev/null
source "$work/skald.bash"

count=0
for command in "${commands[@]}"; do
  read -ra words <<<"$command"
  section=$(awk -v want=".SS skald $command [" 'index($0, want) == 1{on=1; next} /^\.S/{on=0} on' "$work/skald.1" | sed 's/\\-/-/g')
  [ -n "$section" ] || wrong "the manual page lacks skald $command"
  zsh=$(awk -v want="  '${command/ //}/')" '$0 == want{on=1; next} /^    ;;/{on=0} on' "$work/skald.zsh")
  fish=$(grep -F -- "-n '__skald_in $command'" "$work/skald.fish")
  from_bash=$(offered "skald $command" "-")
  while read -r option; do
    count=$((count + 1))
    grep -qF -- "\\fB$option\\fR" <<<"$section" || wrong "manual page: $command $option"
    grep -qxF -- "$option" <<<"$from_bash" || wrong "bash: $command $option"
    grep -qP -- "(^ *|[{,])$option['},]" <<<"$zsh" || wrong "zsh: $command $option"
    name=${option#-}
    [[ $option == --* ]] && name="l ${option#--}" || name="s $name"
    grep -qP -- " -$name( |$)" <<<"$fish" || wrong "fish: $command $option"
  done < <(options_of "${words[@]}")
done
[ $count -ge 60 ] || wrong "only $count options were found in the helps"

expect() { # expect COMMAND_LINE WORD WANT...
  local got
  got=$(offered "$1" "$2" | xargs)
  [ "$got" = "$3" ] || wrong "bash after '$1 $2': '$got', not '$3'"
}
expect skald tr transcribe
expect "skald models" l list
expect "skald transcribe" --beam --beam-size
expect "skald transcribe --word-timestamps" T True
expect "skald transcribe a.wav --output-format" sr srt
expect "skald models info" --mo --model-dir
expect "skald transcribe" a ""
mkdir "$work/folder"
expect "skald transcribe -o" "$work/fo" "$work/folder"

if command -v zsh >/dev/null; then zsh -n "$work/skald.zsh" || wrong "zsh does not read its script"; else echo "zsh: not here"; fi
if command -v fish >/dev/null; then
  fish --no-execute "$work/skald.fish" || wrong "fish does not read its script"
  got=$(fish -c "source $work/skald.fish; complete -C 'skald transcribe --beam'" | cut -f 1)
  [ "$got" = --beam-size ] || wrong "fish after 'skald transcribe --beam': '$got'"
else
  echo "fish: not here"
fi
if command -v groff >/dev/null; then
  warnings=$(groff -man -Tutf8 -ww "$work/skald.1" 2>&1 >"$work/page")
  [ -z "$warnings" ] || wrong "groff: $warnings"
  # Into a file: grep -q ends early and a pipe would fail with what it has cut off. Some groffs print typographic hyphens.
  sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g; s/[‐−]/-/g' "$work/page" >"$work/plain"
  grep -q -- '--beam-size N' "$work/plain" || wrong "the rendered page lacks --beam-size"
else
  echo "groff: not here"
fi
if command -v mandoc >/dev/null; then
  warnings=$(mandoc -T lint -W warning "$work/skald.1" | grep -v 'missing date' || true)
  [ -z "$warnings" ] || wrong "mandoc: $warnings"
else
  echo "mandoc: not here"
fi
[ $bad -eq 0 ] && echo "documentation: ${#commands[@]} commands, $count options, all of them everywhere"
exit $bad
