#include "server/search/ranges.h"

namespace varde::search {

Range text_range(Walk walk, ParameterKey key, std::string from, std::string until) {
  return {walk, {cell(key)}, std::move(from), std::move(until), false};
}

Range target_range(ParameterKey key, storage::TypeKey target, const std::string& id, storage::PatientKey patient) {
  if (patient == storage::PatientKey::none) return {Walk::target, {cell(key), cell(target), id}, {}, {}, false};
  return {Walk::target_of_patient, {cell(key), cell(target), id, cell(patient)}, {}, {}, false};
}

void add_url_ranges(ParameterKey key, const ReferenceValue& value, std::vector<Range>& out) {
  out.push_back(text_range(Walk::uris, key, value.url, next_to(value.url)));
  const std::string versioned = value.url + '|';
  out.push_back(text_range(Walk::uris, key, versioned, behind(versioned)));
}

}  // namespace varde::search
