#pragma once
// The table of the suite: every operator's cases.

#include <vector>

#include "npu/suite/kernel_suite.h"

namespace skald::npu::suite {

using Cases = std::vector<Case>;

void add_attention_cases(Cases& cases);
void add_attention_i8_cases(Cases& cases);
void add_stock_attention_cases(Cases& cases);
void add_conv_cases(Cases& cases);
void add_feed_forward_cases(Cases& cases);
void add_matmul_cases(Cases& cases);
void add_function_cases(Cases& cases);
void add_mel_cases(Cases& cases);
void add_rowwise_cases(Cases& cases);
void add_topk_cases(Cases& cases);

/// Of all operators, in a fixed order.
Cases all_cases();

}  // namespace skald::npu::suite
