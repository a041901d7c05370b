#pragma once
// Lookup tables: aie::lut, parallel_lookup, linear_approx. Four accesses at once need four copies of a table: two
// alternate every 128 bits in one array, two in another that lies in other banks. Each lane reads the copy of its place
// among four, so all copies matter.

#include "npu/aie_host/aie_api/ops_convert.hpp"

namespace aie::inline SKALD_AIE_BUILD {

enum class lut_oor_policy { saturate, truncate };

template <unsigned kParallel, typename Offset, typename Slope = Offset>
struct lut {
  static_assert(kParallel == 4, "AIE2 has tables for four accesses at once");
  using offset_type = Offset;
  using slope_type = Slope;

  lut(unsigned count, const void* ab, const void* cd) : entries(count), copies{ab, cd} {}

  /// Bytes of an entry: a value, or slope and offset as two values of the larger type.
  template <typename Entry>
  Entry read(std::int64_t index, unsigned lane) const {
    constexpr std::int64_t kPerBank = 16 / sizeof(Entry);
    const std::int64_t place = index / kPerBank * 2 * kPerBank + (lane % 2) * kPerBank + index % kPerBank;
    Entry entry;
    std::memcpy(&entry, static_cast<const std::byte*>(copies[lane / 2 % 2]) + place * std::int64_t{sizeof(Entry)},
                sizeof entry);
    return entry;
  }

  unsigned entries;
  std::array<const void*, 2> copies;
};

/// out[i] = table[(v[i] >> step_bits) + bias]. The shift is shift-round-saturate's, so it rounds as the core's mode
/// says: in other modes than floor, indices near the next one reach it (the API's documentation warns of this).
template <typename T, typename Table, lut_oor_policy kPolicy = lut_oor_policy::saturate>
class parallel_lookup {
  using Value = typename Table::offset_type;
  static constexpr unsigned kBits = detail::kTypeBits<Value>;
  static constexpr int kPlaces = sizeof(Value) <= 2 ? 2 : (sizeof(Value) == 4 ? 3 : 4);  // address bits below an entry

 public:
  explicit parallel_lookup(const Table& table, unsigned step_bits = 0, unsigned bias = 0)
      : table_(table), shift_(static_cast<int>(step_bits) - kPlaces), bias_(bias) {
    const std::int64_t keys = std::int64_t{1} << (8 * sizeof(T));
    all_used_ = keys == (std::int64_t{table.entries} << step_bits) &&
                (std::is_signed_v<T> ? bias == 0 || bias == table.entries / 2 : bias == 0);
  }

  template <unsigned kElements>
  vector<Value, kElements> fetch(const vector<T, kElements>& keys) {
    const accum<acc64, kElements> wide(keys);
    const vector<std::int32_t, kElements> addresses = wide.template to_vector<std::int32_t>(shift_);
    vector<Value, kElements> made;
    for (unsigned i = 0; i < kElements; ++i) {
      made.lanes[i] = table_.template read<Value>(entry_of(addresses.lanes[i]), i % 4);
    }
    const detail::Token limited = detail::record(detail::Op::kVectorAlu, 32 * kElements, addresses.token);
    for (unsigned i = 0; i < kElements; i += 4) {
      const detail::Token four = detail::record_load(detail::Op::kLookup, table_.copies[0], 32, limited);
      const detail::Token packed = detail::record(detail::Op::kVectorMove, 4 * kBits, four);
      made.token = i == 0 ? packed : detail::join(made.token, packed);
    }
    return made;
  }

 private:
  std::int64_t entry_of(std::int32_t address) const {
    const std::int64_t end = std::int64_t{table_.entries} << kPlaces;
    const std::int64_t bias = std::int64_t{bias_} << kPlaces;
    std::int64_t place = address + bias;
    if (kPolicy == lut_oor_policy::truncate || all_used_) {
      place &= end - 1;
    } else {
      place = place < 0 ? 0 : (place > end - 1 ? end - 1 : place);
    }
    return place >> kPlaces;
  }

  Table table_;
  int shift_;
  unsigned bias_;
  bool all_used_ = false;
};

/// bfloat16: out = slope * v + offset of the segment floor(v * 2^-step_bits) + bias, as float32.
/// Integers: slope * (v mod 2^step_bits) + (offset << shift_offset).
template <typename T, typename Table>
class linear_approx {
  static_assert(std::is_same_v<T, bfloat16> && std::is_same_v<typename Table::offset_type, float>,
                "here for bfloat16 with float offsets");

 public:
  explicit linear_approx(const Table& table, int step_bits, int bias = 0, [[maybe_unused]] int shift_offset = 0)
      : table_(table), step_bits_(step_bits), bias_(bias) {}

  template <unsigned kElements>
  accum<accfloat, kElements> compute(const vector<bfloat16, kElements>& v) {
    struct Entry {
      float slope;  // its upper half, a bfloat16
      float offset;
    };
    vector<bfloat16, kElements> slopes;
    accum<accfloat, kElements> offsets;
    for (unsigned i = 0; i < kElements; ++i) {
      const std::int64_t floored = host::floor_to_int(v.lanes[i], kPlaces - step_bits_);
      const std::int64_t low = -(std::int64_t{bias_} << kPlaces);
      const std::int64_t high = (std::int64_t{table_.entries} << kPlaces) - 1 + low;
      const std::int64_t place = floored < low ? low : (floored > high ? high : floored);
      const Entry entry = table_.template read<Entry>((place >> kPlaces) + bias_, i % 4);
      slopes.lanes[i] =
          bfloat16::from_bits(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(entry.slope) >> 16U));
      offsets.lanes[i] = entry.offset;
    }
    const detail::Token floored = detail::record(detail::Op::kConvert, 32 * kElements, v.token);
    const detail::Token raised = detail::record(detail::Op::kVectorAlu, 32 * kElements, floored);
    const detail::Token limited = detail::record(detail::Op::kVectorAlu, 32 * kElements, raised);
    for (unsigned i = 0; i < kElements; i += 4) {
      const detail::Token four = detail::record_load(detail::Op::kLookup, table_.copies[0], 32, limited);
      const detail::Token slope = detail::record(detail::Op::kVectorMove, 64, four);
      const detail::Token offset = detail::record(detail::Op::kVectorMove, 128, four);
      slopes.token = i == 0 ? slope : detail::join(slopes.token, slope);
      offsets.token = i == 0 ? offset : detail::join(offsets.token, offset);
    }
    return mac(offsets, slopes, v);
  }

 private:
  static constexpr int kPlaces = 4;  // address bits below an entry

  Table table_;
  int step_bits_;
  int bias_;
};

}  // namespace aie::inline SKALD_AIE_BUILD
