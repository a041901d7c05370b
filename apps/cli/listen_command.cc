#include "listen_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "console.h"
#include "interrupt.h"
#include "microphone.h"

namespace skald::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostAhead = 4 << 20;  // bytes that are read ahead: 2 minutes of 16 kHz, 16 bits

/// Options of whole recordings, which listening sets itself or has no use for.
constexpr auto kOfRecordings = std::to_array<std::string_view>(
    {"word_timestamps", "clip_timestamps", "long_form", "batch_size", "vad_filter", "hallucination_silence_threshold",
     "without_timestamps", "condition_on_previous_text", "carry_initial_prompt"});

/// What files begin with that are not raw samples.
constexpr auto kContainers = std::to_array<std::string_view>({"RIFF", "OggS", "fLaC", "ID3"});

std::string joined(const std::vector<Word>& words) {
  std::string text;
  for (const Word& word : words) text += word.word;
  return text;
}

std::string_view without_blank(std::string_view text) {
  return text.starts_with(' ') ? text.substr(1) : text;
}

/// The end of a text, so many bytes at most, cut between characters.
std::string_view tail(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  text.remove_prefix(text.size() - most);
  while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80) text.remove_prefix(1);
  return text;
}

Result<void> check_beginning(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (std::ranges::none_of(kContainers, [&](std::string_view mark) { return text.starts_with(mark); })) return {};
  return fail(ErrorCode::kBadAudio, "-", "this is a file, not raw samples",
              "skald transcribe FILE, or ffmpeg -i FILE -f s16le -ac 1 -ar 16000 - | skald listen");
}

}  // namespace

ListenCommand::ListenCommand(CLI::App& root)
    : Command(root, "listen", "Turn raw audio from standard input or a microphone into text as it comes"),
      options_(Live::usual_options()) {
  table().add_fields(load_, "Model");
  table().add_fields(live_, "Audio");
  table().add("--microphone", microphone_, "listen to the default microphone instead of standard input", "", "Audio");
  options_.for_each_field([&](const Field& field, auto& value) {
    if (std::ranges::find(kOfRecordings, field.name) != kOfRecordings.end()) return;
    table().add("--" + hyphenated(field.name), value, field.help, field.metavar, "Decoding");
  });
  table().add("--json", json_, "a line of JSON for every step that has something new, stable or provisional", "",
              "Output");
  table().add("-q,--quiet", quiet_, "nothing on standard error but errors", "", "Output");
}

Result<void> ListenCommand::check() const {
  if (auto checked = validate(load_); !checked) return checked;
  if (auto checked = validate(options_); !checked) return checked;
  if (auto checked = validate(live_); !checked) return checked;
  if (!microphone_ && ::isatty(STDIN_FILENO) == 1) {
    return fail(ErrorCode::kInvalidArgument, "listen", "standard input is a terminal, not audio",
                "ffmpeg -i URL -f s16le -ac 1 -ar 16000 - | skald listen, or skald listen --microphone");
  }
  const LiveOptions usual;
  if (microphone_ && (live_.format != usual.format || live_.rate != usual.rate || live_.channels != usual.channels)) {
    return fail(ErrorCode::kInvalidArgument, "microphone", "is heard as it is", "leave format, rate and channels out");
  }
  return {};
}

ExitCode ListenCommand::run() {
  if (auto checked = check(); !checked) {
    Error error = std::move(checked).error();
    if (std::ranges::find(table().names(), "--" + error.where) != table().names().end())
      error.where = "--" + error.where;
    complain(error);
    return kUsage;
  }
  std::unique_ptr<ByteSource> source = std::make_unique<StandardInput>();
  if (microphone_) {
    auto opened = open_microphone();
    if (!opened) {
      complain(opened.error());
      return opened.error().code == ErrorCode::kUnsupported ? kUsage : kInputFailed;
    }
    source = std::move(*opened);
  }
  AudioFeed feed(std::move(source), kMostAhead);  // before the model is there: nothing is lost
  auto engine = Engine::load(load_);
  if (!engine) {
    complain(engine.error());
    return exit_code_of_load(engine.error().code);
  }
  return listen(*engine, feed);
}

std::string ListenCommand::as_json(const LiveText& text) {
  const auto line = [&](const char* type, const std::vector<Word>& words) {
    Json json = {{"type", type}, {"heard", text.heard}, {"text", joined(words)}, {"words", Json::array()}};
    for (const Word& word : words) {
      json["words"].push_back(
          {{"word", word.word}, {"start", word.start}, {"end", word.end}, {"probability", word.probability}});
    }
    return json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
  };
  std::string lines = text.stable.empty() ? "" : line("stable", text.stable);
  const bool had_provisional = std::exchange(has_provisional_, !text.provisional.empty());
  if (has_provisional_ || had_provisional) lines += line("provisional", text.provisional);
  return lines;
}

void ListenCommand::show(const LiveText& text, TerminalLine& line) {
  if (print_error_) return;
  std::string lines;
  if (json_) {
    lines = as_json(text);
  } else if (!text.stable.empty()) {
    lines.append(without_blank(joined(text.stable))).append("\n");
  }
  if (!lines.empty()) {
    line.clear();
    if (auto printed = print(lines); !printed) print_error_ = std::move(printed).error();
  }
  const auto width = static_cast<size_t>(std::max(terminal_width() - 1, 0));
  line.show(std::string(tail(joined(text.provisional), width)));
}

ExitCode ListenCommand::listen(Engine& engine, AudioFeed& feed) {
  TerminalLine line(!quiet_ && !json_);
  double heard = 0;
  auto live = Live::open(engine, options_, live_, [&](const LiveText& text) {
    heard = text.heard;
    show(text, line);
  });
  if (!live) {
    complain(live.error());
    return kUsage;
  }
  if (!quiet_)
    tell(fmt::format("listening with {} on {} ({})", engine.info().name, engine.info().device, engine.info().isa));
  Result<void> outcome;
  bool is_first = !microphone_;
  for (auto bytes = feed.take(); !bytes.empty() && outcome && !print_error_; bytes = feed.take()) {
    if (std::exchange(is_first, false)) outcome = check_beginning(bytes);
    if (outcome) outcome = live->feed(bytes);
  }
  if (outcome && !print_error_) outcome = live->finish();
  line.clear();
  if (print_error_) return output_failed(*print_error_);
  if (outcome) outcome = feed.outcome();
  if (!outcome) {
    complain(outcome.error());
    const ErrorCode code = outcome.error().code;
    return code == ErrorCode::kOutOfMemory || code == ErrorCode::kInternal ? kResources : kInputFailed;
  }
  if (!quiet_) tell(fmt::format("{:.1f} s of audio", heard));
  return interrupted() ? kInterrupted : kOk;
}

}  // namespace skald::cli
