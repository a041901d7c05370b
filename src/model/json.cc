#include "model/json.h"

#include <new>
#include <unordered_set>
#include <vector>

#include "base/file.h"

namespace skald::model {
namespace {

using nlohmann::json;

constexpr size_t kMaxDepth = 32;       // config.json of transformers nests three deep
constexpr size_t kMaxShownName = 100;  // bytes of a name in a message

/// Watches a parse and notes the first thing that is legal JSON but not acceptable here.
class Watcher {
 public:
  bool operator()(json::parse_event_t event, const json& parsed) {
    if (!problem_.empty()) return false;
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        names_.emplace_back();
        if (names_.size() > kMaxDepth) problem_ = "is nested deeper than " + std::to_string(kMaxDepth);
        break;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end: names_.pop_back(); break;
      case json::parse_event_t::key: {
        const auto& name = parsed.get_ref<const std::string&>();
        if (!names_.back().insert(name).second) problem_ = "has the name " + shown(name) + " twice";
        break;
      }
      case json::parse_event_t::value: break;
    }
    return problem_.empty();
  }
  const std::string& problem() const { return problem_; }

 private:
  std::vector<std::unordered_set<std::string>> names_;
  std::string problem_;
};

}  // namespace

Result<json> parse_json(std::string_view text, const std::string& where) {
  constexpr const char* kRemedy = "download the model again";
  try {
    Watcher watcher;
    const auto callback = [&watcher](int /*depth*/, json::parse_event_t event, json& parsed) {
      return watcher(event, parsed);
    };
    json value = json::parse(text.begin(), text.end(), callback, /*allow_exceptions=*/false);
    if (!watcher.problem().empty()) return fail(ErrorCode::kBadModel, where, watcher.problem(), kRemedy);
    if (value.is_discarded()) return fail(ErrorCode::kBadModel, where, "is not valid JSON", kRemedy);
    return value;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, where, "is too large to be parsed in the memory there is");
  } catch (const json::exception& e) {
    return fail(ErrorCode::kBadModel, where, std::string("cannot be parsed: ") + e.what(), kRemedy);
  }
}

Result<std::string> read_model_text(const std::filesystem::path& path, size_t limit) {
  Result<std::string> text = read_file(path, limit);
  if (!text && text.error().code == ErrorCode::kInvalidArgument) text.error().code = ErrorCode::kBadModel;
  return text;
}

std::string shown(std::string_view name) {
  std::string text = "'";
  for (const char c : name.substr(0, kMaxShownName)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  text += name.size() > kMaxShownName ? "...'" : "'";
  return text;
}

}  // namespace skald::model
