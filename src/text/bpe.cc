#include "text/bpe.h"

#include <algorithm>

#include "text/split.h"

namespace skald::text {
namespace {

using Candidate = BpeScratch::Candidate;

/// Heap order: true when `a` is merged after `b`.
bool later(const Candidate& a, const Candidate& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.begin > b.begin;
}

/// Puts the merge of the token at `begin` with its right neighbour on the heap, if the two make a token.
void propose(const Vocabulary& vocabulary, std::string_view piece, size_t begin, BpeScratch& scratch) {
  const size_t middle = scratch.next[begin];
  if (middle >= piece.size()) return;
  const size_t end = scratch.next[middle];
  const int32_t merged = vocabulary.find(piece.substr(begin, end - begin));
  if (merged == Vocabulary::kNone) return;
  const int32_t rank = vocabulary.rank(merged);
  if (rank == Vocabulary::kNoRank) return;
  scratch.candidates.push_back({.rank = rank, .begin = begin, .end = end});
  std::push_heap(scratch.candidates.begin(), scratch.candidates.end(), later);
}

/// Merges until the heap is empty. A candidate is stale when its two tokens are not there any more as they were.
void merge_all(const Vocabulary& vocabulary, std::string_view piece, BpeScratch& scratch) {
  auto& [next, previous, candidates] = scratch;
  while (!candidates.empty()) {
    std::pop_heap(candidates.begin(), candidates.end(), later);
    const Candidate best = candidates.back();
    candidates.pop_back();
    const size_t middle = next[best.begin];
    if (middle == 0 || middle >= piece.size() || next[middle] != best.end) continue;
    next[best.begin] = best.end;
    next[middle] = 0;
    if (best.end < piece.size()) previous[best.end] = best.begin;
    propose(vocabulary, piece, best.begin, scratch);
    if (best.begin > 0) propose(vocabulary, piece, previous[best.begin], scratch);
  }
}

}  // namespace

void encode_piece(const Vocabulary& vocabulary, std::string_view piece, BpeScratch& scratch,
                  std::vector<int32_t>& out) {
  if (const int32_t whole = vocabulary.find(piece); whole != Vocabulary::kNone) {
    out.push_back(whole);
    return;
  }
  scratch.next.resize(piece.size());
  scratch.previous.resize(piece.size());
  scratch.candidates.clear();
  for (size_t i = 0; i < piece.size(); ++i) {
    scratch.next[i] = i + 1;
    scratch.previous[i] = i == 0 ? 0 : i - 1;
  }
  for (size_t i = 0; i < piece.size(); ++i) propose(vocabulary, piece, i, scratch);
  merge_all(vocabulary, piece, scratch);
  for (size_t i = 0; i < piece.size(); i = scratch.next[i]) {
    out.push_back(vocabulary.find(piece.substr(i, scratch.next[i] - i)));
  }
}

std::vector<int32_t> encode_text(const Vocabulary& vocabulary, std::string_view text) {
  std::vector<int32_t> ids;
  BpeScratch scratch;
  for (size_t at = 0; at < text.size();) {
    const size_t end = next_piece(text, at);
    encode_piece(vocabulary, text.substr(at, end - at), scratch, ids);
    at = end;
  }
  return ids;
}

}  // namespace skald::text
