#pragma once
// Byte-pair merging: from text to token ids.

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/vocabulary.h"

namespace skald::text {

/// Room for encode_piece, kept between calls so that short pieces allocate nothing.
class BpeScratch {
 public:
  /// A merge that could be made: the tokens from `begin` on that end at `end`.
  struct Candidate {
    int32_t rank = 0;
    size_t begin = 0;
    size_t end = 0;
  };
  std::vector<size_t> next;           // next[i]: end of the token that starts at byte i; 0: none starts there
  std::vector<size_t> previous;       // previous[i]: start of the token before the one at byte i
  std::vector<Candidate> candidates;  // a heap, the first merge on top
};

/// Appends the tokens of one piece: again and again the pair whose merge has the smallest rank is merged, the leftmost
/// of equals, until no merge is left (R. Sennrich et al., "Neural machine translation of rare words with subword
/// units", 2016; tiktoken's order). O(n log n) for n bytes.
void encode_piece(const Vocabulary& vocabulary, std::string_view piece, BpeScratch& scratch, std::vector<int32_t>& out);

/// Splits well-formed UTF-8 and encodes its pieces.
std::vector<int32_t> encode_text(const Vocabulary& vocabulary, std::string_view text);

}  // namespace skald::text
