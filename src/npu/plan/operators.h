#pragma once
// Every operator by its name and sizes, each alone on one core, one column or the whole array: what `skald npu plan`,
// `simulate` and `emit` take. Weights, scales and shifts are not asked for: neither place nor time depends on them.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "npu/kernels/catalogue.h"
#include "npu/plan/encoder.h"
#include "npu/plan/streamed.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

struct OperatorRequest {
  std::string name{};
  std::vector<int64_t> sizes{};
  std::string type = "auto";    ///< one of the operator's; auto: its first
  std::string finish = "auto";  ///< matmul, conv: none, requantise (i8), bias (bf16), gelu; auto: as the type has it
  std::optional<MatmulShape> tile{};  ///< matmul, conv: of a core
  bool causal = false;                ///< attention
  Spread spread{};
};

struct PlannedOperator {
  Program program{};
  int64_t macs = 0;         ///< multiply-accumulates that the operator takes; 0: it is no product
  double macs_a_cycle = 0;  ///< of a core with these types: DeviceSpec, of several by their shares; 0: no product
  int64_t amount = 0;       ///< of `unit` that a launch makes
  const char* unit = "";    ///< "rows", "frames", "tokens", "elements", "logits"
  int cores = 0;
  std::string layout{};                     ///< what it is padded to, in words
  std::optional<EncoderProblem> encoder{};  ///< whose phases can be looked at one by one (suite/predict.h)
};

/// A row of the table of operators.
struct Operator {
  std::string_view name;
  std::string_view sizes;  ///< "M K N", "HEADS QUERIES [KEYS]": those in brackets may be left out
  std::string_view types;  ///< "i8 bf16": the first is the usual one
  std::string_view what;
  std::string_view example;  ///< sizes of Whisper base
};

std::span<const Operator> operators();

/// Lays a whole encoder out: the same problem with its choices made.
using ChooseEncoder = std::function<Result<EncoderProblem>(const EncoderProblem& problem)>;

/// choose: without one, the usual choices. Errors: kInvalidArgument: no such operator, other sizes than it takes, an
/// option that is not its own, more work than a launch is planned for; those of its planner and of `choose`. The
/// Program is not yet verified.
Result<PlannedOperator> plan_operator(const OperatorRequest& request, const std::string& device,
                                      const ChooseEncoder& choose = {});

}  // namespace skald::npu::plan
