#pragma once
// The kernels that a Program calls, as its text declares them.

#include <map>
#include <string>
#include <vector>

#include "npu/emit/emit.h"

namespace skald::npu {

/// A kernel as the cores call it.
struct Declaration {
  KernelCode code;
  std::vector<std::string> types;  ///< that it takes: other ones than it is given where that is bytes
};

/// Declarations in the order of first call, over all cores.
class Declarations {
 public:
  /// The type of what a call is given.
  std::string given(const Operand& operand) const;

  Declarations(const Program& program, const EmitLookups& lookups) : program_(program), lookups_(lookups) {}

  /// The kernel that `call` calls; declares it at its first call. Errors: other types than at the first call.
  Result<const Declaration*> of(const Call& call);

  std::vector<const Declaration*> in_order() const;

 private:
  std::vector<std::string> types_of(const Call& call, const KernelCode& code) const;

  const Program& program_;
  const EmitLookups& lookups_;
  std::map<std::string, Declaration, std::less<>> known_;
  std::vector<const Declaration*> order_;
};

}  // namespace skald::npu
