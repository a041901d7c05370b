#include "completions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "skald/output.h"

namespace skald::cli {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

/// "models/list/", empty for the program: how the scripts of bash and zsh know a command.
std::string key_of(const CommandEntry& command) {
  std::string key;
  for (const std::string& word : command.words) key += word + "/";
  return key;
}

/// What can be typed for an option's value, with blanks between; empty: anything, a file's name most likely.
std::string choices(const OptionEntry& option) {
  if (option.value == "[True|False]") return "True False";
  if (option.value != "FORMAT") return "";
  std::string formats = "all";
  for (const std::string_view format : output_formats()) formats.append(" ").append(format);
  return formats;
}

bool wants_directory(const OptionEntry& option) {
  return option.value == "DIR";
}

/// With a backslash before each of `special`.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// One word of a shell, in single quotes.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// ---- bash ----------------------------------------------------------------------------------------------------------

constexpr const char* kBashHead = R"(# Completion of skald in bash, made by `skald completion bash`.
_skald() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' words='' values='' known=' ' i
  COMPREPLY=()
)";

constexpr const char* kBashCommand = R"(  for ((i = 1; i < COMP_CWORD && i <= 2; ++i)); do
    [[ $known == *" $command${COMP_WORDS[i]} "* ]] || break
    command+=${COMP_WORDS[i]}/
  done
)";

// Without an answer, bash completes the names of files.
constexpr const char* kBashTail = R"(  if [ "$values" = DIR ]; then
    mapfile -t COMPREPLY < <(compgen -d -- "$current")
  elif [ -n "$values" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
  elif [[ $current == -* || $command == '' || $words != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}
complete -o default -F _skald skald
)";

std::string bash(const std::vector<CommandEntry>& commands) {
  std::string known;
  std::string words;
  std::string values;
  for (const CommandEntry& command : commands) {
    const std::string key = key_of(command);
    if (!key.empty()) known += " " + key.substr(0, key.size() - 1);
    std::string names = joined(command.commands, " ");
    for (const OptionEntry& option : command.options) {
      names += (names.empty() ? "" : " ") + joined(option.names, " ");
      const std::string offered = wants_directory(option) ? "DIR" : choices(option);
      if (offered.empty()) continue;
      for (const std::string& name : option.names) {
        values += fmt::format("    '{} {}') values={} ;;\n", key, name, in_quotes(offered));
      }
    }
    words += fmt::format("    {}) words={} ;;\n", in_quotes(key), in_quotes(names));
  }
  return kBashHead + fmt::format("  known={}\n", in_quotes(known + " ")) + kBashCommand + "  case $command in\n" +
         words + "  esac\n  case \"$command $previous\" in\n" + values + "  esac\n" + kBashTail;
}

// ---- zsh -----------------------------------------------------------------------------------------------------------

/// One argument of _arguments: names, help in brackets, what the value is and how it is found.
std::string zsh_option(const OptionEntry& option) {
  std::string names = joined(option.names, ",");
  if (option.names.size() > 1) names = "'(" + joined(option.names, " ") + ")'{" + names + "}";
  const std::string help = in_quotes("[" + escaped(option.help, "[]\\") + "]");
  if (option.value.empty()) return "      " + names + help;
  const std::string offered = choices(option);
  const std::string found = !offered.empty() ? "(" + offered + ")" : wants_directory(option) ? "_files -/" : "_files";
  return "      " + names + help + in_quotes(":" + escaped(option.value, "[]:\\") + ":" + found);
}

std::string zsh_body(const CommandEntry& command) {
  std::string text;
  if (!command.commands.empty()) {
    text += "    _values command " + joined(command.commands, " ") + "\n";
  }
  text += "    _arguments -S";
  for (const OptionEntry& option : command.options) text += " \\\n" + zsh_option(option);
  if (!command.argument.empty()) text += " \\\n      " + in_quotes("*:" + command.argument + ":_files");
  return text + "\n";
}

std::string zsh(const std::vector<CommandEntry>& commands) {
  std::string text =
      "#compdef skald\n# Completion of skald in zsh, made by `skald completion zsh`.\n_skald() {\n"
      "  local key=''\n  local -i used=1\n  while (( used < CURRENT - 1 && used <= 2 )); do\n"
      "    case $key$words[used+1] in\n";
  std::string known;
  for (const CommandEntry& command : commands) {
    if (!command.words.empty()) known += (known.empty() ? "" : "|") + joined(command.words, "/");
  }
  text += "      " + known + ") key+=$words[used+1]/; (( used++ )) ;;\n      *) break ;;\n    esac\n  done\n";
  text += "  words=(skald $words[used+1,-1])\n  (( CURRENT -= used - 1 ))\n  case $key in\n";
  for (const CommandEntry& command : commands) {
    text += "  " + in_quotes(key_of(command)) + ")\n" + zsh_body(command) + "    ;;\n";
  }
  return text + "  esac\n}\nif [ \"$funcstack[1]\" = _skald ]; then _skald \"$@\"; else compdef _skald skald; fi\n";
}

// ---- fish ----------------------------------------------------------------------------------------------------------

constexpr const char* kFishHead = R"(# Completion of skald in fish, made by `skald completion fish`.
function __skald_in --description 'the command line begins with these words'
    set -l words (commandline -opc)
    set -e words[1]
    set -l length (count $argv)
    test (count $words) -ge $length; and test "$words[1..$length]" = "$argv"
end
function __skald_at --description 'the command line is these words'
    set -l words (commandline -opc)
    set -e words[1]
    test "$words" = "$argv"
end
)";

std::string fish_option(const OptionEntry& option, const std::string& condition) {
  std::string line = "complete -c skald -n " + condition;
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  const std::string offered = choices(option);
  if (!offered.empty()) {
    line += " -x -a " + in_quotes(offered);
  } else if (wants_directory(option)) {
    line += " -x -a '(__fish_complete_directories)'";
  } else if (!option.value.empty()) {
    line += " -r";
  }
  return line + " -d " + in_quotes(option.help) + "\n";
}

std::string fish(const std::vector<CommandEntry>& commands) {
  std::string text = kFishHead;
  for (const CommandEntry& command : commands) {
    const std::string words = joined(command.words, " ");
    for (const CommandEntry& next : commands) {
      if (next.words.size() != command.words.size() + 1) continue;
      if (!std::equal(command.words.begin(), command.words.end(), next.words.begin())) continue;
      text += fmt::format("complete -c skald -f -n {} -a {} -d {}\n", in_quotes("__skald_at " + words),
                          next.words.back(), in_quotes(next.help));
    }
    const bool is_program = words.empty();
    const std::string condition = in_quotes((is_program ? "__skald_at" : "__skald_in " + words));
    for (const OptionEntry& option : command.options) text += fish_option(option, condition);
  }
  return text;
}

}  // namespace

Result<std::string> completion_script(const std::string& shell, const std::vector<CommandEntry>& commands) {
  if (shell == "bash") return bash(commands);
  if (shell == "zsh") return zsh(commands);
  if (shell == "fish") return fish(commands);
  return fail(ErrorCode::kInvalidArgument, shell, "there are no completions for this shell", "use bash, zsh or fish");
}

}  // namespace skald::cli
