#include "engine/system_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "base/file.h"
#include "cpu/kernels/families.h"
#include "cpu/kernels/kernels.h"
#include "engine/npu_device.h"
#include "hub/hub.h"
#include "model/checkpoint.h"
#include "skald/options.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswresample/swresample.h>
}

namespace skald::engine {
namespace {

/// `operation` of every row; a row without an implementation of its own holds that of a weaker one.
template <class Function>
KernelUse kernel_use(const char* operation, Function cpu::Kernels::* member, Isa chosen) {
  KernelUse use{.operation = operation};
  for (const Isa isa : kIsas) {
    const Isa same = cpu::implementer(isa, member);
    if (same == isa) use.available.push_back(isa);
    if (isa == chosen) use.chosen = same;
  }
  return use;
}

std::vector<KernelUse> kernel_uses(Isa chosen) {
  return {kernel_use("gemm_f32", &cpu::Kernels::gemm_f32, chosen),
          kernel_use("layer_norm_f32", &cpu::Kernels::layer_norm_f32, chosen),
          kernel_use("softmax_f32", &cpu::Kernels::softmax_f32, chosen),
          kernel_use("attend_f32", &cpu::Kernels::attend_f32, chosen),
          kernel_use("top_k_f32", &cpu::Kernels::top_k_f32, chosen),
          kernel_use("gemm_i8", &cpu::Kernels::gemm_i8, chosen),
          kernel_use("gemm_i16", &cpu::Kernels::gemm_i16, chosen),
          kernel_use("gemm_i16i8", &cpu::Kernels::gemm_i16i8, chosen),
          kernel_use("quantise_i8", &cpu::Kernels::quantise_i8, chosen),
          kernel_use("quantise_i16", &cpu::Kernels::quantise_i16, chosen),
          kernel_use("pack_rows_i16", &cpu::Kernels::pack_rows_i16, chosen),
          kernel_use("pack_columns_i16", &cpu::Kernels::pack_columns_i16, chosen),
          kernel_use("pack_rows_i8", &cpu::Kernels::pack_rows_i8, chosen),
          kernel_use("pack_columns_i8", &cpu::Kernels::pack_columns_i8, chosen),
          kernel_use("softmax_i16", &cpu::Kernels::softmax_i16, chosen),
          kernel_use("pack_rows_bytes", &cpu::Kernels::pack_rows_bytes, chosen),
          kernel_use("pack_columns_bytes", &cpu::Kernels::pack_columns_bytes, chosen),
          kernel_use("softmax_block", &cpu::Kernels::softmax_block, chosen),
          kernel_use("gemm_i8i4", &cpu::Kernels::gemm_i8i4, chosen),
          kernel_use("quantise_blocks", &cpu::Kernels::quantise_blocks, chosen),
          kernel_use("pack_rows_i4", &cpu::Kernels::pack_rows_i4, chosen),
          kernel_use("gemm_bf16", &cpu::Kernels::gemm_bf16, chosen),
          kernel_use("round_bf16", &cpu::Kernels::round_bf16, chosen)};
}

/// Bytes of a "Name:   123 kB" line of /proc/meminfo; 0 when it is not there.
int64_t meminfo(std::string_view content, std::string_view name) {
  const size_t at = content.find(name);
  if (at == std::string_view::npos) return 0;
  const size_t digits = content.find_first_of("0123456789", at);
  if (digits == std::string_view::npos) return 0;
  int64_t kilobytes = 0;
  std::from_chars(content.data() + digits, content.data() + content.size(), kilobytes);
  return kilobytes * 1024;
}

void look_at_memory(SystemReport& report) {
  const auto content = read_file("/proc/meminfo");
  if (!content) return;
  report.memory_total = meminfo(*content, "MemTotal:");
  report.memory_available = meminfo(*content, "MemAvailable:");
}

void look_at_cpu(SystemReport& report) {
  report.cpu = cpu_name();
  report.features = cpu_features();
  report.best = best_isa();
  report.chosen = report.best;
  report.threads = available_cpus();
  if (const char* forced = std::getenv("SKALD_CPU")) report.forced = forced;
  if (const auto isa = select_isa()) {
    report.chosen = *isa;
  } else {
    report.problems.push_back({"SKALD_CPU: " + isa.error().message, isa.error().remedy});
  }
  report.kernels = kernel_uses(report.chosen);
}

void look_at_models(SystemReport& report) {
  for (const auto& directory : hub::model_directories()) report.model_directories.push_back(directory.string());
  for (const hub::FoundModel& found : hub::list_models()) {
    ModelReport model{.name = found.name, .path = found.path.string()};
    if (const auto checkpoint = model::open_checkpoint(found.path)) {
      model.parameters = (*checkpoint)->parameters();
    } else {
      model.problem = to_string(checkpoint.error());
      report.problems.push_back({"model " + model.name + ": " + model.problem, "get it again, or remove it"});
    }
    report.models.push_back(std::move(model));
  }
  if (const auto standard = hub::find_model(LoadOptions{}.model); !standard) {
    report.problems.push_back({"the default model: " + standard.error().message, standard.error().remedy});
  }
}

std::string library(const char* name, unsigned version) {
  return fmt::format("{} {}.{}.{}", name, AV_VERSION_MAJOR(version), AV_VERSION_MINOR(version),
                     AV_VERSION_MICRO(version));
}

struct Format {
  const char* name;
  const char* demuxer;
  const char* decoder;
};

// What people have recordings in; FFmpeg's libraries read many more.
constexpr auto kFormats = std::to_array<Format>({{"wav", "wav", "pcm_s16le"},
                                                 {"flac", "flac", "flac"},
                                                 {"mp3", "mp3", "mp3float"},
                                                 {"ogg (vorbis)", "ogg", "vorbis"},
                                                 {"ogg (opus)", "ogg", "opus"},
                                                 {"m4a, mp4 (aac)", "mov", "aac"},
                                                 {"m4a (alac)", "mov", "alac"},
                                                 {"webm, mkv (opus)", "matroska", "opus"},
                                                 {"mkv (ac3)", "matroska", "ac3"},
                                                 {"wma", "asf", "wmav2"},
                                                 {"amr", "amr", "amrnb"}});

void look_at_ffmpeg(SystemReport& report) {
  report.ffmpeg = {library("libavformat", avformat_version()), library("libavcodec", avcodec_version()),
                   library("libswresample", swresample_version())};
  std::string missing;
  for (const Format& format : kFormats) {
    const bool readable =
        av_find_input_format(format.demuxer) != nullptr && avcodec_find_decoder_by_name(format.decoder) != nullptr;
    report.formats.push_back({format.name, readable});
    if (!readable) missing += (missing.empty() ? "" : "; ") + std::string(format.name);
  }
  if (!missing.empty()) {
    report.problems.push_back(
        {"FFmpeg's libraries here cannot read: " + missing, "install the full libavcodec package"});
  }
}

}  // namespace

SystemReport inspect_system() {
  SystemReport report;
  look_at_cpu(report);
  look_at_memory(report);
  look_at_models(report);
  look_at_ffmpeg(report);
  const auto npu = check_npu();
  report.npu = npu ? "used by --device npu, once skald npu build MODEL has built the model's encoder for it"
                   : npu.error().message;
  return report;
}

}  // namespace skald::engine
