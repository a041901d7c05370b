#include "npu/emit/declarations.h"

#include <utility>

#include "npu/emit/text.h"

namespace skald::npu {

Result<const Declaration*> Declarations::of(const Call& call) {
  std::vector<std::string> types;
  types.reserve(call.operands.size());
  for (const Operand& operand : call.operands) types.push_back(type_of(operand));
  auto found = known_.find(call.kernel);
  if (found == known_.end()) {
    SKALD_TRY(KernelCode code, lookups_.kernel(call.kernel));
    found = known_.emplace(call.kernel, Declaration{.code = std::move(code), .types = types}).first;
    order_.push_back(&found->second);
  }
  if (found->second.types != types) {
    return fail(ErrorCode::kInvalidArgument, program_.name + ", kernel " + call.kernel,
                "is called with blocks of different types or sizes", "use a kernel for each");
  }
  return &found->second;
}

std::vector<const Declaration*> Declarations::in_order() const {
  return order_;
}

std::string Declarations::type_of(const Operand& operand) const {
  const auto id = static_cast<size_t>(operand.id);
  switch (operand.kind) {
    case Operand::Kind::kObject: return text::memref(program_.fifos[id].block);
    case Operand::Kind::kBuffer: return text::memref(program_.buffers[id].block);
    case Operand::Kind::kScalar: break;
  }
  return "i32";
}

}  // namespace skald::npu
