#include "manual.h"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

#include "exit_code.h"
#include "skald/version.h"

namespace skald::cli {
namespace {

/// The code point that begins at `at`, which moves behind it. The texts are our own: valid UTF-8.
uint32_t next_code_point(std::string_view text, size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  uint32_t code = more == 0 ? lead : lead & (0x3FU >> static_cast<unsigned>(more));
  for (int i = 0; i < more && at < text.size(); ++i)
    code = code << 6U | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return code;
}

/// Text as roff shows it: no control characters of its own at the start of a line, hyphens that can be copied.
std::string roff(std::string_view text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (size_t at = 0; at < text.size();) {
    const uint32_t code = next_code_point(text, at);
    switch (code) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '"': out += "\\(dq"; break;
      case '\'': out += "\\(aq"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      default: out += code < 0x80 ? std::string(1, static_cast<char>(code)) : fmt::format("\\[u{:04X}]", code);
    }
  }
  return out;
}

std::string option_text(const OptionEntry& option) {
  std::string names;
  for (const std::string& name : option.names) names += (names.empty() ? "\\fB" : ", \\fB") + roff(name) + "\\fR";
  if (!option.value.empty()) names += " \\fI" + roff(option.value) + "\\fR";
  std::string help = roff(option.help);
  if (!option.standard.empty()) help += " (default: " + roff(option.standard) + ")";
  return ".TP\n" + names + "\n" + help + "\n";
}

std::string command_text(const CommandEntry& command) {
  std::string text = ".SS " + roff(typed(command)) + " [OPTION ...]";
  if (!command.argument.empty()) text += " " + roff(command.argument) + " ...";
  text += "\n" + roff(command.help) + ".\n";
  for (const OptionEntry& option : command.options) text += option_text(option);
  return text;
}

constexpr const char* kExamples = R"(.SH EXAMPLES
.TP
skald transcribe talk.m4a
segments on the terminal as they are found
.TP
skald transcribe \-\-output\-format srt talk.m4a > talk.srt
subtitles
.TP
ffmpeg \-i video.mkv \-f wav \- | skald transcribe \-
from a pipe
.TP
arecord \-q \-t raw \-f S16_LE \-r 16000 \-c 1 | skald listen
lines as they are said
)";

}  // namespace

std::string manual_page(const std::vector<CommandEntry>& commands) {
  const CommandEntry& program = commands.front();
  std::string page = fmt::format(".TH SKALD 1 \"\" \"skald {}\" \"User Commands\"\n", version());
  page += ".SH NAME\nskald \\- speech to text with Whisper models\n";
  page += ".SH SYNOPSIS\n\\fBskald\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR ...] [\\fIFILE\\fR ...]\n";
  page += ".SH DESCRIPTION\n" + roff(program.help) + "\n";
  page += "Names of options may be written with underscores too; of truth values \\fITrue\\fR may be left out.\n";
  page += ".SH OPTIONS\n";
  for (const OptionEntry& option : program.options) page += option_text(option);
  page += ".SH COMMANDS\n";
  for (const CommandEntry& command : commands) {
    if (command.commands.empty()) page += command_text(command);  // a group is its commands
  }
  page += kExamples;
  page += std::string(".SH EXIT STATUS\n.nf\n") + roff(kExitCodeHelp) + ".fi\n";
  return page;
}

}  // namespace skald::cli
