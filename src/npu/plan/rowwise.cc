#include "npu/plan/rowwise.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/rounding.h"
#include "npu/kernels/catalogue.h"
#include "npu/program/blocks.h"

namespace skald::npu::plan {
namespace {

using Kind = StreamedOperand::Kind;

std::unexpected<Error> other_arguments(const std::string& kernel) {
  return fail(ErrorCode::kUnsupported, kernel, "takes other arguments than an object, a constant and tables");
}

/// Rows and width at the end of a kernel's name, "..._4x512"; zeros: there are none.
RowObjects objects_of(std::string_view symbol, const std::string& family) {
  RowObjects objects{.kernel = std::string(symbol)};
  const std::string size(symbol.substr(std::min(family.size() + 1, symbol.size())));
  const char* end = size.data() + size.size();
  const auto rows = std::from_chars(size.data(), end, objects.rows);
  if (rows.ec != std::errc() || rows.ptr == end || *rows.ptr != 'x') return {};
  const auto width = std::from_chars(rows.ptr + 1, end, objects.width);
  return width.ec == std::errc() && width.ptr == end ? objects : RowObjects{};
}

/// Operands of a link in a chain: its buffers come `first` buffers later, its input and output may be buffers.
void add_calls(const Streamed& link, int32_t first, int32_t input, int32_t output, Streamed& made) {
  for (StreamedCall call : link.calls) {
    for (StreamedOperand& operand : call.operands) {
      if (operand.kind == Kind::kBuffer) operand.value += first;
      if (operand.kind == Kind::kInput && input >= 0) operand = {Kind::kBuffer, input};
      if (operand.kind == Kind::kOutput && output >= 0) operand = {Kind::kBuffer, output};
    }
    made.calls.push_back(std::move(call));
  }
}

}  // namespace

Result<Streamed> stream_kernel(const std::string& kernel, int64_t objects, const std::vector<int32_t>& numbers) {
  const KernelRow* row = find_kernel(kernel);
  if (row == nullptr) return fail(ErrorCode::kUnsupported, kernel, "is no kernel");
  if (numbers.size() != row->numbers.size()) {
    return fail(ErrorCode::kInvalidArgument, kernel,
                "takes " + std::to_string(row->numbers.size()) + " numbers, not " + std::to_string(numbers.size()));
  }
  Streamed streamed{.name = kernel, .objects = objects};
  StreamedCall call{.kernel = kernel};
  for (const KernelArgument& argument : row->arguments) {
    const Block block{argument.element, {argument.extent}};
    if (!argument.table.empty()) {
      call.operands.push_back({Kind::kBuffer, static_cast<int32_t>(streamed.buffers.size())});
      streamed.buffers.push_back(
          {.name = std::string(argument.name), .block = block, .table = std::string(argument.table)});
    } else if (argument.direction == Direction::kOut && streamed.output.shape.empty()) {
      call.operands.push_back({Kind::kOutput});
      streamed.output = block;
    } else if (argument.direction == Direction::kIn && streamed.input.shape.empty()) {
      call.operands.push_back({Kind::kInput});
      streamed.input = block;
      if (argument.layout == "a, b") {
        streamed.parts = 2;
        streamed.input.shape = {2, argument.extent / 2};
      }
    } else if (argument.direction == Direction::kIn && streamed.constant.shape.empty()) {
      call.operands.push_back({Kind::kConstant});
      streamed.constant = block;
    } else {
      return other_arguments(kernel);
    }
  }
  if (streamed.input.shape.empty() || streamed.output.shape.empty()) return other_arguments(kernel);
  for (const int32_t number : numbers) call.operands.push_back({Kind::kNumber, number});
  streamed.calls.push_back(std::move(call));
  return streamed;
}

Result<Streamed> stream_elements(const std::string& kernel, int64_t count, const std::vector<int32_t>& numbers) {
  SKALD_TRY(Streamed streamed, stream_kernel(kernel, 1, numbers));
  const int64_t object = elements_of(streamed.output);
  streamed.objects = ceil_div(count, object);
  return streamed;
}

Result<Streamed> chain(const std::string& name, const std::vector<Streamed>& links) {
  if (links.empty()) return fail(ErrorCode::kInvalidArgument, name, "has no links");
  Streamed made{.name = name, .input = links.front().input, .parts = links.front().parts};
  made.output = links.back().output;
  made.objects = links.front().objects;
  int32_t input = -1;
  for (size_t i = 0; i < links.size(); ++i) {
    const Streamed& link = links[i];
    const bool last = i + 1 == links.size();
    if (link.objects != made.objects || (!last && link.output != links[i + 1].input)) {
      return fail(ErrorCode::kInvalidArgument, name, "the output of " + link.name + " is not what follows it takes");
    }
    if (!link.constant.shape.empty()) {
      if (!made.constant.shape.empty()) {
        return fail(ErrorCode::kInvalidArgument, name, "has two constants", "stack them in one");
      }
      made.constant = link.constant;
    }
    const auto first = static_cast<int32_t>(made.buffers.size());
    for (StreamedBuffer one : link.buffers) {
      one.name += std::to_string(i);
      made.buffers.push_back(std::move(one));
    }
    const auto output = last ? -1 : static_cast<int32_t>(made.buffers.size());
    if (!last) made.buffers.push_back({.name = "between" + std::to_string(i), .block = link.output});
    add_calls(link, first, input, output, made);
    input = output;
  }
  return made;
}

Result<RowObjects> row_objects(const std::string& family, int64_t columns) {
  RowObjects best;
  for (const KernelRow& row : kernel_rows()) {
    if (!row.symbol.starts_with(family + "_")) continue;
    const RowObjects objects = objects_of(row.symbol, family);
    if (objects.width >= columns && (best.width == 0 || objects.width < best.width)) best = objects;
  }
  if (best.width == 0 || columns < 1) {
    return fail(ErrorCode::kUnsupported, family, "no kernel takes rows of " + std::to_string(columns) + " columns");
  }
  return best;
}

Result<Streamed> stream_rows(const std::string& family, int64_t rows, int64_t columns) {
  SKALD_TRY(const RowObjects objects, row_objects(family, columns));
  return stream_kernel(objects.kernel, (rows + objects.rows - 1) / objects.rows, {static_cast<int32_t>(columns)});
}

Result<std::vector<std::byte>> pad_rows(std::span<const std::byte> x, int element, int64_t columns, int64_t width,
                                        int64_t bytes) {
  const int64_t row = columns * element;
  const int64_t rows = row > 0 ? static_cast<int64_t>(x.size()) / row : 0;
  if (row <= 0 || width < columns || rows * row != std::ssize(x) || rows * width * element > bytes) {
    return fail(ErrorCode::kInvalidArgument, "pad_rows",
                std::to_string(x.size()) + " bytes in rows of " + std::to_string(columns) + " do not fit into " +
                    std::to_string(bytes) + " bytes in rows of " + std::to_string(width));
  }
  std::vector<std::byte> padded(static_cast<size_t>(bytes));
  for (int64_t i = 0; i < rows; ++i) {
    std::memcpy(&padded[static_cast<size_t>(i * width * element)], &x[static_cast<size_t>(i * row)],
                static_cast<size_t>(row));
  }
  return padded;
}

}  // namespace skald::npu::plan
