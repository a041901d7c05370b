#include "models_verify.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "console.h"
#include "hub/hub.h"
#include "hub/verify.h"
#include "interrupt.h"
#include "millions.h"
#include "skald/engine.h"
#include "skald/models.h"
#include "skald/version.h"

namespace skald::cli {
namespace {

std::string row(const char* name, const std::string& value) {
  return fmt::format("  {:<10} {}\n", name, value);
}

/// A line for all files of the same standing; sets `bad` when one is not what it should be.
std::string hashes_of(const hub::ModelCheck& check, bool& bad) {
  std::vector<std::string> equal;
  std::vector<std::string> unknown;
  std::string text;
  for (const hub::FileCheck& file : check.files) {
    switch (file.match) {
      case hub::Match::kEqual: equal.push_back(file.name); break;
      case hub::Match::kNone: unknown.push_back(file.name); break;
      case hub::Match::kDifferent:
        bad = true;
        text += row("hash", fmt::format("DIFFERENT: {} should be {}", file.name, file.expected));
    }
  }
  if (!equal.empty()) text += row("hash", fmt::format("as published: {}", fmt::join(equal, " ")));
  if (!unknown.empty()) text += row("hash", fmt::format("not known: {}", fmt::join(unknown, " ")));
  return text;
}

std::string shape_of(const ModelDescription& m, const hub::ModelCheck& check) {
  const std::string sizes = fmt::format("{} mel bands, width {}, {} + {} layers, {} tokens", m.mel_bands, m.width,
                                        m.encoder_layers, m.decoder_layers, m.vocabulary);
  if (check.published.empty()) return sizes + "; of no published model";
  return fmt::format("{}; of {}", sizes, fmt::join(check.published, ", "));
}

/// The sample that comes with the built-in model.
Result<std::string> own_sample() {
  auto path = hub::find_model("mini.en");
  if (!path) return std::unexpected(std::move(path).error());
  return (path->parent_path().parent_path() / "samples" / "minute.ogg").string();
}

}  // namespace

ModelsVerifyCommand::ModelsVerifyCommand(CLI::App& models)
    : Command(models, "verify", "Check a model's tensors and hashes, and transcribe a sample with it") {
  app().add_option("NAME", names_, "names, directories or files");
  table().add("--sample", sample_, "recording to transcribe (none: the one that comes with the program)", "FILE",
              "Verify");
}

ExitCode ModelsVerifyCommand::verify(const std::string& name) const {
  const auto failed = [](const Error& error) {
    complain(error);
    return exit_code_of_load(error.code);
  };
  const auto described = describe_model(name);
  if (!described) return failed(described.error());
  const auto check = hub::check_model(described->path);
  if (!check) return failed(check.error());
  bool bad = false;
  std::string text = fmt::format("{}, skald {}\n", name, version());
  text += row("path", described->path);
  text += row("weights", fmt::format("{}, {:.1f} M parameters as {}", described->format,
                                     millions(described->parameters), described->stored_types));
  text += row("shape", shape_of(*described, *check));
  text += row("tensors", fmt::format("{}, all with their shapes", check->tensors));
  text += hashes_of(*check, bad);
  const auto sample = sample_.empty() ? own_sample() : Result<std::string>(sample_);
  if (!sample) return failed(sample.error());
  LoadOptions load;
  load.model = name;
  auto engine = Engine::load(load);
  if (!engine) return failed(engine.error());
  const ModelInfo& info = engine->info();
  text += row("loaded", fmt::format("in {:.2f} s on {} ({}), {}, {} threads", info.load_seconds, info.device, info.isa,
                                    info.compute_type, info.threads));
  Callbacks callbacks;
  callbacks.cancel = &stop_flag();
  const auto transcript = engine->transcribe(*sample, {}, callbacks);
  if (!transcript) return failed(transcript.error());
  if (!transcript->complete) return kInterrupted;
  text += row("sample", fmt::format("{}, {:.1f} s in {:.1f} s, language {}", *sample, transcript->duration,
                                    transcript->timings.total, transcript->language));
  text += row("text", transcript->text);
  text += row("result", bad ? "NOT the published files: `skald models remove` it and pull it again" : "works");
  return show(text, bad ? kModelFailed : kOk);
}

ExitCode ModelsVerifyCommand::run() {
  if (names_.empty()) {
    complain({ErrorCode::kInvalidArgument, "models verify", "no model is named", "skald models verify base"});
    return kUsage;
  }
  for (const std::string& name : names_) {
    if (const ExitCode code = verify(name); code != kOk) return code;
  }
  return kOk;
}

}  // namespace skald::cli
