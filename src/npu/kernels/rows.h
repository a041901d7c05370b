#pragma once
// How the families of kernels put their rows into the catalogue: rows_*.cc, listed in catalogue.cc.

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "npu/kernels/catalogue.h"

namespace skald::npu {

/// Multiply-accumulates a cycle (AM020 chapter 4, table 7).
inline constexpr int kPeakI8 = 256;
inline constexpr int kPeakBf16 = 128;
inline constexpr int kPeakI16 = 64;

/// What is fixed text of a row.
struct RowText {
  std::string_view source;
  std::string_view purpose;
};

/// Rows under construction, with all that they refer to.
class Rows {
 public:
  using Arguments = std::vector<KernelArgument>;
  using Names = std::vector<std::string_view>;
  using Numbers = std::vector<std::int32_t>;

  /// A row of a leaf function. `names` and `usual`: its numbers and what tests and reports give it.
  KernelRow& add(std::string symbol, RowText text, Arguments arguments, Names names = {}, Numbers usual = {});

  /// Gives the row the size of its product.
  static void multiplies(KernelRow& row, const MatmulShape& shape, int peak);

  std::span<const KernelRow> rows() const { return rows_; }

 private:
  std::deque<std::string> texts_;
  std::deque<Arguments> arguments_;
  std::deque<Names> names_;
  std::deque<Numbers> numbers_;
  std::vector<KernelRow> rows_;
};

/// "64x32", "64x32x128".
std::string size_text(int m, int n);
std::string size_text(const MatmulShape& shape);

// The families.
void add_attention_rows(Rows& rows);
void add_matmul_rows(Rows& rows);
void add_finish_rows(Rows& rows);
void add_panel_rows(Rows& rows);
void add_function_rows(Rows& rows);
void add_published_rows(Rows& rows);
void add_mel_rows(Rows& rows);
void add_topk_rows(Rows& rows);
void add_rowwise_rows(Rows& rows);
void add_elementwise_rows(Rows& rows);

}  // namespace skald::npu
