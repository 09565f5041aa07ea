/// Token search: https://hl7.org/fhir/R4/search.html#token
#include <algorithm>
#include <array>

#include "server/search/fold.h"
#include "server/search/kind/kind.h"
#include "server/storage/search/several.h"

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

/// Of an element of type code the system is implied by its binding, and those of R4 live below hl7.org.
bool is_implied(std::string_view system) {
  return system.starts_with("http://hl7.org/fhir/") || system.starts_with("http://terminology.hl7.org/");
}

/// Ready to be compared with rows.
void prepare(TokenValue& value, const Parameter& parameter, const Asking& asking) {
  if (parameter.codes_only && value.system && value.code && is_implied(*value.system)) value.system.reset();
  if (!value.system) return;
  const auto key = storage::find_symbol(asking.snapshot, *value.system);
  value.known = key.has_value();
  value.symbol = key.value_or(0);
}

void add(TokenValue value, Criterion& criterion, const Asking& asking) {
  prepare(value, *criterion.parameter, asking);
  if (criterion.parameter->ignores_case && value.code) {
    TokenValue folded = value;
    folded.code = fold_case(*folded.code);
    if (folded.code != value.code) criterion.values.emplace_back(std::move(folded));
  }
  // "The implicit system for boolean values": they stand in the rows without one.
  if (value.system == "http://hl7.org/fhir/special-values" && (value.code == "true" || value.code == "false")) {
    TokenValue plain = value;
    plain.system = "";
    prepare(plain, *criterion.parameter, asking);
    criterion.values.emplace_back(std::move(plain));
  }
  criterion.values.emplace_back(std::move(value));
}

Result<TokenValue> written_token(const std::string& text, const Criterion& criterion) {
  auto value = parse_token(text, criterion.parameter->code);
  FHIR_TRY(value);
  if (value->code) value->code = restored(*value->code);
  if (value->system) value->system = restored(*value->system);
  return value;
}

// --- one value, by modifier
Result<void> read_token(Criterion& criterion, const std::string& text, const Asking& asking) {
  auto value = written_token(text, criterion);
  FHIR_TRY(value);
  add(std::move(*value), criterion, asking);
  return {};
}

/// A value set with more codes than this is no criterion: each is looked for.
constexpr std::size_t kMostCodes = 2000;

Result<void> add_all(const Result<std::vector<Coded>>& codes, Criterion& criterion, const Asking& asking) {
  if (!codes) {
    Failure failure = codes.error();
    failure.expression = criterion.parameter->code;
    if (failure.fault == Fault::not_found || failure.fault == Fault::code_invalid)
      failure.fault = Fault::parameter_malformed;
    return tl::unexpected<Failure>(std::move(failure));
  }
  if (codes->size() > kMostCodes)
    return fail(Fault::too_costly,
                "That is more than " + std::to_string(kMostCodes) + " codes to look for; name fewer.",
                std::string(criterion.parameter->code));
  if (codes->empty()) criterion.values.emplace_back(TokenValue{.code = std::string(), .known = false});
  for (const auto& [system, code] : *codes) {
    TokenValue value;
    value.system = system, value.code = code;
    add(std::move(value), criterion, asking);
  }
  return {};
}

Result<void> read_set(Criterion& criterion, const std::string& text, const Asking& asking) {
  return add_all(asking.concepts->members(restored(text)), criterion, asking);
}

template <Concepts::Direction direction>
Result<void> read_related(Criterion& criterion, const std::string& text, const Asking& asking) {
  const auto value = written_token(text, criterion);
  FHIR_TRY(value);
  if (!value->system || value->system->empty() || !value->code)
    return fail(Fault::parameter_malformed, ":below and :above take [system]|[code].",
                std::string(criterion.parameter->code));
  return add_all(asking.concepts->related(direction, *value->system, *value->code), criterion, asking);
}

/// [system]|[code]|[value], of Identifier.type and Identifier.value
Result<void> read_typed_identifier(Criterion& criterion, const std::string& text, const Asking& asking) {
  const std::size_t first = text.find('|'), second = first == text.npos ? text.npos : text.find('|', first + 1);
  if (second == text.npos || second == first + 1 || second + 1 == text.size())
    return fail(Fault::parameter_malformed, ":of-type takes [system]|[code]|[value] of an identifier.",
                std::string(criterion.parameter->code));
  TokenValue value;
  if (first > 0) value.system = restored(text.substr(0, first));
  value.code = restored(text.substr(first + 1));
  prepare(value, *criterion.parameter, asking);
  criterion.values.emplace_back(std::move(value));
  return {};
}

struct ModifierRow {
  std::string_view name;
  Result<void> (*read)(Criterion& criterion, const std::string& text, const Asking& asking);
  bool by_concepts = false;
};
constexpr std::array kModifiers{
    ModifierRow{"", read_token},
    ModifierRow{"not", read_token},
    ModifierRow{"in", read_set, true},
    ModifierRow{"not-in", read_set, true},
    ModifierRow{"below", read_related<Concepts::Direction::below>, true},
    ModifierRow{"above", read_related<Concepts::Direction::above>, true},
    ModifierRow{"of-type", read_typed_identifier},
};

