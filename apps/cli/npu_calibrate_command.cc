#include "npu_calibrate_command.h"

#include <fmt/format.h>

#include <memory>
#include <span>

#include "base/file.h"
#include "console.h"
#include "hub/hub.h"
#include "npu/encoder/calibration.h"

namespace skald::cli {

NpuCalibrateCommand::NpuCalibrateCommand(CLI::App& npu)
    : Command(npu, "calibrate", "Measure on speech what int8 needs to know of a model's encoder") {
  app().add_option("MODEL RECORDING", words_,
                   "a model and recordings of speech, a minute in all or more; the file that comes of it is looked for "
                   "as npu-int8.json in the model's directory, or as MODEL.npu-int8.json beside its file");
  table().add("--output", output_, "file to write (none: standard output)", "FILE", "Output");
}

namespace {

Result<std::unique_ptr<model::Checkpoint>> open_model(const std::string& name) {
  SKALD_TRY(const auto path, hub::find_model(name));
  return model::open_checkpoint(path);
}

}  // namespace

ExitCode NpuCalibrateCommand::run() {
  if (words_.size() < 2) {
    complain({ErrorCode::kInvalidArgument, "npu calibrate", "takes a model and recordings of speech",
              "skald npu calibrate MODEL RECORDING... --output FILE"});
    return kUsage;
  }
  const auto checkpoint = open_model(words_.front());
  if (!checkpoint) {
    complain(checkpoint.error());
    return exit_code_of_load(checkpoint.error().code);
  }
  const auto made = npu::calibrate(**checkpoint, std::span(words_).subspan(1), [](int64_t windows) {
    tell(fmt::format("{} {} of 30 s heard", windows, windows == 1 ? "window" : "windows"));
  });
  if (!made) {
    complain(made.error());
    return kInputFailed;
  }
  if (output_.empty()) return show(npu::to_json(*made));
  if (const auto written = write_file(output_, npu::to_json(*made)); !written) return output_failed(written.error());
  return kOk;
}

}  // namespace skald::cli
