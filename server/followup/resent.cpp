#include "server/followup/resent.h"

#include <algorithm>

#include "fhir-model/view/observation.h"
#include "server/followup/equipment/equipment.h"
#include "server/followup/evaluation.h"
#include "server/followup/instant.h"
#include "server/followup/measure.h"
#include "server/storage/observed.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

/// Of one time and code; beyond them a copy is not looked for.
constexpr std::size_t kFarthest = 32;

bool is_same_text(std::string_view a, std::string_view b) { return !a.empty() && a == b; }

/// Named the same way in both; who names no device does not say that it is the same.
bool is_same_device(view::Reference a, view::Reference b) {
  return is_same_text(a.reference(), b.reference()) ||
         is_same_text(serial_key(a.identifier().value().text()), serial_key(b.identifier().value().text())) ||
         (!a.reference() && !a.identifier() && is_same_text(a.display(), b.display()));
}

bool share_identifier(view::Observation a, view::Observation b) {
  for (const auto one : a.identifier())
    for (const auto other : b.identifier())
      if (is_same_text(one.value(), other.value()) && one.system() == other.system().text()) return true;
  return false;
}

bool is_same_value(const MeasuredValue& a, const MeasuredValue& b) {
  return a.measure == b.measure && a.doubt == b.doubt && a.number == b.number && a.unit == b.unit &&
         a.comparator == b.comparator;
}

bool says_the_same(fhir::Element a, fhir::Element b) {
  const auto one = view::Observation::of(a), other = view::Observation::of(b);
  if (!is_same_device(one.device(), other.device()) && !share_identifier(one, other)) return false;
  const auto values = values_of(a), others = values_of(b);
  return !values.empty() && std::equal(values.begin(), values.end(), others.begin(), others.end(), is_same_value);
}

}  // namespace

std::optional<storage::Version> copy_of(const interaction::View& view, storage::PatientKey patient,
                                        fhir::Element observation, storage::ResourceKey below) {
  const auto said = view::Observation::of(observation);
  const auto measured = measured_at(observation, view.zone());
  if (patient == storage::PatientKey::none || !measured || (!said.device() && said.identifier().empty())) return {};
  std::optional<storage::Version> first;
  for (const auto key : storage::observed::at(view, patient, measure_key(said.code()), *measured, below, kFarthest)) {
    auto other = view.current(key);
    if (!other || other->method == storage::Method::remove || other->id == said.id().text()) continue;
    const auto tree = view.tree(*other);
    if (stands(tree.root()) && says_the_same(observation, tree.root())) first = std::move(other);
  }
  return first;
}

}  // namespace varde::followup
