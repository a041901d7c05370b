#include "npu_calibrate_command.h"

#include <fmt/format.h>

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

Result<std::string> NpuCalibrateCommand::calibration() const {
  SKALD_TRY(const auto path, hub::find_model(words_.front()));
  SKALD_TRY(const auto checkpoint, model::open_checkpoint(path));
  SKALD_TRY(const npu::Calibration made, npu::calibrate(*checkpoint, std::span(words_).subspan(1), [](int64_t windows) {
              tell(fmt::format("{} {} of 30 s heard", windows, windows == 1 ? "window" : "windows"));
            }));
  return npu::to_json(made);
}

ExitCode NpuCalibrateCommand::run() {
  if (words_.size() < 2) {
    complain({ErrorCode::kInvalidArgument, "npu calibrate", "takes a model and recordings of speech",
              "skald npu calibrate MODEL RECORDING... --output FILE"});
    return kUsage;
  }
  const auto json = calibration();
  if (!json) {
    complain(json.error());
    return exit_code_of_load(json.error().code);
  }
  if (output_.empty()) return show(*json);
  if (const auto written = write_file(output_, *json); !written) return output_failed(written.error());
  return kOk;
}

}  // namespace skald::cli
