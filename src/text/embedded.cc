#include "text/embedded.h"

// SKALD_VOCABULARIES is the directory, from the build. The assembler copies the bytes: 1.6 MB as C++ literals would
// take the compiler seconds, and an installed program needs no files this way.
#define SKALD_EMBED(symbol, file)                             \
  asm(".pushsection .rodata\n"                                \
      ".balign 16\n"                                          \
      ".hidden " #symbol                                      \
      "\n"                                                    \
      ".hidden " #symbol                                      \
      "_end\n"                                                \
      ".global " #symbol                                      \
      "\n"                                                    \
      ".global " #symbol "_end\n" #symbol                     \
      ":\n"                                                   \
      ".incbin \"" SKALD_VOCABULARIES "/" file "\"\n" #symbol \
      "_end:\n"                                               \
      ".byte 0\n"                                             \
      ".popsection\n")

SKALD_EMBED(skald_gpt2_tiktoken, "gpt2.tiktoken");
SKALD_EMBED(skald_multilingual_tiktoken, "multilingual.tiktoken");

extern "C" {
[[gnu::visibility("hidden")]] extern const char kGpt2[] asm("skald_gpt2_tiktoken");
[[gnu::visibility("hidden")]] extern const char kGpt2End[] asm("skald_gpt2_tiktoken_end");
[[gnu::visibility("hidden")]] extern const char kMultilingual[] asm("skald_multilingual_tiktoken");
[[gnu::visibility("hidden")]] extern const char kMultilingualEnd[] asm("skald_multilingual_tiktoken_end");
}

namespace skald::text {

std::string_view embedded_gpt2() {
  return {static_cast<const char*>(kGpt2), static_cast<const char*>(kGpt2End)};
}

std::string_view embedded_multilingual() {
  return {static_cast<const char*>(kMultilingual), static_cast<const char*>(kMultilingualEnd)};
}

}  // namespace skald::text
