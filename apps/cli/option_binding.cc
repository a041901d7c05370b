#include "option_binding.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace skald::cli {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string hyphenated(std::string name) {
  std::ranges::replace(name, '_', '-');
  return name;
}

std::string OptionTable::remember(const std::string& names, bool is_bool) {
  std::istringstream all(names);
  std::string name;
  std::string longest;
  while (std::getline(all, name, ',')) {
    (is_bool ? bool_names_ : value_names_).push_back(name);
    if (!name.starts_with("--")) continue;
    names_.push_back(name);
    longest = name;
  }
  return longest;
}

void OptionTable::note(const std::string& name, Result<void> parsed) {
  if (parsed || error_) return;
  error_ = std::move(parsed).error();
  error_->where = name;
}

std::vector<std::string> OptionTable::normalised(const std::vector<std::string>& arguments) const {
  std::vector<std::string> out;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") {
      out.insert(out.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
      break;
    }
    const size_t equals = argument.find('=');
    const bool has_value = equals != std::string::npos;
    std::string name = argument.substr(0, equals);
    if (name.starts_with("--")) name = hyphenated(name);
    const std::string value = has_value ? argument.substr(equals) : "";
    const bool has_next = i + 1 < arguments.size();
    if (!has_value && contains(bool_names_, name)) {
      out.push_back(name);
      out.push_back(has_next && is_bool_word(arguments[i + 1]) ? arguments[++i] : "True");
    } else if (!has_value && has_next && contains(value_names_, name)) {
      out.push_back(name);
      out.push_back(arguments[++i]);
    } else if (argument.starts_with('[') && argument.ends_with(']')) {
      out.push_back("./" + argument);  // a recording's name: CLI11 would take "[a,b]" apart as a list
    } else {
      out.push_back(name + value);
    }
  }
  return out;
}

}  // namespace skald::cli
