#include "npu/emit/declarations.h"

#include <utility>

#include "npu/emit/text.h"

namespace skald::npu {

Result<const Declaration*> Declarations::of(const Call& call) {
  auto found = known_.find(call.kernel);
  if (found == known_.end()) {
    SKALD_TRY(KernelCode code, lookups_.kernel(call.kernel));
    std::vector<std::string> types = types_of(call, code);
    found = known_.emplace(call.kernel, Declaration{.code = std::move(code), .types = std::move(types)}).first;
    order_.push_back(&found->second);
  }
  if (found->second.types != types_of(call, found->second.code)) {
    return fail(ErrorCode::kInvalidArgument, program_.name + ", kernel " + call.kernel,
                "is called with blocks of different types or sizes", "use a kernel for each");
  }
  return &found->second;
}

std::vector<const Declaration*> Declarations::in_order() const {
  return order_;
}

std::string Declarations::given(const Operand& operand) const {
  const auto id = static_cast<size_t>(operand.id);
  switch (operand.kind) {
    case Operand::Kind::kObject: return text::memref(program_.fifos[id].block);
    case Operand::Kind::kBuffer: return text::memref(program_.buffers[id].block);
    case Operand::Kind::kScalar: break;
  }
  return "i32";
}

std::vector<std::string> Declarations::types_of(const Call& call, const KernelCode& code) const {
  std::vector<std::string> types;
  types.reserve(call.operands.size());
  for (size_t i = 0; i < call.operands.size(); ++i) {
    const Operand& operand = call.operands[i];
    const auto id = static_cast<size_t>(operand.id);
    const bool memory = operand.kind != Operand::Kind::kScalar && i < code.blocks.size();
    const bool bytes =
        memory && (operand.kind == Operand::Kind::kObject ? program_.fifos[id].block.type
                                                          : program_.buffers[id].block.type) == Element::kI8;
    types.push_back(bytes ? text::memref(code.blocks[i]) : given(operand));
  }
  return types;
}

}  // namespace skald::npu
