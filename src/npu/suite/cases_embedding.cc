// Token and position embeddings of a decoder's step and of a prompt, gathered from tables of Whisper's size.

#include <fmt/format.h>

#include "base/half.h"
#include "npu/plan/embedding.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {
namespace {

using plan::EmbeddedToken;
using plan::EmbeddingProblem;

/// In sixteenths below 8, so that a sum of two is a bfloat16; rows differ.
double entry(int64_t row, int64_t column, int64_t prime) {
  return static_cast<double>((row * prime + column * 13 + row / 97) % 121 - 60) / 16;
}

Bytes table(int64_t rows, int64_t width, int64_t prime) {
  std::vector<uint16_t> halves;
  halves.reserve(static_cast<size_t>(rows * width));
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < width; ++column) {
      halves.push_back(f32_to_bf16(static_cast<float>(entry(row, column, prime))));
    }
  }
  return bytes_of_values(halves);
}

std::vector<EmbeddedToken> drawn_rows(const EmbeddingProblem& problem, int64_t count) {
  const auto tokens = random_integers<int32_t>(count, 0, static_cast<int>(problem.vocabulary) - 1, 1);
  std::vector<EmbeddedToken> rows;
  rows.reserve(tokens.size());
  for (const int32_t token : tokens) {
    rows.push_back({.token = token, .position = static_cast<int32_t>(std::ssize(rows) % problem.positions)});
  }
  return rows;
}

Result<Planned> planned(const EmbeddingProblem& problem, int64_t count) {
  SKALD_TRY(Program program, plan::plan_embedding(problem, drawn_rows(problem, count), std::string(kNpu1.name)));
  Planned planned{.amount = count, .unit = "tokens"};
  planned.launches.push_back({.program = std::move(program), .buffers = {0, 1, 2}});
  return planned;
}

constexpr int64_t kTokenPrime = 37;
constexpr int64_t kPositionPrime = 11;

Result<Values> values(const EmbeddingProblem& problem, int64_t count) {
  Values values{.buffers = {table(problem.vocabulary, problem.width, kTokenPrime),
                            table(problem.positions, problem.width, kPositionPrime)}};
  for (const EmbeddedToken& row : drawn_rows(problem, count)) {
    for (int64_t column = 0; column < problem.width; ++column) {
      values.ideal.push_back(entry(row.token, column, kTokenPrime) + entry(row.position, column, kPositionPrime));
    }
  }
  values.exact = values.ideal;
  values.outputs = [total = std::ssize(values.ideal)](const std::vector<Bytes>& buffers) {
    return numbers_of(buffers[2], Element::kBf16, 0, total);
  };
  return values;
}

}  // namespace

void add_embedding_cases(Cases& cases) {
  for (const auto& [width, count] : {std::pair<int64_t, int64_t>{512, 1}, {512, 8}, {384, 448}}) {
    const EmbeddingProblem problem{.vocabulary = 51865, .positions = 448, .width = width};
    cases.push_back({.op = "embedding",
                     .name = fmt::format("bf16 {} of 51865x{}", count, width),
                     .plan = [problem, count] { return planned(problem, count); },
                     .values = [problem, count] { return values(problem, count); }});
  }
}

}  // namespace skald::npu::suite
