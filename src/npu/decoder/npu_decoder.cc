#include "npu/decoder/npu_decoder.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "base/rounding.h"
#include "base/tensor.h"
#include "model/decoder_checks.h"
#include "npu/decoder/array_decoder.h"
#include "npu/decoder/candidates.h"
#include "npu/decoder/decoder_slots.h"
#include "npu/device/sim_device.h"
#include "npu/plan/resident.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/lookups.h"

namespace skald::npu {
namespace {

using model::Attention;
using model::EncodedAudio;
using model::Head;
using model::Slot;
using model::StepIn;
using model::StepOut;
using plan::DecoderRows;

/// Tokens of a hypothesis that are still to be read.
struct Pending {
  Slot slot = 0;  ///< whose tokens and window
  int64_t cache = 0;
  int next = 0;      ///< position
  int end = 0;       ///< of all its tokens
  size_t index = 0;  ///< in the step
};

/// What a launch read of one.
struct Read {
  Pending of;
  int first = 0;    ///< position of its first row
  int limit = 0;    ///< behind its last token
  int64_t row = 0;  ///< its first
};

class NpuDecoder final : public model::Decoder {
 public:
  NpuDecoder(const model::Checkpoint& checkpoint, const model::TokenClasses& tokens, Device& device,
             std::unique_ptr<SimDevice> owned)
      : checkpoint_(checkpoint), dims_(checkpoint.dims()), tokens_(tokens), owned_(std::move(owned)), device_(device) {
    report_ = {.stage = "decoder",
               .device = device.info().kind == "simulator" ? "npu-sim" : "npu",
               .compute_type = "bfloat16",
               .threads = 1};
  }

  /// Errors: those of Checkpoint::tensor.
  Result<void> prepare() {
    SKALD_TRY(embedding_, checkpoint_.tensor("decoder.token_embedding.weight", {dims_.vocab, dims_.text_state}));
    SKALD_TRY(positions_, checkpoint_.tensor("decoder.positional_embedding", {dims_.text_ctx, dims_.text_state}));
    return {};
  }

  Result<void> reserve(int slots, int windows) override {
    SKALD_CHECK(model::check_reserve(slots, windows, slots_.any_open()));
    const int caches = slots + 1;  // one more, for align()
    if (array_) {
      SKALD_CHECK(array_->reserve(caches, windows));
    } else {
      SKALD_TRY(array_, ArrayDecoder::make(checkpoint_, device_, caches, windows));
    }
    slots_ = DecoderSlots(slots, windows);
    spare_ = slots;
    report_.weight_bytes = array_->layout().weight_bytes;
    return {};
  }

  Result<Slot> open(const EncodedAudio& audio, int window) override {
    SKALD_CHECK(model::check_window(dims_, audio, window));
    const auto begin = std::chrono::steady_clock::now();
    SKALD_TRY(const Slot slot, slots_.open(audio.positions()));
    std::vector<float> states(static_cast<size_t>(audio.positions()) * static_cast<size_t>(audio.width()));
    auto read = audio.to_host_f32(window, states);
    if (read) read = array_->read_window(states, slots_.window(slot));
    if (!read) {
      slots_.close(slot);
      return std::unexpected(std::move(read).error());
    }
    count_time(begin);
    return slot;
  }

  Result<Slot> fork(Slot slot) override {
    if (!slots_.is_open(slot)) {
      return std::unexpected(model::bad_decoder_call("fork of slot " + std::to_string(slot) + ", which is not open"));
    }
    SKALD_TRY(const Slot made, slots_.fork(slot));
    if (auto copied = array_->copy_cache(slot, made); !copied) {
      slots_.close(made);
      return std::unexpected(std::move(copied).error());
    }
    return made;
  }

  void close(Slot slot) override { slots_.close(slot); }
  int length(Slot slot) const override { return slots_.is_open(slot) ? slots_.length(slot) : 0; }

  Result<void> step(std::span<const StepIn> in, std::span<StepOut> out) override {
    SKALD_CHECK(model::check_step(dims_, slots_, in, out));
    if (in.empty()) return {};
    const auto begin = std::chrono::steady_clock::now();
    std::vector<Pending> pending;
    for (size_t i = 0; i < in.size(); ++i) {
      const int before = slots_.length(in[i].slot);
      std::vector<int32_t>& tokens = slots_.tokens(in[i].slot);
      tokens.insert(tokens.end(), in[i].tokens.begin(), in[i].tokens.end());
      pending.push_back({.slot = in[i].slot,
                         .cache = in[i].slot,
                         .next = before,
                         .end = before + static_cast<int>(in[i].tokens.size()),
                         .index = i});
    }
    auto done = read_all(std::move(pending), [&](const Read& read) -> Result<void> {
      answer(read, in[read.of.index], out[read.of.index]);
      return {};
    });
    if (!done) {
      for (const StepIn& one : in) {
        std::vector<int32_t>& tokens = slots_.tokens(one.slot);
        tokens.resize(tokens.size() - one.tokens.size());
      }
      return std::unexpected(std::move(done).error());
    }
    count_time(begin);
    ++report_.calls;
    return {};
  }

