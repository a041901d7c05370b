#include "npu/emit/core_values.h"

#include <algorithm>
#include <utility>

#include "npu/program/blocks.h"

namespace skald::npu {

void Touched::add(const std::vector<Step>& body) {
  for (const Step& step : body) {
    if (const auto* loop = std::get_if<Loop>(&step.action)) add(loop->body);
    if (const auto* choose = std::get_if<Choose>(&step.action)) {
      for (const auto& phase : choose->phases) add(phase);
    }
    if (const auto* acquire = std::get_if<Acquire>(&step.action)) fifos.insert(acquire->fifo);
    if (const auto* release = std::get_if<Release>(&step.action)) fifos.insert(release->fifo);
    parameters = parameters || std::holds_alternative<AwaitParameters>(step.action);
  }
}

std::unexpected<Error> CoreValues::wrong(std::string message, std::string remedy) const {
  return fail(ErrorCode::kInvalidArgument, program_.name + ", core " + to_string(core_.tile), std::move(message),
              std::move(remedy));
}

std::string CoreValues::constant(int64_t value, const std::string& type) {
  const std::string digits = value < 0 ? "m" + std::to_string(value).substr(1) : std::to_string(value);
  std::string name = "%c" + (value == kForEver ? "_for_ever" : digits) + (type == "index" ? "" : "_" + type);
  if (constants_.insert(name).second) {
    lines_.add_after(constants_at_, name + " = arith.constant " + std::to_string(value) + " : " + type, depth_);
  }
  return name;
}

Result<const Parameters*> CoreValues::parameters() const {
  const Parameters* found = nullptr;
  for (const Parameters& parameters : program_.parameters) {
    if (parameters.tile != core_.tile) continue;
    if (found != nullptr) return wrong("has two sets of parameters", "give a tile one");
    found = &parameters;
  }
  if (found == nullptr) return wrong("uses parameters and has none", "give its tile parameters");
  return found;
}

void CoreValues::acquired(const Acquire& acquire, std::string value, Place place) {
  views_.push_back({.value = std::move(value), .place = place, .objects = {}});
  auto& held = held_[acquire.fifo];
  held.resize(std::max(held.size(), static_cast<size_t>(std::max(acquire.count, 0))));
  for (size_t i = 0; i < held.size(); ++i) {
    held[i] = {.view = static_cast<int>(views_.size()) - 1, .index = static_cast<int>(i)};
  }
}

Result<void> CoreValues::released(const Release& release) {
  auto& held = held_[release.fifo];
  if (release.count < 0 || static_cast<size_t>(release.count) > held.size()) {
    return wrong("releases more objects of " + fifo(release.fifo).name + " than it holds", "acquire them first");
  }
  held.erase(held.begin(), held.begin() + release.count);
  return {};
}

void CoreValues::enter_loop(std::string value, Place place) {
  counters_.push_back({.value = std::move(value), .place = place, .number = {}});
}

Result<void> CoreValues::restore(State before, const Touched& touched) {
  for (const int index : touched.fifos) {
    const size_t expected = before.held[index].size();
    if (held_[index].size() == expected) continue;
    return wrong("a loop or phase begins with " + std::to_string(expected) + " objects of " + fifo(index).name +
                     " and ends with " + std::to_string(held_[index].size()),
                 "acquire before the loop what it is to hold from round to round");
  }
  held_ = std::move(before.held);
  // Words read in the region stand in front of it if nothing was handed over inside: they stay known.
  if (touched.parameters) handed_ = std::move(before.handed);
  return {};
}

void CoreValues::forget(const Touched& touched) {
  for (const int index : touched.fifos) {
    for (Object& object : held_[index]) object.view = -1;
  }
  if (touched.parameters) handed_.reset();
}

Result<std::string> CoreValues::operand(const Operand& operand) {
  switch (operand.kind) {
    case Operand::Kind::kScalar: return number(operand.scalar);
    case Operand::Kind::kBuffer: return "%buffer_" + program_.buffers[static_cast<size_t>(operand.id)].name;
    case Operand::Kind::kObject: break;
  }
  return object(operand);
}

Result<std::string> CoreValues::object(const Operand& operand) {
  const auto& held = held_[operand.id];
  const auto index = static_cast<size_t>(operand.index);
  if (index >= held.size() || held[index].view < 0) {
    return wrong("uses object " + std::to_string(operand.index) + " of " + fifo(operand.id).name +
                     (index >= held.size() ? ", which it does not hold" : ", acquired outside of the loop or phase"),
                 "acquire it in front of the call");
  }
  View& view = views_[static_cast<size_t>(held[index].view)];
  std::string& value = view.objects[held[index].index];
  if (value.empty()) {
    value = fresh("object");
    const std::string type = text::memref(fifo(operand.id).block);
    lines_.add_after(view.place,
                     value + " = aie.objectfifo.subview.access " + view.value + "[" +
                         std::to_string(held[index].index) + "] : !aie.objectfifosubview<" + type + "> -> " + type,
                     view.place->depth);
  }
  return value;
}

Result<std::string> CoreValues::number(const Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::kConstant) return constant(scalar.value, "i32");
  if (scalar.kind == Scalar::Kind::kParameter) return parameter(scalar.value);
  if (scalar.value < 0 || static_cast<size_t>(scalar.value) >= counters_.size()) {
    return wrong("uses the counter of a loop that it is not in", "count the loops from the innermost, 0");
  }
  Counter& counter = counters_[counters_.size() - 1 - static_cast<size_t>(scalar.value)];
  if (counter.number.empty()) {
    counter.number = fresh("n");
    Place place = counter.place;
    lines_.add_after(place, counter.number + " = arith.index_cast " + counter.value + " : index to i32",
                     place->depth + 1);
  }
  return counter.number;
}

Result<std::string> CoreValues::parameter(int word) {
  SKALD_TRY(const Parameters* read, parameters());
  const auto load = [&](const std::string& value) {
    return value + " = memref.load %parameters_" + read->name + "[" + constant(word, "index") +
           "] : " + text::memref(Element::kI32, read->words);
  };
  if (!handed_) {
    std::string value = fresh("word");
    lines_.add(load(value));
    return value;
  }
  std::string& value = handed_->words[word];
  if (value.empty()) {
    value = fresh("word");
    lines_.add_after(handed_->place, load(value), handed_->place->depth);
  }
  return value;
}

}  // namespace skald::npu
