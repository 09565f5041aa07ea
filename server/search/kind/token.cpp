/// Token search: https://hl7.org/fhir/R4/search.html#token
#include "server/search/fold.h"
#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::TypeId;

struct Types {
  TypeId coding = fhir::find_type("Coding"), concept_ = fhir::find_type("CodeableConcept"),
         identifier = fhir::find_type("Identifier"), contact = fhir::find_type("ContactPoint"),
         string = fhir::find_type("string");
};
const Types& types() {
  static const Types kTypes;
  return kTypes;
}

/// The text itself where it has no case to lose, as most.
std::string_view without_case(std::string_view text, IndexRows& rows) {
  std::string folded = fold_case(text);
  if (folded == text) return text;
  return rows.texts.emplace_back(std::move(folded));
}

Result<TokenValue> token_value(const std::string& text, const Parameter& parameter, const Asking& asking) {
  auto value = parse_token(text, parameter.code);
  FHIR_TRY(value);
  if (value->code) value->code = restored(*value->code);
  if (value->system) value->system = restored(*value->system);
  // An element of type code has no system of its own: its binding implies one, and those of R4 live below hl7.org.
  if (parameter.codes_only && value->system && value->code &&
      (value->system->starts_with("http://hl7.org/fhir/") || value->system->starts_with("http://terminology.hl7.org/")))
    value->system.reset();
  if (value->system) {
    const auto key = find_symbol(asking.snapshot, *value->system);
    value->known = key.has_value();
    value->symbol = key.value_or(0);
  }
  return value;
}

Result<void> read(Criterion& criterion, std::string text, std::string_view, const Asking& asking) {
  auto value = token_value(text, *criterion.parameter, asking);
  FHIR_TRY(value);
  if (criterion.parameter->ignores_case && value->code) {
    TokenValue folded = *value;
    folded.code = fold_case(*folded.code);
    if (folded.code != value->code) criterion.values.emplace_back(std::move(folded));
  }
  criterion.values.emplace_back(std::move(*value));
  return {};
}

void ranges(const Criterion& criterion, const Value& value, storage::PatientKey patient, std::vector<Range>& out) {
  const auto& token = std::get<TokenValue>(value);
  for (const ParameterKey key : criterion.keys) {
    if (!token.code)
      out.push_back({Walk::codes, {cell(key)}, {}, {}, false});
    else if (patient == storage::PatientKey::none)
      out.push_back({Walk::code, {cell(key), *token.code}, {}, {}, false});
    else
      out.push_back({Walk::code_of_patient, {cell(key), *token.code, cell(patient)}, {}, {}, false});
  }
}

void all(const Parameter& parameter, const Value*, storage::PatientKey, std::vector<Range>& out) {
  for (const ParameterKey key : parameter.keys) out.push_back({Walk::codes, {cell(key)}, {}, {}, false});
}

}  // namespace

void index_token(Element element, const Indexing& to) {
  const TypeId type = element.type();
  const std::int64_t position = element.parent().node();
  const auto add = [&](std::string_view system, std::string_view code) {
    to.rows.tokens.push_back({to.parameter.own_key, system, code, position});
  };
  if (type == types().coding) {
    add(element["system"].value(), element["code"].value());
  } else if (type == types().concept_) {
    bool coded = false;
    for (const Element coding : element.each("coding")) {
      add(coding["system"].value(), coding["code"].value());
      coded = true;
    }
    if (!coded) add({}, {});  // text alone: not missing, but found by no code
  } else if (type == types().identifier) {
    add(element["system"].value(), element["value"].value());
  } else if (type == types().contact) {
    add({}, without_case(element["value"].value(), to.rows));
  } else if (type == types().string) {
    add({}, without_case(element.value(), to.rows));
  } else if (element.has_value()) {
    add({}, element.value());
  } else {
    add({}, {});
  }
}

Result<TokenValue> parse_token(std::string_view text, std::string_view parameter) {
  TokenValue out;
  const std::size_t bar = text.find('|');
  if (bar == std::string_view::npos) {
    out.code = text;
  } else {
    out.system = text.substr(0, bar);
    if (bar + 1 < text.size()) out.code = text.substr(bar + 1);
    if (out.code && out.code->find('|') != std::string::npos)
      return fail(Fault::parameter_malformed,
                  "A token is [system]|[code] with one bar; escape a bar in the code as \\|.", std::string(parameter));
  }
  if ((out.code && out.code->empty()) || (!out.code && out.system->empty()))
    return fail(Fault::parameter_malformed,
                "A token needs a code, a system, or both: [code], [system]|[code], [system]|.", std::string(parameter));
  return out;
}

bool TokenValue::matches(const IndexEntry& entry) const {
  return entry.kind == storage::EntryKind::token && known && (!code || entry.text == *code) &&
         (!system || entry.first == symbol);
}

const Kind kToken{.kind = fhir::SearchKind::token,
                  .modifiers = "not",
                  .index = index_token,
                  .read = read,
                  .ranges = ranges,
                  .order = Order::walked,
                  .all = all};

}  // namespace varde::search
