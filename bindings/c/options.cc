#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "skald/live.h"
#include "support.h"

namespace skald::c {
namespace {

struct None {};

template <class T>
constexpr skald_option_type type_of() {
  if constexpr (std::is_same_v<T, bool>) return SKALD_OPTION_BOOL;
  if constexpr (std::is_integral_v<T>) return SKALD_OPTION_INT;
  if constexpr (std::is_floating_point_v<T>) return SKALD_OPTION_DOUBLE;
  return SKALD_OPTION_STRING;
}

const char* wanted(skald_option_type type) {
  switch (type) {
    case SKALD_OPTION_STRING: return "a text";
    case SKALD_OPTION_INT: return "a whole number";
    case SKALD_OPTION_DOUBLE: return "a number";
    case SKALD_OPTION_BOOL: return "true or false";
  }
  return "another type";
}

/// Whether `value` is of the field's type and was assigned.
template <class T, class Value>
bool assign(T& field, const Value& value) {
  if constexpr (OptionalOf<T>::kMayBeNone) {
    if constexpr (std::is_same_v<Value, None>) {
      field.reset();
      return true;
    } else {
      typename OptionalOf<T>::Value inner{};
      if (!assign(inner, value)) return false;
      field = std::move(inner);
      return true;
    }
  } else if constexpr (std::is_same_v<T, Value> ||
                       (std::is_same_v<T, std::string> && std::is_same_v<Value, std::string_view>)) {
    field = value;
    return true;
  } else if constexpr (std::is_same_v<T, double> && std::is_same_v<Value, int64_t>) {
    field = static_cast<double>(value);
    return true;
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool> && std::is_same_v<Value, int64_t>) {
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
    field = static_cast<T>(value);
    return true;
  } else {
    return false;
  }
}

std::string underscored(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

template <class Value>
Result<void> set(skald_options* options, const char* name, const Value& value) {
  if (auto given = not_null(options, "options"); !given) return given;
  if (auto given = not_null(name, "name"); !given) return given;
  const std::string wanted_name = underscored(name);
  std::optional<Result<void>> done;
  const auto visit = [&](const Field& field, auto& target) {
    using T = std::decay_t<decltype(target)>;
    if (wanted_name != field.name) return;
    done = Result<void>{};
    if (assign(target, value)) return;
    const std::string or_none = OptionalOf<T>::kMayBeNone ? ", or none" : "";
    done = fail(ErrorCode::kInvalidArgument, field.name, "this is not a value for it",
                "give " + std::string(wanted(type_of<typename OptionalOf<T>::Value>())) + or_none);
  };
  options->load.for_each_field(visit);
  options->transcribe.for_each_field(visit);
  if (done) return *done;
  return fail(ErrorCode::kNotFound, name, "there is no such option", "skald_option_at() lists the options");
}

/// All options; names and helps are literals.
const std::vector<skald_option_info>& all_options() {
  static const std::vector<skald_option_info> all = [] {
    std::vector<skald_option_info> list;
    bool of_loading = true;
    const auto visit = [&](const Field& field, auto& target) {
      using T = std::decay_t<decltype(target)>;
      list.push_back({.size = sizeof(skald_option_info),
                      .name = field.name,
                      .help = field.help,
                      .type = type_of<typename OptionalOf<T>::Value>(),
                      .may_be_none = OptionalOf<T>::kMayBeNone,
                      .of_loading = of_loading,
                      .min = field.min,
                      .max = field.max});
    };
    LoadOptions load;
    load.for_each_field(visit);
    of_loading = false;
    TranscribeOptions transcribe;
    transcribe.for_each_field(visit);
    return list;
  }();
  return all;
}

}  // namespace
}  // namespace skald::c

using namespace skald::c;  // NOLINT(google-build-using-namespace): the functions below are C's

skald_options* skald_options_new(void) {
  try {
    return new skald_options;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

skald_options* skald_options_new_live(void) {
  skald_options* options = skald_options_new();
  if (options != nullptr) options->transcribe = skald::Live::usual_options();
  return options;
}

void skald_options_free(skald_options* options) {
  delete options;
}

skald_code skald_options_set_string(skald_options* options, const char* name, const char* value, skald_error** error) {
  return guarded(error, [&]() -> skald::Result<void> {
    if (auto given = not_null(value, "value"); !given) return given;
    return set(options, name, std::string_view(value));
  });
}

skald_code skald_options_set_int(skald_options* options, const char* name, int64_t value, skald_error** error) {
  return guarded(error, [&] { return set(options, name, value); });
}

skald_code skald_options_set_double(skald_options* options, const char* name, double value, skald_error** error) {
  return guarded(error, [&] { return set(options, name, value); });
}

skald_code skald_options_set_bool(skald_options* options, const char* name, bool value, skald_error** error) {
  return guarded(error, [&] { return set(options, name, value); });
}

skald_code skald_options_set_none(skald_options* options, const char* name, skald_error** error) {
  return guarded(error, [&] { return set(options, name, None{}); });
}

size_t skald_option_count(void) {
  try {
    return all_options().size();
  } catch (const std::bad_alloc&) {
    return 0;
  }
}

skald_code skald_option_at(size_t index, skald_option_info* out, skald_error** error) {
  return guarded(error, [&]() -> skald::Result<void> {
    if (index < all_options().size()) return hand_out(all_options()[index], out);
    return skald::fail(skald::ErrorCode::kInvalidArgument, "index", "there are not so many options",
                       "skald_option_count() tells their number");
  });
}
