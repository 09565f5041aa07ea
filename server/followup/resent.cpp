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
  // Of a day the same device may have measured the same twice.
  const bool by_device = !is_without_clock(a) && is_same_device(one.device(), other.device());
  if (!by_device && !share_identifier(one, other)) return false;
  const auto values = values_of(a), others = values_of(b);
  return !values.empty() && std::equal(values.begin(), values.end(), others.begin(), others.end(), is_same_value);
}

/// Stored before `below`. What says no clock is stored by the end of what it says, or as it came: looked for in all of
/// it.
std::vector<storage::ResourceKey> of_the_same_time(const interaction::View& view, storage::PatientKey patient,
                                                   fhir::Element observation, Instant measured,
                                                   storage::ResourceKey below) {
  const auto code = measure_key(view::Observation::of(observation).code());
  if (!is_without_clock(observation)) return storage::observed::at(view, patient, code, measured, below, kFarthest);
  std::vector<storage::ResourceKey> keys;
  const auto from = measured_from(observation, view.zone()).value_or(measured);
  const storage::observed::Row newest{measured, storage::observed::kNewest.observation};
  for (const auto& row : storage::observed::older(view, patient, code, newest, kFarthest)) {
    if (row.time < from) break;
    if (!(row.observation < below)) continue;
    const auto other = view.tree(row.observation);
    if (other && measured_text(other->root()) == measured_text(observation)) keys.push_back(row.observation);
  }
  std::ranges::sort(keys, std::greater{});
  return keys;
}

}  // namespace

std::optional<storage::Version> copy_of(const interaction::View& view, storage::PatientKey patient,
                                        fhir::Element observation, storage::ResourceKey below) {
  const auto said = view::Observation::of(observation);
  const auto measured = measured_at(observation, view.zone());
  if (patient == storage::PatientKey::none || !measured || (!said.device() && said.identifier().empty())) return {};
  std::optional<storage::Version> first;
  for (const auto key : of_the_same_time(view, patient, observation, *measured, below)) {
    auto other = view.current(key);
    if (!other || other->method == storage::Method::remove || other->id == said.id().text()) continue;
    const auto tree = view.tree(*other);
    if (stands(tree.root()) && says_the_same(observation, tree.root())) first = std::move(other);
  }
  return first;
}

}  // namespace varde::followup
