#pragma once
// The vocabularies carried in the program (data/vocabularies), in OpenAI's tiktoken format.

#include <string_view>

namespace skald::text {

std::string_view embedded_gpt2();
std::string_view embedded_multilingual();

}  // namespace skald::text
