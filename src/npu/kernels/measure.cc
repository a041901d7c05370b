// Counts the cycles of a row: places its arguments in a tile's memory and runs its counting build once.

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "base/rounding.h"
#include "npu/aie_host/counting/recording.h"
#include "npu/kernels/catalogue.h"

namespace skald::npu {
namespace {

constexpr std::int64_t kTileBytes = 0x10000;
constexpr std::int64_t kBankBytes = 0x4000;  // of the four that addresses tell apart (AM020 chapter 2)

struct Gap {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

std::int64_t aligned(std::int64_t offset) {
  return round_up(offset, kArgumentAlignment);
}

/// Free memory of a tile.
class Room {
 public:
  explicit Room(std::int64_t taken) : gaps_{{aligned(taken), kTileBytes}} {}

  /// The offset for `bytes`, or -1: within the bank that has most room, else at the end of a gap. With `astride`, half
  /// of it on each side of a boundary between banks, if there is such a place.
  std::int64_t take(std::int64_t bytes, bool astride) {
    std::int64_t best = astride ? across_boundary(bytes) : -1;
    const bool settled = best >= 0;
    std::int64_t most = 0;
    for (std::int64_t bank = 0; !settled && bank < kTileBytes; bank += kBankBytes) {
      std::int64_t free = 0;
      std::int64_t place = -1;
      for (const Gap& gap : gaps_) {
        const std::int64_t begin = std::max(gap.begin, bank);
        const std::int64_t end = std::min(gap.end, bank + kBankBytes);
        free += std::max<std::int64_t>(0, end - begin);
        place = place < 0 && end - begin >= bytes ? begin : place;
      }
      if (place >= 0 && free >= most) {
        most = free;
        best = place;
      }
    }
    for (auto gap = gaps_.rbegin(); best < 0 && gap != gaps_.rend(); ++gap) {
      const std::int64_t begin = (gap->end - bytes) / kArgumentAlignment * kArgumentAlignment;
      best = begin >= gap->begin ? begin : -1;
    }
    if (best >= 0) {
      remove(best, aligned(best + bytes));
    }
    return best;
  }

 private:
  std::int64_t across_boundary(std::int64_t bytes) const {
    for (std::int64_t boundary = kTileBytes - kBankBytes; boundary > 0; boundary -= kBankBytes) {
      const std::int64_t begin = (boundary - bytes / 2) / kArgumentAlignment * kArgumentAlignment;
      const bool free = std::any_of(gaps_.begin(), gaps_.end(), [begin, bytes](const Gap& gap) {
        return gap.begin <= begin && begin + bytes <= gap.end;
      });
      if (free) {
        return begin;
      }
    }
    return -1;
  }

  void remove(std::int64_t begin, std::int64_t end) {
    std::vector<Gap> left;
    for (const Gap& gap : gaps_) {
      if (gap.end <= begin || gap.begin >= end) {
        left.push_back(gap);
        continue;
      }
      if (gap.begin < begin) {
        left.push_back({gap.begin, begin});
      }
      if (gap.end > end) {
        left.push_back({end, gap.end});
      }
    }
    gaps_ = std::move(left);
  }

  std::vector<Gap> gaps_;
};

std::vector<std::int64_t> make_places(const KernelRow& row) {
  std::vector<std::size_t> order(row.arguments.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&row](std::size_t a, std::size_t b) {
    return row.arguments[a].bytes() != row.arguments[b].bytes() ? row.arguments[a].bytes() > row.arguments[b].bytes()
                                                                : a < b;
  });
  Room room(row.stack_bytes);
  std::vector<std::int64_t> places(row.arguments.size(), -1);
  for (const std::size_t index : order) {
    places[index] = room.take(row.arguments[index].bytes(), row.arguments[index].direction == Direction::kInOut);
    if (places[index] < 0) {
      return {};
    }
  }
  return places;
}

struct alignas(64) Tile {
  std::array<std::byte, kTileBytes> bytes{};
};

counting::Cost measure(const KernelRow& row, std::span<const std::int32_t> numbers) {
  const std::span<const std::int64_t> places = place_arguments(row);
  if (places.size() != row.arguments.size() || row.count == nullptr || numbers.size() != row.numbers.size()) {
    counting::Cost refused;
    refused.fault = std::string(row.symbol) + (row.count == nullptr ? " has no counting build"
                                               : numbers.size() != row.numbers.size()
                                                   ? " takes " + std::to_string(row.numbers.size()) + " numbers"
                                                   : " does not fit into a tile");
    return refused;
  }
  const auto tile = std::make_unique<Tile>();
  std::vector<std::byte*> memory(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    memory[i] = tile->bytes.data() + places[i];
  }
  counting::Recording recording(tile->bytes);
  row.count(memory, numbers);
  return counting::cost(recording.finish());
}

}  // namespace

std::span<const std::int64_t> place_arguments(const KernelRow& row) {
  static std::mutex lock;
  static std::map<std::string_view, std::vector<std::int64_t>> known;
  const std::scoped_lock hold(lock);
  const auto [place, fresh] = known.try_emplace(row.symbol);
  if (fresh) {
    place->second = make_places(row);
  }
  return place->second;
}

const counting::Cost& cost_of(const KernelRow& row, std::span<const std::int32_t> numbers) {
  static std::mutex lock;
  static std::map<std::pair<std::string_view, std::vector<std::int32_t>>, counting::Cost> known;
  const std::pair key{row.symbol, std::vector<std::int32_t>(numbers.begin(), numbers.end())};
  {
    const std::scoped_lock hold(lock);
    if (const auto found = known.find(key); found != known.end()) {
      return found->second;
    }
  }
  counting::Cost made = measure(row, numbers);
  const std::scoped_lock hold(lock);
  return known.try_emplace(key, std::move(made)).first->second;
}

}  // namespace skald::npu
