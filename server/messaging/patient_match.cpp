#include "server/messaging/patient_match.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "fhir-model/fhirpath/text.h"
#include "norway/identifiers.h"
#include "norway/identity_number.h"
#include "server/messaging/story.h"
#include "server/storage/patients.h"

namespace varde::messaging {
namespace {

/// Of persons; nullptr: a number of something else, or of a kind that we do not know.
const norway::IdentifierKind* person_number(std::string_view code) {
  const auto* kind = norway::identifier_kind(code);
  return kind && norway::is_person_number(kind->system) ? kind : nullptr;
}

/// Senders call a D-number a fødselsnummer and the other way round: both are looked up under both.
std::vector<storage::ResourceKey> patients_with(const interaction::View& view, const norway::IdentifierKind& row,
                                                std::string_view number) {
  const auto type = fhir::find_resource_type("Patient");
  auto keys = view.by_identifier(type, row.system, number);
  if (row.code == "FNR" || row.code == "DNR") {
    const auto* other = person_number(row.code == "FNR" ? "DNR" : "FNR");
    const auto more = view.by_identifier(type, other->system, number);
    keys.insert(keys.end(), more.begin(), more.end());
  }
  return keys;
}

/// "Åse Marie Østby-Næss" -> åse, marie, østby, næss.
void add_words(std::set<std::string>& words, std::string_view text) {
  constexpr std::string_view kBetween = " \t\r\n-";
  while (true) {
    const auto begin = text.find_first_not_of(kBetween);
    if (begin == text.npos) return;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(kBetween), text.size());
    words.insert(fhirpath::folded(text.substr(0, end)));
    text.remove_prefix(end);
  }
}

std::set<std::string> names_of(fhir::Element patient) {
  std::set<std::string> words;
  for (const auto name : patient.each("name"))
    for (const char* part : {"family", "given", "text"})
      for (const auto each : name.each(part)) add_words(words, each.value());
  return words;
}

}  // namespace

bool agrees(const mappings::PatientIdentity& identity, fhir::Element patient) {
  const std::string_view theirs = identity.birth_date, ours = patient["birthDate"].value();
  const auto shared = std::min(theirs.size(), ours.size());  // ours may be no more than a year
  const bool dated = shared > 0;
  if (dated && theirs.substr(0, shared) == ours.substr(0, shared)) return true;
  std::set<std::string> said;
  for (const auto* part : {&identity.family, &identity.middle, &identity.given}) add_words(said, *part);
  const auto known = names_of(patient);
  if (said.empty() || known.empty()) return !dated;
  return std::any_of(said.begin(), said.end(), [&](const auto& word) { return known.count(word) > 0; });
}

PatientMatch match(const interaction::View& view, const mappings::PatientIdentity& identity) {
  using Kind = PatientMatch::Kind;
  std::optional<fhir::Tree> found;
  bool has_number = false, has_invalid = false, contradictory = false;
  std::map<std::string_view, std::string_view> numbers;  ///< of each kind
  for (const auto& each : identity.ids) {
    const auto* row = person_number(each.type);
    if (row == nullptr || each.value.empty()) continue;
    if (!norway::is_valid_number(each.type, each.value)) {
      has_invalid = true;
      continue;
    }
    has_number = true;
    contradictory |= numbers.emplace(row->code, each.value).first->second != each.value;
    for (const auto key : patients_with(view, *row, each.value)) {
      const auto version = view.current(key);
      if (!version || storage::patients::is_replaced(view, version->patient)) continue;
      auto patient = view.tree(key);
      if (!patient) continue;
      if (found && found->root()["id"].value() != patient->root()["id"].value()) return {Kind::ambiguous, {}};
      found = std::move(patient);
    }
  }
  if (contradictory) return {Kind::contradictory, {}};
  if (found)
    return agrees(identity, found->root()) ? PatientMatch{Kind::one, std::string(found->root()["id"].value())}
                                           : PatientMatch{Kind::doubtful, {}};
  return {has_number ? Kind::unknown : has_invalid ? Kind::invalid : Kind::unnumbered, {}};
}

}  // namespace varde::messaging
