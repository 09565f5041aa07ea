/// Observation/$lastn: the last N of each code for each patient, newest first.
/// Source: https://hl7.org/fhir/R4/observation-operation-lastn.html
/// Those that share the time of the N-th come too, up to a bound: an OperationOutcome says when there are more. What
/// does not say when it was measured comes after everything that does.
#include <fmt/format.h>

#include <algorithm>

#include "server/interaction/told_readings.h"
#include "server/operation/codes.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/storage/observed.h"

namespace varde::operation {

namespace {

using storage::observed::Row;

constexpr std::size_t kMostTies = 100;               // beyond max, of one code
constexpr std::size_t kMostBytes = 8 * 1024 * 1024;  // of one answer; nothing is streamed here
constexpr std::size_t kRowsAtATime = 128;

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

/// What is asked of one patient; the index of tokens answers without the Observation being read.
struct Question {
  const interaction::View& view;
  storage::PatientKey patient;
  const Filter& filter;

  bool has(std::string_view parameter, const std::string& token, storage::ResourceKey observation) const {
    const auto bar = token.find('|');
    const auto system = bar == std::string::npos ? std::nullopt : std::optional(std::string_view(token).substr(0, bar));
    const auto code = std::string_view(token).substr(bar == std::string::npos ? 0 : bar + 1);
    return view.has_token(storage::parameter_key("Observation", parameter), system, code, patient, observation);
  }
  bool has_any(std::string_view parameter, const std::vector<std::string>& tokens,
               storage::ResourceKey observation) const {
    return tokens.empty() || std::any_of(tokens.begin(), tokens.end(),
                                         [&](const auto& token) { return has(parameter, token, observation); });
  }
  bool takes(storage::ResourceKey observation) const {
    return has_any("status", filter.statuses, observation) && has_any("category", filter.categories, observation);
  }
};

struct Found {
  std::vector<storage::Version> observations;
  std::size_t bytes = 0;
  bool has_more_ties = false;

  Result<void> add(storage::Version version) {
    bytes += version.bytes.size();
    if (bytes > kMostBytes)
      return fail(Fault::too_large,
                  fmt::format("the answer would be larger than {} MiB: name fewer codes or patients, or a smaller max",
                              kMostBytes / 1024 / 1024));
    observations.push_back(std::move(version));
    return {};
  }
};

/// The newest of one code that pass, and those that share the last one's time.
Result<void> add_newest(const Question& question, const std::string& code, Found& found) {
  const auto max = question.filter.max;
  std::size_t taken = 0;
  storage::Instant last{};
  for (Row at = storage::observed::kNewest;;) {
    const auto rows = storage::observed::older(question.view, question.patient, code, at, kRowsAtATime);
    for (const auto& row : rows) {
      const bool is_tie = taken >= max && row.time == last && row.time != storage::observed::kNoTime;
      if (taken >= max && !is_tie) return {};
      if (!question.takes(row.observation)) continue;
      if (taken >= max + kMostTies) {
        found.has_more_ties = true;
        return {};
      }
      auto version = question.view.current(row.observation);
      if (!version || version->method == storage::Method::remove) continue;
      if (auto added = found.add(std::move(*version)); !added) return added;
      last = row.time, ++taken;
    }
    if (rows.size() < kRowsAtATime) return {};
    at = rows.back();
  }
}

Result<void> add_patient(const interaction::View& view, storage::PatientKey patient, const Filter& filter,
                         Found& found) {
  if (patient == storage::PatientKey::none || !interaction::tells_of_readings(view, patient)) return {};
  const Question question{view, patient, filter};
  const auto& wanted = filter.codes;
  for (const auto& code : storage::observed::codes(view, patient)) {
    const auto is_meant = [&](const std::string& token) { return means(token, code); };
    if (!wanted.empty() && std::none_of(wanted.begin(), wanted.end(), is_meant)) continue;
    if (auto added = add_newest(question, code, found); !added) return added;
  }
  return {};
}

std::string entry_of(const storage::Version& version, const std::string& base) {
  return fmt::format(R"({{"fullUrl":"{}/Observation/{}","resource":{},"search":{{"mode":"match"}}}})", base, version.id,
                     version.bytes);
}

std::string more_ties_entry() {
  return fmt::format(
      R"({{"resource":{{"resourceType":"OperationOutcome","issue":[{{"severity":"warning","code":"too-long","diagnostics":)"
      R"("More Observations share the time of the last one of their code than the {} beyond max that are returned."}}]}},)"
      R"("search":{{"mode":"outcome"}}}})",
      kMostTies);
}

std::string bundle_of(const Found& found, const std::string& base, const std::string& id) {
  const auto& observations = found.observations;
  std::string json =
      fmt::format(R"({{"resourceType":"Bundle","id":"{}","type":"searchset","total":{})", id, observations.size());
  const char* separator = R"(,"entry":[)";
  const auto add = [&](const std::string& entry) {
    json.append(separator).append(entry);
    separator = ",";
  };
  for (const auto& version : observations) add(entry_of(version, base));
  if (found.has_more_ties) add(more_ties_entry());
  json += observations.empty() ? "}" : "]}";
  return json;
}

}  // namespace

Result<interaction::Response> lastn(const interaction::Request& request, const interaction::View& view,
                                    const interaction::Context& context) {
  const auto input =
      Input::read(request, {"patient", "subject", "patient.identifier", "subject.identifier", "patient:identifier",
                            "subject:identifier", "code", "category", "status", "max"});
  FHIR_TRY(input);
  const auto max = input->count("max", 1, context.limits.longest_page);
  FHIR_TRY(max);
  const Filter filter{values_of(*input, "code"), values_of(*input, "category"), values_of(*input, "status"), *max};

  const auto subjects = subjects_of(*input, view);
  FHIR_TRY(subjects);
  Found found;
  for (const auto& subject : *subjects) FHIR_TRY(add_patient(view, subject.key, filter, found));
  interaction::Response response;
  response.body = bundle_of(found, request.base, view.new_id());
  return response;
}

}  // namespace varde::operation
