#include "npu/aie_host/counting/fusion.h"

#include <cstdint>
#include <utility>

#include "npu/aie_host/counting/operations.h"

namespace skald::npu::counting {
namespace {

/// Replaces load + widen and narrow + store by the machine operations that do both.
class Fusion {
 public:
  Fusion(std::vector<Recorded>& ops, std::vector<Access>& accesses)
      : ops_(ops), accesses_(accesses), users_(ops.size()) {
    for (const Recorded& op : ops_) {
      for (const Use& use : op.uses) {
        if (use.from == From::kHere) {
          ++users_[use.op];
        }
      }
    }
  }

  void run() {
    for (std::uint32_t i = 0; i < ops_.size(); ++i) {
      const Recorded& op = ops_[i];
      if (op.uses.size() != 1 || op.uses[0].from != From::kHere) {
        continue;
      }
      const std::uint32_t source = op.uses[0].op;
      if (users_[source] != 1 || ops_[source].used_later || ops_[source].count == 0) {
        continue;
      }
      const Op loaded = fused_load(op, ops_[source]);
      const Op stored = fused_store(ops_[source]);
      if (ops_[source].op == Op::kLoad && loaded != Op::kCount) {
        take_load(i, source, loaded);
      } else if (op.op == Op::kStore && stored != Op::kCount) {
        take_store(i, source, stored);
      }
    }
    load_and_store_as_they_are();
  }

 private:
  /// A 32-bit accumulator has the bits of a vector: what is loaded to be added to goes straight to its register, and a
  /// result that is not shifted straight to memory.
  void load_and_store_as_they_are() {
    for (Recorded& op : ops_) {
      for (const Use& use : op.uses) {
        if (use.from != From::kHere) {
          continue;
        }
        Recorded& source = ops_[use.op];
        const bool adds = op.op == Op::kFloatAccAdd || op.op == Op::kIntAccAdd;
        if ((use.sum || adds) && source.op == Op::kLoad) {
          source.op = Op::kLoadAccumulator;
        }
        if (op.op == Op::kStore && operation(source.op).result == Register::kAccumulator) {
          op.op = Op::kStoreAccumulator;
        }
      }
    }
  }

  static Op fused_load(const Recorded& op, const Recorded& source) {
    switch (op.op) {
      case Op::kUnpack: return Op::kLoadUnpack;
      case Op::kUps: return op.bits == source.bits ? Op::kLoadAccumulator : Op::kLoadUps;
      case Op::kWiden: return Op::kLoadWiden;
      default: return Op::kCount;
    }
  }

  Op fused_store(const Recorded& source) const {
    switch (source.op) {
      case Op::kSrs: {
        const bool as_it_is = source.uses.size() == 1 && source.uses[0].from == From::kHere &&
                              ops_[source.uses[0].op].bits == source.bits;
        return as_it_is ? Op::kStoreAccumulator : Op::kStoreSrs;
      }
      case Op::kConvert: return Op::kStoreConvert;
      case Op::kPack: return Op::kStorePack;
      default: return Op::kCount;
    }
  }

  void take_load(std::uint32_t user, std::uint32_t load, Op fused) {
    Recorded& op = ops_[user];
    op.op = fused;
    op.bank = ops_[load].bank;
    op.uses = std::move(ops_[load].uses);
    drop(load);
    move_access(load, user);
  }

  void take_store(std::uint32_t store, std::uint32_t source, Op fused) {
    Recorded& op = ops_[store];
    op.op = fused;
    op.uses = std::move(ops_[source].uses);
    drop(source);
  }

  void drop(std::uint32_t index) {
    ops_[index].count = 0;
    ops_[index].uses.clear();
    ops_[index].bank = 0;
  }

  void move_access(std::uint32_t from, std::uint32_t to) {
    for (Access& access : accesses_) {
      if (access.op == from) {
        access.op = to;
      }
    }
  }

  std::vector<Recorded>& ops_;
  std::vector<Access>& accesses_;
  std::vector<int> users_;
};

}  // namespace

void fuse(std::vector<Recorded>& ops, std::vector<Access>& accesses) {
  Fusion(ops, accesses).run();
}

}  // namespace skald::npu::counting
