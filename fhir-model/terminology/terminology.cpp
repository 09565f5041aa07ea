#include "fhir-model/terminology/terminology.h"

#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/terminology/rules.h"
#include "fhir-model/terminology/tables.h"
#include "fhir-model/text/lower.h"

namespace varde::terminology {
namespace {

using tables::kNone;
using tables::row_of;
using tables::text;

/// FNV-1a of the last 16 bytes, where addresses differ; generate.py counts the same.
std::uint32_t address_hash(std::string_view url) {
  constexpr std::size_t kTail = 16;
  std::uint32_t value = 2166136261u;
  for (const char c : url.substr(url.size() - std::min(url.size(), kTail)))
    value = (value ^ static_cast<unsigned char>(c)) * 16777619u;
  return value;
}

template <class Row>
std::uint16_t find_url(const Row* rows, const std::uint16_t* addresses, std::size_t size, std::string_view url) {
  std::size_t at = address_hash(url) & (size - 1);
  while (addresses[at] != kNone && text(rows[addresses[at]].url) != url) at = (at + 1) & (size - 1);
  return addresses[at];
}

/// The number of the row with that URL and, where one is asked for, that version.
template <class Row>
std::uint16_t find(const Row* rows, const std::uint16_t* addresses, std::size_t size, std::string_view canonical) {
  const std::uint16_t whole = find_url(rows, addresses, size, canonical);
  const auto bar = canonical.rfind('|');
  // The older tables of version 2 have a bar in their very names.
  if (whole != kNone || bar == std::string_view::npos) return whole;
  const std::uint16_t found = find_url(rows, addresses, size, canonical.substr(0, bar));
  if (found == kNone) return kNone;
  // Of a system that others keep, no version in particular is known.
  return rows[found].version == 0 || text(rows[found].version) == canonical.substr(bar + 1) ? found : kNone;
}

bool same_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return fhir::text::lower_ascii(x) == fhir::text::lower_ascii(y); });
}

Membership of_unlisted(const tables::SystemRow& system, std::string_view code) {
  switch (system.known) {
    case Known::all: return Membership::out;
    case Known::some: return Membership::unknown;
    case Known::grammar: break;
  }
  return by_grammar(text(system.url), code);
}

Membership in_part(const tables::PartRow& part, std::string_view code) {
  const ConceptId found = find_concept(static_cast<SystemId>(part.system), code);
  if (found != ConceptId::none) {
    const auto number = static_cast<std::uint16_t>(found);
    const auto inside = tables::inside_of(part), outside = tables::outside_of(part);
    if (std::binary_search(inside.begin(), inside.end(), number)) return Membership::in;
    if (std::binary_search(outside.begin(), outside.end(), number)) return Membership::out;
    if (part.rest == tables::Rest::in) return Membership::in;
  }
  switch (part.rest) {
    case tables::Rest::out: return Membership::out;
    case tables::Rest::in: return of_unlisted(tables::kSystems[part.system], code);
    case tables::Rest::unknown: return Membership::unknown;
    case tables::Rest::commensurable: break;
  }
  return commensurable(code, text(part.unit));
}

/// Of several places that may hold a code: in one of them is enough.
Membership either(Membership a, Membership b) {
  if (a == Membership::in || b == Membership::in) return Membership::in;
  return a == Membership::unknown ? a : b;
}

Membership of_coding(ValueSetId set, fhir::Element coding) {
  const auto system = coding["system"].value(), code = coding["code"].value();
  if (code.empty()) return Membership::out;
  const Membership found = member(set, system, code);
  return system.empty() && found == Membership::in ? Membership::unknown : found;
}

}  // namespace

ValueSetId find_value_set(std::string_view url) {
  return static_cast<ValueSetId>(find(tables::kSets, tables::kSetAddresses, tables::kSetAddressCount, url));
}

SystemId find_code_system(std::string_view url) {
  return static_cast<SystemId>(find(tables::kSystems, tables::kSystemAddresses, tables::kSystemAddressCount, url));
}

ValueSet describe(ValueSetId set) {
  const auto& row = row_of(set);
  return {text(row.url), text(row.version), text(row.name), text(row.title), text(row.status)};
}

CodeSystem describe(SystemId system) {
  const auto& row = row_of(system);
  return {text(row.url), text(row.version), text(row.name), text(row.title), row.known, row.any_case};
}

Concept describe(ConceptId concept_id) {
  const auto& row = row_of(concept_id);
  return {.system = text(tables::kSystems[row.system].url),
          .code = text(row.code),
          .display = text(row.display),
          .definition = text(row.definition),
          .abstract = (row.flags & 1) != 0,
          .inactive = (row.flags & 2) != 0,
          .deprecated = (row.flags & 4) != 0};
}

