#include "fhir-model/validation/findings.h"

#include <algorithm>
#include <unordered_map>

namespace varde::fhir {
namespace {

/// The place of each wanted element in document order. (Node numbers tell it only of a tree that nobody edited.)
class Order {
 public:
  explicit Order(Element resource) { walk(resource); }
  std::size_t operator()(Element at) const {
    const auto found = places_.find(at.node());
    return found == places_.end() ? 0 : found->second;
  }

 private:
  void walk(Element at) {
    places_.emplace(at.node(), places_.size());
    for (const Element child : at.children()) walk(child);
  }
  std::unordered_map<std::uint32_t, std::size_t> places_;
};

}  // namespace

bool Findings::has(Fault fault, Element at, std::string_view below) const {
  return std::ranges::any_of(found_, [&](const Found& found) {
    return found.at == at && found.failure.fault == fault && found.failure.severity == Severity::error &&
           (below.empty() || std::string_view(found.failure.expression).ends_with(below));
  });
}

void Findings::add(Fault fault, Element at, std::string diagnostics, const About& about) {
  if (!wants(about.severity)) return;
  std::string expression = at.path();
  if (!about.below.empty()) expression.append(".").append(about.below);
  advice_ += about.severity != Severity::error;
  found_.push_back(
      {at,
       Failure{
           fault, std::move(diagnostics), std::move(expression), {}, {}, std::string(about.source), about.severity}});
}

std::vector<Failure> Findings::take() {
  if (found_.size() > 1) {
    const Order order(resource_);
    std::ranges::stable_sort(found_, {},
                             [&](const Found& found) { return std::pair(found.failure.severity, order(found.at)); });
  }
  std::vector<Failure> out;
  out.reserve(found_.size());
  for (Found& found : found_) out.push_back(std::move(found.failure));
  found_.clear();
  return out;
}

}  // namespace varde::fhir
