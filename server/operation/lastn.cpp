/// Observation/$lastn: the last N of each code for one patient, newest first; ties are not cut.
/// Source: https://hl7.org/fhir/R4/observation-operation-lastn.html
#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/json/json.h"
#include "fhir-model/view/observation.h"
#include "server/operation/codes.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/storage/observed.h"

namespace varde::operation {

namespace {

struct Filter {
  std::vector<std::string> codes, categories, statuses;  ///< each: any of; empty: all
  std::size_t max = 1;
};

std::vector<std::string> values_of(const Input& input, std::string_view name) {
  std::vector<std::string> found;
  for (const auto& value : input.all(name))
    for (auto& alternative : alternatives(value)) found.push_back(std::move(alternative));
  return found;
}

bool has_category(fhir::view::Observation observation, const std::vector<std::string>& wanted) {
  for (const auto category : observation.category())
    for (const auto coding : category.coding()) {
      const std::string_view code = coding.code();
      const auto key = fmt::format("{}|{}", coding.system().text(), code);
      for (const auto& token : wanted)
        if (token == code || token == key) return true;
    }
  return false;
}

bool passes(const Filter& filter, const std::string& bytes) {
  if (filter.categories.empty() && filter.statuses.empty()) return true;
  const auto parsed = fhir::parse_json(bytes);
  if (!parsed) return false;
  const auto observation = fhir::view::Observation::of(parsed->root());
  const auto& statuses = filter.statuses;
  if (!statuses.empty() && std::find(statuses.begin(), statuses.end(), observation.status().text()) == statuses.end())
    return false;
  return filter.categories.empty() || has_category(observation, filter.categories);
}

/// The newest of one code that pass. What a filter leaves out is made up for by reading further back, within reason.
std::vector<storage::Version> newest(const storage::Snapshot& snapshot, storage::PatientKey patient,
                                     const std::string& code, const Filter& filter) {
  constexpr std::size_t kFurthest = 4096;
  std::vector<storage::Version> found;
  std::size_t seen = 0;
  storage::Instant last{};
  for (std::size_t reach = filter.max;; reach *= 4) {
    const auto rows = storage::observed::newest(snapshot, patient, code, reach);
    for (; seen < rows.size(); ++seen) {
      // Enough, unless this one is as new as the last one taken.
      if (found.size() >= filter.max && rows[seen].time != last) return found;
      auto version = snapshot.current(rows[seen].observation);
      if (!version || version->method == storage::Method::remove || !passes(filter, version->bytes)) continue;
      last = rows[seen].time;
      found.push_back(std::move(*version));
    }
    if (rows.size() < reach || found.size() >= filter.max || reach > kFurthest) return found;
  }
}

std::string bundle_of(const std::vector<storage::Version>& observations, const std::string& base,
                      const std::string& id) {
  std::string json =
      fmt::format(R"({{"resourceType":"Bundle","id":"{}","type":"searchset","total":{})", id, observations.size());
  const char* separator = R"(,"entry":[)";
  for (const auto& version : observations) {
    json += fmt::format(R"({}{{"fullUrl":"{}/Observation/{}","resource":)", separator, base, version.id);
    json += version.bytes;
    json += R"(,"search":{"mode":"match"}})";
    separator = ",";
  }
  json += observations.empty() ? "}" : "]}";
  return json;
}

}  // namespace

Result<interaction::Response> lastn(const interaction::Request& request, interaction::Context& context) {
  const auto input =
      Input::read(request, {"patient", "subject", "patient.identifier", "subject.identifier", "patient:identifier",
                            "subject:identifier", "code", "category", "status", "max"});
  if (!input) return tl::unexpected(input.error());
  const auto max = input->count("max", 1, context.limits.longest_page);
  if (!max) return tl::unexpected(max.error());
  const Filter filter{values_of(*input, "code"), values_of(*input, "category"), values_of(*input, "status"), *max};

  return context.database.read([&](const storage::Snapshot& snapshot) -> Result<interaction::Response> {
    const auto subject = subject_of(*input, snapshot);
    if (!subject) return tl::unexpected(subject.error());
    std::vector<storage::Version> found;
    if (subject->key != storage::PatientKey::none)
      for (const auto& code : storage::observed::codes(snapshot, subject->key)) {
        const auto& wanted = filter.codes;
        if (!wanted.empty() &&
            std::none_of(wanted.begin(), wanted.end(), [&](const auto& token) { return means(token, code); }))
          continue;
        for (auto& version : newest(snapshot, subject->key, code, filter)) found.push_back(std::move(version));
      }
    interaction::Response response;
    response.body = bundle_of(found, request.base, context.store.new_id());
    return response;
  });
}

}  // namespace varde::operation
