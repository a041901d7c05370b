#pragma once
// What the text of a core can name at the place it has come to: constants, objects that are held, parameters, counters.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "npu/emit/emit.h"
#include "npu/emit/text.h"

namespace skald::npu {

/// Streams that steps acquire or release, and whether they await parameters, at any depth.
struct Touched {
  std::set<int> fifos;
  bool parameters = false;

  void add(const std::vector<Step>& body);
};

/// Errors everywhere: kInvalidArgument, naming program and core.
class CoreValues {
 public:
  using Place = text::Lines::Place;

  /// Constants are defined after `top`, the line that opens the core.
  CoreValues(const Program& program, const Core& core, text::Lines& lines, Place top)
      : program_(program), core_(core), lines_(lines), constants_at_(top), depth_(top->depth + 1) {}

  std::unexpected<Error> wrong(std::string message, std::string remedy) const;

  /// A new value's name: "%view0", "%view1", ...
  std::string fresh(const std::string& what) { return "%" + what + std::to_string(count_[what]++); }

  std::string constant(int64_t value, const std::string& type);

  /// What a loop that never ends counts to: mlir-aie's own front end takes the largest index; this is the largest one
  /// that every depth up to 10 divides, so that unrolling leaves no last rounds to print again behind the loop.
  static constexpr int64_t kForEver = INT64_MAX / 2520 * 2520;

  /// The tile's parameters.
  Result<const Parameters*> parameters() const;

  /// Value of an i32 or of memory.
  Result<std::string> number(const Scalar& scalar);
  Result<std::string> operand(const Operand& operand);

  /// `value` is the subview acquired at `place`, or parameters were handed over there.
  void acquired(const Acquire& acquire, std::string value, Place place);
  Result<void> released(const Release& release);
  void handed_over(Place place) { handed_ = Handed{.place = place, .words = {}}; }

  /// Within a loop whose line is at `place` and whose counter is `value`.
  void enter_loop(std::string value, Place place);
  void leave_loop() { counters_.pop_back(); }

  /// An object that is held: where in which view; view -1: not to be named from here.
  struct Object {
    int view = -1;
    int index = 0;
  };
  /// Where parameters were handed over, and the words read there.
  struct Handed {
    Place place;
    std::map<int, std::string> words;
  };
  struct State {
    std::map<int, std::vector<Object>> held;
    std::optional<Handed> handed;
  };

  State state() const { return {.held = held_, .handed = handed_}; }

  /// Ends a region: back to what could be named before it. Errors: it changed the number of objects held.
  Result<void> restore(State before, const Touched& touched);

  /// What `touched` may change cannot be named any more.
  void forget(const Touched& touched);

 private:
  /// A subview and the values of its objects that were used.
  struct View {
    std::string value;
    Place place;
    std::map<int, std::string> objects;
  };
  struct Counter {
    std::string value;
    Place place;
    std::string number;  ///< as i32; empty: not used yet
  };

  const Fifo& fifo(int index) const { return program_.fifos[static_cast<size_t>(index)]; }
  Result<std::string> object(const Operand& operand);
  Result<std::string> parameter(int word);

  const Program& program_;
  const Core& core_;
  text::Lines& lines_;
  Place constants_at_;
  int depth_;  ///< of constants
  std::set<std::string> constants_;
  std::map<std::string, int> count_;
  std::vector<View> views_;
  std::map<int, std::vector<Object>> held_;  ///< per stream, oldest first
  std::optional<Handed> handed_;
  std::vector<Counter> counters_;
};

}  // namespace skald::npu
