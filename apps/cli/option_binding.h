#pragma once
// From for_each_field to command-line options: every field of an options struct becomes "--its-name VALUE".

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "option_value.h"
#include "skald/options.h"

namespace skald::cli {

/// "beam-size" for "beam_size".
std::string hyphenated(std::string name);

/// Declares options of one command and remembers what normalising and near matches need to know. Outlives the parse.
class OptionTable {
 public:
  explicit OptionTable(CLI::App& app) : app_(&app) {}
  ~OptionTable() = default;
  OptionTable(const OptionTable&) = delete;
  OptionTable& operator=(const OptionTable&) = delete;

  /// One option "--name" (`names` may add short ones: "-o,--output-dir") that sets `value`.
  template <class T>
  void add(const std::string& names, T& value, const std::string& help, const std::string& metavar,
           const std::string& group) {
    const std::string name = remember(names, std::is_same_v<T, bool>);
    const auto set = [this, name, &value](const std::string& text) { note(name, parse_value(text, value)); };
    CLI::Option* option = app_->add_option_function<std::string>(names, set, help);
    option->type_name(std::is_same_v<T, bool> ? "[True|False]" : metavar);
    option->default_str(show_value(value));
    option->group(group);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);  // as the reference's argparse
  }

  /// Every field of `options`, under the heading `group`.
  template <class Options>
  void add_fields(Options& options, const std::string& group) {
    options.for_each_field([&](const Field& field, auto& value) {
      add("--" + hyphenated(field.name), value, field.help, field.metavar, group);
    });
  }

  /// The arguments as CLI11 wants them: hyphens for underscores in names, and a value after every truth option, which
  /// takes the next argument only when that is a truth value ("--verbose a.wav" becomes "--verbose True a.wav").
  std::vector<std::string> normalised(const std::vector<std::string>& arguments) const;

  /// Long names, with the leading hyphens.
  const std::vector<std::string>& names() const { return names_; }

  /// The first value that could not be read, `where` being its option.
  const std::optional<Error>& error() const { return error_; }

 private:
  std::string remember(const std::string& names, bool is_bool);
  void note(const std::string& name, Result<void> parsed);

  CLI::App* app_;
  std::vector<std::string> names_;
  std::vector<std::string> bool_names_;   // long and short
  std::vector<std::string> value_names_;  // long and short
  std::optional<Error> error_;
};

}  // namespace skald::cli
