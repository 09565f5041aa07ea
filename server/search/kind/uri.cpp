/// Uri search: https://hl7.org/fhir/R4/search.html#uri
#include <algorithm>

#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

Result<void> read(Criterion& criterion, std::string text, std::string_view modifier, const Asking&) {
  std::string uri = restored(text);
  const std::size_t path = std::min(uri.find("://"), uri.size());
  criterion.values.emplace_back(UriValue{uri, modifier == "below"});
  if (modifier != "above") return {};
  // Itself, and what it stands below: http://a.example/b/c, http://a.example/b, http://a.example
  for (std::size_t slash = uri.rfind('/'); slash != uri.npos && slash > path + 2; slash = uri.rfind('/')) {
    uri.resize(slash);
    criterion.values.emplace_back(UriValue{uri, false});
  }
  return {};
}

void ranges(const Criterion& criterion, const Value& value, storage::PatientKey, std::vector<Range>& out) {
  const auto& asked = std::get<UriValue>(value);
  const bool begins = asked.below || asked.match == TextMatch::starts;
  for (const ParameterKey key : criterion.keys)
    if (begins || asked.match == TextMatch::equal)
      out.push_back(text_range(Walk::uris, key, asked.uri, begins ? behind(asked.uri) : next_to(asked.uri)));
    else
      out.push_back({Walk::uris, {cell(key)}, {}, {}, false});
}

bool state(const Criterion& criterion, const Value& value, const Saying&, std::vector<Condition>& out) {
  const auto& [uri, below, match] = std::get<UriValue>(value);
  if (uri.size() > kSurelyWhole || match != TextMatch::equal) return false;
  const std::string folder = uri.ends_with('/') ? uri : uri + '/';
  for (const ParameterKey key : criterion.keys) {
    out.push_back(row_condition(text_range(Walk::uris, key, uri, next_to(uri))));
    if (below) out.push_back(row_condition(text_range(Walk::uris, key, folder, behind(folder))));
  }
  return true;
}

void all(const Parameter& parameter, const Value*, storage::PatientKey, std::vector<Range>& out) {
  for (const ParameterKey key : parameter.keys) out.push_back({Walk::uris, {cell(key)}, {}, {}, false});
}

}  // namespace

void index_uri(fhir::Element element, const Indexing& to) {
  if (element.has_value()) to.rows.uris.push_back({to.parameter.own_key, element.value()});
}

bool UriValue::matches(const IndexEntry& entry) const {
  return entry.kind == storage::EntryKind::uri &&
         (fits(match, entry.text, uri) ||
          (below && entry.text.starts_with(uri) && (uri.ends_with('/') || entry.text[uri.size()] == '/')));
}

const Kind kUri{.kind = fhir::SearchKind::uri,
                .modifiers = "below above",
                .index = index_uri,
                .read = read,
                .ranges = ranges,
                .state = state,
                .order = Order::walked,
                .all = all};

}  // namespace varde::search
