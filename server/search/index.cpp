#include "server/search/index.h"

#include <algorithm>
#include <array>

#include "server/search/contained.h"
#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::SearchKind;
using fhir::TypeId;

TypeId patient_type() {
  static const TypeId kPatient = fhir::find_type("Patient");
  return kPatient;
}

void index_parameter(Element resource, const Parameter& parameter, std::string_view base, const time::Zone& zone,
                     const PatientByIdentifier* patients, storage::IndexRows& rows) {
  thread_local std::vector<Element> selected;
  const Kind& kind = kind_of(parameter);
  for (const fhir::Path& path : parameter.paths) {
    if (path.is_boolean()) {
      if (const auto value = path.test(resource); value && parameter.kind == SearchKind::token)
        rows.tokens.push_back({parameter.own_key, {}, *value ? "true" : "false"});
      continue;
    }
    selected.clear();
    path.select(resource, selected);
    for (const Element element : selected) kind.index(element, {parameter, base, zone, patients, rows});
  }
}

/// The rows of all its parameters that R4 defines, as those of who holds it by that reference.
void index_within(Element contained, storage::ParameterKey reference, std::string_view base, const time::Zone& zone,
                  const PatientByIdentifier* patients, storage::IndexRows& rows) {
  const auto each = [](storage::IndexRows& all, const auto& apply) {
    apply(all.tokens, 0), apply(all.references, 1), apply(all.dates, 2);
    apply(all.strings, 3), apply(all.uris, 4), apply(all.numbers, 5);
  };
  std::array<std::size_t, 6> before{};
  each(rows, [&](const auto& of_kind, std::size_t i) { before[i] = of_kind.size(); });
  for (const Parameter& parameter : parameters_of(contained.type()).all)
    index_parameter(contained, parameter, base, zone, patients, rows);
  each(rows, [&](auto& of_kind, std::size_t i) {
    for (std::size_t at = before[i]; at < of_kind.size(); ++at)
      of_kind[at].parameter = key_within(reference, of_kind[at].parameter);
  });
  rows.tokens.push_back({type_key_within(reference, contained.type()), {}, {}});
}

/// https://hl7.org/fhir/R4/search.html#contained
void index_contained(Element resource, std::string_view base, const time::Zone& zone,
                     const PatientByIdentifier* patients, storage::IndexRows& rows) {
  if (!resource["contained"]) return;
  std::vector<Element> selected;
  for (const Parameter& reference : parameters_of(resource.type()).all) {
    if (reference.kind != SearchKind::reference) continue;
    selected.clear();
    for (const fhir::Path& path : reference.paths) path.select(resource, selected);
    std::vector<std::string_view> seen;
    for (const Element element : selected) {
      const std::string_view text = element.has_value() ? element.value() : element["reference"].value();
      const Element contained = contained_in(resource, text);
      if (!contained || !fhir::is_resource(contained.type()) || std::ranges::find(seen, text) != seen.end()) continue;
      seen.push_back(text);
      index_within(contained, reference.own_key, base, zone, patients, rows);
    }
  }
}

/// The first Patient that the rows of this parameter, its own or those it reads, refer to.
std::string patient_in(Element resource, const TypeParameters& parameters, const Parameter& parameter,
                       std::string_view base, const PatientByIdentifier* patients) {
  storage::IndexRows rows;
  std::vector<Element> selected;
  for (const Parameter& owner : parameters.all)
    if (owner.kind == SearchKind::reference && std::ranges::find(parameter.keys, owner.own_key) != parameter.keys.end())
      for (const fhir::Path& path : owner.paths) path.select(resource, selected);
  for (const Element element : selected) index_reference(element, parameter, base, patients, rows);
  for (auto& row : rows.references)
    if (row.type == patient_type()) return std::move(row.id);
  return {};
}

}  // namespace

storage::IndexRules index_rules(const time::Zone& zone) {
  // Raise the number whenever a resource gets other rows than before: what is stored is then indexed anew.
  constexpr std::string_view kRules = "index-rules/12";
  const auto hash = static_cast<std::int32_t>(storage::parameter_key(kRules, zone.name()));
  return hash == 0 ? storage::IndexRules{1} : storage::IndexRules{hash};
}

void index(Element resource, std::string_view base, const time::Zone& zone, const PatientByIdentifier* patients,
           const OwnParameters& own, storage::IndexRows& rows) {
  rows.clear();
  for (const Parameter& parameter : parameters_of(resource.type()).all)
    index_parameter(resource, parameter, base, zone, patients, rows);
  if (!own.is_empty())
    for (const auto& one : own.of(resource.type()))
      if (one->is_defined_here() && one->is_readable && one->row.state != storage::ParameterRow::State::leaving)
        index_parameter(resource, one->parameter, base, zone, patients, rows);
  index_contained(resource, base, zone, patients, rows);
  index_words(resource, rows);
}

std::string compartment_patient(Element resource, std::string_view base, const PatientByIdentifier* patients) {
  const TypeId type = resource.type();
  if (type == patient_type()) return std::string(resource["id"].value());
  const auto compartment = fhir::patient_compartment(type);
  const TypeParameters& parameters = parameters_of(type);
  if (compartment.empty()) {  // R4 leaves out Task, Device and others that are about one patient all the same
    const Parameter* parameter = parameters.find("patient");
    return parameter ? patient_in(resource, parameters, *parameter, base, patients) : std::string();
  }
  const auto leads = [](std::string_view code) { return code == "patient" || code == "subject"; };
  for (const bool leading : {true, false})
    for (const auto& row : compartment) {
      if (leads(row.parameter) != leading) continue;
      if (const Parameter* parameter = parameters.find(row.parameter))
        if (auto patient = patient_in(resource, parameters, *parameter, base, patients); !patient.empty())
          return patient;
    }
  return {};
}

}  // namespace varde::search
