#include "fhir-model/validation/invariants.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <vector>

#include "fhir-model/validation/shortcuts.h"

namespace varde::fhir {
namespace {

struct WalkRow {
  std::string_view key, how;
};

/// Checked in validation.cpp, references.cpp, bundle.cpp and xhtml.cpp: cheaper there, or told at a better place.
constexpr std::array kByTheWalk{
    WalkRow{"ele-1", "an element without value and children is seen when the walk enters it"},
    WalkRow{"ext-1", "so is an extension"},
    WalkRow{"txt-1", "htmlChecks() is narrative_problem()"},
    WalkRow{"txt-2", "htmlChecks() is narrative_problem()"},
    WalkRow{"dom-2", "contained resources are gathered on the way and judged at the end"},
    WalkRow{"dom-3", "the expression would walk the whole resource again for each contained one"},
    WalkRow{"dom-4", "told at the element that should not be there"},
    WalkRow{"dom-5", "told at the element that should not be there"},
    WalkRow{"ref-1", "fragments are gathered on the way and judged at the end"},
    WalkRow{"bdl-2", "told at the entry"},
    WalkRow{"bdl-3", "told at the entry"},
    WalkRow{"bdl-4", "told at the entry"},
    WalkRow{"bdl-7", "told at the second entry of the two; the expression is quadratic"},
};

/// A constraint that takes longer than this is not judged; the largest official resource needs a hundredth of it.
constexpr std::size_t kMostSteps = 5'000'000;

using Invariants = std::vector<const Invariant*>;

struct Arranged {
  std::deque<Invariant> all;  // by constraint; never moved
  std::vector<Invariants> of_type, on_element;

  Arranged() : of_type(types().size()), on_element(elements().size()) {
    for (const ConstraintRow& row : constraints()) all.emplace_back(row);
    std::vector<Invariants> own(types().size());
    place(type_constraints(), own);
    place(element_constraints(), on_element);
    for (std::size_t i = 0; i < own.size(); ++i)
      for (TypeId type = static_cast<TypeId>(i); type != TypeId::none; type = row_of(type).base) {
        const Invariants& stated = own[static_cast<std::size_t>(type)];
        of_type[i].insert(of_type[i].end(), stated.begin(), stated.end());
      }
    for (Invariants& list : of_type) std::ranges::stable_sort(list, {}, severity);
    for (Invariants& list : on_element) std::ranges::stable_sort(list, {}, severity);
  }

  static Severity severity(const Invariant* invariant) { return invariant->row().severity; }

  void place(std::span<const ConstraintPlace> places, std::vector<Invariants>& lists) {
    for (const ConstraintPlace& one : places)
      if (checked_by_the_walk(constraints()[one.constraint]).empty()) lists[one.place].push_back(&all[one.constraint]);
  }
};

const Arranged& arranged() {
  static const Arranged kArranged;
  return kArranged;
}

}  // namespace

const fhirpath::Environment& judging() {
  static const fhirpath::Environment kEnvironment = [] {
    fhirpath::Environment out;
    out.as_of_many = fhirpath::AsOfMany::filter;
    out.limits.steps = kMostSteps;
    return out;
  }();
  return kEnvironment;
}

Invariant::Invariant(const ConstraintRow& row) : row_(&row), shortcut_(find_shortcut(row)) {}

Verdict Invariant::judge(Element at, const fhirpath::Environment& environment) const {
  if (shortcut_ != nullptr && shortcut_->surely_holds(at)) return Verdict::holds;
  return evaluate(at, environment);
}

Verdict Invariant::evaluate(Element at, const fhirpath::Environment& environment) const {
  std::call_once(compiled_, [this] {
    if (auto compiled = fhirpath::compile(row_->expression)) expression_.emplace(std::move(*compiled));
  });
  if (!expression_) return Verdict::unknown;
  const auto result = fhirpath::test(*expression_, at, environment);
  if (!result) return Verdict::unknown;
  return result->value_or(true) ? Verdict::holds : Verdict::broken;
}

std::string Invariant::source() const { return source_of(row_->defined_by, row_->key); }

std::string Invariant::sentence() const {
  std::string_view rule = shortcut_ != nullptr && !shortcut_->rule.empty() ? shortcut_->rule : row_->human;
  while (!rule.empty() && std::string_view(". \n\r;:").find(rule.back()) != std::string_view::npos)
    rule.remove_suffix(1);
  return fmt::format("{} ({}).", rule, row_->key);
}

std::span<const Invariant* const> invariants_of(TypeId type) {
  return arranged().of_type[static_cast<std::size_t>(type)];
}

std::span<const Invariant* const> invariants_on(const ElementRow& row) {
  return arranged().on_element[static_cast<std::size_t>(&row - elements().data())];
}

std::string_view checked_by_the_walk(const ConstraintRow& row) {
  const auto found = std::ranges::find(kByTheWalk, row.key, &WalkRow::key);
  return found == kByTheWalk.end() ? std::string_view{} : found->how;
}

std::string source_of(std::string_view defined_by, std::string_view key) {
  return fmt::format("http://hl7.org/fhir/StructureDefinition/{}#{}", defined_by, key);
}

std::string source_of(const ElementRow& row) {
  const auto place = static_cast<std::uint16_t>(&row - elements().data());
  const auto after = std::ranges::upper_bound(types(), place, {}, &TypeRow::first_element);
  const std::string_view owner = (after - 1)->name;
  const std::string_view base = row.choice.empty() ? row.name : row.choice;
  return fmt::format("http://hl7.org/fhir/StructureDefinition/{}#{}.{}{}", owner.substr(0, owner.find('.')), owner,
                     base, row.choice.empty() ? "" : "[x]");
}

}  // namespace varde::fhir
