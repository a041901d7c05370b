#include "npu/suite/cases.h"

namespace skald::npu::suite {

Cases all_cases() {
  Cases cases;
  for (const auto add :
       {add_attention_cases, add_attention_i8_cases, add_stock_attention_cases, add_matmul_cases, add_function_cases,
        add_mel_cases, add_rowwise_cases, add_conv_cases, add_topk_cases, add_embedding_cases, add_feed_forward_cases})
    add(cases);
  return cases;
}

}  // namespace skald::npu::suite
