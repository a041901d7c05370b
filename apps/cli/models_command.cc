#include "models_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "console.h"
#include "hub/convert.h"
#include "hub/hub.h"
#include "millions.h"
#include "skald/models.h"

namespace skald::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const InstalledModel& model) {
  const auto description = describe_model(model.path);
  const std::string what = description ? fmt::format("{:>7.1f} M  {:<12}  {}", millions(description->parameters),
                                                     description->format, description->stored_types)
                                       : "cannot be opened: " + description.error().message;
  return fmt::format("{:<32} {}\n    {}\n", model.name, what, model.path);
}

std::string text_of(const ModelDescription& m) {
  std::string text = fmt::format("{}\n", m.name);
  const auto add = [&](const char* name, const std::string& value) {
    text += fmt::format("  {:<12} {}\n", name, value);
  };
  add("path", m.path);
  add("format", m.format);
  add("weights",
      fmt::format("{:.1f} M parameters, {:.1f} MB as {}", millions(m.parameters), millions(m.bytes), m.stored_types));
  add("languages", m.multilingual ? std::to_string(m.languages) : "English");
  add("encoder",
      fmt::format("{} layers, width {}, {} heads, {} mel bands", m.encoder_layers, m.width, m.heads, m.mel_bands));
  add("decoder", fmt::format("{} layers, {} tokens", m.decoder_layers, m.vocabulary));
  add("tokenizer", m.tokenizer);
  add("word times", m.knows_alignment_heads ? "from heads that are known to follow the audio"
                                            : "from all heads of the upper half of the decoder");
  return text;
}

Json json_of(const ModelDescription& m) {
  return {{"name", m.name},
          {"path", m.path},
          {"format", m.format},
          {"stored_types", m.stored_types},
          {"bytes", m.bytes},
          {"parameters", m.parameters},
          {"multilingual", m.multilingual},
          {"languages", m.languages},
          {"mel_bands", m.mel_bands},
          {"width", m.width},
          {"heads", m.heads},
          {"encoder_layers", m.encoder_layers},
          {"decoder_layers", m.decoder_layers},
          {"vocabulary", m.vocabulary},
          {"knows_alignment_heads", m.knows_alignment_heads},
          {"tokenizer", m.tokenizer}};
}

}  // namespace

ModelsListCommand::ModelsListCommand(CLI::App& models)
    : Command(models, "list", "Show the models on this machine that are found by a name") {
  table().add("--json", json_, "as JSON", "", "List");
}

ExitCode ModelsListCommand::run() {
  const std::vector<InstalledModel> models = installed_models();
  if (json_) {
    Json list = Json::array();
    for (const InstalledModel& model : models) list.push_back({{"name", model.name}, {"path", model.path}});
    return show(list.dump(2) + "\n");
  }
  std::string text;
  for (const InstalledModel& model : models) text += line_of(model);
  return show(text.empty() ? "no models\n" : text);
}

ModelsInfoCommand::ModelsInfoCommand(CLI::App& models)
    : Command(models, "info", "Show what a model is, from the heads of its files") {
  app().add_option("NAME", names_, "names, directories or files");
  table().add("--model-dir", directory_, "directory that names are looked for in first", "DIR", "Info");
  table().add("--json", json_, "as JSON", "", "Info");
}

ExitCode ModelsInfoCommand::run() {
  if (names_.empty()) {
    complain({ErrorCode::kInvalidArgument, "models info", "no model is named", "skald models info mini.en"});
    return kUsage;
  }
  ExitCode code = kOk;
  std::string text;
  Json list = Json::array();
  for (const std::string& name : names_) {
    const auto described = describe_model(name, directory_);
    if (!described) {
      complain(described.error());
      code = kModelFailed;
      continue;
    }
    text += text_of(*described);
    list.push_back(json_of(*described));
  }
  return show(json_ ? list.dump(2) + "\n" : text, code);
}

ModelsConvertCommand::ModelsConvertCommand(CLI::App& models)
    : Command(models, "convert", "Write a model of any form as a Hugging Face directory") {
  app().add_option("SOURCE TARGET", names_,
                   "a name, directory or file; the directory to write, which is not there yet");
  table().add("--type", type_, "float16 or float32: what its numbers are written in", "TYPE", "Convert");
  table().add("--model-dir", directory_, "directory that names are looked for in first", "DIR", "Convert");
}

ExitCode ModelsConvertCommand::run() {
  if (names_.size() != 2) {
    complain({ErrorCode::kInvalidArgument, "models convert", "it takes a source and a target",
              "skald models convert ggml-base.bin base"});
    return kUsage;
  }
  const auto source = hub::find_model(names_[0], directory_);
  const auto converted = source ? hub::convert_model(*source, names_[1], type_) : std::unexpected(source.error());
  if (converted) return show(fmt::format("{}: written from {} as {}\n", names_[1], source->string(), type_));
  complain(converted.error());
  switch (converted.error().code) {
    case ErrorCode::kInvalidArgument: return kUsage;
    case ErrorCode::kIo:
    case ErrorCode::kPermission: return kOutputFailed;
    default: return exit_code_of_load(converted.error().code);
  }
}

ModelsCommands::ModelsCommands(CLI::App& root)
    : app_(root.add_subcommand("models", "Models: which there are, download, verify, convert")),
      list_(*app_),
      info_(*app_),
      pull_(*app_),
      remove_(*app_),
      verify_(*app_),
      convert_(*app_) {
  app_->require_subcommand(0, 1);
}

}  // namespace skald::cli
