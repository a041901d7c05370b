// The byte products of servers with AMX: a register of 16 rows by 64 bytes of A times one of 16 groups of 16 columns,
// which is how panels of W lie in memory. Sums are the same whole numbers as everywhere.

#include "cpu/kernels/avx512/vec.h"
#include "cpu/kernels/vector/groups.h"

namespace skald::cpu {
namespace {

constexpr int kTileRows = 16;
constexpr int kStep = 64;       // bytes of a row of A, of k at once
constexpr int kMostRows = 32;   // two tiles of A and
constexpr int kMostPanels = 2;  // two of W: four of sums, all eight registers
constexpr int kColumns = kMostPanels * kPanel;
constexpr int kFewRows = 6;  // up to so many rows reading W is what takes the time
constexpr int64_t kBlockBytes = 512 << 10;

struct Sums : IntegerSums<Vec> {
  static constexpr bool kOffset = true;
};

/// The compiler does not know what memory the instructions on registers read and write.
void memory_is_used() {
  asm volatile("" ::: "memory");
}

/// What LDTILECFG reads: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, 18.3.
struct alignas(64) Config {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

/// Registers 0 to 3: sums, by rows and panels; 4 and 5: rows of A; 6 and 7: panels of W.
void configure(int rows) {
  Config config;
  for (int tile = 0; tile < 8; ++tile) {
    const bool second = tile == 2 || tile == 3 || tile == 5;
    const int here = second ? rows - kTileRows : least(rows, kTileRows);
    config.rows[tile] = static_cast<uint8_t>(tile >= 6 ? kTileRows : (here > 0 ? here : 0));
    config.row_bytes[tile] = config.rows[tile] > 0 ? kStep : 0;
  }
  memory_is_used();
  _tile_loadconfig(&config);
}

template <bool TwoRows, bool TwoPanels>
void multiply_step(const uint8_t* a, int64_t lda, const uint8_t* w, int64_t panel_stride) {
  constexpr int kGroupRow = kPanel * kGroupBytes;
  _tile_loadd(6, w, kGroupRow);
  _tile_loadd(4, a, lda);
  _tile_dpbusd(0, 4, 6);
  if constexpr (TwoPanels) {
    _tile_loadd(7, w + panel_stride, kGroupRow);
    _tile_dpbusd(1, 4, 7);
  }
  if constexpr (TwoRows) {
    _tile_loadd(5, a + kTileRows * lda, lda);
    _tile_dpbusd(2, 5, 6);
    if constexpr (TwoPanels) _tile_dpbusd(3, 5, 7);
  }
}

/// The groups that are no whole step, beside zeros.
template <bool TwoRows, bool TwoPanels>
void multiply_rest(const GroupTile& t, int rows, int first_group) {
  const int bytes = (t.groups - first_group) * kGroupBytes;
  alignas(64) uint8_t a[kMostRows * kStep] = {};
  alignas(64) uint8_t w[kMostPanels * kStep * kPanel] = {};
  for (int r = 0; r < rows; ++r) {
    __builtin_memcpy(a + r * kStep, t.a + r * t.lda + first_group * kGroupBytes, static_cast<size_t>(bytes));
  }
  for (int p = 0; p < (TwoPanels ? 2 : 1); ++p) {
    __builtin_memcpy(w + p * kStep * kPanel, t.w + p * t.panel_stride + first_group * kGroupBytes * kPanel,
                     static_cast<size_t>(bytes) * kPanel);
  }
  memory_is_used();
  multiply_step<TwoRows, TwoPanels>(a, kStep, w, kStep * kPanel);
}

template <bool TwoRows, bool TwoPanels>
void add_up(const GroupTile& t, int rows, int32_t* sums) {
  constexpr int kGroups = kStep / kGroupBytes;
  _tile_zero(0);
  if constexpr (TwoPanels) _tile_zero(1);
  if constexpr (TwoRows) _tile_zero(2);
  if constexpr (TwoRows && TwoPanels) _tile_zero(3);
  int group = 0;
  for (; group + kGroups <= t.groups; group += kGroups) {
    multiply_step<TwoRows, TwoPanels>(t.a + group * kGroupBytes, t.lda, t.w + group * kGroupBytes * kPanel,
                                      t.panel_stride);
  }
  if (group < t.groups) multiply_rest<TwoRows, TwoPanels>(t, rows, group);
  constexpr int kStride = kColumns * static_cast<int>(sizeof(int32_t));
  _tile_stored(0, sums, kStride);
  if constexpr (TwoPanels) _tile_stored(1, sums + kPanel, kStride);
  if constexpr (TwoRows) _tile_stored(2, sums + kTileRows * kColumns, kStride);
  if constexpr (TwoRows && TwoPanels) _tile_stored(3, sums + kTileRows * kColumns + kPanel, kStride);
  memory_is_used();
}

/// C of the sums.
void finish(const GroupTile& t, int rows, const int32_t* sums) {
  for (int column = 0; column < t.columns; column += kPanel) {
    const auto mask = Vec::first(t.columns - column);
    const auto bias = t.bias == nullptr ? Vec::zero() : Vec::load(mask, t.bias + column);
    for (int r = 0; r < rows; ++r) {
      float* c = t.c + r * t.ldc + column;
      auto y = Vec::add(product_of<Vec, Sums>(t, r, column, Vec::load_i(sums + r * kColumns + column)), bias);
      if (t.epilogue == Epilogue::kResidual) y = Vec::add(Vec::load(mask, c), y);
      if (t.epilogue == Epilogue::kGelu) y = rough_gelu_of<Vec>(y);
      Vec::store(mask, c, y);
    }
  }
}

void tile(const GroupTile& t, int rows) {
  alignas(64) int32_t sums[kMostRows * kColumns];
  const bool two_rows = rows > kTileRows;
  const bool two_panels = t.columns > kPanel;
  if (two_rows) {
    two_panels ? add_up<true, true>(t, rows, sums) : add_up<true, false>(t, rows, sums);
  } else {
    two_panels ? add_up<false, true>(t, rows, sums) : add_up<false, false>(t, rows, sums);
  }
  finish(t, rows, sums);
}

}  // namespace

void gemm_i8_amx(const GemmI8& g) noexcept {
  if (g.m <= kFewRows || g.n <= 0) return gemm_i8_avx512vnni(g);
  using Parts = GroupArgs<Sums>;
  const GroupTile whole = Parts::args_of(g);
  const int fit = static_cast<int>(kBlockBytes / (int64_t{kColumns} * kGroupBytes * whole.groups));
  const int block = kColumns * (fit < 1 ? 1 : fit);
  int configured = 0;
  for (int n0 = 0; n0 < g.n; n0 += block) {
    for (int m = 0; m < g.m; m += kMostRows) {
      const int rows = least(g.m - m, kMostRows);
      if (rows != configured) configure(rows);
      configured = rows;
      for (int n = n0; n < least(g.n, n0 + block); n += kColumns) {
        tile(Parts::part(whole, m, n, least(g.n - n, kColumns)), rows);
      }
    }
  }
  _tile_release();
}

}  // namespace skald::cpu
