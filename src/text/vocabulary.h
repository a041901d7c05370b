#pragma once
// The tokens of a byte-level BPE: bytes by id, id by bytes, and the priority of merges.

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skald::text {

/// What a vocabulary must be to fit a model.
struct VocabularySpec {
  int32_t tokens = 0;       ///< text tokens: ids 0 to tokens - 1; larger ids are special tokens
  bool empty_last = false;  ///< the last one is the empty string, and files may leave it out (multilingual)
};

/// What each merge makes, in order of priority, as files list them.
class MergeList {
 public:
  void add(std::string_view left, std::string_view right);
  size_t size() const { return ends_.size(); }
  /// The token that merge `i` makes.
  std::string_view operator[](size_t i) const;

 private:
  std::string bytes_;
  std::vector<uint32_t> ends_;
};

/// Immutable once finished. About 0.3 MB of bytes, 0.2 MB of offsets and 0.5 MB of hash table for Whisper's.
class Vocabulary {
 public:
  static constexpr int32_t kNone = -1;
  static constexpr int32_t kNoRank = std::numeric_limits<int32_t>::max();
  static constexpr size_t kMaxTokenBytes = 1024;  // the longest of Whisper's has 128

  explicit Vocabulary(VocabularySpec spec);

  /// Adds a text token. Errors: kBadModel for an id out of range or given twice, a token too long.
  Result<void> add(int32_t id, std::string_view bytes, const std::string& where);

  /// Builds the index after the last add(). Errors: kBadModel for a missing id, a token given twice, a missing byte.
  Result<void> finish(const std::string& where);

  /// Takes the priorities from a list of merges instead of the order of ids. Pre: finished.
  /// Errors: kBadModel for a merge that makes no token.
  Result<void> rank_by(const MergeList& merges, const std::string& where);

  int32_t size() const { return static_cast<int32_t>(tokens_.size()); }
  size_t longest() const { return longest_; }

  /// Bytes of a token. Pre: 0 <= id < size().
  std::string_view bytes(int32_t id) const;

  /// Id of a token, kNone when there is none. Pre: finished.
  int32_t find(std::string_view bytes) const;

  /// Priority of the merge that makes the token, smallest first; kNoRank when no merge does. Pre: as for bytes().
  int32_t rank(int32_t id) const { return ranks_.empty() ? id : ranks_[static_cast<size_t>(id)]; }

 private:
  static constexpr uint32_t kUnset = std::numeric_limits<uint32_t>::max();
  struct Token {
    uint32_t begin = kUnset;
    uint32_t size = 0;
  };

  size_t slot_of(std::string_view bytes) const;

  VocabularySpec spec_;
  std::string bytes_;
  std::vector<Token> tokens_;
  std::vector<int32_t> slots_;  // open addressing, a power of two, at most half full
  std::vector<int32_t> ranks_;  // empty: the id is the priority
  size_t longest_ = 0;
};

}  // namespace skald::text
