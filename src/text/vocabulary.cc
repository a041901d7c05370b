#include "text/vocabulary.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

#include "text/bad_vocabulary.h"

namespace skald::text {
void MergeList::add(std::string_view left, std::string_view right) {
  bytes_.append(left).append(right);
  ends_.push_back(static_cast<uint32_t>(bytes_.size()));
}

std::string_view MergeList::operator[](size_t i) const {
  const uint32_t begin = i == 0 ? 0 : ends_[i - 1];
  return std::string_view(bytes_).substr(begin, ends_[i] - begin);
}

Vocabulary::Vocabulary(VocabularySpec spec) : spec_(spec), tokens_(static_cast<size_t>(spec.tokens)) {}

Result<void> Vocabulary::add(int32_t id, std::string_view bytes, const std::string& where) {
  if (id < 0 || id >= size()) {
    return bad_vocabulary(where, "token id " + std::to_string(id) + " is outside 0.." + std::to_string(size() - 1));
  }
  if (bytes.size() > kMaxTokenBytes) {
    return bad_vocabulary(where, "token " + std::to_string(id) + " has " + std::to_string(bytes.size()) +
                                     " bytes, more than " + std::to_string(kMaxTokenBytes));
  }
  Token& token = tokens_[static_cast<size_t>(id)];
  if (token.begin != kUnset) return bad_vocabulary(where, "token id " + std::to_string(id) + " is given twice");
  token = {.begin = static_cast<uint32_t>(bytes_.size()), .size = static_cast<uint32_t>(bytes.size())};
  bytes_.append(bytes);
  longest_ = std::max(longest_, bytes.size());
  return {};
}

Result<void> Vocabulary::finish(const std::string& where) {
  if (spec_.empty_last && tokens_.back().begin == kUnset) tokens_.back().begin = 0;
  slots_.assign(std::bit_ceil(tokens_.size() * 2), kNone);
  for (int32_t id = 0; id < size(); ++id) {
    if (tokens_[static_cast<size_t>(id)].begin == kUnset) {
      return bad_vocabulary(where, "token id " + std::to_string(id) + " is missing; the model needs " +
                                       std::to_string(size()) + " text tokens");
    }
    const std::string_view token = bytes(id);
    if (token.empty()) {
      if (spec_.empty_last && id == size() - 1) continue;
      return bad_vocabulary(where, "token " + std::to_string(id) + " is empty");
    }
    int32_t& slot = slots_[slot_of(token)];
    if (slot != kNone) {
      return bad_vocabulary(where, "tokens " + std::to_string(slot) + " and " + std::to_string(id) + " are the same");
    }
    slot = id;
  }
  for (int byte = 0; byte < 256; ++byte) {
    const char single = static_cast<char>(byte);
    if (find({&single, 1}) == kNone) return bad_vocabulary(where, "there is no token for byte " + std::to_string(byte));
  }
  return {};
}

Result<void> Vocabulary::rank_by(const MergeList& merges, const std::string& where) {
  constexpr size_t kBytes = 256;  // Whisper's ids are the single bytes, then the merges in order: no need to search
  ranks_.assign(tokens_.size(), kNoRank);
  for (size_t i = 0; i < merges.size(); ++i) {
    const auto usual = static_cast<int32_t>(kBytes + i);
    const std::string_view wanted = merges[i];
    const int32_t merged = usual < size() && bytes(usual) == wanted ? usual : find(wanted);
    if (merged == kNone)
      return bad_vocabulary(where, "merge " + std::to_string(i) + " makes what is no token of the vocabulary");
    int32_t& rank = ranks_[static_cast<size_t>(merged)];
    if (rank == kNoRank) rank = static_cast<int32_t>(i);
  }
  return {};
}

std::string_view Vocabulary::bytes(int32_t id) const {
  const Token token = tokens_[static_cast<size_t>(id)];
  return std::string_view(bytes_).substr(token.begin, token.size);
}

int32_t Vocabulary::find(std::string_view bytes) const {
  if (bytes.empty() || bytes.size() > longest_) return kNone;
  return slots_[slot_of(bytes)];
}

/// The slot that holds `bytes`, or the free one where it belongs.
size_t Vocabulary::slot_of(std::string_view bytes) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = std::hash<std::string_view>{}(bytes)&mask;
  while (slots_[slot] != kNone && this->bytes(slots_[slot]) != bytes) slot = (slot + 1) & mask;
  return slot;
}

}  // namespace skald::text
