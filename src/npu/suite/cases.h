#pragma once
// The table of the suite: every operator's cases.

#include <memory>
#include <string>
#include <vector>

#include "npu/plan/attention.h"
#include "npu/suite/encoder_trace.h"
#include "npu/suite/kernel_suite.h"

namespace skald::npu::suite {

using Cases = std::vector<Case>;

void add_attention_cases(Cases& cases);
void add_attention_i8_cases(Cases& cases);
void add_stock_attention_cases(Cases& cases);
void add_conv_cases(Cases& cases);
void add_embedding_cases(Cases& cases);
void add_feed_forward_cases(Cases& cases);
void add_matmul_cases(Cases& cases);
void add_function_cases(Cases& cases);
void add_mel_cases(Cases& cases);
void add_rowwise_cases(Cases& cases);
void add_topk_cases(Cases& cases);

/// Of all operators with random numbers, in a fixed order.
Cases all_cases();

/// The plan of a case that is one attention; `buffers`: of the case, for the queries, the keys and values, the outputs.
Result<Planned> planned_attention(const plan::AttentionProblem& problem, const plan::Spread& spread,
                                  std::vector<size_t> buffers);

/// Operator "encoder": every product, int8 and bfloat16, and every attention of a traced encoder. `model`: its name.
void add_encoder_cases(Cases& cases, const std::string& model, const std::shared_ptr<const EncoderTrace>& trace);

}  // namespace skald::npu::suite