  Result<Attention> align(Slot slot, std::span<const int32_t> tokens, std::span<const Head> heads) override {
    SKALD_CHECK(model::check_tokens(dims_, slots_, slot, tokens, 0));
    SKALD_CHECK(model::check_heads(dims_, heads));
    Attention made{.heads = static_cast<int>(heads.size()),
                   .tokens = static_cast<int>(tokens.size()),
                   .positions = slots_.positions(slot)};
    made.scores.resize(heads.size() * tokens.size() * static_cast<size_t>(made.positions));
    made.token_probs.resize(tokens.size());
    const std::vector<int32_t> own =
        std::exchange(slots_.tokens(slot), std::vector<int32_t>(tokens.begin(), tokens.end()));
    auto done = read_all({{.slot = slot, .cache = spare_, .end = made.tokens}}, [&](const Read& read) {
      token_probs(read, tokens, made);
      return scores(read, heads, made);
    });
    slots_.tokens(slot) = own;
    if (!done) return std::unexpected(std::move(done).error());
    return made;
  }

  DeviceReport report() const override {
    DeviceReport report = report_;
    const DeviceCounters& counters = device_.counters();
    report.npu = NpuReport{.contexts = counters.contexts_opened,
                           .launches = counters.runs,
                           .bytes_to_device = counters.bytes_to_device,
                           .bytes_from_device = counters.bytes_from_device,
                           .launch_ms = kNpu1.host.ordinary_launch_us * 1e-3};
    if (owned_ && counters.runs > 0) report.npu->step_ms = owned_->time().array / static_cast<double>(counters.runs);
    return report;
  }

