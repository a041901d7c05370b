#include "npu/suite/lookups.h"

#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace skald::npu {
namespace {

Access access_of(Direction direction) {
  switch (direction) {
    case Direction::kIn: return Access::kRead;
    case Direction::kOut: return Access::kWrite;
    case Direction::kInOut: return Access::kReadWrite;
  }
  return Access::kRead;
}

KernelInfo info_of(std::string_view name, const KernelRow& row) {
  const counting::Cost& cost = cost_of(row);
  KernelInfo info{.name = std::string(name),
                  .scalars = static_cast<int>(row.numbers.size()),
                  .text_bytes = cost.text_bytes,
                  .stack_bytes = row.stack_bytes};
  for (const counting::CalledFunction& function : cost.called) {
    info.called.push_back({.name = function.name, .text_bytes = function.text_bytes});
  }
  for (const KernelArgument& argument : row.arguments) {
    info.blocks.push_back({.name = std::string(argument.name),
                           .type = argument.element,
                           .elements = argument.extent,
                           .access = access_of(argument.direction),
                           .table = std::string(argument.table)});
  }
  return info;
}

/// Every rule asks for every kernel of every core: each is looked at once.
std::optional<KernelInfo> known_info(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, KernelInfo, std::less<>> known;
  const std::scoped_lock lock(mutex);
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  const KernelRow* row = find_kernel(name);
  if (row == nullptr) return std::nullopt;
  return known.emplace(name, info_of(name, *row)).first->second;
}

std::optional<int64_t> table_bytes(std::string_view name) {
  const KernelTable* table = find_table(name);
  if (table == nullptr) return std::nullopt;
  return static_cast<int64_t>(table->contents().size());
}

Result<KernelCode> code_of(std::string_view name) {
  const KernelRow* row = find_kernel(name);
  if (row == nullptr) return fail(ErrorCode::kNotFound, std::string(name), "is no kernel of the catalogue");
  KernelCode code{.symbol = std::string(row->symbol), .source = std::string(row->source)};
  for (const KernelArgument& argument : row->arguments) {
    code.blocks.push_back({argument.element, {argument.extent}});
  }
  return code;
}

Result<std::span<const std::byte>> table_of(std::string_view name) {
  const KernelTable* table = find_table(name);
  if (table == nullptr) return fail(ErrorCode::kNotFound, std::string(name), "is no table of the catalogue");
  return table->contents();
}

}  // namespace

const KernelLookup& catalogue_lookup() {
  static const KernelLookup kLookup{.kernel = known_info, .table = table_bytes};
  return kLookup;
}

const EmitLookups& catalogue_code() {
  static const EmitLookups kLookups{.kernel = code_of, .table = table_of};
  return kLookups;
}

}  // namespace skald::npu