Result<void> read(Criterion& criterion, std::string text, std::string_view modifier, const Asking& asking) {
  const auto row = std::ranges::find(kModifiers, modifier, &ModifierRow::name);
  if (row->by_concepts && !asking.concepts)
    return fail(Fault::not_supported, "Codes cannot be looked up here.", std::string(criterion.parameter->code));
  return row->read(criterion, text, asking);
}

void ranges(const Criterion& criterion, const Value& value, storage::PatientKey patient, std::vector<Range>& out) {
  const auto& token = std::get<TokenValue>(value);
  for (const ParameterKey key : criterion.keys) {
    if (token.code && token.match == TextMatch::starts)
      out.push_back(text_range(Walk::codes, key, *token.code, behind(*token.code)));
    else if (!token.code || token.match != TextMatch::equal)
      out.push_back({Walk::codes, {cell(key)}, {}, {}, false});
    else if (patient == storage::PatientKey::none)
      out.push_back({Walk::code, {cell(key), *token.code}, {}, {}, false});
    else
      out.push_back({Walk::code_of_patient, {cell(key), *token.code, cell(patient)}, {}, {}, false});
  }
}

bool state(const Criterion& criterion, const Value& value, const Saying&, std::vector<Condition>& out) {
  const auto& token = std::get<TokenValue>(value);
  if (!token.known) return true;
  if (token.match != TextMatch::equal) return false;
  std::vector<Also> also;
  if (token.system) also.push_back({Also::Column::system, Also::Is::equal, token.symbol});
  for (const ParameterKey key : criterion.keys)
    out.push_back(row_condition(
        token.code ? Range{Walk::code, {cell(key), *token.code}} : Range{Walk::codes, {cell(key)}}, also));
  return true;
}

void all(const Parameter& parameter, const Value*, storage::PatientKey, std::vector<Range>& out) {
  for (const ParameterKey key : parameter.keys) out.push_back({Walk::codes, {cell(key)}, {}, {}, false});
}

/// For :of-type: the type's code and the value as one text.
void index_type_of(Element identifier, const Indexing& to) {
  const std::string_view value = identifier["value"].value();
  if (value.empty()) return;
  for (const Element coding : identifier["type"].each("coding")) {
    std::string& text = to.rows.texts.emplace_back(coding["code"].value());
    text.append("|").append(value);
    to.rows.tokens.push_back({to.parameter.identifier_key, coding["system"].value(), text, identifier.parent().node()});
  }
}

}  // namespace

std::string text_beside(std::string_view text) {
  std::string out = fold(text);
  if (out.size() <= kLongestText) return out;
  std::size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0u) == 0x80u) --end;  // not within a character
  out.resize(end);
  return out;
}

void index_text(std::string_view text, const Parameter& parameter, IndexRows& rows) {
  if (text.empty()) return;
  std::string beside = text_beside(text);
  const auto& last = rows.tokens;
  if (beside.empty() || (!last.empty() && last.back().parameter == parameter.text_key && last.back().code == beside))
    return;
  rows.tokens.push_back({parameter.text_key, {}, rows.texts.emplace_back(std::move(beside)), storage::kNowhere});
}

void index_token(Element element, const Indexing& to) {
  const TypeId type = element.type();
  const std::int64_t position = element.parent().node();
  const auto add = [&](std::string_view system, std::string_view code) {
    to.rows.tokens.push_back({to.parameter.own_key, system, code, position});
  };
  if (type == types().coding) {
    add(element["system"].value(), element["code"].value());
    index_text(element["display"].value(), to.parameter, to.rows);
  } else if (type == types().concept_) {
    bool coded = false;
    for (const Element coding : element.each("coding")) {
      add(coding["system"].value(), coding["code"].value());
      coded = true;
    }
    if (!coded) add({}, {});  // text alone: not missing, but found by no code
    index_text(element["text"].value(), to.parameter, to.rows);
    for (const Element coding : element.each("coding")) index_text(coding["display"].value(), to.parameter, to.rows);
  } else if (type == types().identifier) {
    add(element["system"].value(), element["value"].value());
    index_type_of(element, to);
    index_text(element["type"]["text"].value(), to.parameter, to.rows);
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

bool fits(TextMatch match, std::string_view text, std::string_view asked) {
  switch (match) {
    case TextMatch::equal: return text == asked;
    case TextMatch::starts: return text.starts_with(asked);
    case TextMatch::contains: return text.find(asked) != std::string_view::npos;
    case TextMatch::ends: return text.ends_with(asked);
  }
  return false;
}

bool TokenValue::matches(const IndexEntry& entry) const {
  return entry.kind == storage::EntryKind::token && known && (!code || fits(match, entry.text, *code)) &&
         (!system || entry.first == symbol);
}

const Kind kToken{.kind = fhir::SearchKind::token,
                  .modifiers = "not in not-in below above of-type text",
                  .index = index_token,
                  .read = read,
                  .ranges = ranges,
                  .state = state,
                  .order = Order::walked,
                  .all = all};

}  // namespace varde::search
