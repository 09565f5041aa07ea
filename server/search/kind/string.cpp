/// String search: https://hl7.org/fhir/R4/search.html#string
#include <array>
#include <span>

#include "server/search/fold.h"
#include "server/search/value.h"

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

}  // namespace

void index_string(Element element, ParameterKey key, IndexRows& rows) {
  static const TypeId kName = fhir::find_type("HumanName"), kAddress = fhir::find_type("Address");
  if (element.has_value()) return add(element.value(), key, rows);
  const std::span<const std::string_view> parts =
      element.type() == kName      ? std::span<const std::string_view>(kNameParts)
      : element.type() == kAddress ? std::span<const std::string_view>(kAddressParts)
                                   : std::span<const std::string_view>();
  for (const std::string_view part : parts)
    for (const Element child : element.each(part)) add(child.value(), key, rows);
}

Result<StringValue> parse_string(std::string_view text, StringValue::Match match, std::string_view parameter) {
  StringValue out{match, fold(text)};
  if (out.folded.empty())
    return fail(Fault::parameter_malformed, "A string search needs at least one letter.", std::string(parameter));
  if (match == StringValue::Match::exact) {
    out.folded += kOriginalFollows;
    out.folded += text;
  }
  return out;
}

}  // namespace varde::search