ConceptId find_concept(SystemId system, std::string_view code) {
  if (system == SystemId::none) return ConceptId::none;
  const auto& row = row_of(system);
  const auto* first = tables::kConceptsByCode + row.first_concept;
  const auto* last = first + row.concept_count;
  const auto code_of = [](std::uint16_t number) { return text(tables::kConcepts[number].code); };
  const auto* found = std::lower_bound(
      first, last, code, [&](std::uint16_t number, std::string_view wanted) { return code_of(number) < wanted; });
  if (found != last && code_of(*found) == code) return static_cast<ConceptId>(*found);
  if (!row.any_case) return ConceptId::none;
  found = std::find_if(first, last, [&](std::uint16_t number) { return same_but_for_case(code_of(number), code); });
  return found == last ? ConceptId::none : static_cast<ConceptId>(*found);
}

Membership member(ValueSetId set, std::string_view system, std::string_view code) {
  if (set == ValueSetId::none) return Membership::unknown;
  Membership found = row_of(set).open ? Membership::unknown : Membership::out;
  for (const auto& part : tables::parts_of(set)) {
    if (system.empty())
      found = either(found, in_part(part, code));
    else if (text(tables::kSystems[part.system].url) == system)
      return in_part(part, code);
  }
  return found;
}

Membership member(std::string_view value_set, std::string_view system, std::string_view code) {
  return member(find_value_set(value_set), system, code);
}

Membership member(ValueSetId set, fhir::Element coded) {
  if (set == ValueSetId::none) return Membership::unknown;
  if (fhir::is_primitive(coded.type())) return member(set, {}, coded.value());
  static const fhir::TypeId kConcept = fhir::find_type("CodeableConcept");
  if (coded.type() != kConcept) return of_coding(set, coded);
  Membership found = Membership::out;
  for (const auto coding : coded.each("coding")) found = either(found, of_coding(set, coding));
  return found;
}

std::vector<Designation> designations_of(ConceptId concept_id) {
  const auto number = static_cast<std::uint16_t>(concept_id);
  const auto* last = tables::kDesignations + tables::kDesignationCount;
  const auto* at = std::lower_bound(tables::kDesignations, last, number,
                                    [](const tables::DesignationRow& row, std::uint16_t of) { return row.of < of; });
  std::vector<Designation> found;
  for (; at != last && at->of == number; ++at) found.push_back({text(at->language), text(at->text)});
  return found;
}

std::vector<ConceptId> parents_of(ConceptId concept_id) {
  const auto number = static_cast<std::uint16_t>(concept_id);
  std::vector<ConceptId> found;
  if (const auto parent = row_of(concept_id).parent; parent != kNone) found.push_back(static_cast<ConceptId>(parent));
  const auto* last = tables::kFurtherParents + tables::kFurtherParentCount;
  const auto* at =
      std::lower_bound(tables::kFurtherParents, last, number,
                       [](const tables::FurtherParent& row, std::uint16_t child) { return row.child < child; });
  for (; at != last && at->child == number; ++at) found.push_back(static_cast<ConceptId>(at->parent));
  return found;
}

std::vector<ConceptId> children_of(ConceptId concept_id) {
  const auto& system = row_of(static_cast<SystemId>(row_of(concept_id).system));
  std::vector<ConceptId> found;
  for (std::size_t i = 0; i < system.concept_count; ++i) {
    const auto candidate = static_cast<ConceptId>(system.first_concept + i);
    const auto parents = parents_of(candidate);
    if (std::find(parents.begin(), parents.end(), concept_id) != parents.end()) found.push_back(candidate);
  }
  return found;
}

Membership in_system(SystemId system, std::string_view code) {
  if (system == SystemId::none) return Membership::unknown;
  return find_concept(system, code) != ConceptId::none ? Membership::in : of_unlisted(row_of(system), code);
}

Result<Concept> lookup(std::string_view system, std::string_view code) {
  const SystemId id = find_code_system(system);
  if (id == SystemId::none)
    return fail(Fault::not_found, "The code system is not known here, or not in that version.", "system");
  if (const ConceptId found = find_concept(id, code); found != ConceptId::none) return describe(found);
  switch (of_unlisted(row_of(id), code)) {
    case Membership::in: return Concept{text(row_of(id).url), code, code, {}, false, false, false};
    case Membership::out:
      return fail(Fault::code_invalid, fmt::format("{} has no such code.", text(row_of(id).url)), "code");
    case Membership::unknown: break;
  }
  return fail(Fault::not_found,
              fmt::format("Not all codes of {} are known here, and this is none of them.", text(row_of(id).url)),
              "code");
}

}  // namespace varde::terminology
