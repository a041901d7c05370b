#pragma once
// An encoder that may fail midway, and another one that takes over where it does.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/encoder.h"

namespace skald::engine {

class FallbackEncoder final : public model::Encoder {
 public:
  using Maker = std::function<Result<std::unique_ptr<model::Encoder>>()>;

  /// `make_second` is called when the first one fails, not before. Pre: both want the same input.
  FallbackEncoder(std::unique_ptr<model::Encoder> first, Maker make_second)
      : first_(std::move(first)), make_second_(std::move(make_second)) {}

  /// The first one could not even be made: `why`.
  FallbackEncoder(std::unique_ptr<model::Encoder> second, std::string why)
      : second_(std::move(second)), why_(std::move(why)) {}

  model::Input wants() const override { return active().wants(); }
  Result<std::unique_ptr<model::EncodedAudio>> make_output(int windows) override;

  /// A batch that the first one fails at is encoded by the second one, and every one after it; a batch that does not
  /// fit is an error of either.
  Result<void> encode(const model::WindowBatch& batch, model::EncodedAudio& out) override;

  /// Of the one that is at work.
  DeviceReport report() const override { return active().report(); }

  /// Of both, once the second one is there; its note says why.
  std::vector<DeviceReport> reports() const;

 private:
  model::Encoder& active() const { return second_ ? *second_ : *first_; }

  std::unique_ptr<model::Encoder> first_;
  std::unique_ptr<model::Encoder> second_;
  Maker make_second_;
  std::string why_;
};

}  // namespace skald::engine
