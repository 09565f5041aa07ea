#include "server/followup/work/agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/followup/codes.h"
#include "server/followup/measure.h"
#include "server/storage/followup.h"

namespace varde::followup {
namespace {

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

struct UnitRow {
  std::string_view code;
  std::chrono::minutes time;
};
// clang-format off
constexpr std::array kUnits{
    UnitRow{"min", std::chrono::minutes(1)},
    UnitRow{"h",   std::chrono::hours(1)},
    UnitRow{"d",   std::chrono::days(1)},
};
// clang-format on
constexpr std::chrono::minutes kLongest = std::chrono::days(31);

Result<std::chrono::minutes> duration_of(fhir::Element duration) {
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                 [&](const UnitRow& row) { return row.code == duration["code"].value(); });
  const auto number = number_of(duration["value"].value());
  if (unit == kUnits.end() || !number || *number < 0)
    return fail(Fault::value_malformed,
                "en tid er et tall i min, h eller d (a time is a number in the UCUM unit min, h or d)",
                duration.path());
  const auto minutes = *number * static_cast<double>(unit->time.count());
  if (minutes > static_cast<double>(kLongest.count()))
    return fail(Fault::value_malformed, "tiden er høyst 31 dager (a time is at most 31 days)", duration.path());
  return std::chrono::minutes(static_cast<std::int64_t>(minutes));
}

fhir::Element part(fhir::Element extension, std::string_view url) { return extension.extension(url); }

Result<void> refuse_unknown_parts(fhir::Element extension, std::initializer_list<std::string_view> known) {
  for (const auto inner : extension.each("extension"))
    if (std::find(known.begin(), known.end(), inner["url"].value()) == known.end())
      return fail(Fault::element_unknown,
                  fmt::format("delene her er {0} (the parts here are {0})", fmt::join(known, ", ")), inner.path());
  return {};
}

Result<Colour> colour_in(fhir::Element inner) {
  if (const auto colour = colour_of_code(inner["valueCode"].value())) return *colour;
  std::string codes;
  for (const auto& row : kColours) codes.append(codes.empty() ? "" : ", ").append(row.code);
  return fail(Fault::code_invalid, fmt::format("fargene er {0} (the colours are {0})", codes), inner.path());
}

Result<OwnResponse> response_in(fhir::Element extension) {
  FHIR_TRY(refuse_unknown_parts(extension, {"colour", "within"}));
  const auto colour = colour_in(part(extension, "colour"));
  FHIR_TRY(colour);
  const auto time = duration_of(part(extension, "within")["valueDuration"]);
  FHIR_TRY(time);
  return OwnResponse{*colour, *time};
}

Result<ChainStep> step_in(fhir::Element extension) {
  FHIR_TRY(refuse_unknown_parts(extension, {"who", "after", "colour"}));
  const auto who = part(extension, "who")["valueReference"];
  if (party_key(who).empty())
    return fail(
        Fault::required_missing,
        "en varslingskjede sier hvem som varsles (an alert chain says who is told, with reference or identifier)",
        extension.path());
  const auto after = duration_of(part(extension, "after")["valueDuration"]);
  FHIR_TRY(after);
  ChainStep step{fhir::Tree::copy_of(who), *after};
  if (const auto inner = part(extension, "colour")) {
    const auto colour = colour_in(inner);
    FHIR_TRY(colour);
    step.colour = *colour;
  }
  return step;
}

/// The extensions of that url, each read. Faults: those of `read`.
template <class T>
Result<std::vector<T>> all_in(fhir::Element episode, std::string_view url, Result<T> (*read)(fhir::Element)) {
  std::vector<T> found;
  for (const auto extension : episode.each("extension")) {
    if (extension["url"].value() != url) continue;
    auto one = read(extension);
    FHIR_TRY(one);
    found.push_back(std::move(*one));
  }
  return found;
}

}  // namespace

std::string party_key(fhir::Element reference) {
  constexpr std::size_t kLongestKey = 256;
  std::string key(reference["reference"].value());
  if (key.empty()) {
    const auto identifier = reference["identifier"];
    if (identifier["value"].value().empty()) return {};
    key.append(identifier["system"].value()).append("|").append(identifier["value"].value());
  }
  if (key.size() > kLongestKey) key.resize(kLongestKey);
  return key;
}

Result<void> check_agreement(fhir::Element episode) {
  FHIR_TRY(all_in(episode, codes::kResponseTime, response_in));
  FHIR_TRY(all_in(episode, codes::kAlertChain, step_in));
  return {};
}

Agreement agreement_of(const interaction::View& view, storage::PatientKey patient) {
  Agreement agreement;
  if (patient == storage::PatientKey::none) return agreement;
  for (const auto& row : storage::enrolment::all(view, patient)) {
    const auto tree = row.state == storage::EnrolmentState::ended ? std::nullopt : view.tree(row.resource);
    if (!tree) continue;
    const auto episode = tree->root();
    agreement.episode_id = episode["id"].value();
    agreement.district = party_key(episode["managingOrganization"]);
    if (auto responses = all_in(episode, codes::kResponseTime, response_in))
      agreement.responses = std::move(*responses);
    if (auto chain = all_in(episode, codes::kAlertChain, step_in)) agreement.chain = std::move(*chain);
  }
  std::stable_sort(agreement.chain.begin(), agreement.chain.end(),
                   [](const ChainStep& a, const ChainStep& b) { return a.after < b.after; });
  if (agreement.district.empty())
    if (const auto patient_tree = view.tree(kPatient, view.patient_id(patient)))
      agreement.district = party_key(patient_tree->root()["managingOrganization"]);
  return agreement;
}

}  // namespace varde::followup
