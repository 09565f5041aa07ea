#include "fhir-model/element/wanted.h"

#include <charconv>

namespace varde::fhir {
namespace {

constexpr int kDeepest = 1000;  // no tree of ours is deeper

/// "component[1]" -> {component, 1}; an empty name when it is no such step.
std::pair<std::string_view, std::size_t> parse_step(std::string_view text) {
  const std::size_t bracket = text.find('[');
  if (bracket == text.npos) return {text, Wanted::kAll};
  std::size_t index = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + bracket + 1, end, index);
  if (error != std::errc{} || stop + 1 != end || *stop != ']') return {};
  return {text.substr(0, bracket), index};
}

}  // namespace

Wanted::Step* Wanted::Step::below(std::string_view name, std::size_t index) {
  const auto found = below_.find({name, index});
  return found == below_.end() ? nullptr : &found->second;
}

void Wanted::Step::stands_at(Place place) {
  if (!place_) place_ = place;
}

Wanted::Wanted(Failure& failure) { add(failure); }

void Wanted::add(Failure& failure) {
  for (Failure& further : failure.also) add(further);
  if (failure.place || failure.expression.empty()) return;
  Step* step = &root_;
  std::string_view rest = failure.expression;
  for (int depth = 0; !rest.empty() && depth < kDeepest; ++depth) {
    const std::size_t dot = rest.find('.');
    const auto key = parse_step(rest.substr(0, dot));
    if (key.first.empty()) break;
    step = &step->below_[key];
    rest.remove_prefix(dot == rest.npos ? rest.size() : dot + 1);
  }
  step->failures_.push_back(&failure);
}

void Wanted::settle(Step& step, Place around) {
  step.stands_at(around);
  for (Failure* failure : step.failures_) failure->place = step.place_;
  for (auto& [key, below] : step.below_) settle(below, step.place_);
}

}  // namespace varde::fhir