 private:
  void count_time(std::chrono::steady_clock::time_point begin) {
    report_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  /// Launches until all tokens are read; tells `then` of each that a launch has read.
  template <class Then>
  Result<void> read_all(std::vector<Pending> pending, const Then& then) {
    // Those of a window attend together if they follow each other.
    std::ranges::sort(pending, {}, [&](const Pending& one) { return std::pair(slots_.window(one.slot), one.index); });
    while (!pending.empty()) {
      SKALD_TRY(const std::vector<Read> reads, launch(pending));
      for (const Read& read : reads) SKALD_CHECK(then(read));
      for (size_t i = 0; i < reads.size(); ++i) pending[i].next = reads[i].limit;
      std::erase_if(pending, [](const Pending& one) { return one.next == one.end; });
    }
    return {};
  }

  /// One launch of as many of them as there is room for, from the first on: of each the positions up to the end of a
  /// block of keys, so that sums are made alike however tokens come.
  Result<std::vector<Read>> launch(std::span<const Pending> pending) {
    constexpr auto kTurn = static_cast<int>(plan::kRowsOfTurn);
    constexpr auto kBlock = static_cast<int>(plan::kKeys);
    std::vector<Read> reads;
    std::vector<DecoderRows> step;
    std::vector<float> x;
    int64_t row = 0;
    for (const Pending& one : pending) {
      const int first = one.next / kTurn * kTurn;
      const int limit = std::min(one.end, one.next / kBlock * kBlock + kBlock);
      const int rows = round_up(limit - first, kTurn);
      if (row + rows > array_->layout().rows) break;
      reads.push_back({.of = one, .first = first, .limit = limit, .row = row});
      step.push_back({.slot = one.cache,
                      .window = slots_.window(one.slot),
                      .positions = slots_.positions(one.slot),
                      .first = first,
                      .rows = rows});
      embed(one.slot, first, limit, rows, x);
      row += rows;
    }
    SKALD_CHECK(array_->step(step, x));
    return reads;
  }

  /// Token and position of rows `first` to `limit`; zeros behind them.
  void embed(Slot slot, int first, int limit, int rows, std::vector<float>& x) const {
    const auto width = static_cast<size_t>(dims_.text_state);
    std::vector<float> position(width);
    const size_t from = x.size();
    x.resize(from + static_cast<size_t>(rows) * width);
    for (int at = first; at < limit; ++at) {
      const std::span<float> row = std::span(x).subspan(from + static_cast<size_t>(at - first) * width, width);
      to_f32(embedding_.row(slots_.tokens(slot)[static_cast<size_t>(at)]), row);
      to_f32(positions_.row(at), position);
      for (size_t i = 0; i < width; ++i) row[i] += position[i];
    }
  }

  /// Logits of a position.
  std::vector<float> logits(const Read& read, int position) const {
    std::vector<float> values(static_cast<size_t>(dims_.vocab));
    array_->logits(read.row + position - read.first, values);
    return values;
  }

  void answer(const Read& read, const StepIn& in, StepOut& out) const {
    const int before = read.of.end - static_cast<int>(in.tokens.size());
    const int asked = before + in.no_speech_at;
    if (in.no_speech_at >= 0 && asked >= read.of.next && asked < read.limit) {
      const std::vector<float> values = logits(read, asked);
      const float sum = best_of(values, {}, {0, dims_.vocab}, {});
      out.no_speech_prob = std::exp(values[static_cast<size_t>(tokens_.no_speech)] - sum);
    }
    if (read.limit < read.of.end) return;
    const std::vector<float> last = logits(read, read.limit - 1);
    out.text.log_sum_exp = best_of(last, in.mask, {0, tokens_.timestamp_begin}, out.text.top);
    out.timestamps.log_sum_exp = best_of(last, in.mask, {tokens_.timestamp_begin, dims_.vocab}, out.timestamps.top);
    if (!in.logits.empty()) std::ranges::copy(last, in.logits.begin());
  }

  /// Of the tokens behind those that were read.
  void token_probs(const Read& read, std::span<const int32_t> tokens, Attention& out) const {
    for (int at = read.of.next; at < read.limit && at + 1 < out.tokens; ++at) {
      const auto next = static_cast<size_t>(at) + 1;
      if (tokens[next] >= tokens_.end_of_text) continue;
      const std::vector<float> values = logits(read, at);
      const float sum = best_of(values, {}, {0, tokens_.end_of_text}, {});
      out.token_probs[next] = std::exp(values[static_cast<size_t>(tokens[next])] - sum);
    }
  }

  Result<void> scores(const Read& read, std::span<const Head> heads, Attention& out) const {
    const auto positions = static_cast<size_t>(out.positions);
    const auto rows = static_cast<size_t>(read.limit - read.first);
    std::vector<float> found(rows * positions);
    for (size_t h = 0; h < heads.size(); ++h) {
      SKALD_CHECK(array_->scores(slots_.window(read.of.slot), heads[h].first, heads[h].second, out.positions,
                                 static_cast<int64_t>(rows), found));
      std::ranges::copy(found, out.scores.begin() + static_cast<std::ptrdiff_t>((h * static_cast<size_t>(out.tokens) +
                                                                                 static_cast<size_t>(read.first)) *
                                                                                positions));
    }
    return {};
  }

  const model::Checkpoint& checkpoint_;
  model::Dims dims_;
  model::TokenClasses tokens_;
  std::unique_ptr<SimDevice> owned_;
  Device& device_;
  std::unique_ptr<ArrayDecoder> array_;
  DecoderSlots slots_{0, 0};
  int64_t spare_ = 0;  // cache
  TensorView embedding_;
  TensorView positions_;
  DeviceReport report_;
};

Result<std::unique_ptr<model::Decoder>> made(const model::Checkpoint& checkpoint, const model::TokenClasses& tokens,
                                             int slots, int windows, Device& device, std::unique_ptr<SimDevice> owned) {
  SKALD_CHECK(model::check_classes(checkpoint.dims(), tokens));
  auto decoder = std::make_unique<NpuDecoder>(checkpoint, tokens, device, std::move(owned));
  SKALD_CHECK(decoder->prepare());
  SKALD_CHECK(decoder->reserve(slots, windows));
  return decoder;
}

}  // namespace

Result<std::unique_ptr<model::Decoder>> make_decoder(const model::Checkpoint& checkpoint,
                                                     const model::TokenClasses& tokens, int slots, int windows,
                                                     Device& device) {
  return made(checkpoint, tokens, slots, windows, device, nullptr);
}

Result<std::unique_ptr<model::Decoder>> make_simulated_decoder(const model::Checkpoint& checkpoint,
                                                               const model::TokenClasses& tokens, int slots,
                                                               int windows) {
  auto device = std::make_unique<SimDevice>(
      SimDevice::Options{.kernels = sim::catalogue_kernels(), .lookup = catalogue_lookup()});
  Device& used = *device;
  return made(checkpoint, tokens, slots, windows, used, std::move(device));
}

}  // namespace skald::npu
