/// Reference search: https://hl7.org/fhir/R4/search.html#reference
#include "fhir-model/element/reference.h"

#include <algorithm>

#include "fhir-model/validation/validation.h"
#include "server/search/canonical.h"
#include "server/search/fold.h"
#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

using fhir::LiteralReference;

bool names(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = list.find(' ');
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return false;
}

bool is_local(const LiteralReference& reference, std::string_view base) {
  if (reference.type == fhir::TypeId::none || reference.id.empty()) return false;
  return reference.form == LiteralReference::Form::relative ||
         (reference.form == LiteralReference::Form::absolute && !base.empty() && reference.base == base);
}

void index(fhir::Element element, const Indexing& to) {
  index_reference(element, to.parameter, to.base, to.patients, to.rows);
}

Result<void> read(Criterion& criterion, std::string text, std::string_view modifier, const Asking& asking) {
  if (modifier == "identifier") return kToken.read(criterion, std::move(text), {}, asking);
  auto value = parse_reference_value(restored(text), *criterion.parameter, asking.base, criterion.only);
  FHIR_TRY(value);
  if (value->type == fhir::TypeId::none)
    criterion.values.emplace_back(std::move(*value));
  else
    criterion.targets.emplace_back(storage::type_key(value->type), std::move(value->id));
  return {};
}

void ranges(const Criterion& criterion, const Value& value, storage::PatientKey patient, std::vector<Range>& out) {
  const auto* reference = std::get_if<ReferenceValue>(&value);
  if (!reference) return kToken.ranges(criterion, value, patient, out);  // :identifier
  for (const ParameterKey key : criterion.keys) {
    if (!reference->url.empty()) {
      add_url_ranges(key, *reference, out);
      continue;
    }
    for (const fhir::TypeId target : criterion.parameter->target_types)
      if (criterion.only == fhir::TypeId::none || criterion.only == target)
        out.push_back(target_range(key, storage::type_key(target), reference->id, patient));
  }
}

bool state(const Criterion& criterion, const Value& value, const Saying& saying, std::vector<Condition>& out) {
  const auto* reference = std::get_if<ReferenceValue>(&value);
  if (!reference) return kToken.state(criterion, value, saying, out);  // :identifier
  if (reference->version || reference->or_unversioned || reference->url.size() > kSurelyWhole) return false;
  std::vector<Range> held;
  ranges(criterion, value, storage::PatientKey::none, held);
  for (Range& one : held) out.push_back(row_condition(std::move(one)));
  return true;
}

}  // namespace

bool ReferenceValue::matches(const IndexEntry& entry) const {
  if (!url.empty()) return entry.kind == storage::EntryKind::uri && refers(entry.text);
  return entry.kind == storage::EntryKind::reference && entry.text == id;
}

bool ReferenceValue::refers(std::string_view text) const {
  const Canonical canonical = parse_canonical(text);
  if (canonical.url != url) return false;
  if (!canonical.version) return !version || or_unversioned;
  return !version || fold_case(*canonical.version) == *version;
}

void index_reference(fhir::Element element, const Parameter& parameter, std::string_view base,
                     const PatientByIdentifier* patients, IndexRows& rows) {
  const std::int64_t position = element.parent().node();
  if (element.has_value()) {  // canonical or uri
    rows.uris.push_back({parameter.own_key, element.value()});
    // "Measure/1" where a URL should stand, or a URL below our own base: asked for, it is read as a reference.
    if (const LiteralReference parsed = fhir::parse_reference(element.value()); is_local(parsed, base))
      rows.references.push_back({parameter.own_key, parsed.type, std::string(parsed.id), position});
    return;
  }
  const std::string_view literal = element["reference"].value();
  bool local = false;
  if (!literal.empty()) {
    const LiteralReference parsed = fhir::parse_reference(literal);
    local = is_local(parsed, base);
    if (!local)
      rows.uris.push_back({parameter.own_key, literal});
    else
      rows.references.push_back({parameter.own_key, parsed.type, std::string(parsed.id), position});
    // The version that it names is one to be included; it is found as a reference to any.
    if (local && !parsed.version.empty())
      rows.uris.push_back({parameter.own_key, literal.substr(parsed.base.empty() ? 0 : parsed.base.size() + 1)});
  }
  index_text(element["display"].value(), parameter, rows);
  const fhir::Element identifier = element["identifier"];
  if (!identifier) return;
  const std::string_view system = identifier["system"].value(), value = identifier["value"].value();
  rows.tokens.push_back({parameter.identifier_key, system, value, position});
  // A reference into another server says nothing here; the identity beside it may, unless it is said to be another's.
  const std::string_view type = element["type"].value();
  const bool may_be = (type.empty() || type.ends_with("Patient")) && names(parameter.targets, "Patient");
  if (!local && patients && !value.empty() && may_be)
    if (std::string id = patients->find(system, value); !id.empty()) {
      static const fhir::TypeId kPatient = fhir::find_type("Patient");
      rows.references.push_back({parameter.own_key, kPatient, std::move(id), position});
    }
}

Result<ReferenceValue> parse_reference_value(std::string_view text, const Parameter& parameter, std::string_view base,
                                             fhir::TypeId only) {
  const auto malformed = [&] {
    return fail(Fault::parameter_malformed,
                "A reference is [id], [type]/[id] or a URL; the types of this parameter are: " +
                    std::string(parameter.targets) + ".",
                std::string(parameter.code));
  };
  if (text.empty()) return malformed();
  if (text.find('/') == std::string_view::npos && text.find(':') == std::string_view::npos) {
    if (!fhir::is_id(text)) return malformed();
    const bool says_type = only == fhir::TypeId::none && parameter.target_types.size() == 1;
    return ReferenceValue{says_type ? parameter.target_types.front() : only, std::string(text)};
  }
  const LiteralReference parsed = fhir::parse_reference(text);
  if (!is_local(parsed, base)) {
    if (parsed.form == LiteralReference::Form::malformed) return malformed();
    const Canonical canonical = parse_canonical(text);
    ReferenceValue out{fhir::TypeId::none, {}, std::string(canonical.url)};
    if (canonical.version) out.version = fold_case(*canonical.version);
    return out;
  }
  if (only != fhir::TypeId::none && parsed.type != only)
    return fail(Fault::parameter_malformed, "The modifier names one type, the value another.",
                std::string(parameter.code));
  return ReferenceValue{parsed.type, std::string(parsed.id)};
}

const Kind kReference{.kind = fhir::SearchKind::reference,
                      .modifiers = "[type] identifier text",
                      .index = index,
                      .read = read,
                      .ranges = ranges,
                      .state = state,
                      .order = Order::gathered};

}  // namespace varde::search
