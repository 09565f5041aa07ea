/// String search: https://hl7.org/fhir/R4/search.html#string
#include <array>
#include <span>

#include "server/search/fold.h"
#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::TypeId;

void add(std::string_view text, ParameterKey key, IndexRows& rows) {
  if (text.empty()) return;
  std::string row = fold(text);
  row += kOriginalFollows;
  row += text;
  rows.strings.push_back({key, std::move(row)});
}

constexpr std::array<std::string_view, 5> kNameParts{"family", "given", "prefix", "suffix", "text"};
constexpr std::array<std::string_view, 7> kAddressParts{"text",  "line",       "city",   "district",
                                                        "state", "postalCode", "country"};

Result<void> read(Criterion& criterion, std::string text, std::string_view modifier, const Asking&) {
  using Match = StringValue::Match;
  const Match match = modifier == "exact" ? Match::exact : modifier == "contains" ? Match::contains : Match::starts;
  auto value = parse_string(restored(text), match, criterion.parameter->code);
  FHIR_TRY(value);
  criterion.values.emplace_back(std::move(*value));
  return {};
}

void ranges(const Criterion& criterion, const Value& value, storage::PatientKey, std::vector<Range>& out) {
  const auto& [match, folded] = std::get<StringValue>(value);
  for (const ParameterKey key : criterion.keys) switch (match) {
      case StringValue::Match::starts: out.push_back(text_range(Walk::strings, key, folded, behind(folded))); break;
      case StringValue::Match::exact: out.push_back(text_range(Walk::strings, key, folded, next_to(folded))); break;
      case StringValue::Match::whole: out.push_back(text_range(Walk::strings, key, folded, behind(folded))); break;
      case StringValue::Match::contains:
      case StringValue::Match::ends: out.push_back({Walk::strings, {cell(key)}, {}, {}, false}); break;
    }
}

bool state(const Criterion& criterion, const Value& value, const Saying& saying, std::vector<Condition>& out) {
  const auto& [match, folded] = std::get<StringValue>(value);
  const bool contains = match == StringValue::Match::contains;
  if (match == StringValue::Match::ends) return false;
  if (contains ? !saying.whole_texts : folded.size() > kSurelyWhole) return false;
  std::vector<Range> held;
  ranges(criterion, value, storage::PatientKey::none, held);
  std::vector<Also> also;
  if (contains) also.push_back({Also::Column::folded, Also::Is::holding, folded});
  for (Range& one : held) out.push_back(row_condition(std::move(one), also));
  return true;
}

void all(const Parameter& parameter, const Value*, storage::PatientKey, std::vector<Range>& out) {
  for (const ParameterKey key : parameter.keys) out.push_back({Walk::strings, {cell(key)}, {}, {}, false});
}

}  // namespace

void index_string(Element element, const Indexing& to) {
  const ParameterKey key = to.parameter.own_key;
  static const TypeId kName = fhir::find_type("HumanName"), kAddress = fhir::find_type("Address");
  if (element.has_value()) return add(element.value(), key, to.rows);
  const std::span<const std::string_view> parts =
      element.type() == kName      ? std::span<const std::string_view>(kNameParts)
      : element.type() == kAddress ? std::span<const std::string_view>(kAddressParts)
                                   : std::span<const std::string_view>();
  for (const std::string_view part : parts)
    for (const Element child : element.each(part)) add(child.value(), key, to.rows);
}

Result<StringValue> parse_string(std::string_view text, StringValue::Match match, std::string_view parameter) {
  StringValue out{match, fold(text)};
  if (out.folded.empty())
    return fail(Fault::parameter_malformed, "A string search needs at least one letter.", std::string(parameter));
  if (match == StringValue::Match::exact || match == StringValue::Match::whole) out.folded += kOriginalFollows;
  if (match == StringValue::Match::exact) out.folded += text;
  return out;
}

bool StringValue::matches(const IndexEntry& entry) const {
  if (entry.kind != storage::EntryKind::string) return false;
  const std::string_view text = entry.text.substr(0, entry.text.find(kOriginalFollows));
  switch (match) {
    case Match::starts: return entry.text.starts_with(folded);
    case Match::exact: return entry.text == folded;
    case Match::whole: return entry.text.starts_with(folded);
    case Match::contains: return text.find(folded) != std::string_view::npos;
    case Match::ends: return text.ends_with(folded);
  }
  return false;
}

const Kind kString{.kind = fhir::SearchKind::string,
                   .modifiers = "exact contains",
                   .index = index_string,
                   .read = read,
                   .ranges = ranges,
                   .state = state,
                   .order = Order::walked,
                   .all = all};

}  // namespace varde::search
