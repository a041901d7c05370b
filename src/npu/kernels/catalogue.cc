#include "npu/kernels/catalogue.h"

#include <algorithm>
#include <utility>

#include "npu/kernels/bindings.h"
#include "npu/kernels/rows.h"

namespace skald::npu {
namespace {

/// Frame of a kernel that keeps its values in registers: callee-saved registers only.
constexpr int kLeafStack = 256;

KernelCall call_of(std::span<const KernelBinding> bindings, std::string_view symbol) {
  const auto found = std::find_if(bindings.begin(), bindings.end(),
                                  [symbol](const KernelBinding& binding) { return binding.symbol == symbol; });
  return found == bindings.end() ? nullptr : found->call;
}

const Rows& catalogue() {
  static const Rows kRows = [] {
    Rows rows;
    for (const auto add : {add_attention_rows, add_matmul_rows, add_finish_rows, add_panel_rows, add_function_rows,
                           add_published_rows, add_mel_rows, add_topk_rows, add_rowwise_rows, add_elementwise_rows})
      add(rows);
    return rows;
  }();
  return kRows;
}

}  // namespace

KernelRow& Rows::add(std::string symbol, RowText text, Arguments arguments, Names names, Numbers usual) {
  KernelRow row;
  row.symbol = texts_.emplace_back(std::move(symbol));
  row.source = text.source;
  row.purpose = text.purpose;
  row.arguments = arguments_.emplace_back(std::move(arguments));
  row.numbers = names_.emplace_back(std::move(names));
  row.usual = numbers_.emplace_back(std::move(usual));
  row.stack_bytes = kLeafStack;
  row.run = call_of(device_code::valued::bindings(), row.symbol);
  row.count = call_of(device_code::counted::bindings(), row.symbol);
  return rows_.emplace_back(row);
}

void Rows::multiplies(KernelRow& row, const MatmulShape& shape, int peak) {
  row.shape = shape;
  row.macs = std::int64_t{shape.m} * shape.k * shape.n;
  row.peak = peak;
}

std::string size_text(int m, int n) {
  return std::to_string(m) + "x" + std::to_string(n);
}

std::string size_text(const MatmulShape& shape) {
  return std::to_string(shape.m) + "x" + std::to_string(shape.k) + "x" + std::to_string(shape.n);
}

std::span<const KernelRow> kernel_rows() {
  return catalogue().rows();
}

const KernelRow* find_kernel(std::string_view symbol) {
  const std::span<const KernelRow> rows = kernel_rows();
  const auto found =
      std::find_if(rows.begin(), rows.end(), [symbol](const KernelRow& row) { return row.symbol == symbol; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace skald::npu
