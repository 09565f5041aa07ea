#include "server/followup/evaluation.h"

#include <array>
#include <cmath>
#include <limits>

#include "fhir-model/view/observation.h"
#include "server/followup/codes.h"
#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/storage/followup.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

struct InterpretationRow {
  Zone zone;
  Side side;
  std::string_view code, display;
};
// clang-format off
constexpr std::array kInterpretations{
    InterpretationRow{Zone::green,  Side::inside, "N",  "Normal"},
    InterpretationRow{Zone::yellow, Side::below,  "L",  "Low"},
    InterpretationRow{Zone::yellow, Side::above,  "H",  "High"},
    InterpretationRow{Zone::red,    Side::below,  "LL", "Critical low"},
    InterpretationRow{Zone::red,    Side::above,  "HH", "Critical high"},
};
// clang-format on

/// The sender's "<70" is below 70, whatever range begins there.
double judged_value(double number, std::string_view comparator) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (comparator == "<") return std::nextafter(number, -kInfinity);
  if (comparator == ">") return std::nextafter(number, kInfinity);
  return number;
}

/// `place`: an Observation or one of its components, which say what and how much in the same words.
template <class Measured>
void add_value(Measured place, std::vector<MeasuredValue>& values) {
  const auto quantity = place.value().quantity();
  const std::string_view literal = quantity ? quantity.value().text() : place.value().integer().text();
  const auto number = number_of(literal);
  if (literal.empty() || !number) return;
  auto key = measure_key(place.code());
  if (key.empty()) return;
  const auto* measure = find_measure(key);
  // An integer has no unit of its own; a count or score means the measure's.
  const std::string_view sent_unit = quantity ? unit_of(quantity) : std::string_view(measure ? measure->unit : "1");
  MeasuredValue value{place, std::move(key), std::string(measure ? measure->unit : sent_unit), *number};
  if (measure) {
    const auto converted = in_unit(*number, sent_unit, measure->unit);
    value.usable = converted.has_value();
    if (converted)
      value.number = *converted;
    else
      value.unit = sent_unit;
  }
  value.judged = judged_value(value.number, quantity.comparator());
  values.push_back(std::move(value));
}

LimitFinding judged_by(const LimitSet& limits, const MeasuredValue& value) {
  if (limits.ranges.empty() || !value.usable) return {};
  const auto number = in_unit(value.judged, value.unit, limits.unit);
  return number ? evaluate(limits, *number) : LimitFinding{};
}

/// The same place in the version before: the Observation itself, or the component that measures the same.
fhir::Element same_place(const MeasuredValue& value, fhir::Element previous) {
  for (const auto& before : values_of(previous))
    if (before.measure == value.measure) return before.place;
  return {};
}

void add_interpretation(fhir::Editor place, const LimitFinding& finding) {
  if (place["interpretation"]) return;  // the sender's own word stands
  for (const auto& row : kInterpretations) {
    if (row.zone != finding.zone || row.side != finding.side) continue;
    const auto interpretation = add_coding(place.add("interpretation"), codes::kInterpretation, row.code, row.display);
    add_coding(interpretation, codes::kAlertLevel, code(finding.zone));
  }
}

void set_level(fhir::Editor observation, Zone level) {
  auto tag = observation.ensure("meta").add("tag");
  tag.set("system", codes::kAlertLevel);
  tag.set("code", code(level));
}

/// What a sender echoes back to us must not count as his own.
void remove_our_marks(fhir::Editor observation) {
  const auto ours = [](fhir::Element concept_) {
    return bool(coding_of(view::CodeableConcept::of(concept_), codes::kAlertLevel));
  };
  const auto clean = [&](fhir::Editor place) {
    remove_each(place, "interpretation", ours);
    remove_reference_ranges(place);
  };
  remove_each(observation["meta"], "tag",
              [](fhir::Element tag) { return view::Coding::of(tag).system() == codes::kAlertLevel; });
  clean(observation);
  for (const auto component : observation.each("component")) clean(observation.edit(component));
}

struct LimitsInForce {
  LimitSet limits;
  std::string source;
};

LimitsInForce in_force(const storage::Snapshot& snapshot, storage::PatientKey patient, const std::string& measure) {
  if (patient == storage::PatientKey::none) return {};
  const auto row = storage::limits::get(snapshot, patient, measure);
  if (!row) return {};
  // "ServiceRequest/1/_history/2 %;r:-:85;..."
  const auto space = row->limits.find(' ');
  auto limits = from_text(std::string_view(row->limits).substr(space + 1));
  if (!limits) return {};
  return {std::move(*limits), row->limits.substr(0, space)};
}

}  // namespace

const Judged* Judgement::worst() const {
  const Judged* found = nullptr;
  for (const auto& value : values)
    if (!found || value.finding.zone > found->finding.zone) found = &value;
  return found;
}

std::vector<MeasuredValue> values_of(fhir::Element observation) {
  std::vector<MeasuredValue> values;
  const auto measured = view::Observation::of(observation);
  add_value(measured, values);
  for (const auto component : measured.component()) add_value(component, values);
  return values;
}

bool stands(fhir::Element observation) {
  const auto status = view::Observation::of(observation).status();
  return status == "final" || status == "amended" || status == "corrected";
}

bool is_test_data(fhir::Element observation) {
  for (const auto label : view::Observation::of(observation).meta().security())
    if (label.code() == "HTEST") return true;
  return false;
}

Judgement judge(const storage::Snapshot& snapshot, storage::PatientKey patient, fhir::Editor observation,
                fhir::Element previous) {
  const bool judged_before = level_of(previous).has_value();
  remove_our_marks(observation);
  Judgement judgement;
  auto values = values_of(observation);
  if (values.empty() || !stands(observation)) return judgement;
  for (auto& value : values) {
    const auto before = judged_before ? same_place(value, previous) : fhir::Element{};
    auto [limits, source] = before ? LimitsInForce{reference_ranges_of(before), reference_range_source(before)}
                                   : in_force(snapshot, patient, value.measure);
    const auto place = observation.edit(value.place);
    if (!limits.ranges.empty()) add_reference_ranges(place, limits, source);
    auto finding = judged_by(limits, value);
    add_interpretation(place, finding);
    judgement.level = worst(judgement.level, finding.zone);
    judgement.values.push_back({std::move(value), std::move(limits), std::move(finding), std::move(source)});
  }
  set_level(observation, judgement.level);
  return judgement;
}

Judgement judgement_of(fhir::Element observation) {
  Judgement judgement;
  for (auto& value : values_of(observation)) {
    auto limits = reference_ranges_of(value.place);
    auto finding = judged_by(limits, value);
    auto source = reference_range_source(value.place);
    judgement.level = worst(judgement.level, finding.zone);
    judgement.values.push_back({std::move(value), std::move(limits), std::move(finding), std::move(source)});
  }
  return judgement;
}

std::optional<Zone> level_of(fhir::Element observation) {
  for (const auto tag : view::Observation::of(observation).meta().tag())
    if (tag.system() == codes::kAlertLevel) return zone_of(tag.code());
  return std::nullopt;
}

}  // namespace varde::followup
