#include "tests/search/support/random_resource.h"

#include <array>
#include <set>

namespace varde::test {
namespace {

using fhir::TypeId;

const std::vector<std::string> kTexts{"Berg", "Åse Lie", "ola nordmann", "B",   "e-post",  "Ærlig talt",
                                      "kg",   "Bergen",  "12 34",        "Ø,y", "pris $5", "a|b"},
    kCodes{"active", "final", "a", "b", "A", "male", "mg"},
    kUris{"urn:s", "urn:t", "http://example.org/a", "http://example.org/a/b", "http://unitsofmeasure.org"},
    kDates{"2026", "2026-03", "2026-03-10", "1974-12-25", "2025-10-26"},
    kTimes{"2026-03-10T08:00:00Z", "2026-03-10T08:00:00.500+01:00", "2026-10-25T00:30:00+02:00", "2026-03"},
    kInstants{"2026-03-10T08:00:00Z", "2026-03-10T10:00:00.123+01:00"}, kDecimals{"5", "5.40", "-1.5", "100", "0.004"},
    kIntegers{"0", "1", "5", "100"};

/// What a search parameter never selects, or what a reader of it would trip over.
const std::set<std::string_view> kLeftOut{
    "id", "meta", "contained", "extension", "modifierExtension", "implicitRules", "language", "text"};

}  // namespace

std::string RandomResource::primitive(std::string_view type) {
  const auto quoted = [](const std::string& text) { return "\"" + text + "\""; };
  if (type == "boolean") return in(2) ? "true" : "false";
  if (type == "decimal") return one_of(kDecimals);
  if (type == "integer" || type == "unsignedInt" || type == "positiveInt") return one_of(kIntegers);
  if (type == "date") return quoted(one_of(kDates));
  if (type == "dateTime") return quoted(in(2) ? one_of(kDates) : one_of(kTimes));
  if (type == "instant") return quoted(one_of(kInstants));
  if (type == "time") return quoted("08:00:00");
  if (type == "code") return quoted(one_of(kCodes));
  if (type == "string" || type == "markdown") return quoted(one_of(kTexts));
  if (type == "uri" || type == "url" || type == "canonical") return quoted(one_of(kUris));
  return {};
}

void RandomResource::value(const fhir::ElementRow& row, int depth, std::string& out) {
  const fhir::TypeRow& type = fhir::row_of(row.type);
  if (type.kind == fhir::TypeKind::primitive) return void(out += primitive(type.name));
  out += "{";
  if (type.name == "Reference") {
    const auto targets = fhir::target_types(row);
    std::string_view name = "Patient";
    if (!targets.empty() && fhir::is_resource(one_of(targets))) name = fhir::row_of(one_of(targets)).name;
    if (name != "Resource") out += "\"reference\":\"" + std::string(name) + "/r" + std::to_string(below(6)) + "\"";
  } else {
    members(row.type, depth + 1, out);
  }
  out += "}";
}

void RandomResource::members(TypeId type, int depth, std::string& out) {
  std::set<std::string_view> choices;
  for (const fhir::ElementRow& row : fhir::elements_of(type)) {
    const fhir::TypeRow& of = fhir::row_of(row.type);
    if (kLeftOut.contains(row.name) || (depth > 0 && row.name == "comparator")) continue;
    if (of.kind == fhir::TypeKind::abstract_resource || fhir::is_resource(row.type) || of.name == "Extension") continue;
    if (!in(depth == 0 ? 2 : 3 + static_cast<std::size_t>(depth)) && row.min == 0 &&
        !(depth == 1 && (row.name == "coding" || row.name == "value" || row.name == "start")))
      continue;
    if (depth > 3 && of.kind != fhir::TypeKind::primitive) continue;
    if (!row.choice.empty() && !choices.insert(row.choice).second) continue;
    std::string all;
    for (std::size_t i = 0, many = row.many ? 1 + below(2) : 1; i < many; ++i) {
      std::string one;
      value(row, depth, one);
      if (one.empty() || one == "{}") continue;
      all += (all.empty() ? "" : ",") + one;
    }
    if (all.empty()) continue;
    out += out.back() == '{' ? "\"" : ",\"";
    out.append(row.name).append("\":").append(row.many ? "[" + all + "]" : all);
  }
}

std::string RandomResource::json(TypeId type, const std::string& id) {
  std::string inner = "{";
  members(type, 0, inner);
  inner.erase(0, 1);
  return "{\"resourceType\":\"" + std::string(fhir::row_of(type).name) + "\",\"id\":\"" + id + "\"" +
         (inner.empty() ? "" : "," + inner) + "}";
}

}  // namespace varde::test
